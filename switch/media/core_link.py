"""The worker's line to the core: commands in, reports out, and what happens without a core.

Each packet wakes the other process. What nobody waits for goes with the tick's, so that the
core is woken a few times for many calls, and not many times for each.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable

from switch.media.meeting import MeetingPlace
from switch.media.messages import (
    Played,
    Prepared,
    Released,
    Report,
    Stats,
    Survived,
    SurvivorsTold,
)
from switch.media.wire import (
    MAX_BATCH,
    MAX_PACKET_BYTES,
    AnyCommand,
    decode_commands,
    encode,
)

_CAN_WAIT = (Played, Prepared, Released, Stats)
"""What was played to its end is reported in a tick; nobody waits for the end of the rest."""


class CoreLink:
    """Serves one core after another. While there is none, reports are dropped."""

    def __init__(
        self,
        control: socket.socket,
        meeting_place: str,
        obey: Callable[[AnyCommand, float], None],
        lost: Callable[[float], bool],
        watch: Callable[[int, Callable[[float], None]], None],
        unwatch: Callable[[int], None],
    ) -> None:
        """Take the line to the first core.

        Args:
            meeting_place: where the next one will look for this worker.
            obey: takes each command.
            lost: told that the core is gone; says whether another one shall be awaited.
            watch, unwatch: the worker's epoll.
        """
        self._control: socket.socket | None = control
        self._meeting_place = meeting_place
        self._meeting: MeetingPlace | None = None
        self._obey = obey
        self._lost = lost
        self._watch = watch
        self._unwatch = unwatch
        self._reports: list[Report] = []
        self._urgent = False
        """Somebody waits for one of them."""
        self._survivors: Callable[[], Iterable[tuple[str, str]]] = tuple

    def open(self, survivors: Callable[[], Iterable[tuple[str, str]]]) -> None:
        """Begin to listen.

        Args:
            survivors: returns the streams that talk, each with its partner, for the next core.
        """
        assert self._control is not None
        self._survivors = survivors
        self._watch(self._control.fileno(), self._receive)

    @property
    def is_lost(self) -> bool:
        """Whether the next core is being awaited."""
        return self._control is None

    def report(self, report: Report) -> None:
        """Tell the core: at the end of this turn, or with the tick's what can wait so long."""
        self._reports.append(report)
        if not isinstance(report, _CAN_WAIT):
            self._urgent = True

    def flush(self, *, ticked: bool) -> None:
        """Send what is to be told."""
        if not self._reports or not (self._urgent or ticked):
            return
        reports, self._reports = self._reports, []
        self._urgent = False
        if self._control is None:
            return
        for start in range(0, len(reports), MAX_BATCH):
            packet = encode(reports[start : start + MAX_BATCH])
            try:
                self._control.send(packet)
            except BlockingIOError:
                # The core does not read: keep the reports, and try at the next tick.
                self._reports = reports[start:] + self._reports
                return
            except OSError:
                return  # it is gone, as reading will tell

    def _receive(self, now: float) -> None:
        while self._control is not None:
            try:
                packet = self._control.recv(MAX_PACKET_BYTES)
            except BlockingIOError:
                return
            except OSError:
                packet = b""
            if not packet:
                self._lose(now)
                return
            for command in decode_commands(packet):
                self._obey(command, now)

    def _lose(self, now: float) -> None:
        assert self._control is not None
        self._unwatch(self._control.fileno())
        self._control.close()
        self._control = None
        if self._lost(now):
            self._meeting = MeetingPlace(self._meeting_place)
            self._watch(self._meeting.fd, self._meet)

    def _meet(self, _now: float) -> None:
        assert self._meeting is not None
        control = self._meeting.accept()
        if control is None:
            return
        self._unwatch(self._meeting.fd)
        self._meeting.close()
        self._meeting = None
        self._control = control
        self._reports = [Survived(stream, partner) for stream, partner in self._survivors()]
        self._reports.append(SurvivorsTold(""))
        self._watch(control.fileno(), self._receive)
