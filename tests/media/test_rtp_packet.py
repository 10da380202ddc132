"""RTP packets: what is built is parsed, what is not RTP is None."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.media.rtp_packet import RtpPacket, build_rtp, parse_rtp


@given(
    st.integers(0, 127),
    st.integers(0, 2**16 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.binary(max_size=200),
    st.booleans(),
)
def test_what_is_built_is_parsed(
    kind: int, sequence: int, timestamp: int, ssrc: int, payload: bytes, marker: bool
) -> None:
    data = build_rtp(kind, sequence, timestamp, ssrc, payload, marker=marker)
    assert parse_rtp(data) == RtpPacket(kind, marker, sequence, timestamp, ssrc, payload)


def test_csrcs_extension_and_padding_are_no_payload() -> None:
    plain = build_rtp(0, 1, 2, 3, b"")
    csrcs = bytes((plain[0] | 2,)) + plain[1:] + b"12345678" + b"sound"
    assert parse_rtp(csrcs) == RtpPacket(0, False, 1, 2, 3, b"sound")
    extension = bytes((plain[0] | 0x10,)) + plain[1:] + b"\xbe\xde\0\x01abcd" + b"sound"
    assert parse_rtp(extension) == RtpPacket(0, False, 1, 2, 3, b"sound")
    padded = bytes((plain[0] | 0x20,)) + plain[1:] + b"sound\0\0\x03"
    assert parse_rtp(padded) == RtpPacket(0, False, 1, 2, 3, b"sound")


@pytest.mark.parametrize("data", [b"", b"\x80" * 11, b"\x40" + bytes(20), b"\x9f" + bytes(20)])
def test_what_is_not_rtp_is_none(data: bytes) -> None:
    assert parse_rtp(data) is None


@given(st.binary(max_size=64))
def test_no_bytes_raise(data: bytes) -> None:
    parse_rtp(data)
