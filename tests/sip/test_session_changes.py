"""UPDATE (RFC 3311), PRACK with descriptions (RFC 3262 5), early dialogs and forks."""

from __future__ import annotations

import pytest

from switch.errors import LocalProtocolError
from switch.sdp.offer_answer import make_answer, make_offer
from switch.sip.events import (
    EarlyAnswerReceived,
    IncomingInvite,
    ReinviteAnswered,
    ReinviteFailed,
    ReinviteReceived,
    SessionAnswered,
    SessionCancelled,
    SessionEnded,
    SessionFailed,
    SessionRinging,
)
from switch.sip.invite_session import InviteSession
from switch.sip.invite_usage import SessionState
from switch.sip.uac_session import UacSession
from tests.support.core_bench import CoreBench
from tests.support.sip_messages import UDP, request_bytes, response, response_to
from tests.support.sip_pair import CALLER, SWITCH, SipPair, answer_to, media

HOLD = make_offer(media(CALLER), direction="sendonly")


def early(pair: SipPair, *, reliable: bool = True) -> tuple[InviteSession, InviteSession]:
    """Call, and let the callee be heard before it answers."""
    headers = [] if reliable else [("Supported", "")]
    caller = pair.call(headers=headers)
    callee = pair.switch.only(IncomingInvite).session
    if not reliable:
        assert callee.request is not None
        callee.request.headers["supported"] = []
    callee.ring(pair.now, 183, answer_to(callee))
    pair.run()
    return caller, callee


class TestUpdate:
    def test_holds_a_call_without_an_ack(self) -> None:
        pair = SipPair()
        caller, callee = pair.talk()
        caller.update(HOLD, pair.now)
        pair.run()
        assert pair.switch.only(ReinviteReceived).sdp == HOLD
        callee.accept_reinvite(answer_to(callee), pair.now)
        pair.run()
        assert pair.words[3:] == [">UPDATE", "<200"]
        answered = pair.caller.only(ReinviteAnswered)
        assert answered.offer == HOLD
        assert b"a=recvonly" in (answered.sdp or b"")

    def test_the_callee_may_send_it_too(self) -> None:
        pair = SipPair()
        caller, callee = pair.talk()
        callee.update(make_offer(media(SWITCH)), pair.now)
        pair.run()
        caller.accept_reinvite(answer_to(caller), pair.now)
        pair.run()
        assert pair.words[3:] == ["<UPDATE", ">200"]
        assert len(pair.switch.of(ReinviteAnswered)) == 1

    def test_it_may_be_refused_and_the_session_goes_on(self) -> None:
        pair = SipPair()
        caller, callee = pair.talk()
        caller.update(HOLD, pair.now)
        pair.run()
        callee.reject_reinvite(488, pair.now)
        pair.run()
        assert pair.caller.only(ReinviteFailed).code == 488
        assert callee.state is SessionState.CONFIRMED

    def test_without_description_it_refreshes_the_target(self) -> None:
        pair = SipPair()
        caller, callee = pair.talk()
        assert caller._dialog is not None
        caller._dialog.contact = "<sip:elsewhere@192.0.2.7:5070>"
        caller.update(b"", pair.now)
        pair.run()
        assert pair.words[3:] == [">UPDATE", "<200"]
        assert pair.switch.of(ReinviteReceived) == []
        assert callee._dialog is not None
        assert callee._dialog.remote_target == "sip:elsewhere@192.0.2.7:5070"

    def test_glare_with_a_re_invite_is_491_and_is_tried_again(self) -> None:
        pair = SipPair()
        caller, callee = pair.talk()
        callee.reinvite(make_offer(media(SWITCH)), pair.now)
        caller.update(HOLD, pair.now)
        pair.run()
        assert "<491" in pair.words
        assert ">491" in pair.words
        for _ in range(60):
            pair.run_for(0.1)
            for session in (caller, callee):
                if session._change_in is not None:
                    session.accept_reinvite(answer_to(session), pair.now)
        assert len(pair.caller.of(ReinviteAnswered)) == 1
        assert len(pair.switch.of(ReinviteAnswered)) == 1

    def test_a_second_offer_before_the_first_is_answered_is_500(self) -> None:
        """RFC 3311 5.2, with a Retry-After of 0 to 10 seconds."""
        pair = SipPair()
        caller, callee = pair.talk()
        caller.update(HOLD, pair.now)
        pair.run()
        caller._change_out = None  # an impatient peer
        caller.update(HOLD, pair.now)
        pair.run()
        assert pair.words[-1] == "<500"
        assert b"Retry-After: " in pair.bytes[-1]
        callee.accept_reinvite(answer_to(callee), pair.now)
        pair.run()
        assert pair.words[-1] == "<200"

    def test_a_peer_that_knows_nothing_of_the_session_ends_it(self) -> None:
        pair = SipPair()
        caller, callee = pair.talk()
        pair.switch.core.remove_dialog(callee.dialog.key)  # type: ignore[attr-defined]
        caller.update(HOLD, pair.now)
        pair.run()
        assert pair.caller.only(SessionEnded).why == "gone"

    def test_outside_of_a_dialog_there_is_nothing_to_update(self) -> None:
        assert CoreBench().ask("UPDATE").code == 481


