"""One call's life, with real SIP cores in memory and a media engine that notes commands."""

from __future__ import annotations

import asyncio
import gc
import os
import weakref
from dataclasses import replace

import pytest

from switch.calls.leg_events import LegAnswered, LegEnded, LegRinging
from switch.calls.session import CallSession
from switch.events import (
    CallAnswered,
    CallHeld,
    CallResumed,
    DigitPressed,
)
from switch.media.messages import (
    Bridge,
    Connect,
    Digit,
    LinkLost,
    Play,
    RecordingEnded,
    StopPlaying,
)
from switch.sdp.crypto import SrtpPolicy, SrtpTerms
from switch.sdp.dtls import OurDtls
from switch.sdp.offer_answer import LocalMedia, make_offer
from switch.sip.events import IncomingInvite, SessionAnswered, SessionFailed
from switch.sip.events import SessionEnded as SipSessionEnded
from switch.termination import Reason, Result, Termination
from tests.support.call_desk import CallDesk
from tests.support.sip_pair import CALLER, SWITCH, media

PAGES = SrtpTerms(SrtpPolicy.OFFERED, offers_dtls=True)


async def answers(call: CallSession) -> None:
    """Answer and stay until something ends the call."""
    call.answer()
    while True:
        await call.mailbox.next()


class TestTheCaller:
    async def test_is_answered_and_hangs_up(self) -> None:
        desk = CallDesk()
        await desk.arrive(answers)
        answered = desk.pair.caller.only(SessionAnswered)
        assert len(desk.of(CallAnswered)) == 1
        (connect,) = desk.commands(Connect)
        assert isinstance(connect, Connect)
        assert (connect.address, connect.port, connect.payload_type) == (CALLER[0], 4000, 0)
        answered.session.end(desk.pair.now)
        ended = await desk.ended()
        assert ended.termination == Termination(Result.ABANDONED, Reason.CALLER_HUNG_UP)
        assert [leg.leg for leg in ended.media] == ["inbound"]

    async def test_leaves_no_circle_for_the_collector(self) -> None:
        desk = CallDesk()
        gc.collect()
        gc.disable()
        try:
            await desk.arrive(answers)
            gone = weakref.ref(desk.call)
            desk.pair.caller.only(SessionAnswered).session.end(desk.pair.now)
            await desk.ended()
            del desk.call, desk.task
            await asyncio.sleep(0)
            assert gone() is None
        finally:
            gc.enable()

    async def test_is_told_when_the_flow_ends(self) -> None:
        desk = CallDesk()

        async def conduct(call: CallSession) -> None:
            call.answer()
            await asyncio.sleep(0)

        await desk.arrive(conduct)
        ended = await desk.ended()
        assert ended.termination == Termination(Result.COMPLETED, Reason.FLOW_ENDED)
        assert desk.pair.caller.only(SipSessionEnded).by_remote

    async def test_cancels_before_the_answer(self) -> None:
        desk = CallDesk()

        async def conduct(call: CallSession) -> None:
            await call.mailbox.next()

        await desk.arrive(conduct)
        desk.pair.run_for(0.3)  # CANCEL has to wait for the 100
        caller = next(iter(desk.pair.caller.core.layer._clients.values())).context
        caller.on_response.__self__.end(desk.pair.now)
        ended = await desk.ended()
        assert ended.termination.reason is Reason.CALLER_CANCELLED

    async def test_presses_keys_that_wait_to_be_read(self) -> None:
        desk = CallDesk()
        call = await desk.arrive(answers)
        desk.media.on_report(Digit(call.inbound.id, "5"))
        desk.pair.caller.only(SessionAnswered).session.info(
            "application/dtmf-relay", b"Signal=7\r\n", desk.pair.now
        )
        await desk.settle()
        assert (len(call.keys), call.keys.first) == (2, "5")
        assert desk.of(DigitPressed) == []  # the question that they answer may ask for a secret
        call.keys.read_all()
        told = [(event.digit, event.method) for event in desk.of(DigitPressed)]  # type: ignore[attr-defined]
        assert told == [("5", "rfc4733"), ("7", "info")]

    async def test_whose_offer_cannot_be_answered_gets_488(self) -> None:
        desk = CallDesk()
        offer = make_offer(media(CALLER)).replace(b"RTP/AVP 0 8 101", b"RTP/AVP 18")
        offer = offer.replace(b"a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n", b"")
        await desk.arrive(answers, offer.replace(b"a=rtpmap:101 telephone-event/8000\r\n", b""))
        ended = await desk.ended()
        assert ended.termination.reason is Reason.NO_COMMON_CODEC
        assert desk.pair.caller.only(SessionFailed).code == 488
        (refusal,) = [each for each in desk.pair.bytes if each.startswith(b"SIP/2.0 488 ")]
        assert b'Warning: 399 Freeline "SDP has no codec in common with us: we speak ' in refusal

    async def test_who_offers_late_is_connected_with_the_ack(self) -> None:
        desk = CallDesk()
        await desk.arrive(answers, b"")
        assert desk.commands(Connect) == []


