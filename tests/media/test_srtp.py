"""RFC 3711: what is encrypted, what is refused, and counters that go on when keys change."""

from __future__ import annotations

from random import Random

import pytest

from switch.media.messages import Srtp
from switch.media.rtcp_packet import build_bye
from switch.media.rtp_packet import build_rtp
from switch.media.srtp import SrtpContext

SUITES = {
    "AES_CM_128_HMAC_SHA1_80": (30, 10),
    "AES_CM_128_HMAC_SHA1_32": (30, 4),
    "AEAD_AES_128_GCM": (28, 16),
    "AEAD_AES_256_GCM": (44, 16),
}
"""Suite -> bytes of a key, and by how much a packet grows."""

random = Random(7)
SUITE = "AES_CM_128_HMAC_SHA1_80"


def key(suite: str = SUITE) -> bytes:
    return random.randbytes(SUITES[suite][0])


def rtp(index: int) -> bytes:
    return build_rtp(0, index, index * 160, 77, b"speech" * 20)


def parties(suite: str = SUITE) -> tuple[SrtpContext, SrtpContext, bytes, bytes]:
    here, there = key(suite), key(suite)
    return (
        SrtpContext(Srtp(suite, here, there)),
        SrtpContext(Srtp(suite, there, here)),
        here,
        there,
    )


@pytest.mark.parametrize("suite", SUITES)
def test_both_ways_in_every_suite(suite: str) -> None:
    one, other, _, _ = parties(suite)
    for index in range(65_530, 65_545):  # over the end of the sequence numbers
        packet = one.protect(rtp(index))
        assert len(packet) == len(rtp(index)) + SUITES[suite][1]
        assert b"speech" not in packet
        assert other.unprotect(packet) == rtp(index)
        assert one.unprotect(other.protect(rtp(index))) == rtp(index)


@pytest.mark.parametrize("suite", SUITES)
def test_rtcp_is_encrypted_too(suite: str) -> None:
    one, other, _, _ = parties(suite)
    packet = one.protect_rtcp(build_bye(77) * 3)
    assert packet != build_bye(77) * 3
    assert other.unprotect_rtcp(packet) == build_bye(77) * 3
    assert other.unprotect_rtcp(packet) == b""


def test_forged_damaged_and_repeated_packets_are_refused() -> None:
    one, other, _, _ = parties()
    stranger, _, _, _ = parties()
    packet = one.protect(rtp(1))
    assert other.unprotect(stranger.protect(rtp(1))) == b""
    assert other.unprotect(rtp(1)) == b""
    assert other.unprotect(packet[:-1] + bytes((packet[-1] ^ 1,))) == b""
    assert other.unprotect(packet[:8]) == b""
    assert other.unprotect(packet) == rtp(1)
    assert other.unprotect(packet) == b"", "a replay"


def test_late_packets_are_taken_once() -> None:
    one, other, _, _ = parties()
    packets = [one.protect(rtp(index)) for index in range(10)]
    for packet in (packets[9], packets[3], packets[0]):
        assert other.unprotect(packet)
    assert other.unprotect(packets[3]) == b""


def test_what_is_too_long_is_not_sent() -> None:
    assert parties()[0].protect(rtp(1) + bytes(1500)) == b""


def run_for_long(one: SrtpContext, other: SrtpContext) -> int:
    """Let the sequence numbers begin anew three times; return the next index."""
    for index in range(60_000, 200_000, 997):
        assert other.unprotect(one.protect(rtp(index))) == rtp(index)
    return index + 1


def test_the_same_keys_again_change_nothing() -> None:
    """A hold repeats them: the rollover counter and the replay window go on."""
    one, other, here, there = parties()
    index = run_for_long(one, other)
    before = one.protect(rtp(index))
    one.change_keys(Srtp(SUITE, here, there))
    other.change_keys(Srtp(SUITE, there, here))
    assert other.unprotect(before) == rtp(index)
    assert other.unprotect(before) == b""
    assert other.unprotect(one.protect(rtp(index + 1))) == rtp(index + 1)


@pytest.mark.parametrize("suite", SUITES)
def test_a_new_key_goes_on_with_the_rollover_counter(suite: str) -> None:
    """RFC 3711 3.3.1: it must not be reset when keys change."""
    one, other, _, there = parties(suite)
    index = run_for_long(one, other)
    new = key(suite)
    one.change_keys(Srtp(suite, new, there))
    other.change_keys(Srtp(suite, there, new))
    for later in range(index, index + 70_000, 997):
        packet = one.protect(rtp(later))
        assert other.unprotect(packet) == rtp(later)
        assert other.unprotect(packet) == b""


def test_a_party_that_resets_its_counter_is_understood_as_well() -> None:
    one, other, _, there = parties()
    index = run_for_long(one, other)
    new = key()
    fresh = SrtpContext(Srtp(SUITE, new, there))
    other.change_keys(Srtp(SUITE, there, new))
    for later in range(index, index + 5):
        assert other.unprotect(fresh.protect(rtp(later))) == rtp(later)


def test_no_text_shows_a_key() -> None:
    keys = Srtp(SUITE, b"a very secret key, thirty long", key())
    assert "secret" not in repr(keys)
    assert "secret" not in f"{keys}"


def test_an_unknown_suite_is_told() -> None:
    with pytest.raises(ValueError, match="unknown SRTP suite 'F8'"):
        SrtpContext(Srtp("F8", key(), key()))
