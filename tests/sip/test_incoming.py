"""Messages as they come: folded, compact, repeated, hostile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.errors import RemoteProtocolError
from switch.sip.header_lines import split_list
from switch.sip.incoming import IncomingRequest, IncomingResponse, parse_message
from tests.support.sip_messages import UDP, request, request_bytes


def test_compact_and_oddly_written_names_are_known() -> None:
    data = (
        b"INVITE sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1\r\n"
        b"F: <sip:a@b>;tag=1\r\nt:<sip:c@d>\r\ni: x\r\nCSEQ : 1 INVITE\r\n"
        b"m: <sip:a@b>\r\nL: 0\r\n\r\n"
    )
    message = parse_message(data, UDP)
    assert isinstance(message, IncomingRequest)
    assert (message.call_id, message.from_tag, message.to_tag) == ("x", "1", "")
    assert (message.cseq_number, message.cseq_method) == (1, "INVITE")
    assert message.content_length == 0
    assert str(message.contacts[0].uri) == "sip:a@b"


def test_folded_lines_are_one_value() -> None:
    """RFC 3261 7.3.1."""
    message = request(headers=["Subject: one\r\n two\r\n\t  three"])
    assert message.header("subject") == "one two three"


def test_lists_may_stand_in_one_line_or_in_several() -> None:
    message = request(headers=['Route: <sip:a,b>, "x, y" <sip:c>', "Route: <sip:d;lr>"])
    assert message.routes == ["<sip:a,b>", '"x, y" <sip:c>', "<sip:d;lr>"]


def test_leading_line_ends_and_trailing_bytes_do_not_count() -> None:
    message = parse_message(b"\r\n\r\n" + request_bytes(body=b"abc") + b"more", UDP)
    assert message.body == b"abc"


@pytest.mark.parametrize(
    "data",
    [
        b"INVITE sip:a SIP/2.0\r\n",
        b"INVITE sip:a\r\n\r\n",
        b"hello\r\n\r\n",
        b"SIP/2.0 20 OK\r\n\r\n",
        b"SIP/2.0 999 OK\r\n\r\n",
        b"SIP/1.0 200 OK\r\n\r\n",
        b"INVITE sip:a SIP/2.0\r\nno colon here\r\n\r\n",
        b"INVITE sip:a SIP/2.0\r\nbad name: x\r\n\r\n",
        b"INVITE sip:a SIP/2.0\r\nX: a\nY: b\r\n\r\n",
        b"INVITE sip:a SIP/2.0\r\nX: a\0\r\n\r\n",
        b"INVITE sip:a SIP/2.0\r\n" + b"X: y\r\n" * 300 + b"\r\n",
        b"INVITE sip:a SIP/2.0\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
    ],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_message(data, UDP)


@pytest.mark.parametrize(
    ("header", "attribute"),
    [
        ("Max-Forwards: many", "max_forwards"),
        ("CSeq: x INVITE", "cseq_number"),
        ("Content-Length: -1", "content_length"),
        ("Contact: <sip:a", "contacts"),
    ],
)
def test_a_malformed_header_is_told_when_it_is_read(header: str, attribute: str) -> None:
    name = header.partition(":")[0]
    data = "\r\n".join(
        line for line in request_bytes().decode().split("\r\n") if not line.startswith(name)
    ).replace("\r\n\r\n", f"\r\n{header}\r\n\r\n", 1)
    message = parse_message(data.encode(), UDP)
    with pytest.raises(RemoteProtocolError):
        getattr(message, attribute)


@pytest.mark.parametrize(
    ("via", "host", "port", "branch"),
    [
        ("SIP/2.0/UDP 192.0.2.7:5062;branch=z9hG4bKx;rport", "192.0.2.7", 5062, "z9hG4bKx"),
        ("SIP/2.0/UDP [2001:db8::1]:5062;branch=z9hG4bKx", "[2001:db8::1]", 5062, "z9hG4bKx"),
        (
            "SIP / 2.0 / UDP first.example.com;branch=z9hG4bKx",
            "first.example.com",
            None,
            "z9hG4bKx",
        ),
    ],
)
def test_vias(via: str, host: str, port: int | None, branch: str) -> None:
    message = request(via=via)
    hop = message.top_via
    assert (hop.host, hop.port, message.branch) == (host, port, branch)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_no_bytes_raise_anything_else(start: bytes, rest: bytes) -> None:
    for data in (start, b"SIP/2.0 200 OK\r\n" + start, request_bytes()[:-2] + rest + b"\r\n\r\n"):
        try:
            message = parse_message(data, UDP)
        except RemoteProtocolError:
            continue
        assert isinstance(message, IncomingRequest | IncomingResponse)
        for name in ("branch", "from_tag", "to_tag", "cseq_number", "contacts", "content_length"):
            try:
                getattr(message, name)
            except RemoteProtocolError:
                continue


_item = st.one_of(
    st.text("abc ;=", min_size=1).map(str.strip).filter(bool),
    st.text("abc,<;", max_size=8).map(lambda text: f'"{text}" <sip:x>'),
    st.text("abc,;@", max_size=8).map(lambda text: f"<sip:{text}>"),
)


@given(st.lists(_item, min_size=1, max_size=5))
def test_a_list_is_split_at_its_own_commas_only(items: list[str]) -> None:
    assert split_list(", ".join(items)) == items
