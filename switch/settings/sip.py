"""The models of `sip:` in config/freeline.yaml: listeners, TLS, and how SIP is spoken.

Each setting is explained, for the operator, in the shipped file itself.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from switch.settings.fields import Address, ConfigPath, Distinct, Port, Section, section
from switch.yaml_wording import NotEmpty, complaint_at


class Listen(Section):
    """One listener."""

    transport: Literal["udp", "tcp", "tls", "ws", "wss"]
    address: Address
    port: Port = 5060
    advertised_address: Address | None = None
    """Told to others in place of `address`; null: `sip.advertised_address`."""
    advertised_port: Annotated[int, Field(ge=1, le=65_535)] | None = None

    def __str__(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.transport} {host}:{self.port}"

    @property
    def over_tls(self) -> bool:
        """Whether it needs a certificate."""
        return self.transport in ("tls", "wss")


class Tls(Section):
    """Certificates, ours and those of others."""

    certificate: ConfigPath | None = None
    """null: nobody can connect to us over TLS, and carriers that we connect to see none."""
    key: ConfigPath | None = None
    client_certificates: Literal["none", "optional", "required"] = "none"
    client_ca: ConfigPath | None = None
    trust: ConfigPath | None = None
    verify: bool = True
    ciphers: str | None = None

    @model_validator(mode="after")
    def _certificate_has_its_key(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            missing, given = ("key", "certificate") if self.certificate else ("certificate", "key")
            raise complaint_at(
                "a certificate and its key need each other", f"give `{missing}`", given
            )
        return self

    @model_validator(mode="after")
    def _has_who_issues(self) -> Self:
        if self.client_certificates != "none" and self.client_ca is None:
            raise complaint_at(
                "certificates of clients are asked for, and nobody is named who issues them",
                "give `client_ca`",
                "client_certificates",
            )
        return self


_ORIGIN = re.compile(
    r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?|https?://\[[0-9a-f:]+\](?::[0-9]{1,5})?"
)


def _origin(value: str) -> str:
    if value != "*" and not _ORIGIN.fullmatch(value):
        raise complaint_at(
            f"`{value}` is not where a web page comes from",
            "write it like https://desk.example.com, without a path",
        )
    return value


class Streams(Section):
    """What connections over TCP, TLS and WebSocket may take."""

    connections: int = Field(default=10_000, ge=1, le=1_000_000)
    per_source: int = Field(default=1_000, ge=1, le=1_000_000)
    handshake_seconds: float = Field(default=10, ge=0.1, le=300)
    message_seconds: float = Field(default=32, ge=0.1, le=300)
    idle_seconds: Annotated[float, Field(ge=1, le=1_209_600)] | None = None
    """null: twice the longest registration."""
    keep_alive_seconds: int = Field(default=120, ge=5, le=3600)


class Registration(Section):
    """How long a headset's registration may last (RFC 3261 10.3)."""

    min_seconds: int = Field(default=60, ge=1, le=86_400)
    default_seconds: int = Field(default=300, ge=1, le=86_400)
    max_seconds: int = Field(default=3600, ge=1, le=604_800)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_seconds > self.max_seconds:
            raise complaint_at("`min_seconds` is more than `max_seconds`", "", "min_seconds")
        if not self.min_seconds <= self.default_seconds <= self.max_seconds:
            raise complaint_at(
                f"`default_seconds` ({self.default_seconds}) should lie between "
                f"`min_seconds` ({self.min_seconds}) and `max_seconds` ({self.max_seconds})",
                "",
                "default_seconds",
            )
        return self


class Qualify(Section):
    """Whether registered headsets are asked by OPTIONS if they are still there."""

    interval_seconds: Annotated[float, Field(ge=5, le=86_400)] | None = 60
    """null: they are not asked."""
    failures: int = Field(default=2, ge=1, le=100)
    """Unanswered questions in a row, until a headset counts as silent."""
    silent: Literal["show", "not_ready", "unregister"] = "show"
    """What becomes of one that answered before: it is shown, its agent gets no calls until it
    answers again, or its registration ends."""