class TestTheHeadset:
    """The second leg, played by the other core's answer to our INVITE."""

    @staticmethod
    async def dial(desk: CallDesk, call: CallSession) -> None:
        leg = await call.open_outbound()
        leg.dial(desk.invite_headset)

    async def ring(self, desk: CallDesk) -> CallSession:
        async def conduct(call: CallSession) -> None:
            call.answer()
            await self.dial(desk, call)
            while not isinstance(await call.mailbox.next(), LegAnswered):
                pass
            call.join()
            while not isinstance(await call.mailbox.next(), LegEnded):
                pass

        return await desk.arrive(conduct)

    async def answer(self, desk: CallDesk) -> None:
        session = desk.pair.caller.only(IncomingInvite).session
        session.answer(make_offer(media(CALLER)), desk.pair.now)
        await desk.settle()

    async def test_is_bridged_and_hangs_up(self) -> None:
        desk = CallDesk()
        call = await self.ring(desk)
        await self.answer(desk)
        assert call.outbound is not None
        assert desk.commands(Bridge) == [Bridge(call.inbound.id, call.outbound.id)]
        assert desk.media.near[call.outbound.id] == call.inbound.id
        desk.pair.caller.only(IncomingInvite).session.end(desk.pair.now)
        ended = await desk.ended()
        assert ended.termination == Termination(Result.COMPLETED, Reason.AGENT_HUNG_UP)
        assert sorted(leg.leg for leg in ended.media) == ["inbound", "outbound"]

    async def test_goes_when_the_caller_goes(self) -> None:
        desk = CallDesk()
        await self.ring(desk)
        await self.answer(desk)
        desk.pair.caller.only(SessionAnswered).session.end(desk.pair.now)
        ended = await desk.ended()
        assert ended.termination == Termination(Result.COMPLETED, Reason.CALLER_HUNG_UP)
        assert desk.pair.words.count("<BYE") == 1

    async def test_is_cancelled_when_the_caller_goes_while_it_rings(self) -> None:
        desk = CallDesk()
        await self.ring(desk)
        desk.pair.caller.only(SessionAnswered).session.end(desk.pair.now)
        ended = await desk.ended()
        desk.pair.run_for(0.3)
        assert ended.termination.result is Result.ABANDONED
        assert "<CANCEL" in desk.pair.words

    async def test_is_not_rung_when_the_caller_goes_while_a_port_is_awaited(self) -> None:
        desk = CallDesk()
        desk.media.ready = asyncio.Event()
        desk.media.ready.set()
        port = asyncio.Event()

        async def conduct(call: CallSession) -> None:
            call.answer()
            desk.media.ready = port
            await self.dial(desk, call)
            await call.mailbox.next()

        await desk.arrive(conduct)
        desk.pair.caller.only(SessionAnswered).session.end(desk.pair.now)
        await desk.settle()
        port.set()
        assert (await desk.ended()).termination.result is Result.ABANDONED
        assert desk.pair.words.count("<INVITE") == 0

    async def test_hold_plays_music_to_the_other_side(self) -> None:
        desk = CallDesk()
        call = await self.ring(desk)
        await self.answer(desk)
        headset = desk.pair.caller.only(IncomingInvite).session
        headset.reinvite(make_offer(media(CALLER), direction="sendonly"), desk.pair.now)
        await desk.settle()
        assert len(desk.of(CallHeld)) == 1
        music = [each for each in desk.commands(Play) if isinstance(each, Play)]
        assert music[-1].stream == call.inbound.id
        assert (music[-1].prompts, music[-1].loop) == (("music.ulaw",), True)
        headset.reinvite(make_offer(media(CALLER)), desk.pair.now)
        await desk.settle()
        assert len(desk.of(CallResumed)) == 1

    async def test_a_whisper_is_heard_by_it_alone_and_then_they_hear_each_other(self) -> None:
        desk = CallDesk()
        call = await self.ring(desk)
        await self.answer(desk)
        assert call.pair is not None
        assert call.outbound is not None
        call.pair.whisper(["gold.ulaw"], ["music.ulaw"])
        *_, to_agent, to_caller = (each for each in desk.commands(Play) if isinstance(each, Play))
        assert (to_agent.stream, to_agent.prompts) == (call.outbound.id, ("gold.ulaw",))
        assert (to_caller.stream, to_caller.prompts) == (call.inbound.id, ("music.ulaw",))
        assert desk.commands(StopPlaying) == []
        desk.media.finish_play(call.outbound.id)
        await desk.settle()
        assert desk.commands(StopPlaying) == [StopPlaying(call.inbound.id, to_caller.play)]


