"""The C programs at work: the far ends of many calls, and the relay that does the least."""

from __future__ import annotations

import json
import select
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from figures import RunError
from native import compiled
from proc import cpu_seconds, free_port, sink

_ANSWER_SECONDS = 10
_FIRST_PORT, _LAST_PORT, _PORT_STEP = 10_000, 60_000, 2_000


@dataclass(frozen=True, slots=True)
class Metered:
    """What `rtp_load` metered in one window; times in milliseconds."""

    seconds: float
    streams: int
    sent: int
    received: int
    relayed: int
    lost: int
    """Sent and not come back."""
    gaps: int
    """Times a sequence number was not one more than the last."""
    new_sources: int
    """Times another SSRC began."""
    delay_p50_ms: float
    delay_p99_ms: float
    delay_max_ms: float
    pace_p50_ms: float
    """How far a packet came from 20 ms after the one before."""
    pace_p99_ms: float
    late_ticks: int
    """Times the program itself was late by more than 5 ms."""
    cpu_seconds: float


class RtpLoad:
    """`native/rtp_load`: one port, from which and to which all RTP goes."""

    def __init__(self) -> None:
        self.port = free_port(2)
        self._rtcp = sink(self.port + 1)
        self._process = _start(compiled("rtp_load"), self.port)

    def tell(self, line: str) -> None:
        """Give a command that has no answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def count(self) -> dict[str, int]:
        """Return how many streams are known, were heard, and are relayed."""
        self.tell("count")
        found: dict[str, int] = json.loads(_line(self._process))
        return found

    def measure(self, seconds: float) -> Metered:
        """Meter for so long, and for what comes late."""
        self.begin(seconds)
        return self.metered(seconds)

    def begin(self, seconds: float) -> None:
        """Begin to meter; `metered` returns what was found."""
        self.tell(f"measure {seconds:g}")

    def metered(self, seconds: float) -> Metered:
        """Return what was found in the window that was begun so long ago, at most."""
        return Metered(**json.loads(_line(self._process, seconds + _ANSWER_SECONDS)))

    def stop(self) -> None:
        """End it."""
        _stop(self._process)
        self._rtcp.close()


@dataclass(slots=True)
class Floor:
    """What the same load costs when nothing but recv and send is done to it."""

    metered: Metered
    cpu_seconds: float
    """Of the relay."""
    us_per_packet: float | None = field(init=False)

    def __post_init__(self) -> None:
        relayed = self.metered.relayed
        self.us_per_packet = round(self.cpu_seconds * 1e6 / relayed, 3) if relayed else None


def measure_floor(streams: int, seconds: float) -> Floor:
    """Send the load of so many streams, an even number, through `native/relay`."""
    load = RtpLoad()
    relay = None
    try:
        first, relay = _relay(streams, load.port)
        load.tell(f"learn {first} {streams}")
        load.tell("talk")
        time.sleep(1)
        before = cpu_seconds(relay.pid)
        metered = load.measure(seconds)
        return Floor(metered, cpu_seconds(relay.pid) - before)
    finally:
        if relay is not None:
            _stop(relay)
        load.stop()


def _relay(streams: int, peer: int) -> tuple[int, subprocess.Popen[bytes]]:
    """Start a relay on the first block of ports that is free."""
    for first in range(_FIRST_PORT, _LAST_PORT - streams, _PORT_STEP):
        process = _start(compiled("relay"), first, streams, peer)
        assert process.stdout is not None
        if process.stdout.readline() == b"ready\n":
            return first, process
        _stop(process)
    raise RunError(f"there are no {streams} neighbouring UDP ports that are free")


def _start(program: Path, *arguments: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(program), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _line(process: subprocess.Popen[bytes], seconds: float = _ANSWER_SECONDS) -> bytes:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], seconds)
    line = process.stdout.readline() if ready else b""
    if not line:
        raise RunError("rtp_load does not answer")
    return line


def _stop(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()  # both programs end with it
    try:
        process.wait(3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
