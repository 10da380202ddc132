"""A core falls, another one takes its sessions up: the peer notices nothing."""

from __future__ import annotations

import msgspec

from switch.sdp.offer_answer import make_offer
from switch.sip.events import (
    ReinviteAnswered,
    ReinviteReceived,
    SessionEnded,
)
from switch.sip.invite_session import InviteSession
from switch.sip.invite_usage import SessionState
from switch.sip.restored_session import RestoredSession, SessionMemory, remember_session
from tests.support.sip_pair import CALLER, SipPair, answer_to, media


def fallen(pair: SipPair) -> tuple[InviteSession, RestoredSession]:
    """Let two talk and the switch's core fall; return both sessions, of which one is new."""
    caller, callee = pair.talk()
    memory = remember_session(callee)
    assert memory is not None
    on_disk = msgspec.json.encode(memory)
    pair.restart()
    read = msgspec.json.decode(on_disk, type=SessionMemory)
    return caller, pair.switch.core.restore(read, pair.now)


class TestFromThePeer:
    def test_its_bye_is_answered_and_told(self) -> None:
        pair = SipPair()
        caller, restored = fallen(pair)
        caller.end(pair.now)
        pair.run()
        assert pair.words[-2:] == [">BYE", "<200"]
        assert pair.switch.only(SessionEnded) == SessionEnded(restored, by_remote=True, why="bye")

    def test_its_re_invite_is_answered(self) -> None:
        pair = SipPair()
        caller, restored = fallen(pair)
        caller.reinvite(make_offer(media(CALLER), direction="sendonly"), pair.now)
        pair.run()
        assert pair.switch.only(ReinviteReceived).session is restored
        restored.accept_reinvite(answer_to(restored), pair.now)
        pair.run()
        assert pair.words[-3:] == [">INVITE", "<200", ">ACK"]
        assert pair.caller.only(ReinviteAnswered).session is caller

    def test_a_request_with_an_old_number_is_refused(self) -> None:
        pair = SipPair()
        caller, callee = pair.talk()
        caller.info("application/dtmf", b"1", pair.now)
        caller.info("application/dtmf", b"2", pair.now)
        pair.run()
        memory = remember_session(callee)
        assert memory is not None
        assert memory.remote_cseq == 3


class TestFromUs:
    def test_our_bye_is_taken(self) -> None:
        pair = SipPair()
        _, restored = fallen(pair)
        restored.end(pair.now, "Q.850;cause=16")
        pair.run()
        assert pair.words[-2:] == ["<BYE", ">200"]
        assert pair.caller.only(SessionEnded).by_remote

    def test_what_was_sent_after_the_last_note_does_not_matter(self) -> None:
        pair = SipPair()
        caller, callee = pair.talk()
        memory = remember_session(callee)
        assert memory is not None
        callee.info("application/dtmf", b"1", pair.now)
        pair.run()
        pair.restart()
        restored = pair.switch.core.restore(memory, pair.now)
        restored.end(pair.now)
        pair.run()
        assert pair.words[-2:] == ["<BYE", ">200"]
        assert caller.state is SessionState.ENDED


class TestMakingSure:
    def test_a_peer_that_lives_goes_on(self) -> None:
        pair = SipPair()
        _, restored = fallen(pair)
        restored.make_sure(pair.now)
        pair.run()
        assert pair.words[-2:] == ["<OPTIONS", ">200"]
        assert restored.state is SessionState.CONFIRMED

    def test_a_peer_that_has_gone_meanwhile_ends_it(self) -> None:
        pair = SipPair()
        caller, callee = pair.talk()
        memory = remember_session(callee)
        assert memory is not None
        caller.end(pair.now)
        pair.run()
        pair.restart()
        restored = pair.switch.core.restore(memory, pair.now)
        restored.make_sure(pair.now)
        pair.run()
        assert pair.words[-2:] == ["<OPTIONS", ">481"]
        assert pair.switch.only(SessionEnded).why == "gone"


def test_only_a_confirmed_session_can_be_remembered() -> None:
    pair = SipPair()
    caller = pair.call()
    assert remember_session(caller) is None
    caller, _ = pair.talk()
    caller.end(pair.now)
    assert remember_session(caller) is None
