"""Sessions between two cores: how they begin, change and end, on a bad network too."""

from __future__ import annotations

import gc
import weakref

import pytest

from switch.errors import LocalProtocolError
from switch.sdp.offer_answer import make_offer
from switch.sip.events import (
    IncomingInvite,
    InfoReceived,
    ReinviteAnswered,
    ReinviteFailed,
    ReinviteReceived,
    SessionAnswered,
    SessionCancelled,
    SessionConfirmed,
    SessionEnded,
    SessionFailed,
    SessionRinging,
)
from switch.sip.invite_session import InviteSession
from switch.sip.invite_usage import SessionState
from tests.support.sip_pair import CALLER, SWITCH, SipPair, answer_to, media


def ringing(pair: SipPair) -> tuple[InviteSession, InviteSession]:
    """Call, and return both sessions before the answer."""
    caller = pair.call()
    return caller, pair.switch.only(IncomingInvite).session


def nothing_is_left(pair: SipPair) -> None:
    pair.run_for(200)
    for side in (pair.caller, pair.switch):
        assert len(side.core.layer) == 0
        assert side.core.next_deadline() is None
        assert not side.core._dialogs
        assert not side.core._invites


class TestSetUp:
    def test_a_call_is_answered_and_ended_by_the_caller(self) -> None:
        pair = SipPair()
        caller, _ = pair.talk()
        assert pair.words == [">INVITE", "<200", ">ACK"]
        assert pair.caller.only(SessionAnswered).sdp == callee_answer(pair)
        assert pair.switch.only(SessionConfirmed).sdp is None
        caller.end(pair.now, 'Q.850;cause=16;text="Normal call clearing"')
        pair.run()
        assert pair.words[3:] == [">BYE", "<200"]
        assert pair.switch.only(SessionEnded).by_remote
        assert not pair.caller.only(SessionEnded).by_remote
        assert b'Reason: Q.850;cause=16;text="Normal call clearing"' in pair.bytes[3]
        nothing_is_left(pair)

    def test_the_switch_may_end_it_too(self) -> None:
        pair = SipPair("tcp")
        _, callee = pair.talk()
        callee.end(pair.now)
        callee.end(pair.now)
        pair.run()
        assert pair.words[3:] == ["<BYE", ">200"]
        assert pair.caller.only(SessionEnded).by_remote
        nothing_is_left(pair)

    def test_a_late_offer_is_answered_in_the_ack(self) -> None:
        pair = SipPair()
        pair.call(b"")
        session = pair.switch.only(IncomingInvite).session
        assert session.remote_sdp is None
        session.answer(make_offer(media(SWITCH)), pair.now)
        pair.run()
        assert pair.caller.only(SessionAnswered).sdp is not None

    def test_a_refusal_is_told_with_its_status(self) -> None:
        pair = SipPair()
        _, callee = ringing(pair)
        callee.reject(486, pair.now, headers=[("Retry-After", "5")])
        pair.run()
        failed = pair.caller.only(SessionFailed)
        assert (failed.code, failed.phrase, failed.why) == (486, "Busy Here", "refused")
        assert pair.switch.of(SessionEnded) == []
        nothing_is_left(pair)

    def test_nobody_answers_twice(self) -> None:
        pair = SipPair()
        _, callee = pair.talk()
        with pytest.raises(LocalProtocolError, match="confirmed, not to be answered"):
            callee.reject(486, pair.now)
        with pytest.raises(LocalProtocolError):
            callee.answer(b"", pair.now)

    def test_silence_is_408_and_no_way_is_503(self) -> None:
        pair = SipPair()
        pair.rule = lambda word, before: 0
        pair.call()
        pair.run_for(40)
        assert (pair.caller.only(SessionFailed).code, pair.caller.only(SessionFailed).why) == (
            408,
            "timeout",
        )
        other = SipPair()
        other.rule = pair.rule
        other.call()
        other.caller.core.transport_failed(
            next(iter(other.caller.core.layer._clients.values())).request.peer, other.now
        )
        other.run()
        assert other.caller.only(SessionFailed).code == 503


