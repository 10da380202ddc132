"""Throws inputs at targets, and watches for exceptions, time and memory."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Protocol

from tests.fuzz.dtls_target import DtlsTarget
from tests.fuzz.mutation import Mutator
from tests.fuzz.other_targets import (
    DigestTarget,
    RtcpTarget,
    RtpTarget,
    SdpTarget,
    StreamTarget,
    TlsTarget,
    WebSocketTarget,
    WireTarget,
)
from tests.fuzz.sip_target import SipTarget

NANOSECONDS_PER_KIB = 1_000_000
"""An input may take a millisecond of processor time for each KiB of it that is begun."""

_TRIES = 7
"""Of what seemed slow: the least counts, for the machine may have been busy."""
_LIFE = 5000
"""Inputs to one target before it is made anew."""
_MOST_KEPT = 4000
"""Inputs of new outcomes that are mutated further."""
_MOST_FINDINGS = 10
"""Of one campaign, which then ends."""
_WARM_UP = 0.2
"""Of a campaign: memory is compared from then on."""


class Target(Protocol):
    """A door."""

    def run(self, data: bytes) -> object:
        """Take an input, raise nothing, and return something to tell outcomes apart by."""
        ...

    def seeds(self) -> list[bytes]:
        """Return inputs to begin with."""
        ...


TARGETS: Mapping[str, tuple[Callable[[], Target], int]] = {
    "sip": (SipTarget, 34),
    "stream": (StreamTarget, 10),
    "websocket": (WebSocketTarget, 10),
    "tls": (TlsTarget, 2),
    "sdp": (SdpTarget, 12),
    "digest": (DigestTarget, 6),
    "rtp": (RtpTarget, 10),
    "rtcp": (RtcpTarget, 5),
    "dtls": (DtlsTarget, 6),
    "wire": (WireTarget, 5),
}
"""Name -> how it is made, and its share of the inputs in hundredths."""


@dataclass
class Finding:
    """An input that did harm."""

    target: str
    what: str
    data: bytes


@dataclass
class Result:
    """What came of the inputs to one target."""

    target: str
    inputs: int = 0
    octets: int = 0
    seconds: float = 0.0
    outcomes: int = 0
    slowest: float = 0.0
    """Milliseconds for each KiB, of the slowest input."""
    memory_before: int = 0
    """Bytes resident after the warm-up."""
    memory_after: int = 0
    findings: list[Finding] = field(default_factory=list)


def campaign(
    name: str,
    inputs: int,
    seed: int,
    seconds: float = 1e9,
    *,
    timed: bool = True,
    targets: Mapping[str, tuple[Callable[[], Target], int]] = TARGETS,
) -> Result:
    """Throw inputs at one target.

    Args:
        seconds: of the clock, after which it ends early.
        timed: look for inputs that take long.
    """
    make = targets[name][0]
    result, random = Result(name), Random(seed)
    target = make()
    mutator = Mutator(random, target.seeds())
    outcomes: set[object] = set()
    began = time.monotonic()
    for data, number in zip(_inputs(mutator), range(inputs), strict=False):
        if number and number % _LIFE == 0:
            target = _renewed(target, make)
        if number % 256 == 0 and time.monotonic() - began > seconds:
            break
        if number == int(inputs * _WARM_UP):
            result.memory_before = _resident()
        started = time.thread_time_ns()
        try:
            outcome = target.run(data)
        except Exception:
            result.findings.append(Finding(name, traceback.format_exc(), data))
            if len(result.findings) >= _MOST_FINDINGS:
                break
            target = _renewed(target, make)
            continue
        taken = time.thread_time_ns() - started
        kib = (len(data) + 1023) // 1024 or 1
        if timed and taken > kib * NANOSECONDS_PER_KIB:
            taken = min(taken, *(_timed(make, data) for _ in range(_TRIES)))
            if taken > kib * NANOSECONDS_PER_KIB:
                what = f"took {taken / 1e6:.2f} ms for {len(data)} bytes"
                result.findings.append(Finding(name, what, data))
        result.slowest = max(result.slowest, taken / 1e6 / kib)
        result.inputs = number + 1
        result.octets += len(data)
        if outcome not in outcomes and len(outcomes) < _MOST_KEPT:
            outcomes.add(outcome)
            if len(data) <= 4096:
                mutator.corpus.append(data)
    result.memory_after = _resident()
    result.outcomes = len(outcomes)
    result.seconds = time.monotonic() - began
    _renewed(target, None)
    return result


def write_findings(result: Result, directory: Path) -> None:
    """Keep what did harm: the input, and what it did."""
    directory.mkdir(parents=True, exist_ok=True)
    for number, finding in zip(count(), result.findings, strict=False):
        stem = directory / f"{finding.target}-{number}"
        stem.with_suffix(".bin").write_bytes(finding.data)
        stem.with_suffix(".txt").write_text(finding.what)


def _inputs(mutator: Mutator) -> Iterator[bytes]:
    yield from list(mutator.corpus)
    while True:
        yield mutator.next()


def _timed(make: Callable[[], Target], data: bytes) -> int:
    target = make()
    began = time.thread_time_ns()
    target.run(data)
    taken = time.thread_time_ns() - began
    _renewed(target, None)
    return taken


def _renewed(target: Target, make: Callable[[], Target] | None) -> Target:
    with suppress(AttributeError):
        target.close()  # type: ignore[attr-defined]
    return target if make is None else make()


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")
