"""The models of trunks.yaml: who calls from outside, and through whom we call out.

Each setting is explained, for the operator, in the shipped file itself.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from switch.settings.fields import E164, Address, Name, Network, Prefix, Section, section
from switch.settings.login import DigestUsername, Login
from switch.settings.people import Encryption
from switch.yaml_wording import NotEmpty, complaint_at

_HOST = r"(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)"
"""An IPv6 address, or an IPv4 address or a name."""
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_CARRIER = re.compile(rf"sips?:{_HOST}(?::[0-9]{{1,5}})?(?:;transport=(?:udp|tcp|tls))?")
_ADDRESS = re.compile(rf"sips?:[A-Za-z0-9_.!~*'()&=+$,;?/%-]+@{_HOST}")


def _carrier(value: str) -> str:
    if not _CARRIER.fullmatch(value):
        raise complaint_at(
            "is not the SIP URI of a carrier",
            "write it like sip:192.0.2.1:5060 or sip:sip.carrier.example;transport=tcp",
        )
    return value


CarrierUri = Annotated[str, AfterValidator(_carrier)]
"""SIP URI without a user: an address, or a name that the DNS knows."""


def _domain(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise complaint_at("is not the domain of a certificate", "write it like carrier.example")
    return value.lower()


Domain = Annotated[str, AfterValidator(_domain)]
"""As a certificate names it in its subjectAltName: DNS, or URI with `sip:`."""


class TrunkPeer(Section):
    """One of a carrier's servers."""

    uri: CarrierUri
    priority: int = Field(default=1, ge=0, le=65_535)
    """Lower ones are tried first."""
    weight: int = Field(default=1, ge=0, le=65_535)
    """Share of the calls among peers of one priority."""


class Dial(Login):
    """What may be dialled through a trunk, how much of it, and how we appear there."""

    peer: CarrierUri | None = None
    """The carrier's only server."""
    peers: tuple[TrunkPeer, ...] = ()
    """Or several."""
    allow: Annotated[tuple[Prefix, ...], NotEmpty]
    deny: tuple[Prefix, ...] = ()
    """Wins over `allow`."""
    caller_id: E164
    """Shown where a call has no number that may be shown."""
    show_caller: bool = False
    """The carrier lets us show the numbers of others."""
    username: DigestUsername | None = None
    max_calls: int = Field(default=10, ge=1, le=10_000)
    max_calls_per_hour: int = Field(default=100, ge=1, le=1_000_000)
    first_response_seconds: float = Field(default=4, ge=0.5, le=32)
    """A server that says nothing for so long is given up for the next one."""
    redirects: int = Field(default=0, ge=0, le=5)
    """How many contacts of a 3xx are followed, within `allow`; 0: none."""
    assert_identity: Literal["none", "asserted", "preferred"] = "none"
    """Tell the caller's number in P-Asserted-Identity or P-Preferred-Identity as well."""
    pass_passports: bool = False
    """Pass the Identity headers (STIR) of the caller's INVITE on."""
    divert: Literal["none", "diversion", "history_info"] = "none"
    """Tell the dialled number in Diversion or History-Info when the caller's is shown."""

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if (self.peer is None) == (not self.peers):
            raise complaint_at("give either `peer` or `peers`")
        seen: list[str] = []
        for index, peer in enumerate(self.peers):
            if peer.uri in seen:
                raise complaint_at("is listed twice", "", "peers", index, "uri")
            seen.append(peer.uri)
        return self

    @property
    def servers(self) -> tuple[TrunkPeer, ...]:
        """The carrier's servers, one or several."""
        return self.peers or (TrunkPeer(uri=self.peer or ""),)


