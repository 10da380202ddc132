"""The fast lane does what Python does, packet for packet, and leaves the rest to it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from time import monotonic
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.media.fast_relay import LANE, MAX_PACKET_BYTES, forward
from switch.media.g711 import ULAW_TO_ALAW
from switch.media.lanes import Lanes
from switch.media.messages import Codec
from switch.media.poll import Passed
from switch.media.reception import Reception
from switch.media.rtp_packet import build_rtp, parse_rtp
from switch.media.sender import RtpSender

_TABLES = numpy.frombuffer(bytes(range(256)) + ULAW_TO_ALAW, dtype=numpy.uint8).reshape(2, 256)
SSRC, OURS = 0xFFEE_0011, 0x1122_3344


def lane_after(reception: Reception, sender: RtpSender) -> Any:
    """Return a lane that goes on where Python has stopped."""
    lanes = numpy.zeros(1, LANE)
    lane = lanes[0]
    lane["in_ssrc"], lane["out_ssrc"], lane["out_type"] = SSRC, OURS, 8
    lane["sequence_offset"], lane["timestamp_offset"] = sender.offsets
    lane["highest_sequence"] = reception.highest_sequence
    lane["transit"], lane["jitter"] = reception.transit, reception.jitter_exact
    lane["last_sequence"], lane["last_timestamp"] = sender.last_sequence, sender.last_timestamp
    return lane


def forwarded(lane: Any, data: bytes, now: float) -> bytes | None:
    """Return what the lane makes of a packet."""
    packet = numpy.zeros(MAX_PACKET_BYTES, numpy.uint8)
    packet[: len(data)] = numpy.frombuffer(data, numpy.uint8)
    if not forward(packet, len(data), lane, _TABLES, now):
        assert packet[: len(data)].tobytes() == data
        return None
    return packet[: len(data)].tobytes()


@given(
    st.integers(0, 2**16 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**16 - 1),
    st.integers(0, 2**32 - 1),
    st.lists(
        st.tuples(st.integers(-40, 60), st.floats(0, 0.2), st.booleans(), st.binary(max_size=40)),
        max_size=30,
    ),
)
def test_the_lane_and_python_agree(
    sequence: int,
    timestamp: int,
    our_sequence: int,
    our_timestamp: int,
    steps: list[tuple[int, float, bool, bytes]],
) -> None:
    now = 1000.0
    reception, sender = Reception(), RtpSender(OURS, our_sequence, our_timestamp)
    reception.receive(sequence, timestamp, SSRC, now)
    sender.relayed(8, 0, sequence, timestamp, SSRC, b"", 160)
    lane = lane_after(reception, sender)
    before = reception.received
    for step, later, marker, payload in steps:
        sequence, timestamp = (sequence + step) % 2**16, (timestamp + 160 * step) % 2**32
        now += later
        data = build_rtp(0, sequence, timestamp, SSRC, payload, marker=marker)
        reception.receive(sequence, timestamp, SSRC, now)
        theirs = sender.relayed(8, 128 * marker, sequence, timestamp, SSRC, payload, 0)
        assert forwarded(lane, data, now) == theirs
    assert lane["received"] == reception.received - before
    assert lane["highest_sequence"] == reception.highest_sequence
    assert lane["jitter"] == pytest.approx(reception.jitter_exact)
    assert lane["octets"] == sum(len(step[3]) for step in steps)
    assert (lane["last_sequence"], lane["last_timestamp"]) == (
        sender.last_sequence,
        sender.last_timestamp,
    )


def ready_lane() -> Any:
    reception, sender = Reception(), RtpSender(OURS, 1, 1)
    reception.receive(10, 160, SSRC, 1.0)
    sender.relayed(8, 0, 10, 160, SSRC, b"", 0)
    return lane_after(reception, sender)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x00\x00\x0b",
        build_rtp(101, 11, 320, SSRC, b"x" * 4),
        build_rtp(0, 11, 320, SSRC + 1, b"x" * 160),
        build_rtp(0, 10 + 3001, 320, SSRC, b"x" * 160),
        b"\x90" + build_rtp(0, 11, 320, SSRC, b"x" * 160)[1:],
        b"\xa0" + build_rtp(0, 11, 320, SSRC, b"x" * 160)[1:],
        b"\x00" + build_rtp(0, 11, 320, SSRC, b"x" * 160)[1:],
    ],
    ids=["empty", "short", "key", "source", "jump", "extension", "padding", "stun-like"],
)
def test_what_is_not_plain_is_left_alone(data: bytes) -> None:
    lane = ready_lane()
    assert forwarded(lane, data, 1.02) is None
    assert lane["received"] == 0


def test_a_payload_is_translated_by_its_table() -> None:
    lane = ready_lane()
    lane["transcoding"] = 1
    data = forwarded(lane, build_rtp(0, 11, 320, SSRC, bytes(range(160))), 1.02)
    packet = parse_rtp(data or b"")
    assert packet is not None
    assert packet.payload == bytes(range(160)).translate(ULAW_TO_ALAW)


class Wires:
    """Two sockets of ours, each connected to a party's."""

    def __init__(self) -> None:
        self.lanes = Lanes()
        self.ours = [self._socket() for _ in range(2)]
        self.parties = [self._socket() for _ in range(2)]
        for one, party in zip(self.ours, self.parties, strict=True):
            one.connect(party.getsockname())
            party.connect(one.getsockname())
            self.lanes.watch(one.fileno())

    @staticmethod
    def _socket() -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(5)
        return sock

    def open_lane(self) -> None:
        so_far = Passed(0, 0, 10, 0, 0.0, monotonic(), 1, 1)
        assert self.lanes.open(
            *(self.ours[0].fileno(), self.ours[1].fileno()),
            in_codec=Codec.PCMU,
            in_type=0,
            in_ssrc=SSRC,
            out_codec=Codec.PCMA,
            out_type=8,
            out_ssrc=OURS,
            sequence_offset=-9,
            timestamp_offset=5,
            so_far=so_far,
        )