class TestEarlyMedia:
    def test_a_reliable_183_settles_the_description(self) -> None:
        pair = SipPair()
        _, callee = early(pair)
        assert pair.words == [">INVITE", "<183", ">PRACK", "<200"]
        assert pair.caller.only(SessionRinging).sdp == callee.local_sdp
        callee.answer(callee.local_sdp, pair.now)
        pair.run()
        assert pair.words[4:] == ["<200", ">ACK"]
        assert pair.caller.only(SessionAnswered).sdp is None
        assert pair.caller.only(SessionAnswered).session.remote_sdp == callee.local_sdp

    def test_an_unreliable_183_is_said_again_with_the_answer(self) -> None:
        pair = SipPair()
        _, callee = early(pair, reliable=False)
        assert pair.words == [">INVITE", "<183"]
        callee.answer(callee.local_sdp, pair.now)
        pair.run()
        assert pair.caller.only(SessionAnswered).sdp == callee.local_sdp

    def test_the_answer_waits_for_the_prack(self) -> None:
        """RFC 3262 3: no 2xx before it."""
        pair = SipPair()
        pair.delay = lambda word: 0.2 if word == ">PRACK" else 0
        _, callee = early(pair)
        callee.answer(callee.local_sdp, pair.now)
        pair.run()
        assert pair.words == [">INVITE", "<183", ">PRACK"]
        pair.run_for(1)
        assert pair.words[3:] == ["<200", "<200", ">ACK"]

    def test_one_reliable_response_after_the_other(self) -> None:
        pair = SipPair()
        pair.delay = lambda word: 0.2 if word == ">PRACK" else 0
        _, callee = early(pair)
        callee.ring(pair.now)
        pair.run()
        assert "<180" not in pair.words
        pair.run_for(1)
        assert pair.words[1:] == ["<183", ">PRACK", "<200", "<180", ">PRACK", "<200"]

    def test_both_may_update_then(self) -> None:
        pair = SipPair()
        caller, callee = early(pair)
        caller.update(HOLD, pair.now)
        pair.run()
        callee.accept_reinvite(answer_to(callee), pair.now)
        pair.run()
        callee.update(make_offer(media(SWITCH)), pair.now)
        pair.run()
        caller.accept_reinvite(answer_to(caller), pair.now)
        pair.run()
        assert pair.words[4:] == [">UPDATE", "<200", "<UPDATE", ">200"]
        callee.answer(callee.local_sdp, pair.now)
        pair.run()
        assert caller.state is callee.state is SessionState.CONFIRMED
        caller.end(pair.now)
        pair.run()
        assert pair.words[-2:] == [">BYE", "<200"]
        assert not pair.caller.core._dialogs
        assert not pair.switch.core._dialogs

    def test_nobody_may_before(self) -> None:
        """RFC 3311 5.1: the offer in the INVITE is open."""
        pair = SipPair()
        caller = pair.call()
        callee = pair.switch.only(IncomingInvite).session
        callee.ring(pair.now)
        pair.run()
        with pytest.raises(LocalProtocolError, match="not been answered reliably"):
            caller.update(HOLD, pair.now)
        callee.update(make_offer(media(SWITCH)), pair.now)
        pair.run()
        assert pair.words[-1] == ">491"

    def test_an_offer_in_a_prack_is_answered_in_its_200(self) -> None:
        pair = SipPair()
        pair.rule = lambda word, before: int(word != ">PRACK")
        _, callee = early(pair)
        prack = next(data for data in pair.bytes if data.startswith(b"PRACK"))
        head = prack.partition(b"\r\nContent-Length")[0]
        extra = f"\r\nContent-Type: application/sdp\r\nContent-Length: {len(HOLD)}\r\n\r\n"
        source = pair.switch.core.layer._servers
        peer = next(iter(source.values())).request.peer
        pair.switch.core.receive(head + extra.encode() + HOLD, peer, pair.now)
        pair.run()
        assert pair.switch.only(ReinviteReceived).sdp == HOLD
        callee.accept_reinvite(answer_to(callee), pair.now)
        pair.run()
        assert pair.words[-1] == "<200"
        assert b"a=recvonly" in pair.bytes[-1]

    def test_a_late_offer_goes_out_reliably_and_is_answered_in_the_prack(self) -> None:
        bench = CoreBench()
        needs = ["Contact: <sip:192.0.2.7>", "Require: 100rel"]
        bench.send(request_bytes(headers=needs))
        (arrived,) = bench.events()
        assert isinstance(arrived, IncomingInvite)
        session = arrived.session
        session.ring(bench.now)
        assert bench.core.datagrams_to_send() == []  # it would have to bring an offer
        session.ring(bench.now, 183, make_offer(media(SWITCH)))
        ((data, _),) = bench.core.datagrams_to_send()
        ringing = response(data)
        assert ringing.body
        answer = make_answer(media(CALLER), ringing.body)[0]
        prack = request_bytes(
            "PRACK",
            branch="z9hG4bKprack",
            number=2,
            to=ringing.required("to"),
            headers=[
                f"RAck: {ringing.required('rseq')} 1 INVITE",
                "Content-Type: application/sdp",
            ],
            body=answer,
        )
        assert bench.send(prack)[0].code == 200
        (early_answer,) = bench.events()
        assert isinstance(early_answer, EarlyAnswerReceived)
        assert early_answer.sdp == answer
        session.answer(session.local_sdp, bench.now)
        ((data, _),) = bench.core.datagrams_to_send()
        assert response(data).code == 200
        assert not response(data).body

    def test_the_caller_may_give_up_and_so_may_we(self) -> None:
        pair = SipPair()
        caller, _ = early(pair)
        caller.end(pair.now)
        pair.run()
        assert pair.words[4:] == [">CANCEL", "<200", "<487", ">ACK"]
        assert len(pair.switch.of(SessionCancelled)) == 1
        assert not pair.caller.core._dialogs
        other = SipPair()
        _, callee = early(other)
        callee.end(other.now)
        other.run()
        assert other.caller.only(SessionFailed).code == 480
        assert not other.caller.core._dialogs

    def test_a_caller_may_say_bye_before_the_answer(self) -> None:
        """RFC 3261 15.1.2: the INVITE gets 487. It should have been CANCEL; some phones do so."""
        pair = SipPair()
        caller, callee = early(pair)
        assert isinstance(caller, UacSession)
        response = next(iter(caller._early.values()))
        bye = caller._build_early(caller._dialog_of(response), "BYE")
        pair.caller.core.layer.send_request(bye, pair.now)
        pair.run()
        assert pair.words[4:] == [">BYE", "<487", "<200", ">ACK"]
        assert len(pair.switch.of(SessionCancelled)) == 1
        assert callee.state is SessionState.ENDED
        assert not pair.switch.core._dialogs
        assert not pair.caller.core._dialogs


