"""All media workers: starts them, places streams, watches, and starts them again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from switch.errors import WorkerLost
from switch.log import get_logger
from switch.media.client import WorkerClient
from switch.media.dtls_certificate import DtlsCertificate
from switch.media.messages import Command, Report, StreamStats, UseCertificate
from switch.media.wire import WorkerSettings

_FIRST_BACKOFF_SECONDS = 0.1
_LONGEST_BACKOFF_SECONDS = 5.0
_HEALTHY_SECONDS = 10.0
"""A worker that lived this long is started again without delay."""
_LOOKS = 20
_LOOK_SECONDS = 0.05
"""How often, and how far apart, a worker that should have outlived the last core is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaSettings:
    """What the workers need to know."""

    address: str = "127.0.0.1"
    other_address: str = ""
    """Of the other version of IP; empty without."""
    port_low: int = 20_000
    port_high: int = 29_999
    workers: int = 1
    stats_seconds: float = 5.0
    silence_seconds: float = 30.0
    cname: str = "freeline"
    """RTCP's canonical name for this switch (RFC 3550 6.5.1)."""
    fast_relay: bool = True
    """Whether plain packets of talking calls pass in machine code."""
    wideband: bool = False
    """Whether G.722 or Opus may be spoken."""
    meeting_place: str = ""
    """Names the workers of this switch to a core that comes after the one which started them."""
    outlive_seconds: float = 0.0
    """How long talking calls go on without a core; 0: not at all."""


