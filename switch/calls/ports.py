"""What a call needs from the world, as protocols: SIP time and output, and media."""

from __future__ import annotations

from typing import Protocol

from switch.media.messages import Command, StreamStats


class Endpoint(Protocol):
    """The SIP side: a clock and a way to say that there is something to send."""

    def now(self) -> float:
        """Return monotonic seconds, the time every SIP call is made with."""
        ...

    def flush(self) -> None:
        """Send what the sessions have put out and re-arm their timer."""
        ...


class MediaControl(Protocol):
    """The media side: streams by id, as `media.pool.MediaPool` offers them."""

    async def allocate(self, stream: str, *, near: str = "", other_ip: bool = False) -> int:
        """Open a stream and return its RTP port.

        Args:
            near: a stream of the same worker is wanted, to bridge with it.
            other_ip: at the other of our two addresses.

        Raises:
            PortsExhausted: no port is free.
            WorkerLost: the worker died meanwhile.
        """
        ...

    def send(self, command: Command) -> None:
        """Queue a command; never blocks.

        Raises:
            WorkerLost: the stream's worker is dead.
        """
        ...

    async def release(self, stream: str) -> StreamStats:
        """Close a stream and return its last counters; zeros when it is already gone."""
        ...