class SessionTimers(Section):
    """How both sides notice that the other one is gone (RFC 4028)."""

    enabled: bool = True
    """Whether sessions are refreshed with peers that say that they can do it."""
    expires_seconds: int = Field(default=1800, ge=90, le=86_400)
    """The interval that we ask for, and the longest that we agree to."""
    min_seconds: int = Field(default=90, ge=90, le=86_400)
    """The shortest interval that we take; whoever wants less gets 422."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_seconds > self.expires_seconds:
            raise complaint_at("`min_seconds` is more than `expires_seconds`", "", "min_seconds")
        return self


class Strangers(Section):
    """What is done with who is neither a trunk nor a registered headset."""

    answer: bool = True
    ignore_scanners: bool = True
    per_source_per_second: float = Field(default=50, gt=0, le=100_000)
    per_source_burst: int = Field(default=500, ge=1, le=1_000_000)
    per_second: float = Field(default=500, gt=0, le=1_000_000)
    burst: int = Field(default=2000, ge=1, le=10_000_000)


class Bans(Section):
    """What follows on wrong passwords."""

    free_failures: int = Field(default=5, ge=1, le=1000)
    first_seconds: float = Field(default=10, ge=0.1, le=86_400)
    longest_seconds: float = Field(default=3600, ge=0.1, le=2_592_000)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first_seconds > self.longest_seconds:
            raise complaint_at("is more than `longest_seconds`", "", "first_seconds")
        return self


class Overload(Section):
    """When new calls are refused so that those in progress are served."""

    low_seconds: float = Field(default=0.010, ge=0.001, le=10)
    high_seconds: float = Field(default=0.040, ge=0.002, le=10)
    retry_after_seconds: int = Field(default=5, ge=1, le=3600)
    per_source_per_second: Annotated[float, Field(gt=0, le=100_000)] | None = None
    per_source_burst: int = Field(default=50, ge=1, le=1_000_000)
    per_second: Annotated[float, Field(gt=0, le=100_000)] | None = None
    burst: int = Field(default=200, ge=1, le=1_000_000)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low_seconds >= self.high_seconds:
            raise complaint_at("is not less than `high_seconds`", "", "low_seconds")
        return self


def _default_listeners() -> tuple[Listen, ...]:
    return (
        Listen(transport="udp", address="127.0.0.1"),
        Listen(transport="tcp", address="127.0.0.1"),
    )


class Sip(Section):
    """Listeners and what SIP needs to know of itself."""

    listen: Annotated[tuple[Listen, ...], NotEmpty] = Field(default_factory=_default_listeners)
    advertised_address: Address | None = None
    tls: Tls | None = None
    web_origins: Annotated[tuple[str, ...], Distinct] = ()
    streams: Streams = section(Streams)
    realm: Annotated[str, Field(pattern=r'^[^"\\\x00-\x1f]{1,64}$')] = "freeline"
    registration: Registration = section(Registration)
    qualify: Qualify = section(Qualify)
    session_timer: SessionTimers = section(SessionTimers)
    strangers: Strangers = section(Strangers)
    bans: Bans = section(Bans)
    overload: Overload = section(Overload)
    digest: Annotated[tuple[Literal["SHA-256", "MD5"], ...], NotEmpty, Distinct] = (
        "SHA-256",
        "MD5",
    )
    t1_seconds: float = Field(default=0.5, ge=0.05, le=5)

    @field_validator("listen")
    @classmethod
    def _no_door_twice(cls, listeners: tuple[Listen, ...]) -> tuple[Listen, ...]:
        doors: dict[tuple[str, str, int], int] = {}
        for index, listener in enumerate(listeners):
            kind = "udp" if listener.transport == "udp" else "tcp"
            door = kind, listener.address, listener.port
            before = doors.setdefault(door, index)
            if not listener.port or before == index:
                continue
            if listeners[before].transport == listener.transport:
                raise complaint_at("this listener is given twice", "", index)
            message = f"port {listener.port} of this address has a {listeners[before].transport}"
            raise complaint_at(f"{message} listener already", "take another port", index, "port")
        return listeners

    @field_validator("web_origins")
    @classmethod
    def _origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_origin(origin) for origin in origins)

    @model_validator(mode="after")
    def _has_a_certificate(self) -> Self:
        for index, listener in enumerate(self.listen):
            if listener.over_tls and (self.tls is None or self.tls.certificate is None):
                message = f"a {listener.transport} listener needs a certificate"
                hint = "give `sip.tls`" if self.tls is None else "give `sip.tls.certificate`"
                raise complaint_at(message, hint, "listen", index, "transport")
        return self

    @model_validator(mode="after")
    def _idle_is_long(self) -> Self:
        longest, idle = self.registration.max_seconds, self.streams.idle_seconds
        if idle is not None and idle <= longest:
            raise complaint_at(
                f"should be more than {longest}, the longest registration",
                "or headsets that are quiet in between are cut off",
                "streams",
                "idle_seconds",
            )
        return self
