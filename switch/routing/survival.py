"""PURE: a new router takes up what the one before remembered."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from switch.errors import RoutingError
from switch.routing.agent import Agent, AgentInput, AgentState, Wish
from switch.routing.agent_life import HOURLY_LIMIT
from switch.routing.callers import CallerBook
from switch.routing.contact import Contact, ContactState
from switch.routing.memory import (
    AgentMemory,
    ContactMemory,
    PlaceMemory,
    ServedMemory,
    remember_agent,
    remember_contact,
)
from switch.routing.queue import Queue
from switch.routing.roster import Roster

RESTORED = "restored"


class Survival:
    """Tells what to remember, and restores it: once, before the first caller."""

    def __init__(
        self,
        roster: Roster,
        queues: Mapping[str, Queue],
        callers: CallerBook,
        contacts: dict[str, Contact],
    ) -> None:
        self._roster = roster
        self._queues = queues
        self._callers = callers
        self._contacts = contacts

    def of_agent(self, agent: str) -> AgentMemory | None:
        """Return what must survive of an agent; None who is not there any more."""
        return remember_agent(self._roster[agent]) if agent in self._roster else None

    def of_contact(self, contact_id: str) -> ContactMemory | None:
        """Return what must survive of a caller; None who has gone."""
        contact = self._contacts.get(contact_id)
        return None if contact is None else remember_contact(contact)

    def restore_agents(
        self,
        memories: Iterable[AgentMemory],
        now: float,
        talks: Iterable[ContactMemory] = (),
    ) -> int:
        """Put agents into their states again; return how many were found.

        Args:
            talks: callers whose calls go on; the agents whom they talk to do so too.
        """
        count = 0
        by_agent = {talk.agent: talk for talk in talks if talk.queue in self._queues}
        for memory in sorted(memories, key=lambda each: (each.idle_since, each.turn)):
            if memory.agent in self._roster:
                agent = self._roster[memory.agent]
                self._agent(agent, memory, now, by_agent.get(memory.agent))
                count += 1
        return count

    def restore_hours(self, memories: Iterable[AgentMemory], now: float) -> None:
        """Know only how many calls agents have taken lately, for their limits by the hour."""
        for memory in memories:
            if memory.agent in self._roster:
                times = (min(at, now) for at in memory.answered_at)
                self._roster[memory.agent].answered_at = deque(times)

    def restore_places(self, memories: Iterable[ContactMemory], now: float) -> int:
        """Keep the places of those who waited; return how many there are.

        Their calls are gone, so that each is an old place: it is taken up again by a caller
        who calls within `resume_seconds`.
        """
        count = 0
        for memory in memories:
            queue = self._queues.get(memory.queue)
            if queue is None or not memory.caller or memory.agent or memory.callback:
                continue
            until = now + queue.profile.resume_seconds
            self._callers.note_place(memory.caller, memory.queue, memory.since, until)
            count += 1
        return count

    def restore_old_places(self, memories: Iterable[PlaceMemory]) -> None:
        """Keep the places of those who had hung up already."""
        for memory in memories:
            self._callers.note_place(memory.caller, memory.queue, memory.since, memory.until)

    def changed_places(self) -> list[tuple[str, str, PlaceMemory | None]]:
        """Return caller, queue and place, of old places that are new or no more since the last
        time."""
        return [
            (
                *(caller, queue),
                None
                if place is None
                else PlaceMemory(caller=caller, queue=queue, since=place.since, until=place.until),
            )
            for (caller, queue), place in self._callers.changed_places().items()
        ]

    def restore_served(self, memories: Iterable[ServedMemory]) -> None:
        """Know again who served whom."""
        for memory in memories:
            self._callers.note_served(memory.caller, memory.queue, memory.agent, memory.until)

    def _agent(
        self, agent: Agent, memory: AgentMemory, now: float, talk: ContactMemory | None
    ) -> None:
        agent.forced = memory.forced
        agent.misses = memory.misses
        agent.longest_wrap_up_seconds = memory.longest_wrap_up_seconds
        agent.answered_at = deque(memory.answered_at)
        agent.occupancy = memory.occupancy
        agent.occupancy_at = min(now, memory.occupancy_at)
        talks_on = talk is not None and memory.state == AgentState.TALKING.value
        state, until = (AgentState.TALKING, None) if talks_on else _state_after(memory, now)
        if state is AgentState.LOGGED_OUT:
            return
        reason = memory.reason if state.value == memory.state else RESTORED
        if state is AgentState.READY:  # the call may have been the last of the hour
            until = agent.hour_is_full_until(now)
            if until is not None:
                state, reason = AgentState.NOT_READY, HOURLY_LIMIT
        idle = memory.state in (AgentState.READY, AgentState.RESERVED)
        idle_since = memory.idle_since if idle else now
        self._roster.restore(agent, state, reason, min(now, memory.since), min(now, idle_since))
        if until is not None:
            self._roster.time_limit(agent, max(until, now))
        if talks_on and talk is not None:
            self._join(agent, talk)
        if memory.wish and (talks_on or state is AgentState.WRAP_UP):
            agent.wish = Wish(AgentInput(memory.wish), memory.wish_reason)

    def _join(self, agent: Agent, talk: ContactMemory) -> None:
        line = self._queues[talk.queue].main_line
        contact = Contact(talk.contact, line, talk.priority, talk.entered, 0)
        contact.caller = talk.caller
        contact.state = ContactState.TALKING
        contact.agent, agent.contact = agent, contact
        self._contacts[talk.contact] = contact


def _state_after(memory: AgentMemory, now: float) -> tuple[AgentState, float | None]:
    """Return the state in which a restart leaves an agent, and when it ends by itself."""
    try:
        state = AgentState(memory.state)
    except ValueError:
        raise RoutingError(f"agent {memory.agent!r} was {memory.state!r}") from None
    match state:
        case AgentState.RESERVED:
            return AgentState.READY, None
        case AgentState.TALKING if memory.wish == AgentInput.LOG_OUT.value:
            return AgentState.LOGGED_OUT, None
        case AgentState.TALKING if memory.wrap_up_seconds > 0:
            return AgentState.WRAP_UP, now + memory.wrap_up_seconds
        case AgentState.TALKING if memory.wish:
            return AgentState.NOT_READY, None
        case AgentState.TALKING:
            return AgentState.READY, None
        case _:
            return state, memory.until
