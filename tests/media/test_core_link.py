"""When a worker tells its core: at once what is waited for, with the tick's what is not."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from switch.media.core_link import CoreLink
from switch.media.messages import Digit, Prepared, Released, Report, Stats, StreamStats
from switch.media.wire import MAX_PACKET_BYTES, decode_reports

KEY = Digit("one", "5")
OVER = Released("two", StreamStats())


class Line:
    """A link, and its core's end."""

    def __init__(self) -> None:
        self.core, self.worker = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.core.setblocking(False)
        self.link = CoreLink(
            self.worker, "", lambda *_: None, lambda _: False, lambda *_: None, lambda _: None
        )

    def heard(self) -> list[Report]:
        """Return the reports of the next packet; empty without one."""
        try:
            return list[Report](decode_reports(self.core.recv(MAX_PACKET_BYTES)))
        except BlockingIOError:
            return []


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    for end in (line.core, line.worker):
        end.close()


def test_a_key_is_told_at_once(line: Line) -> None:
    line.link.report(KEY)
    line.link.flush(ticked=False)
    assert line.heard() == [KEY]


@pytest.mark.parametrize("report", [Prepared("p", 4000), OVER, Stats("one", StreamStats())])
def test_what_nobody_waits_for_goes_with_the_ticks(line: Line, report: Report) -> None:
    line.link.report(report)
    line.link.flush(ticked=False)
    assert not line.heard()
    line.link.flush(ticked=True)
    assert line.heard() == [report]


def test_it_goes_with_what_cannot_wait_and_in_its_order(line: Line) -> None:
    for report in (OVER, KEY):
        line.link.report(report)
    line.link.flush(ticked=False)
    assert line.heard() == [OVER, KEY]
    line.link.report(OVER)
    line.link.flush(ticked=False)
    assert not line.heard()
