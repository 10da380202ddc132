"""One SSRC, sequence numbers without gaps, timestamps that only go forward."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from switch.media.rtp_packet import RtpPacket, parse_rtp
from switch.media.sender import RtpSender


def parsed(data: bytes) -> RtpPacket:
    packet = parse_rtp(data)
    assert packet is not None
    return packet


def step(later: int, earlier: int, bits: int) -> int:
    return (later - earlier) % (1 << bits)


# What a call is made of: prompts, the other party (by SSRC), pauses.
_spell = st.tuples(st.sampled_from(["frames", "alice", "bob", "pause"]), st.integers(1, 20))


@given(
    st.lists(_spell, min_size=1, max_size=12),
    st.integers(0, 2**16 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**16 - 1),
)
def test_a_whole_call_is_one_stream(
    spells: list[tuple[str, int]], sequence: int, timestamp: int, foreign: int
) -> None:
    sender = RtpSender(77, sequence, timestamp)
    sources = {"alice": 1, "bob": 2}
    at = {"alice": foreign, "bob": foreign // 2}
    clock = 0
    packets: list[RtpPacket] = []
    begun: list[bool] = []
    before = ""
    for who, count in spells:
        for _ in range(count):
            clock += 160
            if who == "pause":
                sender.pause()
                before = ""
                continue
            begun.append(who != before)
            before = who
            if who == "frames":
                packets.append(parsed(sender.frame(0, b"x" * 160, clock)))
                continue
            at[who] += 1
            source = sources[who]
            packets.append(
                parsed(
                    sender.relayed(
                        8, 0, at[who] % 2**16, at[who] * 160 % 2**32, source, b"y" * 160, clock
                    )
                )
            )
    assert {packet.ssrc for packet in packets} <= {77}
    for earlier, later in pairwise(packets):
        assert step(later.sequence, earlier.sequence, 16) == 1
        assert 160 <= step(later.timestamp, earlier.timestamp, 32) <= 160 * 20 * 12
    assert [packet.marker for packet in packets] == begun
    assert sender.packets == len(packets)


def test_packets_lost_upstream_stay_lost() -> None:
    """The party's jitter buffer must see the gap to conceal it."""
    sender = RtpSender(1, 100, 0)
    packets = [
        parsed(sender.relayed(0, 0, number, number * 160, 9, b"", number * 160))
        for number in (10, 11, 14, 13, 15)
    ]
    assert [packet.sequence for packet in packets] == [101, 102, 105, 104, 106]
    assert [step(packet.timestamp, packets[0].timestamp, 32) for packet in packets] == [
        0,
        160,
        640,
        480,
        800,
    ]


def test_what_is_left_out_leaves_no_gap() -> None:
    sender = RtpSender(1, 100, 0)
    first = parsed(sender.relayed(0, 0, 10, 0, 9, b"", 0))
    sender.skip_relayed()
    second = parsed(sender.relayed(0, 0, 12, 320, 9, b"", 320))
    assert step(second.sequence, first.sequence, 16) == 1
