"""Waiting for a worker's sockets. `lanes.py` adds what lets packets pass by themselves."""

from __future__ import annotations

import select
from dataclasses import dataclass

from switch.media.messages import Codec


@dataclass(slots=True)
class Passed:
    """What a lane knows at its end."""

    received: int
    octets: int
    highest_sequence: int
    transit: int
    jitter: float
    heard_at: float
    last_sequence: int
    last_timestamp: int


class Poll:
    """Descriptors that are waited for."""

    def __init__(self) -> None:
        self._poll = select.epoll()

    def watch(self, fd: int) -> None:
        """Wait for a socket from now on."""
        self._poll.register(fd, select.EPOLLIN)

    def unwatch(self, fd: int) -> None:
        """Wait for it no more."""
        self._poll.unregister(fd)

    def wait(self, seconds: float) -> list[tuple[int, bytes | None]]:
        """Wait until something is there, for so long at most.

        Returns:
            Descriptors with the packet that came but may not pass by itself, or None when
            Python has to look at the socket.
        """
        return [(fd, None) for fd, _ in self._poll.poll(seconds)]

    def open(
        self,
        fd: int,
        partner: int,
        *,
        in_codec: Codec,
        in_type: int,
        in_ssrc: int,
        out_codec: Codec,
        out_type: int,
        out_ssrc: int,
        sequence_offset: int,
        timestamp_offset: int,
        so_far: Passed,
    ) -> bool:
        """Let plain packets of one socket pass to another, both connected; False if they cannot."""
        return False

    def close(self, fd: int) -> Passed:
        """Let no more packets pass, and return what has passed."""
        raise NotImplementedError
