"""RFC 4028: who refreshes, how, and what becomes of a session that nobody refreshes."""

from __future__ import annotations

import pytest

from switch.sip.events import (
    IncomingInvite,
    ReinviteAnswered,
    ReinviteReceived,
    SessionAnswered,
    SessionEnded,
)
from switch.sip.invite_session import InviteSession
from switch.sip.session_timer import Agreed, SessionTimerSettings, agree, agreed_by
from tests.support.core_bench import CoreBench
from tests.support.sip_messages import request, request_bytes, response, response_to
from tests.support.sip_pair import SipPair, answer_to

OFF = SessionTimerSettings(enabled=False)
KNOWS = "Supported: timer"


def agreed(*headers: str) -> tuple[Agreed | None, str]:
    """Return what our 2xx agrees to, and the Session-Expires that it tells."""
    found, told = agree(request(headers=headers), SessionTimerSettings())
    return found, dict(told).get("Session-Expires", "")


class TestAgreement:
    """RFC 4028 9, table 2."""

    def test_a_peer_that_does_not_know_it_is_left_in_peace(self) -> None:
        assert agreed() == (None, "")
        assert agreed("Supported: 100rel") == (None, "")

    def test_a_peer_that_knows_it_is_asked_to_refresh(self) -> None:
        found, told = agree(request(headers=[KNOWS]), SessionTimerSettings())
        assert found == Agreed(1800, ours=False)
        assert ("Require", "timer") in told
        assert ("Session-Expires", "1800;refresher=uac") in told

    @pytest.mark.parametrize(
        ("asked", "seconds", "ours"),
        [
            ("600", 600, False),
            ("600;refresher=uac", 600, False),
            ("600;refresher=uas", 600, True),
            ("7200", 1800, False),
            ("600 ; Refresher=UAS", 600, True),
        ],
    )
    def test_the_peer_may_say_who_refreshes(self, asked: str, seconds: int, ours: bool) -> None:
        found, told = agreed(KNOWS, f"Session-Expires: {asked}")
        assert found == Agreed(seconds, ours)
        assert told == f"{seconds};refresher={'uas' if ours else 'uac'}"

    def test_what_a_proxy_asked_for_is_refreshed_by_us_when_the_peer_cannot(self) -> None:
        assert agreed("x: 300") == (Agreed(300, ours=True), "300;refresher=uas")

    def test_never_below_what_the_peer_takes(self) -> None:
        found, _ = agreed(KNOWS, "Session-Expires: 5000", "Min-SE: 3000")
        assert found == Agreed(3000, ours=False)

    def test_nonsense_counts_as_absent(self) -> None:
        assert agreed("Session-Expires: soon") == (None, "")
        assert agreed(KNOWS, "Session-Expires: " + "9" * 40)[0] == Agreed(1800, ours=False)

    @pytest.mark.parametrize(
        ("told", "ours"), [("90;refresher=uas", False), ("90;refresher=uac", True), ("90", True)]
    )
    def test_a_2xx_settles_it(self, told: str, ours: bool) -> None:
        answer = response(response_to(request_bytes(), 200, headers=[f"Session-Expires: {told}"]))
        assert agreed_by(answer, SessionTimerSettings()) == Agreed(90, ours)
        assert agreed_by(answer, OFF) is None
        assert (
            agreed_by(response(response_to(request_bytes(), 200)), SessionTimerSettings()) is None
        )


def accept_changes(pair: SipPair) -> None:
    """Answer each re-INVITE that waits for an answer."""
    for side in (pair.caller, pair.switch):
        for event in side.of(ReinviteReceived):
            if event.session._change_in is not None:
                event.session.accept_reinvite(answer_to(event.session), pair.now)


