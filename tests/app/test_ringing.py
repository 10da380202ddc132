"""Ringing somebody for a caller: what the caller hears until there is an answer."""

from __future__ import annotations

import asyncio

import pytest

from switch.app.ringing import Reservation, Rung, reach
from switch.calls.leg_events import LegReferred
from switch.calls.session import CallSession
from switch.ivr.call import TransferEnd
from switch.media.messages import Bridge, Play, StopPlaying, Unbridge
from switch.sdp.crypto import SrtpTerms
from switch.sdp.offer_answer import make_answer
from switch.sip.events import IncomingInvite, SessionCancelled, SessionRinging
from switch.sip.invite_session import InviteSession
from tests.support.call_desk import CallDesk
from tests.support.sip_pair import CALLER, media

TONE = "ringing.ulaw"


class Bench:
    """A call, answered or not, for which the other core's phone is rung."""

    def __init__(self, *, answered: bool = True, seconds: float = 30) -> None:
        self.desk = CallDesk()
        self.rung: Rung | None = None
        self.noticed: list[object] = []
        self._answered = answered
        self._seconds = seconds

    async def ring(self) -> InviteSession:
        """Begin, and return the session of the phone that rings."""
        desk = self.desk

        async def conduct(call: CallSession) -> None:
            if self._answered:
                call.answer()
            reserved = Reservation(desk.invite_headset, SrtpTerms(), lambda: None)
            notice = self.noticed.append
            self.rung, _ = await reach(call, reserved, self._seconds, TONE, notice=notice)
            while True:
                await call.mailbox.next()

        await desk.arrive(conduct)
        return desk.pair.caller.of(IncomingInvite)[-1].session

    async def says(self, phone: InviteSession, code: int, *, audible: bool = False) -> None:
        """Have the phone answer provisionally."""
        assert phone.remote_sdp is not None
        sdp = make_answer(media(CALLER), phone.remote_sdp)[0] if audible else b""
        phone.ring(self.desk.now(), code, sdp)
        await self.desk.settle()


async def test_a_caller_on_the_line_hears_a_tone_until_the_answer() -> None:
    bench = Bench()
    phone = await bench.ring()
    await bench.says(phone, 180)
    (tone,) = (each for each in bench.desk.commands(Play) if isinstance(each, Play))
    assert (tone.prompts, tone.loop) == ((TONE,), True)
    phone.answer(make_answer(media(CALLER), phone.remote_sdp or b"")[0], bench.desk.now())
    await bench.desk.settle()
    assert bench.rung == Rung(TransferEnd.CONNECTED)
    assert len(bench.desk.commands(StopPlaying)) == 1
    assert bench.desk.commands(Bridge) == []


async def test_what_the_far_side_says_before_it_answers_takes_the_tones_place() -> None:
    bench = Bench()
    phone = await bench.ring()
    await bench.says(phone, 183, audible=True)
    call = bench.desk.call
    assert call.outbound is not None
    assert bench.desk.commands(Bridge) == [Bridge(call.inbound.id, call.outbound.id)]
    assert len(bench.desk.commands(StopPlaying)) == 1
    phone.reject(486, bench.desk.now())
    await bench.desk.settle()
    assert bench.rung == Rung(TransferEnd.BUSY, 486)
    assert len(bench.desk.commands(Unbridge)) == 1


async def test_a_caller_who_waits_for_the_answer_is_told_what_happens() -> None:
    bench = Bench(answered=False)
    phone = await bench.ring()
    await bench.says(phone, 180)
    told = bench.desk.pair.caller.of(SessionRinging)
    assert [event.code for event in told] == [180]
    assert bench.desk.commands(Play) == []
    await bench.says(phone, 183, audible=True)
    told = bench.desk.pair.caller.of(SessionRinging)
    assert (told[-1].code, bool(told[-1].sdp)) == (183, True)
    assert len(bench.desk.commands(Bridge)) == 1


@pytest.mark.parametrize(
    ("code", "end"),
    [
        (486, TransferEnd.BUSY),
        (603, TransferEnd.BUSY),
        (480, TransferEnd.NO_ANSWER),
        (404, TransferEnd.UNREACHABLE),
        (500, TransferEnd.FAILED),
    ],
)
async def test_a_refusal_is_told_in_the_flows_words(code: int, end: TransferEnd) -> None:
    bench = Bench()
    phone = await bench.ring()
    phone.reject(code, bench.desk.now())
    await bench.desk.settle()
    assert bench.rung == Rung(end, code)


async def test_nobody_answers() -> None:
    bench = Bench(seconds=0)
    await bench.ring()
    await asyncio.sleep(0)
    await bench.desk.settle()
    assert bench.rung == Rung(TransferEnd.NO_ANSWER)


async def test_a_referral_of_nobody_who_may_is_refused_at_once() -> None:
    """A trunk, or a headset that does not talk: the call never hears of it."""
    bench = Bench()
    phone = await bench.ring()
    phone.answer(make_answer(media(CALLER), phone.remote_sdp or b"")[0], bench.desk.now())
    await bench.desk.settle()
    assert phone._dialog is not None
    request = phone._dialog.build("REFER", headers=[("Refer-To", "<sip:a@b>")])
    bench.desk.pair.caller.core.layer.send_request(request, bench.desk.now())
    await bench.desk.settle()
    assert "<603" in bench.desk.pair.words
    assert not [each for each in bench.noticed if isinstance(each, LegReferred)]


async def test_a_party_that_rings_out_is_told_so() -> None:
    bench = Bench(seconds=0.01)
    await bench.says(await bench.ring(), 180)
    await asyncio.sleep(0.05)
    await bench.desk.settle()
    told = bench.desk.pair.caller.only(SessionCancelled)
    assert told.reason == 'SIP;cause=408;text="No answer"'


async def test_a_party_that_rings_is_told_that_the_caller_has_hung_up() -> None:
    bench = Bench()
    await bench.says(await bench.ring(), 180)
    bench.desk.caller.end(bench.desk.now())
    await bench.desk.settle()
    told = bench.desk.pair.caller.only(SessionCancelled)
    assert told.reason == 'Q.850;cause=16;text="Normal call clearing"'
