"""Calls whose parties talk outlive the core: noted while it runs, taken up by the next one.

The media workers go on relaying (`media/core_link.py`). What the next core needs besides is
in the journal: it makes dialogs, legs and the record anew, and nobody on the line notices.
Calls that are still with a flow or in a queue end with their core. When the far side of a call
that was taken up has gone, its flow goes on (`flow_run.py`); without one, callbacks and calls that
agents have placed, the call ends with the talk, and agents may hand it on until then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from itertools import takewhile

import msgspec

from switch.app.call_memory import CallMemory, LegMemory, remember_call
from switch.app.consultation import Placed
from switch.app.conversation import Conversations
from switch.app.destination import Destination
from switch.app.destinations import KEPT_FREE, free
from switch.app.flow_run import FlowRun, GoOn
from switch.app.flow_services import FlowServices
from switch.app.journal import Journal
from switch.app.routing_desk import RoutingDesk
from switch.app.routing_journal import CALL, LeftCalls
from switch.calls.leg import Leg
from switch.calls.registry import CallRegistry
from switch.calls.session import CallServices, CallSession
from switch.events import CallEnded, CallTakenOver
from switch.ivr.call import Facts
from switch.log import get_logger
from switch.media.pool import MediaPool
from switch.records.store import RecordStore
from switch.sip.core import SipCore
from switch.sip.events import SessionEnded
from switch.sip.invite_usage import SessionState
from switch.sip.restored_session import RestoredSession
from switch.termination import Reason, Result, Termination

_NOTE_SECONDS = 2.0
"""Calls that have talked for less are not noted: a call is set up as fast as without all this."""
_UNHEARD_SECONDS = 20.0
"""A BYE is sent again for 32 s (RFC 3261 17.1.2.2); after so long away we ask."""

_GONE = Termination(
    Result.FAILED, Reason.MEDIA_LOST, detail="the switch fell, and the media worker with it"
)
_TOO_LATE = Termination(
    Result.FAILED, Reason.SWITCH_STOPPED, detail="the switch was away for too long"
)


class CallPreservation:
    """Notes who talks, and takes up who talked."""

    def __init__(
        self,
        journal: Journal,
        services: CallServices,
        media: MediaPool,
        records: RecordStore,
        core: SipCore,
        desk: RoutingDesk,
        tell: Callable[[], None],
    ) -> None:
        """Make it.

        Args:
            tell: hands over to the records what has happened so far.
        """
        self._journal = journal
        self._services = services
        self._registry: CallRegistry = services.registry
        self._media = media
        self._records = records
        self._core = core
        self._desk = desk
        self._tell = tell
        self._sessions: dict[str, tuple[RestoredSession, RestoredSession]] = {}
        """Of calls that are about to be taken up: the caller's and the partner's."""
        self._changed: dict[str, float] = {}
        """Call -> when it is to be noted, by the loop's clock; the first to be noted first."""
        self._noted: set[str] = set()
        """Calls that the journal knows."""
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._kept_free: dict[str, str] = {}
        """Call -> the agent who has placed it, and gets no others meanwhile."""
        self._go_on: GoOn = lambda _call, _memory: None
        self._flow_services: FlowServices | None = None
        """What calls are given; none is noted or taken up before."""
        self._log = get_logger()

    # While the switch runs.

    def changed(self, session: CallSession) -> None:
        """Note a call soon: its parties talk, or talk otherwise, or do not talk any more."""
        if session.pair is None and session.id not in self._noted:
            self._changed.pop(session.id, None)
        elif session.id not in self._changed:
            loop = asyncio.get_running_loop()
            self._changed[session.id] = loop.time() + _NOTE_SECONDS
            if self._timer is None:
                self._timer = loop.call_later(_NOTE_SECONDS, self._on_timer)

    def note(self) -> None:
        """Note now whatever has changed."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._note(self._changed)
        self._changed = {}

    def _on_timer(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        due = list(takewhile(lambda call: self._changed[call] <= loop.time(), self._changed))
        for call in due:
            del self._changed[call]
        if self._changed:
            first = next(iter(self._changed.values()))
            self._timer = loop.call_at(first, self._on_timer)
        if due:
            self._note(due)

    def _note(self, calls: Iterable[str]) -> None:
        self._tell()
        for call in calls:
            session = self._registry.call(call)
            memory = None if session is None else self._remember(session)
            if memory is not None:
                self._noted.add(call)
                # As bytes, here and now: the record so far goes on changing.
                self._journal.put(CALL + call, msgspec.Raw(msgspec.json.encode(memory)))
            elif call in self._noted:
                self._noted.discard(call)
                self._journal.put(CALL + call, None)

    def _remember(self, session: CallSession) -> CallMemory | None:
        worker = self._media.worker_of(session.inbound.id)
        fold = self._records.fold(session.id)
        run = session.run_of_flow
        kept = run.remember(fold) if isinstance(run, FlowRun) and session.pair else None
        brought = self._conversations.remember(session)
        return remember_call(session, worker, fold, kept, brought)

    @property
    def _conversations(self) -> Conversations:
        assert self._flow_services is not None
        return self._flow_services.conversations

    # At the start.

    def open_dialogs(self, left: LeftCalls) -> None:
        """Know the dialogs of the last core's calls, before anything can come of them."""
        if not left.too_late:
            now = self._services.endpoint.now()
            for memory in left.calls:
                self._sessions[memory.call] = (
                    self._core.restore(memory.inbound.session, now),
                    self._core.restore(memory.outbound.session, now),
                )

    def restore(self, left: LeftCalls, services: FlowServices, go_on: GoOn) -> set[str]:
        """Take up the calls of the last core; return those that go on.

        A call whose media worker fell too ends for both parties. Every record is closed.
        """
        self._flow_services, self._go_on = services, go_on
        going_on: set[str] = set()
        for memory in left.calls:
            if memory.fold is not None:
                self._records.take_up(memory.fold)
            if left.too_late:
                self._give_up(memory)
            elif self._media.partner_of(memory.inbound.id) == memory.outbound.id:
                going_on.add(memory.call)
                self._take_up(memory, left.down_seconds)
            else:
                self._take_up(memory, None)
        if going_on:
            self._log.info("calls_taken_over", calls=len(going_on), down_seconds=left.down_seconds)
        return going_on

    def free_agents(self, agents: Iterable[str]) -> None:
        """Give agents calls again whom the last core kept free for a direct call.

        Those who still talk so get them once they have hung up.

        Args:
            agents: whose states are those of before; to be done after that.
        """
        calls = [call for call in self._registry.calls() if call.pair is not None]
        partners = {call.outbound.party: call.outbound for call in calls if call.outbound}
        callers = {call.inbound.party: call for call in calls}
        for agent in agents:
            if self._desk.reason(agent) != KEPT_FREE:
                continue
            if agent in partners:
                partners[agent].afterwards = partial(free, self._desk, agent)
            elif agent in callers:
                self._kept_free[callers[agent].id] = agent
            else:
                free(self._desk, agent)

    async def tidy(self) -> None:
        """Close the streams that outlived the last core for nobody."""
        registry = self._registry
        closed = await self._media.release_unclaimed(lambda each: registry.leg(each) is not None)
        if closed:
            self._log.warning("streams_without_call", closed=closed)

    def _give_up(self, memory: CallMemory) -> None:
        self._services.publish(
            CallEnded(
                at=self._services.utc(),
                call=memory.call,
                termination=_TOO_LATE,
                recording=memory.recording,
                recording_error=memory.recording_error,
            )
        )

    def _take_up(self, memory: CallMemory, down_seconds: float | None) -> None:
        """Make a call anew; without `down_seconds` to end it, for its media are lost."""
        lives = down_seconds is not None
        call = CallSession(memory.call, self._services, inbound_id=memory.inbound.id)
        self._registry.add(call)
        outbound = call.go_on(memory.outbound.id, memory.music)
        if memory.brought is not None:
            self._conversations.take_up(call, memory.brought)
        call.recording = memory.recording
        call.recording_error = memory.recording_error
        sessions = self._sessions.pop(memory.call)
        legs = (call.inbound, memory.inbound), (outbound, memory.outbound)
        for (leg, remembered), session in zip(legs, sessions, strict=True):
            _take_up_leg(leg, remembered, session, opened=lives)
        task = asyncio.get_running_loop().create_task(
            call.run(lambda: self._conduct(call, memory)), name=f"call-{call.id}"
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._noted.add(memory.call)
        if down_seconds is None:
            call.end(_GONE)
            return
        call.publish(CallTakenOver, down_seconds=down_seconds)
        if down_seconds > _UNHEARD_SECONDS:
            self._make_sure(call)

    def _make_sure(self, call: CallSession) -> None:
        """Ask both parties whether they are still there: they may have hung up unheard."""
        for leg in (call.inbound, call.outbound):
            if leg is not None and isinstance(leg.session, RestoredSession):
                leg.session.make_sure(self._services.endpoint.now())
        self._services.endpoint.flush()

    async def _conduct(self, call: CallSession, memory: CallMemory) -> None:
        """Let them talk until one has gone, and go on with the flow then, if that can be."""
        by = memory.brought.by if memory.brought is not None else ""
        dialled = self._conversations.destinations.dialled_before(_trunk_of(memory), by)
        try:
            await self._talk(call, memory)
        finally:
            dialled()
            if agent := self._kept_free.pop(call.id, ""):
                free(self._desk, agent)

    async def _talk(self, call: CallSession, memory: CallMemory) -> None:
        why = memory.why_no_run
        if memory.run is not None:
            run = self._go_on(call, memory.run)
            if run is not None:
                await run.go_on(memory.run)
                return
            why = "the flow has changed"
        if why:
            call.log.warning("flow_ends_with_talk", why=why)
        brought = self._conversations.brought(call)
        if brought is not None and brought.by == memory.inbound.party:
            assert self._flow_services is not None
            await self._flow_services.headset_calls.go_on(call, brought)
        else:
            await self._let_talk(call, memory)

    async def _let_talk(self, call: CallSession, memory: CallMemory) -> None:
        """Let them talk as before, the agent's wishes and all, and end with the talk."""
        desk, agent = self._desk, memory.outbound.party
        if (by := memory.inbound.party) and memory.fold is not None and memory.fold.queues:
            # An agent talks with whom a queue has found, and may want to join them with a caller.
            to = Destination(queue=memory.fold.queues[-1].queue)
            self._conversations.placed[call.id] = Placed(call, by, to)
        try:
            await self._conversations.talk(
                call, _facts(memory), agent, lambda: desk.talk_ended(call.id)
            )
            call.drop_outbound("")
            desk.talk_ended(call.id)
        finally:
            self._conversations.placed.pop(call.id, None)
            desk.leave(call.id, "abandoned")


def _facts(memory: CallMemory) -> Facts:
    fold = memory.fold
    if fold is None or fold.arrived is None:
        return Facts(memory.call, "", "", "")
    arrived = fold.arrived
    return Facts(memory.call, arrived.caller, arrived.dialled, arrived.trunk, fold.language)


def _trunk_of(memory: CallMemory) -> str:
    """Return the trunk through which we have dialled one of the two; empty: we have not."""
    if memory.inbound.dialled:  # who is rung back
        return _facts(memory).trunk
    if memory.brought is not None:
        return memory.brought.to.trunk
    transfer = memory.run.transfer if memory.run is not None else None
    return transfer.trunk if transfer is not None else ""


def _take_up_leg(leg: Leg, memory: LegMemory, session: RestoredSession, *, opened: bool) -> None:
    leg.local.session_id = memory.sdp_session
    leg.local.version = memory.sdp_version
    leg.take_up_stream(memory.negotiated, port=memory.port, plays=memory.plays, opened=opened)
    leg.take_up(session, held=memory.held, dialled=memory.dialled)
    leg.party = memory.party
    if session.state is SessionState.ENDED:  # between its coming to life and now
        leg.handle_sip(SessionEnded(session, by_remote=True, why="bye"))