def live(pair: SipPair, seconds: int) -> None:
    """Let time pass, with users who accept what comes."""
    for _ in range(seconds // 10):
        pair.run_for(10)
        accept_changes(pair)


class TestRefresh:
    def test_the_caller_refreshes_by_update_at_half_time(self) -> None:
        pair = SipPair()
        caller, callee = pair.talk()
        live(pair, 4000)
        assert pair.times_of(">UPDATE") == [900, 1800, 2700, 3600]
        assert "<UPDATE" not in pair.words
        assert {event.offer for event in pair.caller.of(ReinviteAnswered)} == {b""}
        caller.end(pair.now)
        pair.run()
        assert pair.switch.only(SessionEnded).why == "bye"
        pair.run_for(4000)
        assert pair.caller.core.next_deadline() is pair.switch.core.next_deadline() is None
        assert callee.state is caller.state

    def test_the_callee_refreshes_when_it_was_told_to(self) -> None:
        pair = SipPair()
        pair.caller.core.session_timer = OFF
        headers = [("Session-Expires", "200;refresher=uas")]
        pair.call(headers=headers)
        callee = pair.switch.only(IncomingInvite).session
        callee.answer(answer_to(callee), pair.now)
        live(pair, 500)
        assert pair.times_of("<UPDATE") == [100, 200, 300, 400, 500]

    def test_without_update_it_is_a_re_invite_that_changes_nothing(self) -> None:
        pair = SipPair()
        caller, _ = pair.talk()
        caller._takes_update = False
        live(pair, 1000)
        offer = caller.local_sdp
        assert pair.times_of(">INVITE") == [0, 900]
        assert pair.switch.only(ReinviteReceived).sdp == offer
        assert pair.caller.only(ReinviteAnswered).offer == offer

    def test_an_update_that_is_not_known_is_followed_by_a_re_invite(self) -> None:
        pair = SipPair()
        caller, callee = pair.talk()
        refuse_update(callee)
        live(pair, 2000)
        assert pair.times_of(">UPDATE") == [900]
        assert pair.times_of(">INVITE")[1] == 900
        assert len(pair.times_of(">INVITE")) == 3
        assert caller.state.value == "confirmed"

    def test_whoever_is_not_refreshed_says_good_bye_in_time(self) -> None:
        """RFC 4028 10: 32 s before the session expires."""
        pair = SipPair()
        caller, _ = pair.talk()
        assert caller._timer is not None
        caller._timer.stop()
        pair.run_for(1800)
        assert pair.times_of("<BYE") == [1800 - 32]
        assert pair.switch.only(SessionEnded).why == "expired"
        assert not pair.switch.only(SessionEnded).by_remote
        assert b"Session expired" in next(each for each in pair.bytes if each.startswith(b"BYE"))

    def test_a_peer_that_refuses_to_refresh_is_asked_again_and_then_left(self) -> None:
        pair = SipPair()
        caller, callee = pair.talk()
        caller._takes_update = False
        for _ in range(180):
            pair.run_for(10)
            for event in pair.switch.of(ReinviteReceived):
                if event.session._change_in is not None:
                    callee.reject_reinvite(500, pair.now)
        assert pair.times_of(">INVITE") == [0, 900, 1125]
        assert pair.caller.only(SessionEnded).why in ("expired", "bye")

    def test_a_peer_that_does_not_answer_the_refresh_is_gone(self) -> None:
        pair = SipPair()
        pair.rule = lambda word, before: int(word != ">UPDATE")
        pair.talk()
        pair.run_for(1000)
        assert pair.caller.only(SessionEnded).why == "timeout"

    def test_nothing_is_refreshed_where_the_timer_is_off(self) -> None:
        pair = SipPair(session_timer=OFF)
        pair.talk()
        live(pair, 4000)
        assert pair.words == [">INVITE", "<200", ">ACK"]


class TestMinimum:
    def test_an_interval_that_is_too_short_is_refused_and_asked_for_again(self) -> None:
        pair = SipPair(session_timer=SessionTimerSettings(minimum_seconds=600))
        pair.caller.core.session_timer = SessionTimerSettings(expires_seconds=300)
        pair.call()
        callee = pair.switch.only(IncomingInvite).session
        callee.answer(answer_to(callee), pair.now)
        pair.run()
        assert pair.words == [">INVITE", "<422", ">ACK", ">INVITE", "<200", ">ACK"]
        assert b"Min-SE: 600" in pair.bytes[1]
        assert b"Session-Expires: 600" in pair.bytes[3]
        assert b"CSeq: 2 INVITE" in pair.bytes[3]
        live(pair, 400)
        assert pair.times_of(">UPDATE") == [300]

    def test_a_refresh_that_is_refused_with_422_asks_for_more(self) -> None:
        pair = SipPair()
        caller, _ = pair.talk()
        pair.switch.core.session_timer = SessionTimerSettings(
            minimum_seconds=2000, expires_seconds=2000
        )
        pair.run_for(901)
        assert pair.words[3:] == [">UPDATE", "<422", ">UPDATE", "<200"]
        assert b"Session-Expires: 2000;refresher=uac" in pair.bytes[5]
        assert caller._timer is not None
        assert caller._timer.agreed == Agreed(2000, ours=True)

    def test_a_peer_that_cannot_read_422_is_not_refused(self) -> None:
        """RFC 4028 9: it would not know what to do."""
        bench = CoreBench()
        short = ["Contact: <sip:192.0.2.7>", "Session-Expires: 30"]
        assert bench.ask("INVITE", headers=[*short, KNOWS]).code == 422
        bench.send(request_bytes(branch="z9hG4bKother", call_id="other", headers=short))
        assert isinstance(bench.events()[-1], IncomingInvite)


def refuse_update(session: InviteSession) -> None:
    """Let a session refuse UPDATE, as old phones do."""
    session._handle_update = lambda transaction, now: transaction.respond(501, now)  # type: ignore[method-assign]


def test_the_answer_says_what_was_agreed() -> None:
    pair = SipPair()
    pair.talk()
    assert b"Session-Expires: 1800;refresher=uac" in pair.bytes[1]
    assert len(pair.caller.of(SessionAnswered)) == 1
