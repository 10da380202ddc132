"""A media engine in memory: notes every command, opens streams at once, on request fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from switch.errors import PortsExhausted, WorkerLost
from switch.media.messages import Command, Play, Played, Report, StopPlaying, StreamStats


class FakeMedia:
    """Implements `calls.ports.MediaControl`.

    `on_report` gets what a worker would report; a play ends when the test calls
    `finish_play`, or when it is stopped or replaced, as with a real worker.
    """

    def __init__(self, first_port: int = 20_000) -> None:
        self.commands: list[Command] = []
        self.open: dict[str, int] = {}
        self.released: list[str] = []
        self.near: dict[str, str] = {}
        self.exhausted = False
        self.dead = False
        self.ready: asyncio.Event | None = None
        """Ports are there once it is set; None: at once."""
        self.on_report: Callable[[Report], None] = lambda report: None
        self._next_port = first_port
        self._playing: dict[str, int] = {}

    async def allocate(self, stream: str, *, near: str = "", other_ip: bool = False) -> int:
        if self.dead:
            raise WorkerLost("the worker is dead")
        if self.exhausted:
            raise PortsExhausted("no RTP port is free")
        if self.ready is not None:
            await self.ready.wait()
            if stream in self.released:
                return 0
        self.near[stream] = near
        self.open[stream] = self._next_port
        self._next_port += 2
        return self.open[stream]

    def send(self, command: Command) -> None:
        if self.dead:
            raise WorkerLost("the worker is dead")
        self.commands.append(command)
        match command:
            case Play(stream=stream, play=play):
                self._end_play(stream, completed=False)
                self._playing[stream] = play
            case StopPlaying(stream=stream, play=play):
                if self._playing.get(stream) == play:
                    self._end_play(stream, completed=False)
            case _:
                pass

    async def release(self, stream: str) -> StreamStats:
        if stream not in self.open:
            self.released.append(stream)
            return StreamStats()
        self._end_play(stream, completed=False)
        del self.open[stream]
        self.released.append(stream)
        return StreamStats(packets_received=50, packets_sent=60, jitter_ms=1.5)

    def finish_play(self, stream: str) -> None:
        """Let what is playing end by itself."""
        self._end_play(stream, completed=True)

    def playing(self, stream: str) -> bool:
        """Whether something is playing towards the party."""
        return stream in self._playing

    def sent(self, kind: type[Command]) -> list[Command]:
        """Return the commands of one type, oldest first."""
        return [command for command in self.commands if isinstance(command, kind)]

    def _end_play(self, stream: str, *, completed: bool) -> None:
        play = self._playing.pop(stream, None)
        if play is not None:
            self.on_report(Played(stream, play, completed))
