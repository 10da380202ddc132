"""PURE: what a phone does once a call is up: `wait 2; dtmf 1; wait 5; hangup`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from switch.errors import PhoneError


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for a while."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Dtmf:
    """Press keys, by RFC 4733."""

    keys: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Put the other side on hold."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Take it off hold."""


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """Hand the other side on to somebody, unasked (RFC 3515)."""

    to: str
    """A SIP URI."""


@dataclass(frozen=True, slots=True)
class Consult:
    """Call somebody besides, and go on once that call is answered."""

    to: str
    """A SIP URI."""


@dataclass(frozen=True, slots=True)
class Join:
    """Hand the other side on to whom `consult` has called (RFC 3891)."""


@dataclass(frozen=True, slots=True)
class Drop:
    """End the call that `consult` has begun."""


Step = Wait | Dtmf | Hold | Resume | Hangup | Transfer | Consult | Join | Drop

_WORDS: dict[str, Step] = {
    "hold": Hold(),
    "resume": Resume(),
    "hangup": Hangup(),
    "join": Join(),
    "drop": Drop(),
}
_CALLS: dict[str, type[Transfer] | type[Consult]] = {"transfer": Transfer, "consult": Consult}
_LONGEST_WAIT_SECONDS = 86_400


def parse_script(text: str) -> list[Step]:
    """Return the steps of a script.

    Raises:
        PhoneError: naming the column (1-based) and what is wrong there.
    """
    steps: list[Step] = []
    start = 0
    for part in text.split(";"):
        column = start + len(part) - len(part.lstrip()) + 1
        start += len(part) + 1
        if part.strip():
            steps.append(_step(part.split(), column))
    return steps


def format_script(steps: Sequence[Step]) -> str:
    """Return a script's text."""
    return "; ".join(_text(step) for step in steps)


def _step(words: list[str], column: int) -> Step:
    name, *arguments = words
    if name in _WORDS:
        _need(not arguments, column, f"`{name}` takes nothing behind it")
        return _WORDS[name]
    if name == "wait":
        _need(len(arguments) == 1, column, "`wait` needs seconds: `wait 2.5`")
        seconds = arguments[0]
        _need(bool(re.fullmatch(r"\d+(\.\d+)?", seconds)), column, f"`{seconds}` is not seconds")
        _need(float(seconds) <= _LONGEST_WAIT_SECONDS, column, "that is longer than a day")
        return Wait(float(seconds))
    if name == "dtmf":
        keys = "".join(arguments).upper()
        _need(bool(keys), column, "`dtmf` needs keys: `dtmf 1#`")
        _need(
            bool(re.fullmatch(r"[0-9*#A-D]+", keys)), column, f"`{keys}` has keys no telephone has"
        )
        return Dtmf(keys)
    if name in _CALLS:
        uri = arguments[0] if len(arguments) == 1 else ""
        _need(uri.startswith("sip:"), column, f"`{name}` needs a SIP URI: `{name} sip:ravi@host`")
        return _CALLS[name](uri)
    known = ", ".join(("wait SECONDS", "dtmf KEYS", *(f"{each} URI" for each in _CALLS), *_WORDS))
    raise PhoneError(f"script, column {column}: `{name}` is not known (known: {known})")


def _need(holds: bool, column: int, otherwise: str) -> None:
    if not holds:
        raise PhoneError(f"script, column {column}: {otherwise}")


def _text(step: Step) -> str:
    match step:
        case Wait(seconds=seconds):
            return f"wait {seconds:.12f}".rstrip("0").rstrip(".")
        case Dtmf(keys=keys):
            return f"dtmf {keys}"
        case Transfer(to=to) | Consult(to=to):
            return f"{type(step).__name__.lower()} {to}"
        case _:
            return type(step).__name__.lower()
