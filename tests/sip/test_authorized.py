"""Challenges inside a dialog: BYE, INFO and re-INVITE towards a carrier that asks each time."""

from __future__ import annotations

import re

import pytest

from switch.sip.credentials import Credentials, DigestClient
from switch.sip.digest import Authenticator, Verdict, ha1
from switch.sip.events import IncomingInvite, SessionAnswered, SessionEnded
from switch.sip.incoming import IncomingRequest, parse_message
from switch.sip.invite_session import InviteSession
from tests.support.sip_messages import UDP, response_to
from tests.support.sip_pair import SipPair, answer_to

CHALLENGE = 'Proxy-Authenticate: Digest realm="carrier", nonce="abc", qop="auth"'


def digest() -> DigestClient:
    return DigestClient(Credentials("us", "secret"))


class Carrier:
    """Takes what one side sends, and answers by hand."""

    def __init__(self, pair: SipPair) -> None:
        self.pair = pair

    def sent(self, method: str) -> tuple[bytes, IncomingRequest]:
        """Return the one request that waits to be sent."""
        ((data, _),) = self.pair.caller.core.datagrams_to_send()
        message = parse_message(data, UDP)
        assert isinstance(message, IncomingRequest)
        assert message.method == method
        return data, message

    def answers(self, data: bytes, code: int, *headers: str) -> None:
        core = self.pair.caller.core
        core.receive(response_to(data, code, headers=headers), UDP, self.pair.now)


def talking(pair: SipPair) -> InviteSession:
    caller = pair.call(digest=digest())
    callee = pair.switch.of(IncomingInvite)[-1].session
    callee.answer(answer_to(callee), pair.now)
    pair.run()
    pair.caller.only(SessionAnswered)
    return caller


@pytest.mark.parametrize("method", ["BYE", "INFO", "INVITE"])
def test_a_challenged_request_is_sent_again_with_credentials(method: str) -> None:
    pair = SipPair()
    caller, carrier = talking(pair), Carrier(pair)
    match method:
        case "BYE":
            caller.end(pair.now, "Q.850;cause=16")
        case "INFO":
            caller.info("application/dtmf-relay", b"Signal=1", pair.now)
        case _:
            caller.reinvite(b"v=0", pair.now)
    data, first = carrier.sent(method)
    carrier.answers(data, 407, CHALLENGE)
    answers = [parse_message(sent, UDP) for sent, _ in pair.caller.core.datagrams_to_send()]
    (second,) = [
        each for each in answers if isinstance(each, IncomingRequest) and each.method == method
    ]
    assert second.cseq_number == first.cseq_number + 1
    assert second.header("reason") == first.header("reason")
    assert second.body == first.body
    value = second.header("proxy-authorization") or ""
    assert 'username="us"' in value
    nonce = re.search(r'nonce="(.*?)"', value)
    assert nonce is not None
    assert nonce[1] == "abc"


def test_the_next_request_uses_the_nonce_at_once() -> None:
    pair = SipPair()
    caller, carrier = talking(pair), Carrier(pair)
    caller.info("application/dtmf-relay", b"Signal=1", pair.now)
    data, _ = carrier.sent("INFO")
    carrier.answers(data, 407, CHALLENGE)
    data, _ = carrier.sent("INFO")
    carrier.answers(data, 200)
    caller.end(pair.now)
    _, bye = carrier.sent("BYE")
    assert "nc=00000002" in (bye.header("proxy-authorization") or "")


def test_a_wrong_password_ends_the_asking() -> None:
    pair = SipPair()
    caller, carrier = talking(pair), Carrier(pair)
    caller.end(pair.now)
    for _ in range(2):
        data, _ = carrier.sent("BYE")
        carrier.answers(data, 407, CHALLENGE)
    assert pair.caller.core.datagrams_to_send() == []
    pair.run()
    assert not pair.caller.only(SessionEnded).by_remote


