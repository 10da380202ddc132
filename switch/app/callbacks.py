"""Ringing callers back: a place in the queue without anybody on the line.

When the router reserves an agent for such a place, the caller is rung first, through a trunk
that allows it: a caller who does not answer costs the agent a moment, but nobody who answers
is greeted by silence. Then the agent's headset rings, and the two are joined. Each attempt is
a call of its own, whose record names the call that asked for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from switch.app.agent_directory import AgentDirectory
from switch.app.outside_lines import Line, OutsideLines
from switch.app.queue_need import need_of
from switch.app.queue_visit import Recordings
from switch.app.routing_desk import RoutingDesk
from switch.calls.leg import Leg
from switch.calls.leg_events import LegAnswered, LegEnded, LegFailed
from switch.calls.prompting import play
from switch.calls.session import CallServices, CallSession
from switch.errors import MediaError, PromptError, RoutingError
from switch.events import (
    AgentConnected,
    CallAnswered,
    CallArrived,
    CallbackEnded,
    CallbackRequested,
    CallEvent,
)
from switch.ivr.call import CallbackEnd, CallbackRequest, Facts, Prompt
from switch.log import get_logger
from switch.routing import ContactTurnedAway, Offered
from switch.termination import Reason, Result, Termination

_MOST_STANDING = 1000
_RING_SECONDS = 30.0
"""How long the caller's phone rings, and after it the agent's."""

_LOOK_SECONDS = 0.5
"""How often it is seen whether the caller has hung up."""

Path = Callable[[Prompt], Awaitable[str]]


@dataclass(slots=True)
class _Callback:
    """One callback, over all its attempts."""

    id: str
    """Of the present attempt's call, and of its place in the router."""
    facts: Facts
    request: CallbackRequest
    line: Line
    since: float
    attempts: int = 0
    connected: bool = False


@dataclass(frozen=True, slots=True)
class _RangOut:
    """A leg has rung long enough."""

    leg: Leg


