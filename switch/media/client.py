"""The core's side of one media worker: its process, its socket, its streams."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import msgspec

from switch.errors import MediaError, PortsExhausted, WorkerLost
from switch.log import get_logger
from switch.media.meeting import meet
from switch.media.messages import (
    Adopt,
    Allocate,
    Allocated,
    AllocateFailed,
    Command,
    Prepare,
    Prepared,
    Release,
    Released,
    Report,
    Retire,
    StreamStats,
    Survived,
    SurvivorsTold,
)
from switch.media.surviving_process import SurvivingProcess, WorkerProcess
from switch.media.wire import (
    MAX_BATCH,
    MAX_PACKET_BYTES,
    WorkerSettings,
    decode_reports,
    encode,
)

_T = TypeVar("_T")

_PREPARED = "prepared-"
"""Begins the ids of streams that are opened beforehand."""
_STOCK = 8
"""So many are kept: a leg that takes one does not wait for the worker's answer."""

_SOCKET_BUFFER_BYTES = 1024 * 1024
_GREETING_SECONDS = 5.0
"""How long a worker that outlived its core may take to say who talks."""


class WorkerClient:
    """One running worker. After its death every method that waits raises WorkerLost."""

    def __init__(
        self,
        number: int,
        on_report: Callable[[Report], None],
        on_died: Callable[[WorkerClient, int], None],
        later: Callable[[Callable[[], None]], object] | None = None,
    ) -> None:
        """Make one; `start` or `take_over` gives it a process.

        Args:
            later: calls a function soon. Commands go then; without it, at the end of the turn.
        """
        self.number = number
        self.streams: set[str] = set()
        """Streams that are open or being opened."""
        self.alive = False
        self._on_report = on_report
        self._on_died = on_died
        self._later = later or asyncio.get_running_loop().call_soon
        self._log = get_logger(worker=number)
        self._process: WorkerProcess | None = None
        self._greeted: asyncio.Future[None] | None = None
        """Done when a worker that outlived its core has told who talks."""
        self.partners: dict[str, str] = {}
        """Of such a worker: stream -> the stream it is bridged with."""
        self._socket: socket.socket | None = None
        self._queue: deque[Command] = deque()
        self._flush_is_due = False
        self._opening: dict[str, asyncio.Future[int]] = {}
        self._closing: dict[str, asyncio.Future[StreamStats]] = {}
        self._watch: asyncio.Task[None] | None = None
        self._prepared: deque[tuple[str, int]] = deque()
        """Id and port of streams that are open and nobody's."""
        self._preparing = 0
        self._prepared_so_far = 0

    @property
    def pid(self) -> int:
        """The process id; 0 before the start."""
        return self._process.pid if self._process is not None else 0

    async def start(self, settings: WorkerSettings) -> None:
        """Start the process."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (ours, theirs):
            end.setblocking(False)
            for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                end.setsockopt(socket.SOL_SOCKET, option, _SOCKET_BUFFER_BYTES)
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "switch.media.worker",
                str(theirs.fileno()),
                msgspec.json.encode(settings).decode(),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self._connect(ours, process)
        self._prepare()

    async def take_over(self, meeting_place: str) -> bool:
        """Become the core of a worker that outlived the last one.

        Returns:
            False when there is none; else `partners` tells who talks with whom.
        """
        met = meet(meeting_place)
        if met is None:
            return False
        sock, pid = met
        try:
            process = SurvivingProcess(pid)
        except OSError:  # it ended meanwhile
            sock.close()
            return False
        self._greeted = asyncio.get_running_loop().create_future()
        self._connect(sock, process)
        try:
            await asyncio.wait_for(self._greeted, _GREETING_SECONDS)
        except (TimeoutError, WorkerLost):
            await self.stop()
            return False
        finally:
            self._greeted = None
        self._prepare()
        return True

    def _connect(self, sock: socket.socket, process: WorkerProcess) -> None:
        self._socket, self._process = sock, process
        self.alive = True
        loop = asyncio.get_running_loop()
        loop.add_reader(sock.fileno(), self._read)
        self._watch = loop.create_task(self._wait_for_death())

    async def stop(self, *, outlive: bool = False) -> None:
        """Close the socket, which ends the worker; kill it if that does not.

        Args:
            outlive: leave it to those who talk.
        """
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch
        if self.alive and not outlive:
            self.send(Retire(""))
        if self.alive:
            self._flush()
        self._disconnect("the switch is stopping")
        process = self._process
        if process is None or outlive:
            return
        try:
            await asyncio.wait_for(process.wait(), 5)
        except TimeoutError:
            self._log.warning("worker_killed", pid=process.pid)
            process.kill()
            await process.wait()

    async def allocate(self, stream: str, *, other_ip: bool = False) -> int:
        """Open a stream and return its RTP port.

        Args:
            other_ip: at the other of our two addresses; none of those stands ready.

        Raises:
            PortsExhausted, WorkerLost: there is no stream.
        """
        if self._prepared and self.alive and not other_ip:
            return self._adopt(stream)
        future = asyncio.get_running_loop().create_future()
        self._opening[stream] = future
        self.streams.add(stream)
        try:
            self.send(Allocate(stream, other_ip))
            return int(await future)
        except PortsExhausted:
            # Those being opened beforehand had the last ports.
            if self._prepared and self.alive and not other_ip:
                return self._adopt(stream)
            self.streams.discard(stream)
            raise
        except BaseException as error:
            self.streams.discard(stream)
            if isinstance(error, asyncio.CancelledError) and self.alive:
                self.send(Release(stream))
            raise
        finally:
            self._opening.pop(stream, None)

    async def release(self, stream: str) -> StreamStats:
        """Close a stream and return its last counters.

        Raises:
            WorkerLost: the worker is dead, or died meanwhile.
        """
        future = asyncio.get_running_loop().create_future()
        self._closing[stream] = future
        try:
            self.send(Release(stream))
            found: StreamStats = await future
            return found
        finally:
            self._closing.pop(stream, None)
            self.streams.discard(stream)

    def send(self, command: Command) -> None:
        """Queue a command; all of one moment travel together.

        Raises:
            WorkerLost: the worker is dead.
        """
        if not self.alive:
            raise WorkerLost(f"media worker {self.number} has died")
        self._queue.append(command)
        if not self._flush_is_due:
            self._flush_is_due = True
            self._later(self._flush)

    def _adopt(self, stream: str) -> int:
        """Make a stream that is open already a leg's; return its port."""
        prepared, port = self._prepared.popleft()
        self.streams.add(stream)
        self.send(Adopt(stream, prepared))
        self._prepare()
        return port

    def _prepare(self) -> None:
        """Fill the stock up."""
        while len(self._prepared) + self._preparing < _STOCK:
            self._preparing += 1
            self._prepared_so_far += 1
            self.send(Prepare(f"{_PREPARED}{self._prepared_so_far}"))

    def _take_prepared(self, report: Report) -> None:
        match report:
            case Prepared(stream=stream, port=port):
                self._preparing -= 1
                self._prepared.append((stream, port))
            case AllocateFailed():
                self._preparing -= 1  # tried again when a stream is next taken
            case _:
                pass  # its counters are nobody's

    # The socket.

    def _flush(self) -> None:
        self._flush_is_due = False
        while self._queue and self._socket is not None:
            batch = [self._queue[index] for index in range(min(len(self._queue), MAX_BATCH))]
            try:
                self._socket.send(encode(batch))
            except BlockingIOError:
                # The worker is busy: go on when it has read.
                self._flush_is_due = True
                loop = asyncio.get_running_loop()
                loop.add_writer(self._socket.fileno(), self._writable)
                return
            except OSError:
                return  # its death is noticed by `_wait_for_death`
            for _ in batch:
                self._queue.popleft()

    def _writable(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_writer(self._socket.fileno())
        self._flush()

    def _read(self) -> None:
        while self._socket is not None:
            try:
                packet = self._socket.recv(MAX_PACKET_BYTES)
            except BlockingIOError:
                return
            except OSError:
                packet = b""
            if not packet:
                asyncio.get_running_loop().remove_reader(self._socket.fileno())
                return
            try:
                reports = decode_reports(packet)
            except MediaError as error:
                self._log.error("worker_not_understood", error=str(error))
                continue
            for report in reports:
                self._take(report)

    def _take(self, report: Report) -> None:
        if report.stream.startswith(_PREPARED):
            self._take_prepared(report)
            return
        match report:
            case Allocated(stream=stream, port=port):
                _settle(self._opening.get(stream), port)
            case AllocateFailed(stream=stream, reason=reason):
                future = self._opening.get(stream)
                if future is not None and not future.done():
                    future.set_exception(PortsExhausted(reason))
            case Released(stream=stream, stats=stats):
                self._on_report(report)
                self.streams.discard(stream)
                _settle(self._closing.get(stream), stats)
            case Survived(stream=stream, partner=partner):
                self.streams.add(stream)
                self.partners[stream] = partner
            case SurvivorsTold():
                if self._greeted is not None:
                    _settle(self._greeted, None)
            case _:
                self._on_report(report)

    # The process.

    async def _wait_for_death(self) -> None:
        assert self._process is not None
        code = await self._process.wait()
        self._read()  # what it still said
        self._disconnect(f"media worker {self.number} has died")
        self._on_died(self, code)

    def _disconnect(self, why: str) -> None:
        self.alive = False
        sock, self._socket = self._socket, None
        if sock is not None:
            loop = asyncio.get_running_loop()
            loop.remove_reader(sock.fileno())
            loop.remove_writer(sock.fileno())
            sock.close()
        self._queue.clear()
        self._prepared.clear()
        for opening in self._opening.values():
            _fail(opening, why)
        for closing in self._closing.values():
            _fail(closing, why)
        if self._greeted is not None:
            _fail(self._greeted, why)


def _settle(future: asyncio.Future[_T] | None, value: _T) -> None:
    if future is not None and not future.done():
        future.set_result(value)


def _fail(future: asyncio.Future[_T], why: str) -> None:
    if not future.done():
        future.set_exception(WorkerLost(why))