def test_the_ack_of_a_challenged_invite_carries_the_credentials() -> None:
    """RFC 3261 13.2.2.4: "the ACK MUST contain the same credentials as the INVITE"."""
    accounts = {"us": {"MD5": ha1("us", "carrier", "secret", "MD5")}}
    server = Authenticator("carrier", accounts, b"0" * 16, ("MD5",))
    ((_, value),) = server.challenges("192.0.2.1", 0.0)
    pair = SipPair()
    pair.rule = lambda word, before: int(word != ">INVITE" or before > 0)
    pair.call(digest=digest())
    carrier = Carrier(pair)
    carrier.answers(pair.bytes[0], 401, f"WWW-Authenticate: {value}")
    pair.run()
    callee = pair.switch.only(IncomingInvite).session
    assert callee.request is not None
    given = callee.request.headers["authorization"]
    assert server.verify(given, "INVITE", "192.0.2.1", 1.0) == (Verdict.RIGHT, "us")
    callee.answer(answer_to(callee), pair.now)
    pair.run()
    (ack,) = [data for data in pair.bytes if data.startswith(b"ACK") and b"Authorization" in data]
    assert given[0].encode() in ack


def test_the_ack_of_a_challenged_reinvite_carries_the_credentials() -> None:
    """RFC 3261 22.1: nobody can challenge an ACK, so it repeats what its INVITE was let in by."""
    pair = SipPair()
    caller, carrier = talking(pair), Carrier(pair)
    caller.reinvite(b"v=0", pair.now)
    data, _ = carrier.sent("INVITE")
    carrier.answers(data, 407, CHALLENGE)
    sent = [data for data, _ in pair.caller.core.datagrams_to_send()]  # and the ACK of the 407
    (data,) = [each for each in sent if each.startswith(b"INVITE")]
    invite = parse_message(data, UDP)
    carrier.answers(data, 200, "Contact: <sip:198.51.100.1>")
    _, ack = carrier.sent("ACK")
    assert isinstance(invite, IncomingRequest)
    assert ack.header("proxy-authorization") == invite.header("proxy-authorization")
    assert 'username="us"' in (ack.header("proxy-authorization") or "")
    assert ack.cseq_number == invite.cseq_number


def test_a_challenged_prack_is_sent_again_with_credentials() -> None:
    pair = SipPair()
    pair.rule = lambda word, before: int(word != ">PRACK" or before > 0)
    pair.call(digest=digest())
    callee = pair.switch.only(IncomingInvite).session
    callee.ring(pair.now)
    pair.run()
    (prack,) = [data for data in pair.bytes if data.startswith(b"PRACK")]
    Carrier(pair).answers(prack, 407, CHALLENGE)
    pair.run()
    again = parse_message(pair.bytes[-2], UDP)
    assert isinstance(again, IncomingRequest)
    assert again.method == "PRACK"
    assert again.cseq_number == 3
    assert again.header("rack") == parse_message(prack, UDP).header("rack")
    assert 'username="us"' in (again.header("proxy-authorization") or "")
    callee.answer(answer_to(callee), pair.now)
    pair.run()
    pair.caller.only(SessionAnswered).session.end(pair.now)
    pair.run()
    bye = next(data for data in pair.bytes if data.startswith(b"BYE"))
    assert b"CSeq: 4 BYE" in bye


def test_a_bye_of_ours_in_a_call_from_the_trunk_is_answered_too() -> None:
    pair = SipPair()
    pair.switch.core.digests = {"trunk": digest()}
    _, callee = pair.talk()
    callee.end(pair.now)
    ((data, _),) = pair.switch.core.datagrams_to_send()
    pair.switch.core.receive(response_to(data, 407, headers=[CHALLENGE]), UDP, pair.now)
    ((again, _),) = pair.switch.core.datagrams_to_send()
    assert again.startswith(b"BYE")
    assert b'Proxy-Authorization: Digest username="us"' in again
    assert b"CSeq: 2 BYE" in again
