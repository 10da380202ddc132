"""RFC 3264: what is offered, what is answered, and what both then agree on."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.errors import RemoteProtocolError
from switch.sdp.description import parse_description
from switch.sdp.offer_answer import LocalMedia, make_answer, make_offer, read_answer


def local(*codecs: str) -> LocalMedia:
    return LocalMedia("198.51.100.1", 20000, codecs or ("PCMU", "PCMA"), session_id=7)


def offer(
    media: str = "audio 4000 RTP/AVP 0 8 101",
    *attributes: str,
    address: str = "192.0.2.7",
    session: Sequence[str] = (),
) -> bytes:
    lines = ["v=0", "o=- 1 1 IN IP4 192.0.2.7", "s=-", f"c=IN IP4 {address}", "t=0 0", *session]
    lines += [f"m={media}", "a=rtpmap:101 telephone-event/8000", *(f"a={a}" for a in attributes)]
    return ("\r\n".join(lines) + "\r\n").encode()


def test_an_offer_lists_codecs_best_first_and_events() -> None:
    (media,) = parse_description(make_offer(local("PCMA", "PCMU"))).media
    assert (media.kind, media.port, media.formats) == ("audio", 20000, ["8", "0", "101"])
    assert media.attribute("fmtp") == "101 0-15"
    assert media.attribute("sendrecv") == ""


@pytest.mark.parametrize(
    ("media", "codec"),
    [
        ("audio 4000 RTP/AVP 0 8 101", "PCMU"),
        ("audio 4000 RTP/AVP 8 0 101", "PCMA"),
        ("audio 4000 RTP/AVP 18 9 8", "PCMA"),
    ],
)
def test_the_answer_takes_the_offerers_first_common_codec(media: str, codec: str) -> None:
    answer, negotiated = make_answer(local(), offer(media))
    assert negotiated.codec == codec
    assert (negotiated.remote_address, negotiated.remote_port) == ("192.0.2.7", 4000)
    assert negotiated.rtcp_port == 4001
    assert str(negotiated.payload_type) == parse_description(answer).media[0].formats[0]


def test_events_keep_the_offers_payload_type() -> None:
    plain = offer("audio 4000 RTP/AVP 0 96", "rtpmap:96 telephone-event/8000")
    answer, negotiated = make_answer(local(), plain)
    assert negotiated.event_payload_type == 96
    assert parse_description(answer).media[0].formats == ["0", "96"]
    assert make_answer(local(), offer("audio 4000 RTP/AVP 0"))[1].event_payload_type == -1


def test_a_codec_may_have_a_dynamic_payload_type() -> None:
    dynamic = offer("audio 4000 RTP/AVP 97", "rtpmap:97 pcma/8000/1")
    _, negotiated = make_answer(local(), dynamic)
    assert (negotiated.codec, negotiated.payload_type) == ("PCMA", 97)


def test_other_media_are_refused_in_their_place() -> None:
    both = offer("video 5000 RTP/AVP 31") + b"m=audio 4000 RTP/AVP 0\r\nm=audio 4002 RTP/AVP 0\r\n"
    answer, negotiated = make_answer(local(), both)
    assert [(m.kind, m.port) for m in parse_description(answer).media] == [
        ("video", 0),
        ("audio", 20000),
        ("audio", 0),
    ]
    assert negotiated.remote_port == 4000


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (offer("audio 4000 RTP/AVP 18 9"), "no codec in common with us: we speak PCMU, PCMA"),
        (offer("audio 0 RTP/AVP 0"), "refused the audio"),
        (offer("video 4000 RTP/AVP 31"), "no audio"),
        (offer("audio 4000 RTP/SAVP 0"), "only over RTP/SAVP"),
        (offer("audio 4000 RTP/AVP 101"), "no codec in common"),
        (offer(address="media.example.com"), "no IP address"),
        (offer(address="224.0.0.5"), "asks us to send to 224.0.0.5"),
        (offer("audio 4000 RTP/AVP 0", "rtpmap:0 PCMU/16000"), "no codec in common"),
    ],
)
def test_an_offer_without_anything_for_us_gets_488(wrong: bytes, why: str) -> None:
    with pytest.raises(RemoteProtocolError, match=why) as caught:
        make_answer(local(), wrong)
    assert caught.value.status_hint == 488


@pytest.mark.parametrize(
    ("direction", "answered", "may_send", "may_receive"),
    [
        ("sendrecv", "sendrecv", True, True),
        ("sendonly", "recvonly", False, True),
        ("recvonly", "sendonly", True, False),
        ("inactive", "inactive", False, False),
    ],
)
def test_hold_is_answered_and_kept(
    direction: str, answered: str, may_send: bool, may_receive: bool
) -> None:
    for held in (offer("audio 4000 RTP/AVP 0", direction), offer(session=[f"a={direction}"])):
        answer, negotiated = make_answer(local(), held)
        assert parse_description(answer).media[0].attribute(answered) == ""
        assert (negotiated.may_send, negotiated.may_receive) == (may_send, may_receive)


def test_the_old_way_to_hold() -> None:
    assert not make_answer(local(), offer(address="0.0.0.0"))[1].may_send


def test_rtcp_may_have_a_port_of_its_own() -> None:
    assert make_answer(local(), offer("audio 4000 RTP/AVP 0", "rtcp:4100"))[1].rtcp_port == 4100


def test_the_version_grows_only_when_something_changes() -> None:
    """RFC 3264 8."""
    ours = local()
    origins = [
        parse_description(make_answer(ours, each)[0]).origin
        for each in (offer(), offer(), offer("audio 4000 RTP/AVP 0", "sendonly"), offer())
    ]
    assert [origin.split()[2] for origin in origins] == ["1", "1", "2", "3"]
    assert {origin.split()[1] for origin in origins} == {"7"}


def test_the_answer_to_our_offer_settles_it() -> None:
    ours = local()
    sent = make_offer(ours)
    answer, theirs = make_answer(LocalMedia("192.0.2.7", 4000, ("PCMA",)), sent)
    agreed = read_answer(ours, sent, answer)
    assert (agreed.codec, agreed.payload_type, agreed.event_payload_type) == ("PCMA", 8, 101)
    assert (agreed.remote_address, agreed.remote_port) == ("192.0.2.7", 4000)
    assert (theirs.remote_address, theirs.remote_port) == ("198.51.100.1", 20000)


@pytest.mark.parametrize(
    "answer",
    [
        offer("audio 0 RTP/AVP 0"),
        offer("audio 4000 RTP/AVP 9"),
        offer() + b"m=video 0 RTP/AVP 31\r\n",
    ],
)
def test_an_answer_that_refuses_is_told(answer: bytes) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        read_answer(local(), make_offer(local()), answer)
    assert caught.value.status_hint == 488


_codecs = st.lists(st.sampled_from(["PCMU", "PCMA"]), min_size=1, max_size=2, unique=True)


@given(_codecs, _codecs, st.sampled_from(["sendrecv", "sendonly", "recvonly", "inactive"]))
def test_both_sides_agree(ours: list[str], theirs: list[str], direction: str) -> None:
    """What we may send, the other may receive, with one codec and one payload type."""
    one, other = local(*ours), LocalMedia("192.0.2.7", 4000, tuple(theirs))
    sent = make_offer(one, direction=direction)
    if not set(ours) & set(theirs):
        with pytest.raises(RemoteProtocolError):
            make_answer(other, sent)
        return
    answer, there = make_answer(other, sent)
    here = read_answer(one, sent, answer)
    assert (here.codec, here.payload_type) == (there.codec, there.payload_type)
    assert here.event_payload_type == there.event_payload_type == 101
    assert (here.may_send, here.may_receive) == (there.may_receive, there.may_send)
    assert here.may_send == (direction in ("sendrecv", "sendonly"))


class TestTwoAddresses:
    """For parties of either version of IP."""

    def test_the_party_decides_which_is_told(self) -> None:
        ours = LocalMedia("192.0.2.1", 20_000, ("PCMU",), other_address="2001:db8::1")
        ours.speak_to("2001:db8::7")
        assert b"\r\nc=IN IP6 2001:db8::1\r\n" in make_offer(ours)
        assert ours.other_ip
        ours.speak_to("192.0.2.7")
        assert b"\r\nc=IN IP4 192.0.2.1\r\n" in make_offer(ours)
        assert not ours.other_ip

    def test_with_one_there_is_no_choice(self) -> None:
        ours = LocalMedia("192.0.2.1", 20_000, ("PCMU",))
        ours.speak_to("2001:db8::7")
        assert (ours.address, ours.other_ip) == ("192.0.2.1", False)


class TestALaterOffer:
    """RFC 3264 8: "the number of "m=" lines ... MUST be the same" at least, each in its place."""

    VIDEO_FIRST = (
        b"v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
        b"m=video 4002 RTP/AVP 99 100\r\na=rtpmap:99 H264/90000\r\na=rtpmap:100 VP8/90000\r\n"
        b"m=audio 4000 RTP/AVP 101 0 96\r\na=rtpmap:101 opus/48000/2\r\n"
        b"a=rtpmap:96 telephone-event/8000\r\nm=image 4004 udptl t38\r\n"
    )

    def later(self) -> tuple[LocalMedia, bytes]:
        ours = local("opus", "PCMU")
        answer, _ = make_answer(ours, self.VIDEO_FIRST)
        return ours, make_offer(ours, last=answer)

    def test_keeps_what_was_refused_in_its_place(self) -> None:
        _, offer = self.later()
        lines = [line for line in offer.split(b"\r\n") if line.startswith(b"m=")]
        assert lines[0] == b"m=video 0 RTP/AVP 99"
        assert lines[1].startswith(b"m=audio 20000 RTP/AVP ")
        assert lines[2] == b"m=image 0 udptl t38"

    def test_lets_payload_types_mean_what_they_meant(self) -> None:
        """101 was Opus: it is no telephone-event now."""
        _, offer = self.later()
        assert b"a=rtpmap:101 opus/48000/2\r\n" in offer
        assert b"a=rtpmap:96 telephone-event/8000\r\n" in offer
        maps = re.findall(rb"a=rtpmap:(\d+) ", offer)
        assert len(maps) == len(set(maps))

    def test_keeps_rtcp_where_it_is(self) -> None:
        ours = local("PCMU")
        muxed = self.VIDEO_FIRST.replace(b"a=rtpmap:96", b"a=rtcp-mux\r\na=rtpmap:96")
        answer, _ = make_answer(ours, muxed)
        assert b"a=rtcp-mux\r\n" in make_offer(ours, last=answer)
        assert b"a=rtcp-mux\r\n" not in self.later()[1]

    def test_begins_with_what_is_spoken(self) -> None:
        ours = local("PCMU", "PCMA", "G722")
        answer, _ = make_answer(ours, offer("audio 4000 RTP/AVP 9 101"))
        (media,) = parse_description(make_offer(ours, last=answer)).media
        assert media.formats == ["9", "0", "8", "101"]

    def test_is_settled_by_an_answer_with_as_many_lines(self) -> None:
        ours, offer = self.later()
        answer = offer.replace(b"m=audio 20000", b"m=audio 4000")
        found = read_answer(ours, offer, answer)
        assert (found.codec, found.payload_type, found.remote_port) == ("opus", 101, 4000)

    def test_says_the_same_of_a_plain_call(self) -> None:
        ours = local("PCMU", "PCMA")
        first = make_offer(ours)
        assert make_offer(ours, last=first) == first
