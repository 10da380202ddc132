"""Streams: however the bytes are cut, the same messages come out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.errors import RemoteProtocolError
from switch.sip.stream_framer import StreamFramer
from tests.support.sip_messages import request_bytes

MESSAGES = [
    request_bytes("OPTIONS"),
    request_bytes("INVITE", body=b"v=0\r\n\r\nx"),
    request_bytes("BYE"),
]


@given(st.lists(st.integers(1, 200)), st.lists(st.sampled_from(["", "\r\n\r\n"]), max_size=3))
def test_cuts_do_not_matter(cuts: list[int], pings: list[str]) -> None:
    stream = b""
    for index, message in enumerate(MESSAGES):
        stream += "".join(pings[index : index + 1]).encode() + message
    framer = StreamFramer()
    found = []
    for cut in [*cuts, len(stream)]:
        messages, error = framer.receive(stream[:cut])
        assert error is None
        found += messages
        stream = stream[cut:]
    assert found == MESSAGES
    assert len(framer) == 0
    assert framer.pings == pings.count("\r\n\r\n")


@pytest.mark.parametrize(
    "data",
    [
        b"x" * 20_000,
        b"OPTIONS sip:a SIP/2.0\r\nVia: x\r\n\r\n",
        b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 99999999\r\n\r\n",
        b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 1\r\nl: 2\r\n\r\n",
        b"OPTIONS sip:a SIP/2.0\r\n" + b"X: y\r\n" * 5000 + b"Content-Length: 0\r\n\r\n",
    ],
)
def test_what_cannot_be_split_is_an_error_after_what_can(data: bytes) -> None:
    messages, error = StreamFramer().receive(MESSAGES[1] + MESSAGES[0] + data)
    assert messages == [MESSAGES[1], MESSAGES[0]]
    assert isinstance(error, RemoteProtocolError)
