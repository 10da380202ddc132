"""The models of what flows reach outside: mail, web services, tables.

Each setting is explained, for the operator, in the shipped freeline.yaml itself.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    field_validator,
    model_validator,
)

from switch.settings.fields import ConfigPath, Network, Section
from switch.settings.login import Login
from switch.yaml_wording import complaint_at

_PORTS = {"none": 25, "starttls": 587, "tls": 465}


class Voicemail(Section):
    """Where callers' messages are kept."""

    directory: ConfigPath = Field(default="../var/voicemail", validate_default=True)


class Mail(Login):
    """The server that voice messages are mailed through."""

    host: Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9.:-]+$")]
    port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    security: Literal["none", "starttls", "tls"] = "starttls"
    sender: Annotated[str, Field(alias="from", pattern=r"^[^\r\n]*[^@\s<>]+@[^@\s<>]+>?$")]
    spool: ConfigPath = Field(default="../var/mail", validate_default=True)

    @model_validator(mode="after")
    def _login_is_encrypted(self) -> Self:
        if self.password is not None and self.security == "none":
            hint = "use starttls or tls"
            if self.host not in ("127.0.0.1", "::1", "localhost"):
                raise complaint_at("a password would be sent in the clear", hint, "security")
        return self

    @property
    def smtp_port(self) -> int:
        """The port, or the usual one."""
        return self.port or _PORTS[self.security]


def _origin(value: str) -> str:
    like = "write it like https://api.example.com or http://192.0.2.7:8080"
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise complaint_at(f"`{value[:100]}` is not a web service", like) from None
    whole = f"{parts.scheme}://{parts.netloc}"
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise complaint_at(f"`{value[:100]}` is not a web service", like)
    if "@" in parts.netloc or "*" in parts.netloc or value.rstrip("/") != whole:
        raise complaint_at(f"`{value[:100]}` has more than a scheme, a host and a port", like)
    return whole


Origin = Annotated[str, AfterValidator(_origin)]


class Breaker(Section):
    """When a service that fails is left alone."""

    failures: int = Field(default=5, ge=1, le=1000)
    seconds: float = Field(default=5, ge=0.1, le=3600)
    longest_seconds: float = Field(default=60, ge=0.1, le=86_400)


class Http(Section):
    """Which web services flows may ask, and how much."""

    allow: tuple[Origin, ...] = ()
    private_networks: tuple[Network, ...] = ()
    max_concurrent: int = Field(default=100, ge=1, le=10_000)
    breaker: Breaker = Field(default={}, validate_default=True)


class Table(Section):
    """A table that flows look things up in."""

    csv: ConfigPath | None = None
    key: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    sqlite: ConfigPath | None = None
    query: Annotated[str, Field(min_length=1, max_length=10_000)] | None = None
    timeout_seconds: float = Field(default=2, gt=0, le=30)

    @field_validator("query")
    @classmethod
    def _asks_for_a_key(cls, query: str | None) -> str | None:
        if query is not None and not ("?" in query or ":key" in query):
            raise complaint_at("does not ask for the key", "put `:key` where the key goes")
        return query

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.csv is None) == (self.sqlite is None):
            raise complaint_at("give either `csv` and `key`, or `sqlite` and `query`")
        if (self.csv is None) != (self.key is None):
            raise complaint_at("`csv` and `key` need each other", "", "csv" if self.csv else "key")
        if (self.sqlite is None) != (self.query is None):
            place = "sqlite" if self.sqlite else "query"
            raise complaint_at("`sqlite` and `query` need each other", "", place)
        return self