class TestLostMessages:
    def test_a_lost_200_is_repeated_until_the_ack(self) -> None:
        """RFC 3261 13.3.1.4: T1, doubling up to T2."""
        pair = SipPair()
        pair.rule = lambda word, before: int(word != "<200" or before >= 3)
        pair.talk()
        pair.run_for(60)
        assert pair.times_of("<200") == [0, 0.5, 1.5, 3.5]
        assert len(pair.switch.of(SessionConfirmed)) == 1

    def test_a_lost_ack_is_sent_again_for_each_200(self) -> None:
        pair = SipPair()
        pair.rule = lambda word, before: int(word != ">ACK" or before >= 2)
        pair.talk()
        pair.run_for(60)
        assert pair.times_of(">ACK") == [0, 0.5, 1.5]
        assert len(pair.switch.of(SessionConfirmed)) == 1
        assert len(pair.caller.of(SessionAnswered)) == 1

    @pytest.mark.parametrize("transport", ["udp", "tcp"])
    def test_without_any_ack_the_session_ends_with_bye(self, transport: str) -> None:
        pair = SipPair(transport)
        pair.rule = lambda word, before: int(word != ">ACK")
        pair.talk()
        pair.run_for(60)
        ended = pair.switch.only(SessionEnded)
        assert (ended.by_remote, ended.why) == (False, "no_ack")
        assert pair.times_of("<BYE") == [32]
        assert pair.times_of("<200")[:5] == [0, 0.5, 1.5, 3.5, 7.5]
        assert pair.caller.only(SessionEnded).by_remote
        nothing_is_left(pair)

    def test_a_repeated_invite_makes_one_session(self) -> None:
        pair = SipPair()
        pair.rule = lambda word, before: 3 if word == ">INVITE" else 1
        pair.talk()
        assert len(pair.switch.of(IncomingInvite)) == 1

    def test_a_call_survives_a_network_that_loses_every_other_message(self) -> None:
        pair = SipPair()
        pair.rule = lambda word, before: before % 2
        pair.call()
        pair.run_for(3)
        callee = pair.switch.only(IncomingInvite).session
        callee.answer(answer_to(callee), pair.now)
        pair.run_for(5)
        callee.end(pair.now)
        pair.run_for(5)
        assert pair.caller.only(SessionEnded).by_remote
        nothing_is_left(pair)


class TestCancel:
    def test_the_caller_gives_up(self) -> None:
        pair = SipPair()
        caller, callee = ringing(pair)
        caller.end(pair.now)
        caller.end(pair.now)
        pair.run_for(1)  # RFC 3261 9.1: CANCEL waits for a provisional response
        assert pair.words == [">INVITE", "<100", ">CANCEL", "<200", "<487", ">ACK"]
        assert pair.switch.only(SessionCancelled).session is callee
        assert pair.caller.events == []
        nothing_is_left(pair)

    def test_a_200_that_crosses_the_cancel_is_acknowledged_and_ended(self) -> None:
        pair = SipPair()
        caller, callee = ringing(pair)
        caller.end(pair.now)
        callee.answer(answer_to(callee), pair.now)
        pair.run()
        assert ">ACK" in pair.words
        assert ">BYE" in pair.words
        assert pair.caller.of(SessionAnswered) == []
        assert pair.switch.only(SessionEnded).by_remote
        nothing_is_left(pair)

    def test_the_switch_gives_up_before_it_answers(self) -> None:
        pair = SipPair()
        _, callee = ringing(pair)
        callee.end(pair.now)
        pair.run()
        assert pair.caller.only(SessionFailed).code == 480


class TestEndWithoutAck:
    def test_our_bye_waits_for_the_ack(self) -> None:
        """RFC 3261 15."""
        pair = SipPair()
        pair.rule = lambda word, before: int(word != ">ACK" or before >= 2)
        _, callee = ringing(pair)
        callee.answer(answer_to(callee), pair.now)
        pair.run()
        callee.end(pair.now)
        pair.run()
        assert "<BYE" not in pair.words
        pair.run_for(2)
        assert pair.times_of("<BYE") == [1.5]
        assert len(pair.switch.of(SessionEnded)) == 1
        nothing_is_left(pair)

    def test_a_bye_may_come_before_the_ack(self) -> None:
        pair = SipPair()
        pair.delay = lambda word: 0.1 if word == ">ACK" else 0
        caller, callee = pair.talk()
        caller.end(pair.now)
        pair.run_for(5)
        assert pair.switch.only(SessionEnded).by_remote
        assert callee.state is SessionState.ENDED
        nothing_is_left(pair)


