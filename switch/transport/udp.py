"""One UDP socket for SIP. Linux tells which peer an ICMP error is about (ip(7))."""

from __future__ import annotations

import asyncio
import select
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from time import monotonic, time
from typing import Any

from switch.sip.peer import Peer

_BATCH = 8
"""Datagrams read at most before timers, media and calls have their turn."""

_BUFFER_BYTES = 4 * 1024 * 1024
"""Wished for the socket's buffers; the kernel gives what `net.core.rmem_max` allows."""

_MAX_DATAGRAM = 65_535

# Values of the kernel's headers that the socket module does not name.
_IP_RECVERR = 11
_IPV6_RECVERR = 25
_TIMESTAMPNS = 35
"""SO_TIMESTAMPNS: the wall-clock time at which the kernel had a datagram (socket(7))."""
_TIMESPEC = struct.Struct("@ll")
_ANCILLARY_BYTES = 128

_INTERVAL = 0.005
"""Seconds between two measurements of the delay while it is long: they cost more than reading."""
_QUIET_INTERVAL = 0.020
"""The same while it is short."""
_LATE = 0.005
_MOST_DELAY = 60.0


class UdpListener:
    """Sends and receives; a full socket drops and counts, as a full network would."""

    def __init__(
        self,
        address: tuple[str, int],
        on_datagram: Callable[[bytes, Peer], None],
        on_failed: Callable[[Peer], None],
        on_delay: Callable[[float], None] | None = None,
    ) -> None:
        """Open the socket in the running loop.

        Args:
            on_delay: hears now and then how many seconds a datagram waited to be read, and 0
                once none is left after one that waited long.

        Raises:
            OSError: the address cannot be had.
        """
        self._loop = asyncio.get_running_loop()
        self._on_datagram = on_datagram
        self._on_failed = on_failed
        self._on_delay = on_delay
        self._measure_at = 0.0
        self._is_late = False
        """The datagram measured last had waited long."""
        self.dropped = 0
        """Datagrams that the socket did not take."""
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                self._socket.setsockopt(socket.SOL_SOCKET, option, _BUFFER_BYTES)
            if family == socket.AF_INET6:
                self._socket.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
                # :: and 0.0.0.0 are two listeners, as they are for streams.
                self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            else:
                self._socket.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
            if on_delay is not None:
                self._socket.setsockopt(socket.SOL_SOCKET, _TIMESTAMPNS, 1)
            self._socket.bind(address)
        except OSError:
            self._socket.close()
            raise
        self.local: tuple[str, int] = self._socket.getsockname()[:2]
        # libuv stops polling a socket that has an error queued, for good. Behind an epoll
        # of our own it only sees that there is something to do.
        self._poll = select.epoll()
        self._poll.register(self._socket.fileno(), select.EPOLLIN)
        self._loop.add_reader(self._poll.fileno(), self._read)

    def send(self, data: bytes, remote: tuple[str, int]) -> None:
        """Send a datagram, or count it as dropped."""
        for _ in range(2):
            try:
                self._socket.sendto(data, remote)
            except BlockingIOError:
                self.dropped += 1
            except OSError:
                # An error of an earlier datagram is reported by the next call; this one
                # was not sent, so it gets a second try.
                continue
            return
        self.dropped += 1
        self._loop.call_soon(self._on_failed, Peer("udp", remote, self.local))

    def close(self) -> None:
        """Close the socket."""
        self._loop.remove_reader(self._poll.fileno())
        self._poll.close()
        self._socket.close()

    def _read(self) -> None:
        receive: Callable[[int], tuple[bytes, Any]] = self._socket.recvfrom
        if self._on_delay is not None and monotonic() >= self._measure_at:
            receive = self._receive_measured
        for count in range(_BATCH):
            try:
                data, remote = receive(_MAX_DATAGRAM)
            except BlockingIOError:
                if not count:  # then it was an error that woke us
                    self._read_errors()
                elif self._is_late and self._on_delay is not None:
                    self._is_late = False
                    self._on_delay(0.0)
                return
            except OSError:
                self._read_errors()
                continue
            self._on_datagram(data, Peer("udp", remote[:2], self.local))
            if self._socket.fileno() < 0:
                return
            receive = self._socket.recvfrom

    def _receive_measured(self, size: int) -> tuple[bytes, tuple[str, int]]:
        """Receive a datagram, and tell how long ago the kernel had it."""
        data, ancillary, _, remote = self._socket.recvmsg(size, _ANCILLARY_BYTES)
        assert self._on_delay is not None
        for level, kind, stamp in ancillary:
            if level == socket.SOL_SOCKET and kind == _TIMESTAMPNS:
                seconds, nanoseconds = _TIMESPEC.unpack_from(stamp)
                delay = time() - seconds - nanoseconds * 1e-9
                # Somebody may have set the clock meanwhile.
                delay = delay if 0 <= delay < _MOST_DELAY else 0.0
                self._is_late = delay >= _LATE
                self._measure_at = monotonic() + (_INTERVAL if self._is_late else _QUIET_INTERVAL)
                self._on_delay(delay)
        return data, remote

    def _read_errors(self) -> None:
        """Take the ICMP errors from the socket's error queue, each with its peer."""
        with suppress(OSError):
            for _ in range(_BATCH):
                remote = self._socket.recvmsg(0, 512, socket.MSG_ERRQUEUE)[3]
                self._on_failed(Peer("udp", remote[:2], self.local))
