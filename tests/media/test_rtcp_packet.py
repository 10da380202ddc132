"""RTCP reports: what is built is parsed, and what is malformed ends the reading."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from switch.media.rtcp_packet import (
    ReportBlock,
    SenderInfo,
    build_bye,
    build_report,
    is_bye,
    ntp_middle,
    parse_rtcp,
)

_u32 = st.integers(0, 2**32 - 1)
_blocks = st.builds(
    ReportBlock,
    ssrc=_u32,
    fraction_lost=st.integers(0, 255),
    lost=st.integers(-(2**23), 2**23 - 1),
    highest_sequence=_u32,
    jitter=_u32,
    last_sr=_u32,
    delay_since_last_sr=_u32,
)
_senders = st.builds(
    SenderInfo,
    unix_seconds=st.floats(1e9, 2e9),
    timestamp=_u32,
    packets=_u32,
    octets=_u32,
)


@given(_u32, st.one_of(st.none(), _senders), st.one_of(st.none(), _blocks), st.text(max_size=40))
def test_what_is_built_is_parsed(
    ssrc: int, sender: SenderInfo | None, block: ReportBlock | None, cname: str
) -> None:
    data = build_report(ssrc, sender, block, cname)
    assert len(data) % 4 == 0
    (report,) = parse_rtcp(data)
    assert report.ssrc == ssrc
    assert report.blocks == (() if block is None else (block,))
    if sender is not None:
        assert abs(report.ntp_middle - ntp_middle(sender.unix_seconds)) <= 1
    assert not is_bye(data)
    assert is_bye(data + build_bye(ssrc))


@given(st.binary(max_size=100))
def test_no_bytes_raise(data: bytes) -> None:
    parse_rtcp(data)
    is_bye(data)