class Callbacks:
    """All callbacks that stand. Gets the router's events about them by `deliver`."""

    def __init__(
        self,
        services: CallServices,
        desk: RoutingDesk,
        agents: AgentDirectory,
        lines: OutsideLines,
        recordings: Recordings,
        path: Path,
        ringing: str,
    ) -> None:
        self._services = services
        self._desk = desk
        self._agents = agents
        self._lines = lines
        self._recordings = recordings
        self._path = path
        self._ringing = ringing
        self._standing: dict[str, _Callback] = {}
        """By the id of the present attempt."""
        self._numbers: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._log = get_logger()

    def request(
        self, session: CallSession, facts: Facts, request: CallbackRequest, since: float | None
    ) -> CallbackEnd:
        """Take a callback in."""
        now = self._services.endpoint.now()
        line = self._lines.line(request.trunk)
        if line is None:
            session.log.error("callback_failed", why="nothing can be dialled here")
            return CallbackEnd.FAILED
        refused = line.guard.refusal(request.number, now)
        if refused and not refused.endswith(")"):  # a limit of the moment may be over by then
            session.log.warning("callback_refused", why=refused)
            return CallbackEnd.REFUSED
        if request.number in self._numbers:
            return CallbackEnd.REFUSED
        if len(self._standing) >= _MOST_STANDING:
            return CallbackEnd.FULL
        began = now if since is None else since
        callback = _Callback(self._services.ids.switch_call_id(), facts, request, line, began)
        try:
            self._desk.priority(request.request.queue, None)
        except RoutingError as error:
            session.log.error("callback_failed", why=str(error))
            return CallbackEnd.FAILED
        self._standing[callback.id] = callback
        self._numbers.add(request.number)
        self._wait_for_end(callback)
        session.publish(
            CallbackRequested,
            callback=callback.id,
            queue=request.request.queue,
            number=request.number,
        )
        return CallbackEnd.ACCEPTED

    def deliver(self, contact: str, event: object) -> None:
        """Take an event of the router about a place with nobody on the line."""
        callback = self._standing.get(contact)
        if callback is None:
            return
        match event:
            case Offered():
                self._ring_back(callback, event)
            case ContactTurnedAway():
                self._try_later(callback)
            case _:
                pass  # an offer that was taken back: the place is in the queue again

    def stop(self) -> None:
        """Forget what stands."""
        for timer in self._timers.values():
            timer.cancel()
        for callback in list(self._standing.values()):
            self._end(callback, "stopped")

    def _wait_for_end(self, callback: _Callback) -> None:
        """Take the place once the caller has hung up: until then the line is busy."""
        self._timers.pop(callback.id, None)
        if self._services.registry.call(callback.facts.id) is None:
            self._enter(callback)
            return
        loop = asyncio.get_running_loop()
        timer = loop.call_later(_LOOK_SECONDS, self._wait_for_end, callback)
        self._timers[callback.id] = timer

    def _enter(self, callback: _Callback) -> None:
        """Take a place in the queue."""
        request = callback.request.request
        try:
            self._desk.enter(
                callback.id,
                request.queue,
                need=need_of(request, self._desk.router.ask.anybody_has),
                priority=request.priority,
                max_wait=None,
                caller="",
                since=callback.since,
                callback=True,
            )
        except RoutingError as error:
            self._log.error("callback_failed", queue=request.queue, error=str(error))
            self._end(callback, "refused")

    # An agent is there.

    def _ring_back(self, callback: _Callback, offer: Offered) -> None:
        """Ring the caller, with this agent reserved."""
        now = self._services.endpoint.now()
        if callback.line.guard.refusal(callback.request.number, now):
            self._desk.leave(callback.id, "not_dialled")
            self._try_later(callback)
            return
        # The agent is at work on this from now on: what rings is the caller's phone.
        if not self._desk.offer_answered(callback.id, offer.agent):
            return
        callback.attempts += 1
        call = CallSession(callback.id, self._services)
        self._services.registry.add(call)
        facts = callback.facts
        call.publish(
            CallArrived,
            caller=callback.request.number,
            dialled=facts.dialled,
            trunk=callback.line.name,
            flow="callback",
            sip_call_id="",
            origin=facts.id,
        )
        self._desk.tell_offer(call, offer)
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._attempt(call, callback, offer), name=f"call-{call.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _attempt(self, call: CallSession, callback: _Callback, offer: Offered) -> None:
        callback.line.guard.began(self._services.endpoint.now())
        try:
            await call.run(lambda: self._conduct(call, callback, offer))
        finally:
            callback.line.guard.ended()
            self._desk.talk_ended(call.id)
            if callback.connected:
                self._end(callback, "connected")
            else:
                self._try_later(callback)

    async def _conduct(self, call: CallSession, callback: _Callback, offer: Offered) -> None:
        line, request = callback.line, callback.request
        call.inbound.dial(
            lambda sdp, leg: self._lines.invite(
                line,
                request.number,
                callback.facts.dialled,
                call.id,
                sdp,
                leg,
                self._services.endpoint.now(),
            )
        )
        if not await self._answers(call, call.inbound):
            call.end(Termination(Result.FAILED, Reason.PEER_UNREACHABLE, 0, "nobody answers"))
            return
        call.publish(CallAnswered, codec=call.inbound.codec)
        try:
            files = [await self._path(prompt) for prompt in request.prompts]
        except PromptError as error:
            call.log.warning("callback_prompts_failed", error=str(error))
            files = []
        await play(call, files, barge_in=False)
        await self._join_agent(call, callback, offer)

    async def _join_agent(self, call: CallSession, callback: _Callback, offer: Offered) -> None:
        target = self._agents.target(offer.agent)
        if target is None:
            return
        try:
            leg = await call.open_outbound()
        except MediaError as error:
            call.log.warning("no_media_for_headset", agent=offer.agent, error=str(error))
            return
        sound = call.inbound.play([self._ringing], loop=True)
        began = self._services.endpoint.now()
        number, queue = callback.request.number, offer.queue
        leg.dial(lambda sdp, owner: self._agents.invite(target, call, number, queue, sdp, owner))
        answered = await self._answers(call, leg)
        call.inbound.stop_playing(sound)
        if not answered:
            return
        callback.connected = True
        call.join()
        path = self._recordings.path(call)
        if path:
            call.recording = path
            call.inbound.record(path)
        call.publish(
            AgentConnected,
            queue=offer.queue,
            agent=offer.agent,
            waited_seconds=offer.waited_seconds,
            ring_seconds=self._services.endpoint.now() - began,
            codec=leg.codec,
        )
        while True:
            match await call.mailbox.next():
                case LegEnded(leg=ended) | LegFailed(leg=ended) if ended is leg:
                    return
                case _:
                    pass

    async def _answers(self, call: CallSession, leg: Leg) -> bool:
        """Wait until a leg is answered; False when it is not."""
        loop = asyncio.get_running_loop()
        timer = loop.call_later(_RING_SECONDS, call.mailbox.put, _RangOut(leg))
        try:
            while True:
                match await call.mailbox.next():
                    case LegAnswered(leg=answered) if answered is leg:
                        return True
                    case LegFailed(leg=failed) | LegEnded(leg=failed) if failed is leg:
                        return False
                    case _RangOut(leg=rung) if rung is leg:
                        return False
                    case _:
                        pass
        finally:
            timer.cancel()

    # After an attempt.

    def _try_later(self, callback: _Callback) -> None:
        """Take a place in the queue again after some time, or give up."""
        if callback.attempts >= callback.request.attempts:
            self._end(callback, "no_answer")
            return
        self._standing.pop(callback.id, None)
        callback.id = self._services.ids.switch_call_id()
        self._standing[callback.id] = callback

        delay = callback.request.retry_after_seconds
        loop = asyncio.get_running_loop()
        timer = loop.call_later(delay, self._wait_for_end, callback)
        self._timers[callback.id] = timer

    def _end(self, callback: _Callback, outcome: str) -> None:
        self._standing.pop(callback.id, None)
        self._numbers.discard(callback.request.number)
        services = self._services
        event: CallEvent = CallbackEnded(
            at=services.utc(),
            call=callback.facts.id,
            outcome=outcome,
            attempts=callback.attempts,
        )
        services.publish(event)