class TestFailure:
    async def test_no_port_is_503(self) -> None:
        desk = CallDesk()
        desk.media.exhausted = True
        await desk.arrive(answers)
        ended = await desk.ended()
        assert ended.termination.reason is Reason.NO_PORTS
        assert desk.pair.caller.only(SessionFailed).code == 503

    async def test_a_dead_worker_ends_the_call_with_its_cause(self) -> None:
        desk = CallDesk()
        call = await desk.arrive(answers)
        call.inbound.handle_media_lost()
        ended = await desk.ended()
        assert ended.termination.reason is Reason.MEDIA_LOST
        assert any(b"Reason: Q.850;cause=41" in data for data in desk.pair.bytes)

    async def test_an_exception_ends_this_call_only(self) -> None:
        desk = CallDesk()

        async def conduct(call: CallSession) -> None:
            call.answer()
            raise RuntimeError("a bug")

        await desk.arrive(conduct)
        ended = await desk.ended()
        assert ended.termination.reason is Reason.INTERNAL_ERROR
        assert "a bug" in ended.termination.detail
        assert desk.pair.caller.only(SipSessionEnded).by_remote

    async def test_a_recording_that_fails_is_noted_and_the_call_goes_on(self) -> None:
        desk = CallDesk()
        call = await desk.arrive(answers)
        desk.media.on_report(RecordingEnded(call.inbound.id, "x.wav", 1.0, "disk full"))
        desk.pair.caller.only(SessionAnswered).session.end(desk.pair.now)
        assert (await desk.ended()).recording_error == "disk full"

    @pytest.mark.parametrize("answered", [False, True])
    async def test_a_stop_of_the_switch(self, answered: bool) -> None:
        desk = CallDesk()

        async def conduct(call: CallSession) -> None:
            if answered:
                call.answer()
            await call.mailbox.next()

        call = await desk.arrive(conduct)
        call.end(Termination(Result.FAILED, Reason.SWITCH_STOPPED))
        call.end(Termination(Result.COMPLETED, Reason.FLOW_ENDED))
        ended = await desk.ended()
        assert ended.termination.reason is Reason.SWITCH_STOPPED


class TestKeysByDtls:
    """A worker tells that media keyed by DTLS leads nowhere: `LinkLost`."""

    WHY = "the party is gone: no check (ICE) came from it for 30 s"

    async def test_a_caller_who_is_gone_ends_the_call_with_the_reason(self) -> None:
        desk = CallDesk()
        call = await desk.arrive(answers)
        desk.media.on_report(LinkLost(call.inbound.id, self.WHY))
        ended = await desk.ended()
        expected = Termination(Result.FAILED, Reason.PEER_UNREACHABLE, detail=self.WHY)
        assert ended.termination == expected
        assert any(b'text="the party is gone' in data for data in desk.pair.bytes)

    async def test_a_headset_that_is_gone_has_hung_up_and_why_is_on_record(self) -> None:
        desk, headset = CallDesk(), TestTheHeadset()
        call = await headset.ring(desk)
        await headset.answer(desk)
        assert call.outbound is not None
        desk.media.on_report(LinkLost(call.outbound.id, self.WHY))
        ended = await desk.ended()
        assert ended.termination == Termination(
            Result.COMPLETED, Reason.AGENT_HUNG_UP, detail=f"Q.850 41 ({self.WHY})"
        )

    async def test_who_is_not_answered_yet_need_not_be_there(self) -> None:
        desk = CallDesk()

        async def conduct(call: CallSession) -> None:
            assert isinstance(await call.mailbox.next(), LegRinging)
            await answers(call)

        call = await desk.arrive(conduct)
        desk.media.on_report(LinkLost(call.inbound.id, self.WHY))
        await desk.settle()
        call.mailbox.put(LegRinging(call.inbound, 180, audible=False))
        await desk.settle()
        assert desk.pair.caller.only(SessionAnswered).sdp
        call.end(Termination(Result.FAILED, Reason.SWITCH_STOPPED))
        await desk.ended()

    async def test_who_has_heard_us_before_gets_its_time_anew_with_the_answer(self) -> None:
        desk = CallDesk()

        def page() -> OurDtls:
            return OurDtls(":".join(["AB"] * 32), os.urandom, ("opus", "PCMU"))

        def ours(_prefer: str) -> LocalMedia:
            return LocalMedia(SWITCH[0], 0, ("PCMU",), srtp=PAGES, dtls=page())

        desk.services = replace(desk.services, local_media=ours)

        async def conduct(call: CallSession) -> None:
            assert call.inbound.be_heard()
            call.inbound.answer()
            await call.mailbox.next()

        offer = make_offer(LocalMedia(CALLER[0], 4000, ("PCMU",), srtp=PAGES, dtls=page()))
        call = await desk.arrive(conduct, offer)
        before, after = desk.commands(Connect)
        assert isinstance(before, Connect)
        assert before == after
        assert before.dtls is not None
        assert not before.dtls.client
        call.end(Termination(Result.FAILED, Reason.SWITCH_STOPPED))
        await desk.ended()