@pytest.fixture
def wires() -> Iterator[Wires]:
    wires = Wires()
    yield wires
    for sock in (*wires.ours, *wires.parties):
        sock.close()


class TestSockets:
    def test_plain_packets_pass_and_are_told_at_the_end(self, wires: Wires) -> None:
        wires.open_lane()
        for sequence in (11, 12):
            wires.parties[0].send(build_rtp(0, sequence, 160, SSRC, b"\xff" * 160))
            assert wires.lanes.wait(5) == []
            packet = parse_rtp(wires.parties[1].recv(2048))
            assert packet is not None
            assert (packet.sequence, packet.ssrc, packet.payload_type) == (sequence - 9, OURS, 8)
            assert packet.payload == b"\xd5" * 160
        passed = wires.lanes.close(wires.ours[0].fileno())
        assert (passed.received, passed.octets, passed.highest_sequence) == (2, 320, 12)
        assert passed.last_sequence == 3

    def test_the_rest_is_handed_over_as_it_came(self, wires: Wires) -> None:
        wires.open_lane()
        key = build_rtp(101, 11, 160, SSRC, b"\x01\x00\x00\xa0")
        wires.parties[0].send(key)
        assert wires.lanes.wait(5) == [(wires.ours[0].fileno(), key)]

    def test_sockets_without_a_lane_are_not_read(self, wires: Wires) -> None:
        wires.parties[0].send(b"anything")
        assert wires.lanes.wait(5) == [(wires.ours[0].fileno(), None)]
        assert wires.ours[0].recv(2048) == b"anything"

    def test_a_party_that_is_gone_stops_nothing(self, wires: Wires) -> None:
        wires.open_lane()
        wires.parties[1].close()
        for sequence in (11, 12, 13):
            wires.parties[0].send(build_rtp(0, sequence, 160, SSRC, b"\xff" * 160))
            wires.lanes.wait(5)
        assert wires.lanes.close(wires.ours[0].fileno()).received == 3
