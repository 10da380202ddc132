"""The models of `sip:` in config/freeline.yaml: listeners, and how SIP is spoken.

Each setting is explained, for the operator, in the shipped file itself.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from switch.settings.fields import Address, Distinct, Port, Section, section
from switch.yaml_wording import NotEmpty, complaint_at


class Listen(Section):
    """One listener."""

    transport: Literal["udp", "tcp"]
    address: Address
    port: Port = 5060


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


def _default_listeners() -> tuple[Listen, ...]:
    return (
        Listen(transport="udp", address="127.0.0.1"),
        Listen(transport="tcp", address="127.0.0.1"),
    )


class Sip(Section):
    """Listeners and what SIP needs to know of itself."""

    listen: Annotated[tuple[Listen, ...], NotEmpty] = Field(default_factory=_default_listeners)
    advertised_address: Address | None = None
    realm: Annotated[str, Field(pattern=r'^[^"\\\x00-\x1f]{1,64}$')] = "freeline"
    registration: Registration = section(Registration)
    digest: Annotated[tuple[Literal["SHA-256", "MD5"], ...], NotEmpty, Distinct] = (
        "SHA-256",
        "MD5",
    )
    t1_seconds: float = Field(default=0.5, ge=0.05, le=5)
    session_timer: SessionTimers = section(SessionTimers)

    @field_validator("listen")
    @classmethod
    def _no_door_twice(cls, listeners: tuple[Listen, ...]) -> tuple[Listen, ...]:
        for index, listener in enumerate(listeners):
            if listener.port and listener in listeners[:index]:
                raise complaint_at("this listener is given twice", "", index)
        return listeners
