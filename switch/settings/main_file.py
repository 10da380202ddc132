"""The models of config/freeline.yaml: what the switch is and where it listens.

Each setting is explained, for the operator, in the shipped file itself.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import (
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from switch.schedule_fields import Zone
from switch.settings.fields import (
    E164,
    Address,
    ConfigPath,
    Distinct,
    Name,
    Port,
    Region,
    Section,
    Sound,
    section,
    surroundings,
)
from switch.settings.login import WithPassword
from switch.settings.outside import Http, Mail, Table, Voicemail
from switch.settings.people import Headsets
from switch.settings.sip import Sip
from switch.settings.trace import Trace
from switch.yaml_wording import NotEmpty, complaint_at


class DialledNumber(Section):
    """Where to look for the number that the caller dialled."""

    sources: Annotated[
        tuple[Literal["request_uri", "to", "diversion", "history_info", "p_called_party_id"], ...],
        NotEmpty,
        Distinct,
    ] = ("request_uri", "to", "diversion", "p_called_party_id")
    region: Region = "US"


class PortRange(Section):
    """Ports for RTP and, one above each, RTCP."""

    low: int = Field(default=20_000, ge=1024, le=65_534)
    high: int = Field(default=29_999, ge=1025, le=65_535)

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if self.low % 2:
            raise complaint_at(f"should be even, not {self.low}", "RTP takes even ports", "low")
        if self.high - self.low < 3:
            raise complaint_at(
                f"should be {self.low + 3} or more", "a call needs two ports a leg", "high"
            )
        return self


class Recordings(Section):
    """Whether and where calls are recorded."""

    enabled: bool = True
    directory: ConfigPath = Field(default="../var/recordings", validate_default=True)


class Media(Section):
    """RTP, prompts and recordings."""

    address: Address = "127.0.0.1"
    advertised_address: Address | None = None
    address_ipv6: Address | None = None
    """For parties that speak IPv6, where `address` is of IPv4; null: there are none."""
    advertised_address_ipv6: Address | None = None
    ports: PortRange = section(PortRange)
    workers: int = Field(default=1, ge=1, le=128)
    fast_relay: bool = True
    codecs: Annotated[tuple[Literal["PCMU", "PCMA", "G722", "opus"], ...], NotEmpty, Distinct] = (
        "PCMU",
        "PCMA",
    )
    codec_order: Literal["theirs", "ours"] = "theirs"
    browser_codecs: Annotated[
        tuple[Literal["PCMU", "PCMA", "G722", "opus"], ...], NotEmpty, Distinct
    ] = ("opus", "PCMU", "PCMA")
    """The same for web pages, and whoever else speaks DTLS-SRTP."""
    srtp_keys_in_clear: bool = False
    voice: Annotated[str, Field(pattern=r"^[A-Za-z0-9+_-]{1,32}$")] = "en-us"
    music_on_hold: Sound = Field(
        default={"text": "Thank you for waiting. Please hold the line."}, validate_default=True
    )
    waiting_sound: Sound | None = None
    """Until a sentence with values is ready to be heard, if it is not at once; null: soft notes."""
    prompt_cache: ConfigPath = Field(default="../var/prompts", validate_default=True)
    spoken_megabytes: int = Field(default=64, ge=16, le=100_000)
    recordings: Recordings = section(Recordings)
    voicemail: Voicemail = section(Voicemail)
    stats_seconds: float = Field(default=5, ge=0.1, le=300)
    silence_seconds: float = Field(default=30, ge=1, le=3600)

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        """Two addresses are of two versions of IP."""
        if self.address_ipv6 is not None:
            if ":" not in self.address_ipv6:
                raise complaint_at("is not an IPv6 address", "", "address_ipv6")
            if ":" in self.address:
                raise complaint_at(
                    "`address` is of IPv6 already", "leave one of the two out", "address_ipv6"
                )
        return self


class Records(WithPassword):
    """Where call records go."""

    url: str = Field(default="sqlite:///../var/freeline.db", validate_default=True)
    """SQLAlchemy's, without a password; an SQLite path is absolute."""
    username: str = ""
    queue_limit: int = Field(default=10_000, ge=1, le=1_000_000)

    @field_validator("url")
    @classmethod
    def _known_database(cls, url: str, info: ValidationInfo) -> str:
        scheme, found, rest = url.partition("://")
        if not found or scheme.partition("+")[0] not in ("sqlite", "postgresql"):
            raise complaint_at(
                "is not the URL of a database that Freeline knows",
                "sqlite:///PATH or postgresql+DRIVER://HOST/DATABASE",
            )
        if scheme.startswith("sqlite"):
            path = rest.removeprefix("/")
            if not rest.startswith("/") or not path:
                raise complaint_at("names no file", "sqlite:/// and then the path")
            if path == ":memory:":
                return url
            return f"{scheme}:///{os.path.normpath(surroundings(info).directory / path)}"
        if "@" in urlsplit(url).netloc:
            raise complaint_at(
                "holds a user name or a password", "put them into `username` and `password_env`"
            )
        return url

    def database_url(self) -> str:
        """Return the URL with the user name and the password in it. Never log it."""
        if not self.username or self.url.startswith("sqlite"):
            return self.url
        parts = urlsplit(self.url)
        user = quote(self.username, safe="")
        secret = self.secret()
        if secret is not None:
            user += ":" + quote(secret, safe="")
        return urlunsplit(parts._replace(netloc=f"{user}@{parts.netloc}"))


