"""What carries most packets of talking calls: recv, a new header, send, in machine code.

Numba compiles this file when a worker first starts, and keeps the result beside it. A
*lane* is one direction of a bridged call: what must be known to pass on the plain packets
of one party, in one record. Whatever is not plain (a key, another source, a packet that
jumps, a header extension) is handed to Python as it came, and so is everything of sockets
that have no lane. Nothing here knows of calls; `lanes.py` opens and closes the lanes.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy
from numba import njit, types

MAX_EVENTS = 256
"""Sockets looked after in one pass."""
MAX_PACKET_BYTES = 2048

LANE = numpy.dtype(
    [
        ("open", "u1"),
        ("in_type", "u1"),
        ("out_type", "u1"),
        ("transcoding", "u1"),
        ("partner", "i4"),
        ("in_ssrc", "i8"),
        ("out_ssrc", "i8"),
        ("sequence_offset", "i8"),
        ("timestamp_offset", "i8"),
        ("highest_sequence", "i8"),
        ("transit", "i8"),
        ("jitter", "f8"),
        ("received", "i8"),
        ("octets", "i8"),
        ("last_sequence", "i8"),
        ("last_timestamp", "i8"),
        ("heard_at", "f8"),
    ],
    align=True,
)
"""`transcoding` is a row of the tables; 0 leaves the payload alone. `partner` is the
descriptor of a connected socket. `received`, `octets` and `heard_at` (monotonic seconds) count
since the lane was opened."""

# struct epoll_event is packed on x86-64 only (linux/eventpoll.h).
_EVENT_OFFSETS, _EVENT_BYTES = (
    ([0, 4], 12) if platform.machine() in ("x86_64", "AMD64") else ([0, 8], 16)
)
EPOLL_EVENT = numpy.dtype(
    {
        "names": ["events", "fd"],
        "formats": ["u4", "i4"],
        "offsets": _EVENT_OFFSETS,
        "itemsize": _EVENT_BYTES,
    }
)

_CLOCK_MONOTONIC = 1
_CLOCK_RATE = 8000
_MAX_DROPOUT = 3000  # as in reception.py

_epoll_wait: Any = types.ExternalFunction(
    "epoll_wait", types.int32(types.int32, types.uintp, types.int32, types.int32)
)
_recv: Any = types.ExternalFunction(
    "recv", types.intp(types.int32, types.uintp, types.uintp, types.int32)
)
_send: Any = types.ExternalFunction(
    "send", types.intp(types.int32, types.uintp, types.uintp, types.int32)
)
_clock_gettime: Any = types.ExternalFunction("clock_gettime", types.int32(types.int32, types.uintp))

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _compiled(function: _Function) -> _Function:
    """Compile at the first call, without Python's lock; keep the result where we may."""
    try:
        return cast(_Function, njit(nogil=True, cache=True)(function))
    except RuntimeError:  # no directory for it may be written
        return cast(_Function, njit(nogil=True)(function))


@_compiled
def forward(packet: Any, size: int, lane: Any, tables: Any, now: float) -> bool:
    """Make a packet of one party one for the other, in place; False when it is not plain.

    The same arithmetic as `Reception.receive` and `RtpSender.relayed` (RFC 3550 A.1, A.8).

    Args:
        packet: at least `size` bytes; left as it was when not plain.
        lane: a record of `LANE`, brought up to date.
        tables: payload translations, 256 bytes each.
        now: monotonic seconds.
    """
    if size < 12 or packet[0] != 0x80 or (packet[1] & 0x7F) != lane.in_type:
        return False
    ssrc = numpy.int64(0)
    timestamp = numpy.int64(0)
    for i in range(4):
        ssrc = ssrc << 8 | packet[8 + i]
        timestamp = timestamp << 8 | packet[4 + i]
    sequence = numpy.int64(packet[2]) << 8 | packet[3]
    step = (sequence - lane.highest_sequence) & 0xFFFF
    if ssrc != lane.in_ssrc or _MAX_DROPOUT < step < 0x10000 - _MAX_DROPOUT:
        return False
    if step < 0x8000:
        lane.highest_sequence += step
    transit = numpy.int64(now * _CLOCK_RATE) - timestamp
    difference = ((transit - lane.transit + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000
    lane.jitter += (abs(difference) - lane.jitter) / 16
    lane.transit = transit
    lane.received += 1
    lane.octets += size - 12
    lane.heard_at = now

    ours = (sequence + lane.sequence_offset) & 0xFFFF
    stamp = (timestamp + lane.timestamp_offset) & 0xFFFF_FFFF
    if ((ours - lane.last_sequence) & 0xFFFF) < 0x8000:
        lane.last_sequence = ours
        lane.last_timestamp = stamp
    out_ssrc = lane.out_ssrc
    packet[1] = (packet[1] & 0x80) | lane.out_type
    packet[2] = ours >> 8
    packet[3] = ours & 0xFF
    for i in range(4):
        packet[7 - i] = (stamp >> (8 * i)) & 0xFF
        packet[11 - i] = (out_ssrc >> (8 * i)) & 0xFF
    if lane.transcoding:
        for i in range(12, size):
            packet[i] = tables[lane.transcoding, packet[i]]
    return True


@_compiled
def relay_ready(
    poll: int,
    timeout_ms: int,
    lanes: Any,
    tables: Any,
    events: Any,
    packets: Any,
    rest: Any,
    times: Any,
) -> int:
    """Wait for sockets, pass on what is plain, and return how many are left to Python.

    Args:
        poll: epoll's descriptor.
        lanes: of `LANE`, by descriptor.
        events: of `EPOLL_EVENT`, scratch.
        packets: `MAX_EVENTS` rows of `MAX_PACKET_BYTES`; those of the rest, as they came.
        rest: descriptor and size for each that is left; size -1: nothing was read.
        times: two 64-bit words, scratch.
    """
    many = _epoll_wait(poll, events.ctypes.data, events.shape[0], timeout_ms)
    _clock_gettime(_CLOCK_MONOTONIC, times.ctypes.data)
    now = times[0] + times[1] * 1e-9
    left = 0
    for i in range(many):
        fd = events[i].fd
        if fd >= lanes.shape[0] or not lanes[fd].open:
            rest[left, 0] = fd
            rest[left, 1] = -1
            left += 1
            continue
        packet = packets[left]
        size = _recv(fd, packet.ctypes.data, MAX_PACKET_BYTES, 0)
        if size < 0:  # nothing there, or an ICMP error of something we sent
            continue
        if forward(packet, size, lanes[fd], tables, now):
            # A full socket or an unreachable party loses it, as the network would.
            _send(lanes[fd].partner, packet.ctypes.data, size, 0)
        else:
            rest[left, 0] = fd
            rest[left, 1] = size
            left += 1
    return left