class TestForks:
    """A proxy rings several phones for one INVITE of ours (RFC 3261 13.2.2.4)."""

    def bench(self) -> tuple[CoreBench, bytes]:
        bench = CoreBench()
        bench.core.invite(
            target="sip:asha@192.0.2.7",
            peer=UDP,
            from_uri="sip:us@198.51.100.1",
            sdp=make_offer(media(SWITCH)),
            now=bench.now,
        )
        ((data, _),) = bench.core.datagrams_to_send()
        return bench, data

    def answer(self, bench: CoreBench, data: bytes, code: int, tag: str) -> list[bytes]:
        headers = [f"Contact: <sip:{tag}@192.0.2.7>"]
        bench.core.receive(response_to(data, code, tag=tag, headers=headers), UDP, bench.now)
        return [sent for sent, _ in bench.core.datagrams_to_send()]

    def test_the_first_that_answers_has_the_call_and_the_others_are_ended(self) -> None:
        bench, invite = self.bench()
        for tag in ("one", "two", "three"):
            assert self.answer(bench, invite, 180, tag) == []
        assert len(bench.core._dialogs) == 3
        (ack,) = self.answer(bench, invite, 200, "two")
        assert ack.startswith(b"ACK sip:two@192.0.2.7 ")
        assert len(bench.core._dialogs) == 1
        late_ack, bye = self.answer(bench, invite, 200, "one")
        assert late_ack.startswith(b"ACK sip:one@192.0.2.7 ")
        assert bye.startswith(b"BYE sip:one@192.0.2.7 ")
        (again,) = self.answer(bench, invite, 200, "one")
        assert again == late_ack
        events = bench.events()
        assert [type(each) for each in events] == [*[SessionRinging] * 3, SessionAnswered]

    def test_each_may_use_its_early_dialog(self) -> None:
        bench, invite = self.bench()
        self.answer(bench, invite, 180, "one")
        self.answer(bench, invite, 180, "two")
        sent = invite.decode()
        ours = sent.partition("From: ")[2].partition("\r\n")[0]
        call_id = sent.partition("Call-ID: ")[2].partition("\r\n")[0]
        for tag, code in (("one", 200), ("two", 200), ("three", 481)):
            answer = bench.ask(
                "OPTIONS", from_=f"<sip:asha@192.0.2.7>;tag={tag}", to=ours, call_id=call_id
            )
            assert answer.code == code
