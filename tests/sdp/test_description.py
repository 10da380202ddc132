"""Reading and printing session descriptions."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.errors import RemoteProtocolError
from switch.sdp.description import (
    Media,
    SessionDescription,
    first_address,
    parse_description,
    print_description,
)

PLAIN = (
    b"v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
    b"m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
)


def test_a_plain_description() -> None:
    session = parse_description(PLAIN)
    assert session.address == "192.0.2.7"
    (media,) = session.media
    assert (media.kind, media.port, media.protocol) == ("audio", 4000, "RTP/AVP")
    assert media.formats == ["0", "101"]
    assert media.attribute("rtpmap") == "101 telephone-event/8000"
    assert media.attribute("sendrecv") == ""
    assert media.attribute("ptime") is None


def test_bare_line_feeds_are_line_ends() -> None:
    assert parse_description(PLAIN.replace(b"\r\n", b"\n")) == parse_description(PLAIN)


def test_a_medium_may_have_its_own_address() -> None:
    session = parse_description(PLAIN + b"c=IN IP6 2001:db8::7\r\n")
    assert session.address_of(session.media[0]) == "2001:db8::7"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "does not begin with v=0"),
        (b"v=1\r\n", "does not begin with v=0"),
        (b"v=0\r\nnonsense\r\n", "line 2 is not like"),
        (b"v=0\r\nm=audio 4000\r\n", "line 2: m= has too few words"),
        (b"v=0\r\nm=audio x RTP/AVP 0\r\n", "line 2: no port"),
        (b"v=0\r\nm=audio 70000 RTP/AVP 0\r\n", "line 2: no port"),
        (b"v=0\r\nc=IN IP5 x\r\n", "line 2: no address"),
        (b"v=0\r\ns=\xff\r\n", "not UTF-8"),
        (b"v=0\r\n" + b"a=x\r\n" * 5000, "over 16384 bytes"),
    ],
)
def test_what_is_wrong_is_told(data: bytes, message: str) -> None:
    with pytest.raises(RemoteProtocolError, match=message):
        parse_description(data)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    for start in (b"", b"v=0\r\n"):
        with suppress(RemoteProtocolError):
            parse_description(start + data)


_word = st.text("abcdefgh019-", min_size=1, max_size=8)
_attributes = st.lists(st.tuples(_word, st.one_of(st.just(""), _word)), max_size=4)
_media = st.builds(
    Media,
    kind=st.sampled_from(["audio", "video"]),
    port=st.integers(0, 65_535),
    protocol=st.sampled_from(["RTP/AVP", "RTP/SAVP", "UDP/TLS/RTP/SAVPF"]),
    formats=st.lists(_word, min_size=1, max_size=5),
    address=st.sampled_from(["", "192.0.2.9", "2001:db8::9"]),
    attributes=_attributes,
)
_session = st.builds(
    SessionDescription,
    address=st.sampled_from(["192.0.2.7", "2001:db8::7", "0.0.0.0"]),
    media=st.lists(_media, max_size=3),
    attributes=_attributes,
    origin=st.just("- 1 1 IN IP4 192.0.2.7"),
)


@given(_session)
def test_what_is_printed_is_read_back(session: SessionDescription) -> None:
    assert parse_description(print_description(session)) == session


@pytest.mark.parametrize(
    ("data", "address"),
    [
        (b"v=0\r\nc=IN IP4 192.0.2.7\r\n", "192.0.2.7"),
        (b"v=0\r\nm=audio 1 RTP/AVP 0\r\nc=IN IP6 2001:db8::7\r\n", "2001:db8::7"),
        (b"v=0\r\na=c=IN IP4 192.0.2.7\r\n", ""),
        (b"", ""),
    ],
)
def test_the_first_address_is_found_without_reading_it_all(data: bytes, address: str) -> None:
    assert first_address(data) == address
