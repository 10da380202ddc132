"""The kinds of values that configuration files hold, each checked with its own words.

Relative paths are taken from the configuration directory and secrets named by an
environment variable are looked up while a file is validated: the loader hands both in
as a `Surroundings`, so that nothing here reads the process's own state.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

import phonenumbers
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)

from switch.yaml_wording import complaint_at, nearest

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What values in a file refer to outside it; pydantic's validation context."""

    directory: Path
    """Absolute; relative paths start here."""
    environment: Mapping[str, str] = field(default_factory=dict)


class Section(BaseModel):
    """Base of every mapping in a configuration file: no unknown keys, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _empty_means_defaults(cls, data: Any) -> Any:
        return {} if data is None else data


def surroundings(info: ValidationInfo) -> Surroundings:
    """Return what the loader handed in; without a loader, the working directory."""
    context = info.context
    return context if isinstance(context, Surroundings) else Surroundings(Path.cwd())


def section(model: type[Section]) -> Any:
    """Return a field whose section may be left out; its defaults are validated too."""
    return Field(default={}, validate_default=True, title=model.__name__)


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise complaint_at(
            f"`{value[:70]}` cannot be a name",
            "letters, digits, `_`, `-` and `.`, 64 at most: names go into topics and metrics",
        )
    return value


Name = Annotated[str, AfterValidator(_name)]
"""A name that is safe in an MQTT topic, a metric label and a file name."""

Level = Annotated[int, Field(ge=1, le=10)]
"""How well an agent masters a skill, or has to."""

Skills = Mapping[Name, Level]

Port = Annotated[int, Field(ge=0, le=65535)]
"""0 lets the system choose; the log and the ready file name the real one."""


def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise complaint_at(
            f"`{value}` is not an IP address",
            "host names are not looked up here: give the address",
        ) from None


Address = Annotated[str, AfterValidator(_address)]


def place_of(text: str) -> tuple[str, int] | None:
    """Return address and port of `192.0.2.9:9060` or `[2001:db8::9]:9060`; None of others."""
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+)):([0-9]{1,5})", text)
    if found is None or not 0 < int(found[3]) <= 65_535:
        return None
    try:
        return str(ipaddress.ip_address(found[1] or found[2])), int(found[3])
    except ValueError:
        return None


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value))
    except ValueError:
        pass
    try:
        meant = ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise complaint_at(
            f"`{value}` is not a network", "write it like 192.0.2.0/24 or 192.0.2.7"
        ) from None
    raise complaint_at(
        f"`{value}` has bits set outside its network part", f"did you mean `{meant}`?"
    )


Network = Annotated[str, AfterValidator(_network)]
"""Canonical text of a network; a single address is a network of one."""


def _e164(value: str) -> str:
    if not value.startswith("+"):
        raise complaint_at(
            f"`{value}` is not an E.164 number", "begin with + and the country code, in quotes"
        )
    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException as error:
        raise complaint_at(f"`{value}` is not an E.164 number: {error}") from None
    if not phonenumbers.is_possible_number(number):
        raise complaint_at(f"`{value}` has too many or too few digits for its country")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


E164 = Annotated[str, AfterValidator(_e164)]


def _prefix(value: str) -> str:
    if not re.fullmatch(r"\+[1-9][0-9]{0,14}", value):
        raise complaint_at(
            f"`{value[:30]}` is not the beginning of an E.164 number", 'write it like "+1"'
        )
    return value


Prefix = Annotated[str, AfterValidator(_prefix)]


def _region(value: str) -> str:
    if value not in phonenumbers.SUPPORTED_REGIONS:
        near = nearest(value, sorted(phonenumbers.SUPPORTED_REGIONS))
        hint = f"did you mean `{near}`?" if near else "two capital letters, for example US"
        raise complaint_at(f"`{value}` is not a country that has telephone numbers", hint)
    return value


Region = Annotated[str, AfterValidator(_region)]


def _path(value: Path, info: ValidationInfo) -> Path:
    # Not `resolve`: a symbolic link stays what the operator named.
    return Path(os.path.normpath(surroundings(info).directory / value.expanduser()))


ConfigPath = Annotated[Path, AfterValidator(_path)]
"""Absolute; a relative one in the file starts at the configuration directory."""


class Sound(Section):
    """Something to hear: a sound file, or a text to speak."""

    file: ConfigPath | None = None
    text: str = ""
    voice: str = ""
    """espeak-ng voice for `text`; empty for `media.voice`."""

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.file is None) == (not self.text):
            raise complaint_at("give either `file` or `text`")
        if self.file is not None and not self.file.is_file():
            raise complaint_at(f"there is no file {self.file}", "", "file")
        return self


def _distinct(values: tuple[_T, ...]) -> tuple[_T, ...]:
    for index, value in enumerate(values):
        if value in values[:index]:
            raise complaint_at("is listed twice", "", index)
    return values


Distinct = AfterValidator(_distinct)
"""Refuses what is listed twice."""
