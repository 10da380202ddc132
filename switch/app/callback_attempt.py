"""One attempt of a callback: the caller is rung, then the agent reserved; the two are joined."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from switch.app.agent_directory import AgentDirectory
from switch.app.outside_lines import Line, OutsideLines
from switch.app.queue_visit import Recordings
from switch.calls.leg import Leg
from switch.calls.leg_events import LegAnswered, LegEnded, LegFailed
from switch.calls.prompting import play
from switch.calls.session import CallSession
from switch.errors import MediaError, PromptError
from switch.events import AgentConnected, CallAnswered
from switch.ivr.call import CallbackRequest, Facts, Prompt
from switch.routing import Offered
from switch.termination import Reason, Result, Termination

_RING_SECONDS = 30.0
"""How long the caller's phone rings, and after it the agent's."""

Path = Callable[[Prompt], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class _RangOut:
    """A leg has rung long enough."""

    leg: Leg


class BackRinger:
    """Conducts attempts, any number at once."""

    def __init__(
        self,
        agents: AgentDirectory,
        lines: OutsideLines,
        recordings: Recordings,
        path: Path,
        ringing: str,
    ) -> None:
        self._agents = agents
        self._lines = lines
        self._recordings = recordings
        self._path = path
        self._ringing = ringing

    async def conduct(
        self,
        call: CallSession,
        facts: Facts,
        request: CallbackRequest,
        line: Line,
        offer: Offered,
        connected: Callable[[], None],
    ) -> None:
        """Ring both and let them talk; `connected` is called when they do."""
        endpoint = call.services.endpoint
        call.inbound.dial(
            lambda sdp, leg: self._lines.invite(
                line, request.number, facts.dialled, call.id, sdp, leg, endpoint.now()
            )
        )
        if not await _answers(call, call.inbound):
            call.end(Termination(Result.FAILED, Reason.PEER_UNREACHABLE, 0, "nobody answers"))
            return
        call.publish(CallAnswered, codec=call.inbound.codec)
        try:
            files = [await self._path(prompt) for prompt in request.prompts]
        except PromptError as error:
            call.log.warning("callback_prompts_failed", error=str(error))
            files = []
        await play(call, files, barge_in=False)
        await self._join_agent(call, request.number, offer, connected)

    async def _join_agent(
        self, call: CallSession, number: str, offer: Offered, connected: Callable[[], None]
    ) -> None:
        target = self._agents.target(offer.agent)
        if target is None:
            return
        try:
            leg = await call.open_outbound()
        except MediaError as error:
            call.log.warning("no_media_for_headset", agent=offer.agent, error=str(error))
            return
        endpoint = call.services.endpoint
        sound = call.inbound.play([self._ringing], loop=True)
        began = endpoint.now()
        queue = offer.queue
        leg.dial(lambda sdp, owner: self._agents.invite(target, call, number, queue, sdp, owner))
        answered = await _answers(call, leg)
        call.inbound.stop_playing(sound)
        if not answered:
            return
        connected()
        call.join()
        path = self._recordings.path(call)
        if path:
            call.recording = path
            call.inbound.record(path)
        call.publish(
            AgentConnected,
            queue=queue,
            agent=offer.agent,
            waited_seconds=offer.waited_seconds,
            ring_seconds=endpoint.now() - began,
            codec=leg.codec,
        )
        while True:
            match await call.mailbox.next():
                case LegEnded(leg=ended) | LegFailed(leg=ended) if ended is leg:
                    return
                case _:
                    pass


async def _answers(call: CallSession, leg: Leg) -> bool:
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
