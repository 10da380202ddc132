"""A media worker: one process, one epoll loop, one tick of 20 ms.

Started by the pool as `python -m switch.media.worker FD SETTINGS`; commands come and
reports go over the inherited socket. When the core is gone, the socket says so: streams
that talk to each other go on until the next core comes, and without such streams the worker
ends. SIGINT and SIGTERM are the core's business.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

import msgspec

from switch.media import speech_coding
from switch.media.core_link import CoreLink
from switch.media.handshakes import Handshakes
from switch.media.messages import (
    Adopt,
    Allocate,
    Allocated,
    AllocateFailed,
    Bridge,
    Connect,
    ListenForTones,
    MessageTaken,
    Play,
    Played,
    Prepare,
    Prepared,
    Record,
    Release,
    Released,
    Retire,
    SilenceRecording,
    Silent,
    Stats,
    StopMessage,
    StopPlaying,
    StopRecording,
    TakeMessage,
    Unbridge,
    UseCertificate,
)
from switch.media.player import Player
from switch.media.poll import Poll
from switch.media.port_pool import PortPool, ports_of_worker
from switch.media.prompt_cache import PromptCache
from switch.media.recordings import Recordings
from switch.media.stream import Stream
from switch.media.tone_watch import ToneWatch
from switch.media.wire import AnyCommand, WorkerSettings

TICK_SECONDS = 0.02
_MOST_LATE_TICKS = 10
"""Frames sent in a row to catch up; after a longer stall the rest is skipped."""


class Worker:
    """All streams of this process."""

    def __init__(self, control: socket.socket, settings: WorkerSettings) -> None:
        self._settings = settings
        self._core = CoreLink(
            control,
            settings.meeting_place,
            self._obey,
            self._lose_core,
            self._watch,
            self._unwatch,
        )
        self._ports = PortPool(
            ports_of_worker(settings.low, settings.high, settings.worker, settings.workers)
        )
        self._streams: dict[str, Stream] = {}
        self._playing: dict[str, Stream] = {}
        visits = min(settings.stats_seconds, 5.0)
        self._rounds: list[dict[str, Stream]] = [{} for _ in range(max(1, round(visits * 50)))]
        """Streams by the tick in which they are looked after."""
        self._opened = 0
        self._tick = 0
        self._prompts = PromptCache()
        self._poll = Poll()
        self._fast_poll: Poll | None = None
        """Takes the place of `_poll` at the next tick."""
        self._handlers: dict[int, Callable[[float], None]] = {}
        self._by_socket: dict[int, Stream] = {}
        """Streams by the descriptor of their RTP socket."""
        self._recordings = Recordings(self._core.report)
        self._tones = ToneWatch(self._core.report)
        self._handshakes = Handshakes(self._core.report)
        self._running = True
        self._retired = False
        """The core has said that nothing is to go on without it."""
        self._alone_until = 0.0
        """Without a core."""

    def run(self) -> None:
        """Work until the core goes away, and longer for those who talk."""
        self._core.open(self._survivors)
        self._watch(self._recordings.wake_fd, self._recordings.tell_finished)
        if self._settings.fast_relay:
            threading.Thread(target=self._load_fast_poll, daemon=True).start()
        next_tick = monotonic() + TICK_SECONDS
        while self._running:
            self._look(max(0.0, next_tick - monotonic()))
            now = monotonic()
            late = 0
            while now >= next_tick and late < _MOST_LATE_TICKS:
                self._on_tick(now)
                next_tick += TICK_SECONDS
                late += 1
            if now >= next_tick:
                next_tick = now + TICK_SECONDS
            self._core.flush(ticked=late > 0)
        self._recordings.close()

    def _look(self, seconds: float) -> None:
        """Wait for packets and commands, and obey what is not relayed by itself."""
        ready = self._poll.wait(seconds)
        if not ready:
            return
        now = monotonic()
        # Packets first: a command may give their socket's number to another stream.
        for fd, packet in ready:
            if packet is not None:
                self._by_socket[fd].receive_packet(packet, now)
        for fd, packet in ready:
            handler = self._handlers.get(fd)
            if packet is None and handler is not None:
                handler(now)

    # The core.

    def _lose_core(self, now: float) -> bool:
        """Let those who talk to each other go on; False when there are none."""
        for stream in tuple(self._streams.values()):
            if stream.partner is None:
                self._release(stream, now)
        outlive = 0.0 if self._retired else self._settings.outlive_seconds
        self._alone_until = now + outlive
        self._running = bool(self._streams) and outlive > 0
        return self._running

    def _survivors(self) -> list[tuple[str, str]]:
        return [
            (stream.id, stream.partner.id)
            for stream in self._streams.values()
            if stream.partner is not None
        ]

    def _obey(self, command: AnyCommand, now: float) -> None:
        if isinstance(command, (Allocate, Prepare)):
            self._allocate(command, now)
            return
        if isinstance(command, Adopt):
            self._adopt(command)
            return
        if isinstance(command, Retire):
            self._retired = True
            return
        if isinstance(command, UseCertificate):
            self._handshakes.use(command)
            return
        stream = self._streams.get(command.stream)
        if stream is None:
            if isinstance(command, Play):
                self._core.report(Played(command.stream, command.play, False, "no such stream"))
            elif isinstance(command, TakeMessage):
                self._core.report(MessageTaken(command.stream, "", 0.0, "", "no such stream"))
            return
        stream.close_lanes()
        match command:
            case Connect():
                self._handshakes.prepare(stream, command)
                stream.connect(command, now)
            case Play():
                self._play(stream, command)
            case StopPlaying(play=play):
                if stream.player is not None and stream.player.play == play:
                    stream.stop_player(completed=False)
                    self._playing.pop(stream.id, None)
            case Bridge(other=other):
                self._bridge(stream, other)
            case Unbridge():
                self._unbridge(stream)
            case Record():
                self._recordings.start(stream, command, now)
            case StopRecording():
                self._recordings.stop(stream, now)
            case SilenceRecording(on=on):
                self._recordings.silence(stream, on, now)
            case TakeMessage():
                self._recordings.take_message(stream, command, now)
            case StopMessage():
                self._recordings.stop_message(stream, command)
            case ListenForTones():
                self._tones.listen(stream, command)
            case Release():
                self._release(stream, now)

    # Commands.

    def _allocate(self, command: Allocate | Prepare, now: float) -> None:
        other_ip = isinstance(command, Allocate) and command.other_ip
        try:
            rtp, rtcp, port = self._open_ports(now, other_ip)
        except OSError as error:
            reason = error.strerror or str(error)
            self._core.report(AllocateFailed(command.stream, reason))
            return
        stream = Stream(
            command.stream,
            rtp,
            rtcp,
            port,
            self._settings.cname,
            self._poll,
            self._core.report,
            now,
        )
        self._streams[stream.id] = stream
        self._opened += 1
        stream.round = self._opened % len(self._rounds)
        self._rounds[stream.round][stream.id] = stream
        self._by_socket[rtp.fileno()] = stream
        self._watch(rtp.fileno(), stream.receive_rtp)
        self._watch(rtcp.fileno(), stream.receive_rtcp)
        opened = Allocated if isinstance(command, Allocate) else Prepared
        self._core.report(opened(stream.id, port))

    def _adopt(self, command: Adopt) -> None:
        stream = self._streams.pop(command.prepared, None)
        if stream is None:
            return
        look_after = self._rounds[stream.round]
        del look_after[stream.id]
        stream.id = command.stream
        self._streams[stream.id] = look_after[stream.id] = stream

    def _open_ports(self, now: float, other_ip: bool) -> tuple[socket.socket, socket.socket, int]:
        """Bind the next port pair that nobody else has.

        Raises:
            OSError: there is none.
        """
        address = self._settings.other_address if other_ip else self._settings.address
        for _ in range(len(self._ports)):
            port = self._ports.take(now)
            if port is None:
                break
            rtp = _bound(address, port)
            rtcp = _bound(address, port + 1) if rtp is not None else None
            if rtp is not None and rtcp is not None:
                return rtp, rtcp, port
            if rtp is not None:
                rtp.close()
            self._ports.put_back(port, now)
        raise OSError("no RTP port is free")

    def _play(self, stream: Stream, command: Play) -> None:
        stream.stop_player(completed=False)
        try:
            prompts = [self._prompts.read(path) for path in command.prompts]
        except OSError as error:
            what = f"{error.filename}: {error.strerror}"
            self._core.report(Played(stream.id, command.play, False, what))
            self._playing.pop(stream.id, None)
            return
        stream.player = Player(command.play, prompts, loop=command.loop)
        self._playing[stream.id] = stream

    def _bridge(self, stream: Stream, other_id: str) -> None:
        other = self._streams.get(other_id)
        if other is None or other is stream:
            return
        other.close_lanes()
        self._unbridge(stream)
        self._unbridge(other)
        stream.partner, other.partner = other, stream

    def _unbridge(self, stream: Stream) -> None:
        partner, stream.partner = stream.partner, None
        if partner is not None:
            partner.partner = None
            partner.sender.pause()
            stream.sender.pause()

    def _release(self, stream: Stream, now: float) -> None:
        stream.stop_player(completed=False)
        self._playing.pop(stream.id, None)
        self._unbridge(stream)
        self._tones.forget(stream)
        self._handshakes.forget(stream)
        for sock in (stream.link.rtp, stream.link.rtcp):
            self._unwatch(sock.fileno())
        del self._by_socket[stream.link.rtp.fileno()]
        del self._streams[stream.id]
        del self._rounds[stream.round][stream.id]
        stream.close(now)
        self._ports.put_back(stream.port, now)
        self._recordings.release(stream, Released(stream.id, stream.stats()), now)

    # The tick.

    def _on_tick(self, now: float) -> None:
        if self._core.is_lost and now >= self._alone_until:
            self._running = False
        if self._fast_poll is not None:
            self._use_fast_poll(self._fast_poll)
        for stream in tuple(self._playing.values()):
            if not stream.send_frame(now):
                self._playing.pop(stream.id, None)
        self._tones.handle_tick(now)
        self._handshakes.handle_tick(now)
        self._recordings.handle_tick(now)
        self._tick += 1
        for stream in self._rounds[self._tick % len(self._rounds)].values():
            self._look_after(stream, now)

    def _look_after(self, stream: Stream, now: float) -> None:
        stream.close_lanes()
        stream.send_report(now)
        self._core.report(Stats(stream.id, stream.stats()))
        self._recordings.write_chunks(stream, now)
        quiet = now - stream.heard_at
        if not stream.connected or not stream.may_receive or stream.resting:
            return
        if quiet >= self._settings.silence_seconds:
            stream.heard_at = now
            self._core.report(Silent(stream.id, quiet))

    # epoll.

    def _load_fast_poll(self) -> None:
        """In a thread: it takes half a second, the first time two, and calls do not wait."""
        try:
            from switch.media.lanes import Lanes

            self._fast_poll = Lanes()
        except Exception:  # media goes on without; stderr is the core's
            traceback.print_exc()

    def _use_fast_poll(self, poll: Poll) -> None:
        self._fast_poll = None
        for fd in self._handlers:
            poll.watch(fd)
            self._poll.unwatch(fd)
        self._poll = poll
        for stream in self._streams.values():
            stream.poll = poll

    def _watch(self, fd: int, handler: Callable[[float], None]) -> None:
        self._handlers[fd] = handler
        self._poll.watch(fd)

    def _unwatch(self, fd: int) -> None:
        del self._handlers[fd]
        self._poll.unwatch(fd)


def _bound(address: str, port: int) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        sock.bind((address, port))
    except OSError:
        sock.close()
        return None
    return sock


def main(arguments: list[str]) -> None:
    """Run as a process: the control socket's descriptor, then the settings as JSON."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    control = socket.socket(fileno=int(arguments[0]))
    control.setblocking(False)
    settings = msgspec.json.decode(arguments[1], type=WorkerSettings)
    with suppress(OSError):
        os.nice(-5)  # media before everything else, where the system lets us
    if settings.wideband:
        speech_coding.load()  # now, and not while calls wait for it
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)  # a full collection would stop the packets for 20 ms
    Worker(control, settings).run()
    os._exit(0)  # a library may still be loading


if __name__ == "__main__":
    main(sys.argv[1:])