class MediaPool:
    """Streams by id. Implements `calls.ports.MediaControl`."""

    def __init__(
        self,
        settings: MediaSettings,
        on_report: Callable[[Report], None],
        on_worker_died: Callable[[int, int, Sequence[str]], None],
        later: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        """Make a pool.

        Args:
            on_report: gets every report but those about opening.
            on_worker_died: gets worker number, exit code and the streams that are lost.
            later: calls a function soon. Commands go then; without it, at the end of the turn.
        """
        self._settings = settings
        self._on_report = on_report
        self._on_worker_died = on_worker_died
        self._later = later
        self._log = get_logger()
        self._workers: dict[int, WorkerClient] = {}
        self._by_stream: dict[str, WorkerClient] = {}
        self._restarts: set[asyncio.Task[None]] = set()
        self._backoff: dict[int, float] = {}
        self._started_at: dict[int, float] = {}
        self._stopping = False
        self._certificate: UseCertificate | None = None

    def use_certificate(self, shown: DtlsCertificate, *, soon: bool) -> None:
        """Show this certificate in DTLS handshakes; to be called before `start`.

        Args:
            soon: parties that need it are to be expected.
        """
        self._certificate = UseCertificate("", shown.certificate, shown.key, soon)

    async def start(self, *, awaited: Collection[int] = ()) -> None:
        """Take over the workers that outlived the last core, and start the others.

        Args:
            awaited: numbers of workers that are known to have had calls that talked.
        """
        numbers = {*range(self._settings.workers), *awaited}
        await asyncio.gather(*(self._begin(number, number in awaited) for number in numbers))

    async def stop(self, *, outlive: bool = False) -> None:
        """End every worker; streams that are still open are closed with it.

        Args:
            outlive: leave the workers to those who talk, for the core that comes next.
        """
        self._stopping = True
        for task in self._restarts:
            task.cancel()
        await asyncio.gather(*self._restarts, return_exceptions=True)
        await asyncio.gather(*(worker.stop(outlive=outlive) for worker in self._workers.values()))
        self._workers.clear()
        self._by_stream.clear()

    def worker_of(self, stream: str) -> int | None:
        """Return the number of the worker that has a stream."""
        worker = self._by_stream.get(stream)
        return None if worker is None else worker.number

    def partner_of(self, stream: str) -> str:
        """Return whom a stream talked with that outlived the last core; empty: it did not."""
        worker = self._by_stream.get(stream)
        return "" if worker is None else worker.partners.get(stream, "")

    async def release_unclaimed(self, is_claimed: Callable[[str], bool]) -> int:
        """Close the streams that outlived the last core and are nobody's; return how many."""
        nobodys = [stream for stream in self._by_stream if not is_claimed(stream)]
        await asyncio.gather(*(self.release(stream) for stream in nobodys))
        return len(nobodys)

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers that live."""
        return [worker.pid for worker in self._workers.values() if worker.alive]

    @property
    def stream_count(self) -> int:
        """How many streams are open."""
        return len(self._by_stream)

    async def allocate(self, stream: str, *, near: str = "", other_ip: bool = False) -> int:
        """Open a stream and return its RTP port.

        Args:
            near: a stream of the same worker is wanted, to bridge with it.
            other_ip: at the other of our two addresses.

        Raises:
            PortsExhausted: no port is free.
            WorkerLost: no worker lives, or it died meanwhile.
        """
        worker = self._by_stream.get(near) if near else self._least_loaded()
        if worker is None or not worker.alive:
            raise WorkerLost("no media worker is up")
        self._by_stream[stream] = worker
        try:
            return await worker.allocate(stream, other_ip=other_ip)
        except BaseException:
            self._by_stream.pop(stream, None)
            raise

    def send(self, command: Command) -> None:
        """Queue a command; nothing when the stream is not open.

        Raises:
            WorkerLost: the stream's worker is dead.
        """
        worker = self._by_stream.get(command.stream)
        if worker is not None:
            worker.send(command)

    async def release(self, stream: str) -> StreamStats:
        """Close a stream and return its last counters; zeros when they are lost."""
        worker = self._by_stream.get(stream)
        if worker is None:
            return StreamStats()
        try:
            return await worker.release(stream)
        except WorkerLost:
            return StreamStats()
        finally:
            self._by_stream.pop(stream, None)

    def _least_loaded(self) -> WorkerClient | None:
        living = (worker for worker in self._workers.values() if worker.alive)
        return min(living, key=lambda worker: len(worker.streams), default=None)

    async def _begin(self, number: int, awaited: bool) -> None:
        if await self._take_over(number, awaited):
            return
        if number < self._settings.workers:
            await self._start(number)

    async def _take_over(self, number: int, awaited: bool) -> bool:
        """Take over a worker that outlived the last core; False when there is none.

        It learns of the core's end from its socket, perhaps later than we are here.
        """
        settings = self._settings
        if not settings.outlive_seconds:
            return False
        worker = WorkerClient(number, self._on_report, self._died, self._later)
        for _ in range(_LOOKS if awaited else 1):
            if await worker.take_over(f"{settings.meeting_place}-{number}"):
                break
            await asyncio.sleep(_LOOK_SECONDS if awaited else 0)
        else:
            return False
        self._started_at[number] = asyncio.get_running_loop().time()
        self._add(number, worker)
        self._by_stream.update(dict.fromkeys(worker.streams, worker))
        talking = len(worker.partners) // 2
        self._log.info("worker_taken_over", worker=number, pid=worker.pid, talking=talking)
        return True

    async def _start(self, number: int) -> None:
        settings = self._settings
        worker = WorkerClient(number, self._on_report, self._died, self._later)
        self._started_at[number] = asyncio.get_running_loop().time()
        await worker.start(
            WorkerSettings(
                address=settings.address,
                low=settings.port_low,
                high=settings.port_high,
                worker=number,
                workers=settings.workers,
                stats_seconds=settings.stats_seconds,
                silence_seconds=settings.silence_seconds,
                cname=settings.cname,
                fast_relay=settings.fast_relay,
                wideband=settings.wideband,
                meeting_place=f"{settings.meeting_place}-{number}",
                outlive_seconds=settings.outlive_seconds,
                other_address=settings.other_address,
            )
        )
        self._add(number, worker)

    def _add(self, number: int, worker: WorkerClient) -> None:
        self._workers[number] = worker
        if self._certificate is not None and worker.alive:
            worker.send(self._certificate)

    def _died(self, worker: WorkerClient, exit_code: int) -> None:
        """Tell whose media is gone, and start another one."""
        if self._stopping:
            return
        lost = sorted(worker.streams)
        for stream in lost:
            self._by_stream.pop(stream, None)
        self._on_worker_died(worker.number, exit_code, lost)
        if worker.number >= self._settings.workers:
            return  # it was left from when there were more
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._restart(worker.number, loop.time()))
        self._restarts.add(task)
        task.add_done_callback(self._restarts.discard)

    async def _restart(self, number: int, died_at: float) -> None:
        lived = died_at - self._started_at[number]
        backoff = self._backoff.get(number, 0.0)
        if lived >= _HEALTHY_SECONDS:
            backoff = 0.0
        while True:
            await asyncio.sleep(backoff)
            backoff = min(max(2 * backoff, _FIRST_BACKOFF_SECONDS), _LONGEST_BACKOFF_SECONDS)
            self._backoff[number] = backoff
            try:
                await self._start(number)
            except OSError as error:
                self._log.error("worker_not_started", worker=number, error=str(error))
                continue
            self._log.info("worker_restarted", worker=number, pid=self._workers[number].pid)
            return
