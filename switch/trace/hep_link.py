"""Sends what is traced to a Homer collector: a thread of its own behind a bounded queue.

UDP and no answer: a collector that is away costs datagrams and nothing else.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

from switch.log import get_logger
from switch.trace.behind import BehindLoop
from switch.trace.frame import UNREACHABLE, Kind, Sealed
from switch.trace.hep import packet

_MOST_WAITING = 200
"""Frames under way to the thread."""


@dataclass(frozen=True, slots=True)
class HepSettings:
    """Where to send, and as whom."""

    collector: tuple[str, int]
    capture_id: int
    password: str = field(default="", repr=False)


class HepLink(BehindLoop[tuple[list[Sealed], float]]):
    """A sink of `Tap`, from `start` to `stop`."""

    def __init__(self, settings: HepSettings) -> None:
        super().__init__("hep", _MOST_WAITING)
        self._settings = settings
        self._log = get_logger(collector="{}:{}".format(*settings.collector))
        self.sent = 0
        self.dropped = 0
        """Messages that were not sent: too many waited, or the network refused them."""
        self._failing = False

    def take(self, _frame: bytes, _kind: Kind, messages: list[Sealed], offset: float) -> None:
        """Send the messages of a frame, soon."""
        if not self._hand_over((messages, offset)):
            self.dropped += len(messages)

    # The thread.

    def _run(self) -> None:
        family = socket.AF_INET6 if ":" in self._settings.collector[0] else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as sender:
            while (entry := self._waiting.get()) is not None:
                messages, offset = entry
                for message in messages:
                    if message[1] != UNREACHABLE:
                        self._send(sender, message, offset)

    def _send(self, sender: socket.socket, message: Sealed, offset: float) -> None:
        settings = self._settings
        try:
            data = packet(message, offset, settings.capture_id, settings.password.encode())
            sender.sendto(data, settings.collector)
        except (OSError, ValueError) as error:
            self.dropped += 1
            if not self._failing:
                self._failing = True
                self._log.warning("hep_not_sent", error=str(error), note="going on")
            return
        self.sent += 1
        self._failing = False
