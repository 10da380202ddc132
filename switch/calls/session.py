"""One call: its caller's leg, the headset's leg if there is one, and the one task that
conducts it.

Whatever happens to the call lands in `mailbox` in order; the task reads it there. What
must not wait for the task (hold, a key, the caller's BYE) is settled at once in
`_handle_leg`. However the task ends, `run` ends both legs, releases their media and
publishes exactly one `CallEnded`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from structlog.typing import FilteringBoundLogger

from switch.calls.b2bua import Pair
from switch.calls.call_services import CallServices as CallServices
from switch.calls.ending import (
    ended_by_caller,
    ended_by_flow,
    heard_reason,
    reason_header,
    refusal_headers,
    refusal_status,
    refused_offer,
    told_reason,
)
from switch.calls.keypad import Keypad
from switch.calls.leg import Leg, LegState, Side
from switch.calls.leg_events import (
    LegAudioBegan,
    LegCancelled,
    LegChanged,
    LegDigit,
    LegEnded,
    LegEvent,
    LegFailed,
    LegFaxHeard,
    LegHeld,
    LegMediaLost,
    LegMessageTaken,
    LegPlayed,
    LegRecordingEnded,
    LegReferred,
    LegResumed,
)
from switch.calls.leg_media import leg_media
from switch.calls.mailbox import Mailbox
from switch.errors import CallOver, MediaError, PortsExhausted, RemoteProtocolError, WorkerLost
from switch.events import (
    AudioStarted,
    CallAnswered,
    CallEnded,
    CallEvent,
    CallHeld,
    CallResumed,
    DigitPressed,
    LegMedia,
)
from switch.log import get_logger
from switch.media.messages import StreamStats
from switch.sip.identity import PLAIN, CallerIdentity
from switch.termination import Reason, Result, Termination

_AFTERWARDS_SECONDS = 15.0
"""How long a flow may go on after the call is over."""


class CallSession:
    """A call from its INVITE to its `CallEnded`."""

    def __init__(self, call_id: str, services: CallServices, inbound_id: str = "") -> None:
        """Begin.

        Args:
            inbound_id: of the caller's leg, which outlived the last core; empty: a new one.
        """
        self.id = call_id
        self.services = services
        self.mailbox: Mailbox[object] = Mailbox()
        self.keys = Keypad(self._tell_key)
        self.inbound = self._new_leg(Side.INBOUND, "", inbound_id)
        self.outbound: Leg | None = None
        """The headset being rung or talked to."""
        self.pair: Pair | None = None
        self.run_of_flow: object | None = None
        """What conducts the call by a flow, if one does."""
        self.near = ""
        """The stream that the caller's is to share a worker with."""
        self.takes_referrals = False
        """The task will see to a REFER of the headset's; else it is refused at once."""
        self.talked = False
        """The caller has talked to an agent."""
        self.termination: Termination | None = None
        self.message: asyncio.Future[LegMessageTaken] | None = None
        """The caller's message that is being taken: told even after the caller has gone."""
        self.heard = ""
        """Why a party has gone, as its Reason header told; the other party is told so too."""
        self.identity: CallerIdentity = PLAIN
        """Who calls, as the trunk tells."""
        self.recording = ""
        self.unrecorded = False
        """Nothing of it may be recorded, whatever the site does."""
        self.recording_error = ""
        self._task: asyncio.Task[Any] | None = None
        """The one that conducts the call."""
        self._afterwards: asyncio.TimerHandle | None = None
        self._connected_legs: dict[str, LegMedia] = {}
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def log(self) -> FilteringBoundLogger:
        """A logger with the call's id on each line."""
        return get_logger(call=self.id)

    # The life of the call.

    async def run(self, conduct: Callable[[], Awaitable[None]]) -> None:
        """Conduct the call and end it, whatever happens."""
        self._task = asyncio.current_task()
        try:
            await self.inbound.open(near=self.near)
            await conduct()
            self.end(ended_by_flow(self.heard, talked=self.talked))
        except CallOver:
            pass
        except PortsExhausted as error:
            self.end(Termination(Result.REJECTED, Reason.NO_PORTS, 503, str(error)))
        except WorkerLost as error:
            self.end(Termination(Result.FAILED, Reason.MEDIA_LOST, 503, str(error)))
        except RemoteProtocolError as error:
            self.end(refused_offer(error))
        except asyncio.CancelledError:
            self.end(Termination(Result.FAILED, Reason.SWITCH_STOPPED))
        except Exception as error:
            self.log.exception("call_failed", error=str(error))
            self.end(Termination(Result.FAILED, Reason.INTERNAL_ERROR, 500, repr(error)))
        await self._finish()

    def end(self, termination: Termination) -> None:
        """End the call; the first reason given is the one that counts."""
        if self.termination is None:
            self.termination = termination
            self.mailbox.close()
            # The flow may go on without the caller: nobody waits on the line for that.
            loop = asyncio.get_running_loop()
            loop.call_soon(self._part)
            if self._task is not None:
                self._afterwards = loop.call_later(_AFTERWARDS_SECONDS, self._task.cancel)

    def answer(self) -> None:
        """Answer the caller if that has not been done.

        Raises:
            RemoteProtocolError: the caller's offer cannot be answered.
        """
        if self.inbound.state is LegState.SETTING_UP and self.termination is None:
            self.inbound.answer()
            self.publish(CallAnswered, codec=self.inbound.codec)

    # The headset's leg.

    async def open_outbound(self, address: str = "") -> Leg:
        """Open a leg for a headset on the same media worker as the caller's.

        Args:
            address: of the party, if it is known: our side speaks its version of IP.

        Raises:
            MediaError: there is no stream for it.
        """
        leg = self.outbound = self._new_leg(Side.OUTBOUND, self.inbound.codec)
        return await self._open(leg, address)

    async def open_beside(self, address: str = "") -> Leg:
        """As `open_outbound`, for who may take the headset's place: `swap_outbound`, or `drop`."""
        return await self._open(self._new_leg(Side.OUTBOUND, self.inbound.codec), address)

    async def _open(self, leg: Leg, address: str) -> Leg:
        leg.local.speak_to(address or leg.local.address)
        try:
            await leg.open(near=self.inbound.id)
        except MediaError:
            if leg is self.outbound:
                self.outbound = None
            self.drop(leg, "")
            raise
        return leg

    def join(self) -> None:
        """Let the caller and the headset that answered talk."""
        assert self.outbound is not None
        self.talked = True
        self.inbound.hear_fax(False)
        self.pair = Pair(self.inbound, self.outbound, self.services.hold_music)
        self.pair.join()
        self.services.changed(self)

    def go_on(self, outbound_id: str, music: dict[str, int]) -> Leg:
        """Be a call whose parties talk since the last core's time; return the headset's leg.

        Args:
            music: leg that holds -> the play that its partner hears.
        """
        self.outbound = self._new_leg(Side.OUTBOUND, "", outbound_id)
        self.talked = True
        self.pair = Pair(self.inbound, self.outbound, self.services.hold_music)
        self.pair.music = dict(music)
        return self.outbound

    def split(self) -> None:
        """Let them talk no longer; both legs stay."""
        if self.pair is not None:
            self.pair.split()
            self.pair = None
            self.services.changed(self)

    def swap_outbound(self, leg: Leg, reason: str) -> None:
        """Put another party in the headset's place, and let it talk with the caller."""
        self.drop_outbound(reason)
        self.outbound = leg
        self.join()

    def give_away(self) -> Leg:
        """Part with the headset's leg, which goes on in another call: `take_over`."""
        self.split()
        leg, self.outbound = self.outbound, None
        assert leg is not None
        return leg

    def take_over(self, leg: Leg) -> None:
        """Have a leg that another call has given away."""
        leg.belong(self.id, self._handle_leg)

    def drop_outbound(self, reason: str) -> None:
        """End the headset's leg and close its media behind the scenes."""
        leg, self.outbound = self.outbound, None
        if leg is not None:
            self.split()
            self.drop(leg, reason)

    @property
    def _farewell(self) -> str:
        """What whoever is left is told when the call is over; empty while it goes on."""
        return "" if self.termination is None else self.heard or reason_header(self.termination)

    def drop(self, leg: Leg, reason: str) -> None:
        """End a leg that is not the caller's, and close its media behind the scenes.

        The party is told the reason; without one that of the call, if that is over.
        """
        leg.end(reason or self._farewell)
        afterwards, leg.afterwards = leg.afterwards, None
        if afterwards is not None:
            afterwards()
        task = asyncio.get_running_loop().create_task(self._close_leg(leg))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def publish(self, event_type: type[CallEvent], **fields: Any) -> None:
        """Publish an event of this call, stamped with the time."""
        self.services.publish(event_type(at=self.services.utc(), call=self.id, **fields))

    def _tell_key(self, digit: str, method: str) -> None:
        self.publish(DigitPressed, digit=digit, method=method)

    # What happens.

    def _handle_leg(self, event: LegEvent) -> None:
        """Settle what cannot wait, and pass the rest to the task."""
        match event:
            case LegDigit(leg=leg, digit=digit, method=method):
                if leg is not self.inbound:
                    return
                self.keys.press(digit, method)
            case LegHeld() | LegResumed() | LegChanged():
                self._follow(event)
                return
            case LegReferred(leg=leg, referral=referral) if not (
                self.takes_referrals and leg is self.outbound
            ):
                now = self.services.endpoint.now()
                referral.refuse(603, now, "Only who talks with a caller may hand it on")
                self.services.endpoint.flush()
                return
            case LegAudioBegan(leg=leg, direction=direction):
                self.publish(AudioStarted, leg=leg.side.value, direction=direction)
                return
            case LegRecordingEnded(path=path, error=error):
                if error:
                    self.recording_error = error
                    self.log.error("recording_failed", path=path, error=error)
                return
            case LegPlayed() if self.pair is not None:
                self.pair.follow(event)
            case LegMessageTaken():
                if self.message is not None and not self.message.done():
                    self.message.set_result(event)
            case LegFaxHeard():  # only the caller is listened to
                self.mailbox.hear_fax()
                return
            case LegMediaLost() | LegCancelled() | LegFailed() | LegEnded():
                if self._ends_with(event):
                    return
            case _:
                pass
        self.mailbox.put(event)

    def _follow(self, event: LegHeld | LegResumed | LegChanged) -> None:
        """Keep the pair in step with a party, and what is remembered of the call."""
        if not isinstance(event, LegChanged):
            kind = CallHeld if isinstance(event, LegHeld) else CallResumed
            self.publish(kind, leg=event.leg.side.value)
        if self.pair is not None:
            self.pair.follow(event)
            self.services.changed(self)

    # The end.

    def _ends_with(self, event: LegMediaLost | LegCancelled | LegFailed | LegEnded) -> bool:
        """End the call if the end of this leg is the end of it; else that is for the task."""
        match event:
            case LegMediaLost():
                if self.message is not None:
                    self.message.cancel()
                lost = "the media worker died"
                self.end(Termination(Result.FAILED, Reason.MEDIA_LOST, detail=lost))
            case LegCancelled(reason=reason):
                self.heard = heard_reason(reason)
                detail = told_reason(reason)
                self.end(Termination(Result.ABANDONED, Reason.CALLER_CANCELLED, 487, detail))
            case LegFailed(leg=leg, sip_code=code, detail=detail) if leg is self.inbound:
                self.end(Termination(Result.FAILED, Reason.PEER_UNREACHABLE, code, detail))
            case LegEnded(leg=leg, by_remote=by_remote, why=why, reason=reason):
                if leg is self.inbound or leg is self.outbound:
                    self.heard = heard_reason(reason)
                if leg is not self.inbound:
                    return False
                self.end(ended_by_caller(by_remote, why, told_reason(reason), talked=self.talked))
            case _:
                return False
        return True

    def _part(self) -> None:
        """End both legs; safe to call again."""
        termination = self.termination
        assert termination is not None
        self.drop_outbound("")
        if self.inbound.state is LegState.SETTING_UP and not self.inbound.dialled:
            self.inbound.reject(refusal_status(termination), refusal_headers(termination))
        else:
            self.inbound.end(self._farewell)

    async def _finish(self) -> None:
        termination = self.termination
        assert termination is not None
        if self._afterwards is not None:
            self._afterwards.cancel()
        self._task = self._afterwards = None
        self._part()
        await self._close_leg(self.inbound)
        if self._closing:
            await asyncio.gather(*self._closing)
        self.services.registry.remove(self)
        self.keys.detach()
        self.run_of_flow = None
        self.publish(
            CallEnded,
            termination=termination,
            media=tuple(self._connected_legs.values()),
            recording=self.recording,
            recording_error=self.recording_error,
        )

    async def _close_leg(self, leg: Leg) -> None:
        try:
            stats = await leg.close()
        except MediaError as error:
            self.log.warning("media_release_failed", leg=leg.side.value, error=str(error))
            stats = StreamStats()
        self.services.registry.remove_leg(leg)
        leg.detach()
        if leg.negotiated is not None:
            self._connected_legs[leg.id] = leg_media(leg, stats)

    def _new_leg(self, side: Side, prefer_codec: str, leg_id: str = "") -> Leg:
        services = self.services
        leg = Leg(
            leg_id or services.ids.leg(),
            side,
            services.local_media(prefer_codec),
            services.endpoint,
            services.media,
            self._handle_leg,
        )
        leg.call = self.id
        services.registry.add_leg(leg)
        return leg
