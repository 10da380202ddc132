"""Kamailio as Homer's collector: its sipcapture module reads HEP and writes a line a message."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.kamailio import Kamailio
from tests.support.ports import PortBlock
from tests.support.processes import wait_until

_ROUTES = """
modparam("sipcapture", "db_url", "flatstore:{directory}")
modparam("sipcapture", "capture_on", 1)
modparam("sipcapture", "hep_capture_on", 1)
request_route {{ sip_capture(); drop; }}
onreply_route {{ sip_capture(); drop; }}
"""


@dataclass(frozen=True)
class Captured:
    """One message as Kamailio's sipcapture stores it for Homer."""

    seconds: float
    """Unix time."""
    method: str
    """Or the status of a response."""
    call_id: str
    source: tuple[str, int]
    target: tuple[str, int]
    protocol: int
    """1: UDP, 2: TCP."""
    family: int
    node: str
    """Name of this collector, and the sender's capture id."""
    correlation: str
    message: str


class CaptureServer(Kamailio):
    """One collector, started at once."""

    def __init__(self, ports: PortBlock) -> None:
        # The module that writes the lines has little room for a path: pytest's are too long.
        directory = self._directory = Path(tempfile.mkdtemp(prefix="hep"))
        super().__init__(
            directory,
            ports.take(1),
            ("pv", "db_flatstore", "sipcapture"),
            _ROUTES.format(directory=directory),
            children=1,
        )

    def captured(self) -> list[Captured]:
        """Return what has come so far."""
        lines = [
            line
            for file in sorted(self._directory.glob("sip_capture_*.log"))
            for line in file.read_text().rpartition("\n")[0].splitlines()
        ]
        return [_captured(line.split("|")) for line in lines if line.count("|") > 40]

    def wait_for(self, count: int) -> list[Captured]:
        """Wait until so many messages have come."""

        def enough() -> list[Captured] | None:
            found = self.captured()
            return found if len(found) >= count else None

        return wait_until(enough, f"{count} messages at Kamailio", within_seconds=15)

    def stop(self) -> None:
        """End it, and remove its files."""
        super().stop()
        shutil.rmtree(self._directory)


def _captured(fields: list[str]) -> Captured:
    def place(at: int) -> tuple[str, int]:
        return fields[at], int(fields[at + 1])

    source = next(at for at in range(20, 30) if fields[at + 1].isdigit() and fields[at])
    return Captured(
        seconds=int(fields[1]) / 1e6,
        method=fields[2],
        call_id=fields[13],
        source=place(source),
        target=place(source + 2),
        protocol=int(fields[source + 8]),
        family=int(fields[source + 9]),
        node=fields[source + 12],
        correlation=fields[source + 13],
        message=fields[source + 18].replace("\\x0D\\x0A", "\r\n").replace("\\x7C", "|"),
    )
