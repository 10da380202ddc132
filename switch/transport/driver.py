"""Drives a sans-IO SIP core: sockets to it, datagrams from it, one timer, events up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from time import monotonic
from typing import Generic, Protocol, TypeVar

from switch.sip.peer import Peer
from switch.transport.listen import Listen
from switch.transport.stream_listener import (
    StreamLimits,
    StreamListener,
    StreamSettings,
    TlsContexts,
)
from switch.transport.udp import UdpListener

_BETWEEN_SECONDS = 0.02
"""From one firing of the timer to the next: little beside T1 (RFC 3261 17.1.1.1)."""

Event_co = TypeVar("Event_co", covariant=True)
Event = TypeVar("Event")


class Core(Protocol[Event_co]):
    """What is driven; `sip.core.SipCore` is one."""

    def receive(self, data: bytes, peer: Peer, now: float) -> None: ...
    def transport_failed(self, peer: Peer, now: float) -> None: ...
    def handle_timer(self, now: float) -> None: ...
    def next_deadline(self) -> float | None: ...
    def next_event(self) -> Event_co | None: ...
    def datagrams_to_send(self) -> Sequence[tuple[bytes, Peer]]: ...


class SipDriver(Generic[Event]):
    """Owns the listeners. Everything happens in the event loop that `start` ran in."""

    def __init__(
        self,
        core: Core[Event],
        on_event: Callable[[Event], None],
        streams: StreamSettings | None = None,
    ) -> None:
        self._core = core
        self._on_event = on_event
        self._settings = streams or StreamSettings(StreamLimits())
        self._udp: dict[tuple[str, int], UdpListener] = {}
        self._streams: dict[tuple[str, tuple[str, int]], StreamListener] = {}
        self._bound: list[Listen] = []
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for = 0.0
        self._fires_not_before = 0.0
        self._flushing = False
        self.on_delay: Callable[[float, float], object] = _no_delay
        """Gets seconds that a datagram waited to be read, and now."""
        self.tap: Callable[[tuple[float, int, bytes, Peer]], object] = _no_tap
        """Gets each message with its time and direction: 0 came, 1 goes, 2 cannot get there."""

    now = staticmethod(monotonic)

    async def start(self, listeners: Iterable[Listen]) -> None:
        """Open every listener.

        Raises:
            OSError: an address cannot be had; what was opened is closed again.
        """
        try:
            for listen in listeners:
                place = listen.address, listen.port
                if listen.transport == "udp":
                    udp = UdpListener(place, self._receive, self._failed, self._delayed)
                    self._udp[udp.local] = udp
                    place = udp.local
                else:
                    stream = StreamListener(
                        listen.transport, self._receive, self._failed, self._settings
                    )
                    await stream.start(place, accepts=listen.accepts)
                    place = stream.local
                    self._streams[listen.transport, place] = stream
                self._bound.append(replace(listen, address=place[0], port=place[1]))
        except OSError as error:
            await self.stop()
            raise OSError(error.errno, f"cannot listen on {listen}: {error.strerror}") from error

    async def stop(self) -> None:
        """Close every socket; what the core still wants to send is lost."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for udp in self._udp.values():
            udp.close()
        for stream in self._streams.values():
            await stream.close()
        self._udp.clear()
        self._streams.clear()
        self._bound.clear()

    @property
    def local_addresses(self) -> list[Listen]:
        """Where we listen, with the ports that the system chose."""
        return list(self._bound)

    def use_tls(self, contexts: TlsContexts) -> None:
        """Serve new connections with other certificates; those that are open go on."""
        self._settings.tls = contexts

    def expect_within(self, peer: Peer, seconds: float) -> None:
        """Take the peer's connection for dead once it is silent for so long (RFC 5626 4.4)."""
        stream = self._streams.get((peer.transport, peer.local))
        if stream is not None:
            stream.expect_within(peer, seconds)

    def streams(self) -> Iterator[StreamListener]:
        """Yield the listeners of streams, for what they count."""
        yield from self._streams.values()

    def flush(self) -> None:
        """Send what the core has put out, hand up its events, arm the timer.

        To be called after every use of the core. Events may use the core again; this
        then goes on until there is nothing left, without recursion.
        """
        if self._flushing:
            return
        self._flushing = True
        try:
            core = self._core
            while True:
                for data, peer in core.datagrams_to_send():
                    self._send(data, peer)
                event = core.next_event()
                if event is None:
                    break
                self._on_event(event)
            for data, peer in core.datagrams_to_send():
                self._send(data, peer)
        finally:
            self._flushing = False
        self._arm()

    def _receive(self, data: bytes, peer: Peer) -> None:
        now = monotonic()
        self.tap((now, 0, data, peer))
        self._core.receive(data, peer, now)
        self.flush()

    def _delayed(self, seconds: float) -> None:
        self.on_delay(seconds, monotonic())

    def _failed(self, peer: Peer) -> None:
        now = monotonic()
        self.tap((now, 2, b"", peer))
        self._core.transport_failed(peer, now)
        self.flush()

    def _send(self, data: bytes, peer: Peer) -> None:
        self.tap((monotonic(), 1, data, peer))
        if peer.transport == "udp":
            udp = self._udp.get(peer.local)
            if udp is not None:
                udp.send(data, peer.remote)
        else:
            stream = self._streams.get((peer.transport, peer.local))
            if stream is not None:
                stream.send(data, peer)

    def _arm(self) -> None:
        """Keep one timer that fires for the core's next deadline, or a little later.

        A timer that fires early costs less than moving it at every message. Those of many
        calls that fall due one after another are served together.
        """
        deadline = self._core.next_deadline()
        if deadline is None:
            return
        fires_at = max(deadline, self._fires_not_before)
        if self._timer is not None:
            if self._armed_for <= fires_at:
                return
            self._timer.cancel()
        self._armed_for = fires_at
        delay = max(0.0, fires_at - monotonic())
        self._timer = asyncio.get_running_loop().call_later(delay, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        now = monotonic()
        self._fires_not_before = now + _BETWEEN_SECONDS
        self._core.handle_timer(now)
        self.flush()


def _no_delay(_seconds: float, _now: float) -> None:
    """Nobody wants to know."""


def _no_tap(_message: tuple[float, int, bytes, Peer]) -> None:
    """Nobody listens in."""
