"""The session description in bodies of one part and of several (RFC 5621)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.errors import RemoteProtocolError
from switch.sdp.offer_answer import make_answer, make_offer
from switch.sip.events import IncomingInvite, SessionConfirmed
from switch.sip.invite_usage import SessionState
from switch.sip.session_body import sdp_of, sdp_told
from tests.support.core_bench import CoreBench
from tests.support.sip_messages import request, request_bytes
from tests.support.sip_pair import CALLER, SWITCH, SipPair, media

OFFER = make_offer(media(CALLER))


def mixed(*parts: tuple[str, bytes], boundary: str = "unique-1") -> bytes:
    pieces = [
        f"--{boundary}\r\n{head}\r\n\r\n".encode() + content + b"\r\n" for head, content in parts
    ]
    return b"".join(pieces) + f"--{boundary}--\r\n".encode()


ISUP = (
    "Content-Type: application/ISUP;version=itu-t92+\r\n"
    "Content-Disposition: signal;handling=optional",
    b"\x01\x00\x49\x00\x00\x03\x02\x00\x07\x04\x10\x00",
)
SDP = ("Content-Type: application/sdp", OFFER)
MIXED = 'Content-Type: multipart/mixed;boundary="unique-1"'


@pytest.mark.parametrize(
    "parts", [(SDP, ISUP), (ISUP, SDP), (SDP,), (("c: application/SDP", OFFER),)]
)
@pytest.mark.parametrize("said", [MIXED, "Content-Type: Multipart/Mixed; boundary=unique-1"])
def test_the_description_is_found_beside_other_parts(
    parts: tuple[tuple[str, bytes], ...], said: str
) -> None:
    sdp = sdp_of(request(headers=[said], body=mixed(*parts)))
    assert sdp is not None
    assert make_answer(media(SWITCH), sdp) == make_answer(media(SWITCH), OFFER)


def test_several_parts_without_a_description_are_an_offer_that_comes_late() -> None:
    bench = CoreBench()
    headers = ["Contact: <sip:ann@192.0.2.7>", MIXED]
    bench.send(request_bytes(headers=headers, body=mixed(ISUP)))
    (event,) = bench.events()
    assert isinstance(event, IncomingInvite)
    assert event.session.remote_sdp is None
    event.session.answer(OFFER, bench.now)
    assert event.session._offered_in_success


@pytest.mark.parametrize(
    ("said", "body", "code"),
    [
        ("Content-Type: text/plain", b"hello", 415),
        ("Content-Type: multipart/mixed", mixed(SDP), 400),
        (MIXED, mixed(SDP, (ISUP[0].replace("optional", "required"), ISUP[1])), 415),
    ],
)
def test_what_cannot_be_understood_is_refused(said: str, body: bytes, code: int) -> None:
    message = request(headers=[said], body=body)
    with pytest.raises(RemoteProtocolError) as raised:
        sdp_of(message)
    assert raised.value.status_hint == code
    assert sdp_told(message) == b""


@given(st.binary(max_size=300))
def test_whatever_stands_there_it_is_read_or_refused(junk: bytes) -> None:
    message = request(headers=[MIXED], body=b"--unique-1" + junk + b"\r\n--unique-1")
    assert isinstance(sdp_told(message), bytes)


def test_an_ack_with_another_body_brings_no_answer() -> None:
    """It ends that call at most: an ACK is never refused."""
    pair = SipPair()
    pair.rule = lambda word, before: int(word != ">ACK")
    caller = pair.call(b"")
    callee = pair.switch.only(IncomingInvite).session
    callee.answer(make_offer(media(SWITCH)), pair.now)
    pair.run()
    pair.rule = lambda word, before: 1
    assert caller._dialog is not None
    ack = caller._dialog.build("ACK", cseq=1, body=b"hello", content_type="text/plain")
    caller._host.layer.send_ack(ack, pair.now)
    pair.run()
    assert pair.switch.only(SessionConfirmed).sdp is None
    assert callee.state is SessionState.CONFIRMED