class TestReinvite:
    def test_hold_is_offered_answered_and_confirmed(self) -> None:
        pair = SipPair()
        caller, callee = pair.talk()
        caller.reinvite(make_offer(media(CALLER), direction="sendonly"), pair.now)
        pair.run()
        received = pair.switch.only(ReinviteReceived)
        assert received.sdp is not None
        assert b"a=sendonly" in received.sdp
        callee.accept_reinvite(answer_to(callee), pair.now)
        pair.run()
        assert pair.caller.only(ReinviteAnswered).sdp is not None
        assert pair.words[3:] == [">INVITE", "<200", ">ACK"]
        assert len(pair.switch.of(SessionConfirmed)) == 2
        pair.run_for(60)
        assert pair.words[6:] == []

    def test_it_may_be_refused_and_the_session_goes_on(self) -> None:
        pair = SipPair()
        caller, callee = pair.talk()
        caller.reinvite(make_offer(media(CALLER)), pair.now)
        pair.run()
        callee.reject_reinvite(488, pair.now)
        pair.run()
        assert pair.caller.only(ReinviteFailed).code == 488
        assert callee.state is SessionState.CONFIRMED
        caller.end(pair.now)
        nothing_is_left(pair)

    def test_glare_is_491_and_both_try_again(self) -> None:
        """RFC 3261 14.1: the owner of the Call-ID waits longer."""
        pair = SipPair()
        caller, callee = pair.talk()
        pair.delay = lambda word: 0.05
        caller.reinvite(make_offer(media(CALLER)), pair.now)
        callee.reinvite(make_offer(media(SWITCH)), pair.now)
        pair.run_for(0.4)
        assert {">491", "<491"} <= set(pair.words)
        for _ in range(60):
            pair.run_for(0.1)
            for side, session in ((pair.switch, callee), (pair.caller, caller)):
                if session._change_in is not None:
                    session.accept_reinvite(answer_to(session), pair.now)
                assert side.of(ReinviteFailed) == []
        assert len(pair.caller.of(ReinviteAnswered)) == 1
        assert len(pair.switch.of(ReinviteAnswered)) == 1

    def test_one_at_a_time(self) -> None:
        pair = SipPair()
        caller, _ = pair.talk()
        caller.reinvite(make_offer(media(CALLER)), pair.now)
        with pytest.raises(LocalProtocolError, match="under way"):
            caller.reinvite(make_offer(media(CALLER)), pair.now)

    def test_a_peer_that_knows_nothing_of_the_session_ends_it(self) -> None:
        pair = SipPair()
        caller, callee = pair.talk()
        pair.switch.core.remove_dialog(callee.dialog.key)  # type: ignore[attr-defined]
        caller.reinvite(make_offer(media(CALLER)), pair.now)
        pair.run()
        assert pair.caller.only(SessionEnded).why == "gone"


class TestRinging:
    def test_a_reliable_180_is_acknowledged_with_prack(self) -> None:
        """RFC 3262."""
        pair = SipPair()
        _, callee = ringing(pair)
        callee.ring(pair.now)
        pair.run()
        assert pair.words[1:] == ["<180", ">PRACK", "<200"]
        assert pair.caller.only(SessionRinging).code == 180
        pair.run_for(10)
        assert pair.times_of("<180") == [0]
        callee.answer(answer_to(callee), pair.now)
        pair.run()
        pair.caller.only(SessionAnswered).session.end(pair.now)
        nothing_is_left(pair)

    def test_a_prack_that_comes_after_the_answer_is_good(self) -> None:
        """RFC 3262 3: the UAS must be prepared to process it."""
        pair = SipPair()
        pair.delay = lambda word: 0.1 if word == ">PRACK" else 0
        _, callee = ringing(pair)
        callee.ring(pair.now)
        callee.answer(answer_to(callee), pair.now)
        pair.run_for(1)
        assert pair.words.count("<200") == 2
        assert "<481" not in pair.words
        assert len(pair.switch.of(SessionConfirmed)) == 1

    def test_without_prack_it_is_repeated_and_then_given_up(self) -> None:
        pair = SipPair()
        pair.rule = lambda word, before: int(word != ">PRACK")
        _, callee = ringing(pair)
        callee.ring(pair.now)
        pair.run_for(40)
        assert pair.times_of("<180") == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
        assert pair.caller.only(SessionFailed).code == 504
        assert len(pair.switch.of(SessionCancelled)) == 1

    def test_ringing_ends_with_the_answer(self) -> None:
        pair = SipPair()
        _, callee = pair.talk()
        with pytest.raises(LocalProtocolError):
            callee.ring(pair.now)


def test_info_is_answered_and_told() -> None:
    pair = SipPair()
    caller, _ = pair.talk()
    caller.info("application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n", pair.now)
    pair.run()
    told = pair.switch.only(InfoReceived)
    assert (told.content_type, told.body) == (
        "application/dtmf-relay",
        b"Signal=5\r\nDuration=160\r\n",
    )
    assert pair.words[3:] == [">INFO", "<200"]


def callee_answer(pair: SipPair) -> bytes:
    return next(data for data in pair.bytes if data.startswith(b"SIP/2.0 200")).partition(
        b"\r\n\r\n"
    )[2]


def test_a_session_that_is_over_leaves_no_circle_behind() -> None:
    """Memory returns at once, without the collector."""
    pair = SipPair()
    caller, callee = pair.talk()
    caller.end(pair.now)
    pair.run_for(200)
    pair.caller.events.clear()
    pair.switch.events.clear()
    gc.collect()
    gc.disable()
    try:
        there = weakref.ref(callee), weakref.ref(caller)
        del caller, callee
        assert [each() for each in there] == [None, None]
    finally:
        gc.enable()