class Mqtt(WithPassword):
    """Where events go and agent commands come from."""

    broker: str | None = None
    username: str | None = None
    topic_prefix: Annotated[str, Field(pattern=r"^[^/#+\s][^#+\s]*[^/#+\s]$")] = "freeline/v1"
    queue_limit: int = Field(default=10_000, ge=1, le=1_000_000)

    @field_validator("broker")
    @classmethod
    def _broker_url(cls, url: str | None) -> str | None:
        if url is None:
            return None
        like = "write it like mqtt://192.0.2.5:1883 or mqtts://broker.example:8883"
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise complaint_at("is not the URL of a broker", like) from None
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname or port == 0:
            raise complaint_at("is not the URL of a broker", like)
        if "@" in parts.netloc:
            raise complaint_at(
                "holds a user name or a password", "put them into `username` and `password_env`"
            )
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise complaint_at("has more than a host and a port", like)
        return url

    @property
    def host(self) -> str:
        """The broker's host; empty without a broker."""
        return urlsplit(self.broker).hostname or "" if self.broker else ""

    @property
    def port(self) -> int:
        """The broker's port."""
        return urlsplit(self.broker or "").port or (8883 if self.tls else 1883)

    @property
    def tls(self) -> bool:
        """Whether the broker is spoken to over TLS."""
        return bool(self.broker and self.broker.startswith("mqtts:"))


class Telemetry(Section):
    """Where /metrics, /healthz and /readyz are served."""

    address: Address = "127.0.0.1"
    port: Port = 9464


class Log(Section):
    """How much is logged, and for whom."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


Code = Annotated[str, Field(pattern=r"^[*#][0-9*#]{1,15}$")]


class FeatureCodes(Section):
    """What an agent dials from the headset to change state; null switches one off."""

    ready: Code | None = "*71"
    not_ready: Code | None = "*72"
    log_out: Code | None = "*73"

    @model_validator(mode="after")
    def _no_code_twice(self) -> Self:
        seen: dict[str, str] = {}
        for name in ("ready", "not_ready", "log_out"):
            code = getattr(self, name)
            if code is not None and seen.setdefault(code, name) != name:
                both = f"`{seen[code]}` and `{name}`"
                raise complaint_at(f"`{code}` is the code of both {both}", "", name)
        return self

    def states(self) -> dict[str, str]:
        """Return code -> agent state: `ready`, `not_ready` or `logged_out`."""
        codes = {"ready": self.ready, "not_ready": self.not_ready, "logged_out": self.log_out}
        return {code: state for state, code in codes.items() if code is not None}


class RoutingJournal(Section):
    """What survives a restart of the core."""

    path: ConfigPath = Field(default="../var/routing.journal", validate_default=True)
    resume_within_seconds: float = Field(default=60, gt=0, le=86_400)


class Control(Section):
    """Where this machine's `freeline` commands ask the switch."""

    socket: ConfigPath | None = Field(default="../var/control.sock", validate_default=True)


