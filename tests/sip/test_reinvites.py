"""Re-INVITEs that meet others, are answered twice, or are none (RFC 3261 14)."""

from __future__ import annotations

import pytest

from switch.sdp.offer_answer import make_offer
from switch.sip.events import (
    IncomingInvite,
    ReinviteAnswered,
    ReinviteReceived,
    SessionConfirmed,
)
from switch.sip.invite_usage import SessionState
from switch.sip.session_host import WHATEVER
from tests.support.sip_messages import response_to
from tests.support.sip_pair import CALLER, SWITCH, SipPair, answer_to, media

HOLD = make_offer(media(CALLER), direction="sendonly")


def test_an_offer_while_ours_is_open_is_491() -> None:
    """A late offer: ours stands in the 200, the answer in the ACK."""
    pair = SipPair()
    pair.rule = lambda word, before: int(word != ">ACK")
    caller = pair.call(b"")
    callee = pair.switch.only(IncomingInvite).session
    callee.answer(make_offer(media(SWITCH)), pair.now)
    pair.run()
    caller.reinvite(HOLD, pair.now)
    pair.run()
    assert "<491" in pair.words


def test_a_lost_ack_does_not_keep_a_re_invite_out() -> None:
    pair = SipPair()
    pair.rule = lambda word, before: int(word != ">ACK")
    caller = pair.call()
    callee = pair.switch.only(IncomingInvite).session
    callee.answer(answer_to(callee), pair.now)
    pair.run()
    caller.reinvite(HOLD, pair.now)
    pair.rule = lambda word, before: 1
    pair.run()
    callee.accept_reinvite(answer_to(callee), pair.now)
    pair.run()
    assert callee.state is SessionState.CONFIRMED
    assert len(pair.switch.of(SessionConfirmed)) == 1


def test_a_refused_re_invite_leaves_the_target_as_it_was() -> None:
    pair = SipPair()
    caller, callee = pair.talk()
    assert caller._dialog is not None
    assert callee._dialog is not None
    before = callee._dialog.remote_target
    caller._dialog.contact = "<sip:elsewhere@192.0.2.7:5070>"
    caller.reinvite(HOLD, pair.now)
    pair.run()
    callee.reject_reinvite(488, pair.now)
    pair.run()
    assert callee._dialog.remote_target == before


def test_a_re_invite_without_offer_asks_us_for_one() -> None:
    pair = SipPair()
    caller, callee = pair.talk()
    caller.reinvite(b"", pair.now)
    pair.run()
    assert pair.switch.only(ReinviteReceived).sdp is None
    callee.accept_reinvite(make_offer(media(SWITCH)), pair.now)
    pair.run()
    assert pair.caller.only(ReinviteAnswered).sdp is not None


def test_a_reliable_response_to_ours_is_acknowledged() -> None:
    """RFC 3262 4: the peer may send one, as our re-INVITE says that we know how."""
    pair = SipPair()
    caller, _ = pair.talk()
    caller.reinvite(HOLD, pair.now)
    ((invite, peer),) = pair.caller.core.datagrams_to_send()
    progress = response_to(invite, 183, headers=["Require: 100rel", "RSeq: 7"])
    pair.caller.core.receive(progress, peer, pair.now)
    pair.caller.core.receive(progress, peer, pair.now)
    ((prack, _),) = pair.caller.core.datagrams_to_send()
    assert prack.startswith(b"PRACK ")
    assert b"RAck: 7 2 INVITE\r\n" in prack
    assert b"CSeq: 3 PRACK\r\n" in prack


def test_a_2xx_that_comes_again_answers_no_later_re_invite() -> None:
    """The ACK was lost: what is said again is acknowledged again, and nothing else."""
    pair = SipPair()
    caller, callee = pair.talk()
    pair.rule = lambda word, before: int(word != ">ACK")
    caller.reinvite(HOLD, pair.now)
    pair.run()
    callee.accept_reinvite(answer_to(callee), pair.now)
    pair.run()
    pair.delay = lambda word: 5.0 * (word == ">INVITE")
    caller.reinvite(make_offer(media(CALLER)), pair.now)
    pair.run_for(1.0)
    assert pair.words.count(">ACK") > 2
    assert [event.offer for event in pair.caller.of(ReinviteAnswered)] == [HOLD]


@pytest.mark.parametrize(("method", "code"), [("MESSAGE", 405), ("SUBSCRIBE", 405), ("FOO", 501)])
def test_other_methods_are_refused_as_outside_of_a_dialog(method: str, code: int) -> None:
    pair = SipPair()
    caller, _ = pair.talk()
    assert caller._dialog is not None
    caller._send(caller._dialog.build(method), pair.now, WHATEVER)
    pair.run()
    assert pair.words[-1] == f"<{code}"
    assert b"Allow: INVITE, " in pair.bytes[-1]


def test_another_body_than_a_description_is_415_and_says_what_is_taken() -> None:
    pair = SipPair()
    caller, _ = pair.talk()
    assert caller._dialog is not None
    odd = caller._dialog.build("INVITE", body=b"hello", content_type="text/plain")
    caller._send(odd, pair.now, WHATEVER)
    pair.run()
    assert pair.words[-2:] == ["<415", ">ACK"]
    assert b"Accept: application/sdp, multipart/mixed" in pair.bytes[-2]
