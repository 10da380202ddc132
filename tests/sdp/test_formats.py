"""Codecs beyond G.711, and what surrounds them: clocks, parameters, comfort noise, RTCP."""

from __future__ import annotations

import pytest

from switch.errors import RemoteProtocolError
from switch.sdp.description import parse_description
from switch.sdp.offer_answer import LocalMedia, make_answer, make_offer, read_answer

ALL = ("opus", "G722", "PCMU", "PCMA")


def local(*codecs: str, ours_first: bool = False) -> LocalMedia:
    return LocalMedia("198.51.100.1", 20000, codecs or ALL, ours_first=ours_first)


def offer(formats: str, *attributes: str, after: bytes = b"") -> bytes:
    lines = ["v=0", "o=- 1 1 IN IP4 192.0.2.7", "s=-", "c=IN IP4 192.0.2.7", "t=0 0"]
    lines += [f"m=audio 4000 RTP/AVP {formats}", *(f"a={each}" for each in attributes)]
    return ("\r\n".join(lines) + "\r\n").encode() + after


BROWSER = offer(
    "111 9 0 110 126",
    "rtpmap:111 opus/48000/2",
    "fmtp:111 minptime=10;useinbandfec=1",
    "rtpmap:110 telephone-event/48000",
    "rtpmap:126 telephone-event/8000",
    "rtcp-mux",
    "ssrc:1 cname:x",
    "ice-ufrag:abcd",
)


def test_an_offer_has_events_at_the_clock_of_each_codec() -> None:
    (media,) = parse_description(make_offer(local())).media
    assert media.formats == ["111", "9", "0", "8", "101", "110"]
    maps = [value for name, value in media.attributes if name == "rtpmap"]
    assert maps == [
        "111 opus/48000/2",
        "9 G722/8000",
        "0 PCMU/8000",
        "8 PCMA/8000",
        "101 telephone-event/8000",
        "110 telephone-event/48000",
    ]
    assert ("fmtp", "111 useinbandfec=1;stereo=0;sprop-stereo=0") in media.attributes


def test_an_offer_of_g711_alone_says_no_more_than_that() -> None:
    (media,) = parse_description(make_offer(local("PCMU", "PCMA"))).media
    assert media.formats == ["0", "8", "101"]


def test_opus_has_events_at_48_khz() -> None:
    answer, negotiated = make_answer(local(), BROWSER)
    assert (negotiated.codec, negotiated.payload_type) == ("opus", 111)
    assert (negotiated.event_payload_type, negotiated.event_clock_rate) == (110, 48_000)
    assert negotiated.fec
    (media,) = parse_description(answer).media
    assert media.formats == ["111", "110"]
    assert media.attribute("rtpmap") == "111 opus/48000/2"


def test_other_codecs_have_events_at_8_khz() -> None:
    _, negotiated = make_answer(local("G722", "PCMU"), BROWSER)
    assert (negotiated.codec, negotiated.payload_type) == ("G722", 9)
    assert (negotiated.event_payload_type, negotiated.event_clock_rate) == (126, 8000)


def test_events_of_another_clock_are_better_than_none() -> None:
    only = offer("111 101", "rtpmap:111 opus/48000/2", "rtpmap:101 telephone-event/8000")
    _, negotiated = make_answer(local(), only)
    assert (negotiated.event_payload_type, negotiated.event_clock_rate) == (101, 8000)


@pytest.mark.parametrize(
    ("ours_first", "codec"), [(False, "PCMU"), (True, "opus")], ids=["theirs", "ours"]
)
def test_whose_order_counts(ours_first: bool, codec: str) -> None:
    offered = offer("0 9 96", "rtpmap:96 OPUS/48000/2")
    _, negotiated = make_answer(local(ours_first=ours_first), offered)
    assert negotiated.codec == codec


def test_what_the_party_may_change_to_is_known() -> None:
    _, negotiated = make_answer(local(), offer("8 0 9"))
    assert (negotiated.codec, negotiated.others) == ("PCMA", ((0, "PCMU"), (9, "G722")))


@pytest.mark.parametrize("mapped", ["opus/48000", "opus/16000/2", "G722/16000", "speex/8000"])
def test_a_codec_that_is_not_quite_ours_is_none(mapped: str) -> None:
    with pytest.raises(RemoteProtocolError, match="no codec in common"):
        make_answer(local(), offer("96", f"rtpmap:96 {mapped}"))


def test_comfort_noise_is_answered_when_offered() -> None:
    answer, negotiated = make_answer(local("PCMU"), offer("0 13 101"))
    assert negotiated.comfort_noise_payload_type == 13
    assert parse_description(answer).media[0].formats == ["0", "13"]
    assert make_answer(local("PCMU"), offer("0"))[1].comfort_noise_payload_type == -1


def test_rtcp_shares_the_port_where_both_want_it() -> None:
    """RFC 5761 5.1.1."""
    answer, negotiated = make_answer(local(), BROWSER)
    assert negotiated.rtcp_mux
    assert parse_description(answer).media[0].attribute("rtcp-mux") == ""
    answer, negotiated = make_answer(local(), offer("0"))
    assert not negotiated.rtcp_mux
    assert parse_description(answer).media[0].attribute("rtcp-mux") is None


def test_video_and_fax_are_refused_in_their_place() -> None:
    more = (
        b"m=video 4002 RTP/AVP 96 97\r\na=rtpmap:96 H264/90000\r\n"
        b"m=image 4004 udptl t38\r\na=T38FaxVersion:0\r\n"
        b"m=application 4006 UDP/BFCP *\r\n"
    )
    answer, _ = make_answer(local(), offer("0", after=more))
    told = [(each.kind, each.port, each.protocol) for each in parse_description(answer).media]
    assert told == [
        ("audio", 20000, "RTP/AVP"),
        ("video", 0, "RTP/AVP"),
        ("image", 0, "udptl"),
        ("application", 0, "UDP/BFCP"),
    ]


@pytest.mark.parametrize("ptime", [10, 20, 30, 40, 60])
def test_any_packet_time_is_agreed_to(ptime: int) -> None:
    negotiated = make_answer(local(), offer("0", f"ptime:{ptime}", "maxptime:60"))[1]
    assert negotiated.ptime_ms == ptime


def test_an_answer_may_have_several_codecs() -> None:
    ours = local()
    agreed = read_answer(ours, make_offer(ours), offer("9 0 101"))
    assert (agreed.codec, agreed.others) == ("G722", ((0, "PCMU"),))