class Routing(Section):
    """How the router is kept."""

    journal: RoutingJournal | None = section(RoutingJournal)
    heartbeat_seconds: float = Field(default=60, ge=5, le=3600)


class Limits(Section):
    """What keeps the switch upright."""

    max_calls: int = Field(default=2000, ge=1, le=1_000_000)
    drain_seconds: float = Field(default=300, ge=0, le=86_400)
    hand_over_seconds: float = Field(default=10, ge=0, le=86_400)


def _alike(one: str, other: str) -> bool:
    """Whether both are addresses of the same version of IP."""
    return bool(one and other) and (":" in one) == (":" in other)


class MainFile(Section):
    """All of config/freeline.yaml."""

    site: Name = "main"
    zone: Zone | None = None
    sip: Sip = section(Sip)
    numbers: Annotated[Mapping[E164, Name | None], NotEmpty]
    """E.164 -> name of the flow that answers; null: out of service, 503."""
    number_languages: Mapping[E164, Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]] = (
        Field(default_factory=dict)
    )
    dialled_number: DialledNumber = section(DialledNumber)
    flows: ConfigPath = Field(default="../ivr_flows", validate_default=True)
    media: Media = section(Media)
    records: Records = section(Records)
    mqtt: Mqtt = section(Mqtt)
    mail: Mail | None = None
    http: Http = section(Http)
    tables: Mapping[Name, Table] = Field(default_factory=dict)
    telemetry: Telemetry = section(Telemetry)
    log: Log = section(Log)
    feature_codes: FeatureCodes = section(FeatureCodes)
    headsets: Headsets = section(Headsets)
    routing: Routing = section(Routing)
    control: Control = section(Control)
    trace: Trace = section(Trace)
    limits: Limits = section(Limits)

    @field_validator("flows")
    @classmethod
    def _flows_are_there(cls, flows: Any) -> Any:
        if not flows.is_dir():
            raise complaint_at(f"there is no directory {flows}")
        return flows

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        """Nobody can reach 0.0.0.0: others must be told another address."""
        hint = "the address at which others reach this machine"
        everywhere = ("0.0.0.0", "::")
        for index, listener in enumerate(self.sip.listen):
            told = listener.advertised_address or self.sip.advertised_address or ""
            if listener.address in everywhere and not _alike(told, listener.address):
                version = 6 if ":" in listener.address else 4
                message = (
                    f"listening on {listener.address} needs `sip.advertised_address`, or an "
                    f"`advertised_address` of its own, of IPv{version}"
                )
                raise complaint_at(message, hint, "sip", "listen", index, "address")
        if self.media.address in everywhere and self.media.advertised_address is None:
            message = f"RTP on {self.media.address} needs `media.advertised_address`"
            raise complaint_at(message, hint, "media", "address")
        if self.media.address_ipv6 == "::" and self.media.advertised_address_ipv6 is None:
            message = "RTP on :: needs `media.advertised_address_ipv6`"
            raise complaint_at(message, hint, "media", "address_ipv6")
        return self

    @model_validator(mode="after")
    def _ports_apart(self) -> Self:
        ports = self.media.ports
        for index, listener in enumerate(self.sip.listen):
            if listener.transport == "udp" and ports.low <= listener.port <= ports.high:
                raise complaint_at(
                    f"port {listener.port} lies among the ports for RTP "
                    f"({ports.low} to {ports.high})",
                    "",
                    "sip",
                    "listen",
                    index,
                    "port",
                )
        return self