class Register(Login):
    """How we register with a carrier (RFC 3261 10.2)."""

    registrar: CarrierUri
    address: str | None = None
    """The address of record; null: the user name at the registrar's host."""
    username: DigestUsername | None = None
    """null: as in `dial`."""
    contact_user: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.!~*'()&=+$,-]{1,64}$")] | None = None
    """The user in our contact, which many carriers put into the Request-URI of calls."""
    expires_seconds: int = Field(default=600, ge=20, le=86_400)
    retry_seconds: float = Field(default=30, ge=1, le=3600)
    longest_retry_seconds: float = Field(default=1800, ge=1, le=86_400)

    @field_validator("address")
    @classmethod
    def _address_of_record(cls, address: str | None) -> str | None:
        if address is not None and not _ADDRESS.fullmatch(address):
            raise complaint_at(
                "is not an address of record", "write it like sip:account@carrier.example"
            )
        return address

    @model_validator(mode="after")
    def _waits_are_in_order(self) -> Self:
        if self.longest_retry_seconds < self.retry_seconds:
            raise complaint_at("is less than `retry_seconds`", "", "longest_retry_seconds")
        return self


class Health(Section):
    """How it is seen whether a carrier's server is there: OPTIONS, again and again."""

    interval_seconds: float = Field(default=30, ge=0.5, le=3600)
    timeout_seconds: float = Field(default=4, ge=0.2, le=32)
    down_after: int = Field(default=2, ge=1, le=100)
    """Failures in a row, of probes and calls, after which no calls go there."""
    up_after: int = Field(default=2, ge=1, le=100)
    """Answers in a row after which they do again."""


class Trunk(Section):
    """A carrier's trunk: who may send calls from outside."""

    name: Name
    networks: tuple[Network, ...] = ()
    """Where its calls come from."""
    certificates: tuple[Domain, ...] = ()
    """Or whose certificate it shows on a TLS connection, wherever that comes from."""
    dial: Dial | None = None
    """null: nothing is dialled through it."""
    register_: Register | None = Field(default=None, alias="register")
    """null: we do not register there."""
    health: Health | None = None
    """null: its servers are not probed."""
    srtp: Encryption = "offered"
    trust_identity: bool = False
    """P-Asserted-Identity, Privacy, `verstat` and passports of its calls are believed."""

    @model_validator(mode="after")
    def _is_told(self) -> Self:
        if not self.networks and not self.certificates:
            raise complaint_at("give `networks`, or `certificates` for calls over TLS")
        return self

    @model_validator(mode="after")
    def _can_register(self) -> Self:
        register = self.register_
        if register is not None and self.login() is None:
            message = "`register` needs `username` and a password, here or in `dial`"
            raise complaint_at(message, "", "register")
        return self

    @model_validator(mode="after")
    def _probes_somebody(self) -> Self:
        if self.health is not None and self.dial is None:
            raise complaint_at("`health` is for trunks with `dial`", "", "health")
        return self

    @property
    def over_tls(self) -> bool:
        """Whether it says that we reach it over TLS."""
        uris = [] if self.dial is None else [peer.uri for peer in self.dial.servers]
        if self.register_ is not None:
            uris.append(self.register_.registrar)
        return any(uri.startswith("sips:") or uri.endswith(";transport=tls") for uri in uris)

    def register_login(self) -> tuple[str, str] | None:
        """Return user name and password to register with. Secret: never log it."""
        own = self.register_.login() if self.register_ is not None else None
        return own or self.login()

    def login(self) -> tuple[str, str] | None:
        """Return user name and password for its challenges. Secret: never log it."""
        logins = (part.login() for part in (self.dial, self.register_) if part is not None)
        return next(filter(None, logins), None)


class NameServer(Section):
    """A name server, by address."""

    address: Address
    port: Annotated[int, Field(ge=1, le=65_535)] = 53


class Dns(Section):
    """Who is asked about carriers' names."""

    servers: tuple[NameServer, ...] = ()
    """None: those of the system."""
    timeout_seconds: float = Field(default=5, ge=0.2, le=60)


class TrunksFile(Section):
    """All of config/trunks.yaml."""

    dns: Dns = section(Dns)
    trunks: tuple[Trunk, ...] = ()
