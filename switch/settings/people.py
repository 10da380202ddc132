"""The models of agents.yaml: who answers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from switch.schedule_fields import ScheduleModel
from switch.settings.fields import (
    Level,
    Name,
    Prefix,
    Section,
    Skills,
    section,
)
from switch.settings.login import WithPassword
from switch.yaml_wording import complaint_at

Encryption = Literal["never", "offered", "required", "dtls"]
"""SRTP with keys from the signalling (SDES) or by DTLS: refused, taken when offered, nothing else;
or nothing but DTLS. Web pages are offered DTLS in any case but the first."""


def _hex_digest(digits: int) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        if not re.fullmatch(rf"[0-9a-fA-F]{{{digits}}}", value.get_secret_value()):
            raise complaint_at(f"should be {digits} hexadecimal digits")
        return SecretStr(value.get_secret_value().lower())

    return AfterValidator(check)


class Ha1(Section):
    """Hashes of `username:realm:password` (RFC 7616 3.4.2); as good as the password."""

    md5: Annotated[SecretStr, _hex_digest(32)] | None = None
    sha256: Annotated[SecretStr, _hex_digest(64)] | None = None

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if self.md5 is None and self.sha256 is None:
            raise complaint_at("give `md5`, `sha256` or both")
        return self


class Headset(WithPassword):
    """The account that an agent's headset registers with."""

    username: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.!~*'()&=+$,;?/-]{1,64}$")]
    password: Annotated[SecretStr, Field(min_length=1)] | None = None
    ha1: Ha1 | None = None

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if (self.password is None) == (self.ha1 is None):
            raise complaint_at("give one of `password`, `password_env` and `ha1`")
        return self

    def headset_ha1(self, realm: str) -> dict[str, str]:
        """Return HA1 by digest algorithm: `MD5`, `SHA-256`. Secrets: never log them."""
        if self.ha1 is not None:
            given = {"MD5": self.ha1.md5, "SHA-256": self.ha1.sha256}
            return {name: ha1.get_secret_value() for name, ha1 in given.items() if ha1 is not None}
        text = f"{self.username}:{realm}:{self.secret() or ''}".encode()
        return {
            "MD5": hashlib.md5(text, usedforsecurity=False).hexdigest(),
            "SHA-256": hashlib.sha256(text).hexdigest(),
        }


def _with_levels(value: Any) -> Any:
    return dict.fromkeys(value, 10) if isinstance(value, list | tuple) else value


Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")]

Languages = Annotated[Mapping[Language, Level], BeforeValidator(_with_levels)]
"""Language -> level; `[en, hi]` stands for level 10 of each."""


Reach = Literal["agents", "queues", "numbers"]


class HeadsetNumbers(Section):
    """Which outside numbers one headset may call and hand callers on to, within what the `dial`
    rules of its trunk allow all together."""

    allow: tuple[Prefix, ...] = ()
    """Prefixes; empty: all that the trunk allows."""
    deny: tuple[Prefix, ...] = ()
    """Wins over `allow`."""
    max_calls: int = Field(default=3, ge=1, le=1000)
    """At once."""
    max_calls_per_hour: int = Field(default=60, ge=1, le=100_000)


class Headsets(Section):
    """What agents may do with their headsets besides answering, unless theirs say otherwise."""

    may_reach: tuple[Reach, ...] = ("agents", "queues")
    """Whom they may call and send callers to: other agents, queues, and outside numbers by the
    `dial` rules of the first trunk that has them."""
    numbers: HeadsetNumbers = section(HeadsetNumbers)


class Agent(Section):
    """Someone who answers calls."""

    id: Name
    name: Annotated[str, Field(max_length=100)] = ""
    skills: Skills = Field(default_factory=dict)
    languages: Languages = Field(default_factory=dict)
    site: Name | Literal[""] = ""
    """Where the agent sits, for queues that prefer sites."""
    max_calls_per_hour: Annotated[int, Field(ge=1, le=1000)] | None = None
    shift: ScheduleModel | None = None
    """When the agent works; out of it there are no calls; null: always."""
    headset: Headset | None = None
    srtp: Encryption = "offered"
    """Whether the device's media is encrypted."""
    contact: str | None = None
    """Fixed SIP URI instead of a headset that registers."""
    initial_state: Literal["ready", "not_ready"] | None = None
    may_reach: tuple[Reach, ...] | None = None
    """Whom the headset may call and send callers to; null: as `headsets` says."""
    numbers: HeadsetNumbers | None = None
    """Which outside numbers, and how many; null: as `headsets` says."""

    @field_validator("contact")
    @classmethod
    def _sip_uri(cls, contact: str | None) -> str | None:
        if contact is not None and not _CONTACT.fullmatch(contact):
            raise complaint_at(
                "is not the SIP URI of a device",
                "write it like sip:asha@192.0.2.7:5071, with an address, not a name",
            )
        return contact

    @model_validator(mode="after")
    def _one_device(self) -> Self:
        if (self.headset is None) == (self.contact is None):
            raise complaint_at("give either `headset` or `contact`")
        if self.initial_state is not None and self.contact is None:
            raise complaint_at(
                "`initial_state` is for agents with a fixed `contact`",
                "a headset makes its agent ready by registering",
                "initial_state",
            )
        return self

    @property
    def ready_at_start(self) -> bool:
        """Whether the agent takes calls as soon as the switch is up."""
        return self.contact is not None and self.initial_state != "not_ready"


_CONTACT = re.compile(
    r"sip:(?:[A-Za-z0-9_.!~*'()&=+$,;?/%-]+@)?"
    r"(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|\[[0-9a-fA-F:.]+\])"
    r"(?::[0-9]{1,5})?(?:;transport=(?:udp|tcp|tls))?",
)


class Generate(Section):
    """Many agents made from one template, for load tests: `{n}` is the running number."""

    count: int = Field(ge=1, le=100_000)
    first: int = Field(default=1, ge=0)
    agent: dict[str, Any]
    """An agent in which every text may contain `{n}`, or `{n:4}` for four digits."""

    def expand(self) -> Iterator[dict[str, Any]]:
        """Yield the data of each agent."""
        for number in range(self.first, self.first + self.count):
            yield _filled(self.agent, number)


_NUMBER = re.compile(r"\{n(?::0?([1-9]))?\}")


def _filled(value: Any, number: int) -> Any:
    if isinstance(value, str):
        if "{n" not in value:
            return value
        return _NUMBER.sub(lambda match: str(number).zfill(int(match[1] or 1)), value)
    if isinstance(value, dict):
        return {key: _filled(part, number) for key, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, number) for part in value]
    return value


class GeneratedAgents(Section):
    """An entry of `agents` that stands for many."""

    generate: Generate


class AgentsFile(Section):
    """All of config/agents.yaml, before each entry is looked at."""

    agents: tuple[Any, ...] = ()
