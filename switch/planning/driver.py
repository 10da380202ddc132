"""The switch's own router, as a simulation drives it.

All that planning knows of `switch.routing` is in this file: the simulator decides nothing
about who serves whom. Calls and agents are numbers here; the router's ids are made of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from switch.planning.model import Group, Stream
from switch.routing import (
    AgentMoved,
    AgentProfile,
    AgentState,
    ContactTurnedAway,
    Need,
    Offered,
    OfferWithdrawn,
    Router,
)
from switch.routing_profiles import queue_profile
from switch.settings.queues import Queue

_AVAILABLE = frozenset(
    {AgentState.READY, AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP}
)
"""At work: paid, and neither at home nor paused after a missed call."""
_BUSY = frozenset({AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP})

_CHANGES: Mapping[tuple[AgentState, AgentState], tuple[int, int]] = {
    (before, after): (
        (after in _AVAILABLE) - (before in _AVAILABLE),
        (after in _BUSY) - (before in _BUSY),
    )
    for before in AgentState
    for after in AgentState
}
"""By how much a move changes the number of agents at work, and of those busy."""


class Listener(Protocol):
    """Who carries out what the router says."""

    def offered(self, call: int, agent: int, now: float) -> None:
        """The agent's headset rings with the call."""

    def withdrawn(self, call: int, agent: int, now: float) -> None:
        """It rings no longer."""

    def sent_away(self, call: int, now: float) -> None:
        """The call has waited too long, or nobody is at work who could serve it."""

    def moved(self, agent: int, at_work: int, busy: int, now: float) -> None:
        """So many more agents, or fewer, are at work and busy, by this one."""


class Floor:
    """The router with its agents and queues. After each act all events are told."""

    def __init__(
        self,
        queues: Iterable[Queue],
        agents: Sequence[Group],
        listener: Listener,
    ) -> None:
        """Put together a router with everyone logged out.

        Args:
            queues: as configured.
            agents: of each agent, by number, the group.
            listener: whom to tell.
        """
        self._router = Router(
            [_profile(number, group) for number, group in enumerate(agents)],
            [queue_profile(queue) for queue in queues],
        )
        self._listener = listener
        self.next_due = self._router.next_deadline

    # Callers.

    def enter(
        self, call: int, queue: str, need: Need | None, priority: int | None, now: float
    ) -> None:
        """A call comes to a queue."""
        self._router.enter(str(call), queue, now, need=need, priority=priority)
        self._tell(now)

    def leave(self, call: int, now: float) -> None:
        """A caller who was not answered gives up."""
        self._router.leave(str(call), now)
        self._tell(now)

    def answer(self, call: int, agent: int, now: float) -> bool:
        """An agent answers; False when the offer no longer stands."""
        stands = self._router.offer_answered(str(call), str(agent), now)
        self._tell(now)
        return stands

    def end_talk(self, call: int, now: float) -> None:
        """Caller and agent part."""
        self._router.talk_ended(str(call), now)
        self._tell(now)

    # Agents and time.

    def be_ready(self, agent: int, now: float) -> None:
        """An agent's shift begins, or the work after a call is done early."""
        self._router.set_ready(str(agent), now)
        self._tell(now)

    def go_home(self, agent: int, now: float) -> None:
        """An agent's shift ends; a call goes on to its end."""
        self._router.log_out(str(agent), now)
        self._tell(now)

    def handle_timer(self, now: float) -> None:
        """Do what is due: missed rings, pauses, wrap-ups, waits too long."""
        self._router.handle_timer(now)
        self._tell(now)

    def _tell(self, now: float) -> None:
        next_event, listener = self._router.next_event, self._listener
        while (event := next_event()) is not None:
            kind = type(event)
            if kind is AgentMoved:
                assert isinstance(event, AgentMoved)
                at_work, busy = _CHANGES[event.previous, event.state]
                if at_work or busy:
                    listener.moved(int(event.agent), at_work, busy, now)
            elif isinstance(event, Offered):
                listener.offered(int(event.contact), int(event.agent), now)
            elif isinstance(event, OfferWithdrawn):
                listener.withdrawn(int(event.contact), int(event.agent), now)
            elif isinstance(event, ContactTurnedAway):
                listener.sent_away(int(event.contact), now)


def need_of(stream: Stream) -> Need | None:
    """Return what a stream's callers need on top of the queue's; to be kept, for many calls."""
    if not stream.skills and not stream.language:
        return None
    return Need.of(stream.skills, language=stream.language, whose="traffic")


def may_serve(group: Group, queue: Queue, stream: Stream) -> bool:
    """Whether agents of a group may serve a stream's calls in a queue, at once or later."""
    need = queue_profile(queue).need
    extra = need_of(stream)
    if extra is not None:
        need = need.with_extra(extra)
    traits = _profile(0, group).traits()
    return any(traits.fits(tier) for tier in need.tiers())


def _profile(number: int, group: Group) -> AgentProfile:
    return AgentProfile(
        str(number),
        "",
        group.skills,
        languages=group.languages,
        site=group.site,
        max_calls_per_hour=group.max_calls_per_hour,
    )
