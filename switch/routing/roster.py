"""PURE: all agents, moved from state to state, with what follows for their lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from switch.deadlines import Deadlines
from switch.errors import RoutingError
from switch.routing.agent import (
    Agent,
    AgentInput,
    AgentProfile,
    AgentState,
    AgentView,
    next_state,
)
from switch.routing.events import AgentMoved


class Roster:
    """Owns every agent's state. Whatever was timed in a state ends with it."""

    def __init__(self, deadlines: Deadlines, report: Callable[[AgentMoved], None]) -> None:
        self._agents: dict[str, Agent] = {}
        self._deadlines = deadlines
        self._report = report
        self._tickets = 0
        self._by_state = dict.fromkeys(AgentState, 0)

    def __iter__(self) -> Iterator[Agent]:
        return iter(self._agents.values())

    def __contains__(self, agent_id: str) -> bool:
        return agent_id in self._agents

    @property
    def by_state(self) -> Mapping[AgentState, int]:
        """How many agents are in each state."""
        return self._by_state

    def __getitem__(self, agent_id: str) -> Agent:
        try:
            return self._agents[agent_id]
        except KeyError:
            raise RoutingError(f"there is no agent {agent_id!r}") from None

    def add(self, profile: AgentProfile) -> Agent:
        """Take in an agent, logged out."""
        agent = self._agents[profile.id] = Agent(profile)
        self._by_state[AgentState.LOGGED_OUT] += 1
        return agent

    def remove(self, agent: Agent) -> None:
        """Forget an agent who is logged out."""
        del self._agents[agent.profile.id]
        self._by_state[agent.state] -= 1
        self._deadlines.cancel(agent.watch)

    def view(self, agent_id: str, now: float) -> AgentView:
        """Return an agent as shown to others."""
        agent = self[agent_id]
        profile = agent.profile
        return AgentView(
            id=profile.id,
            name=profile.name,
            skills=profile.skills,
            languages=profile.languages,
            site=profile.site,
            state=agent.state,
            reason=agent.reason,
            since=agent.since,
            until=agent.until,
            contact=agent.contact.id if agent.contact is not None else "",
            wish=agent.wish.input.value if agent.wish is not None else "",
            forced=agent.forced,
            off_shift=agent.off_shift,
            misses=agent.misses,
            occupancy=agent.busy_share(now),
        )

    # States.

    def move(self, agent: Agent, reason: str, now: float, *inputs: AgentInput) -> None:
        """Let inputs happen to an agent, told as one move from the first state to the last."""
        previous = agent.state
        state = previous
        for happened in inputs:
            state = next_state(state, happened)
        self._deadlines.cancel(agent)
        agent.until = None
        agent.reason = reason
        agent.asked = 0
        if state is not previous:
            agent.note_occupancy(now)
            self.hide(agent)
            agent.state = state
            agent.since = now
            self._by_state[previous] -= 1
            self._by_state[state] += 1
            if previous is AgentState.LOGGED_OUT:
                for line, seat in agent.lines.items():
                    line.tiers[seat.tier].logged_in_count += 1
            elif state is AgentState.LOGGED_OUT:
                for line, seat in agent.lines.items():
                    line.tiers[seat.tier].logged_in_count -= 1
            if state is AgentState.READY:
                if inputs[-1] is not AgentInput.CALLER_LEFT:
                    agent.idle_since = now
                    agent.turn = self._tickets + 1
                self.show(agent, now)
        contact = agent.contact
        self._report(
            AgentMoved(
                agent.profile.id, state, previous, reason, "" if contact is None else contact.id
            )
        )

    def tell(self, agent: Agent) -> None:
        """Tell of an agent who is in the same state with another caller."""
        contact = agent.contact
        self._report(
            AgentMoved(
                *(agent.profile.id, agent.state, agent.state, agent.reason),
                "" if contact is None else contact.id,
            )
        )

    def restore(
        self, agent: Agent, state: AgentState, reason: str, since: float, idle_since: float
    ) -> None:
        """Put an agent who is logged out into the state of before a restart."""
        assert agent.state is AgentState.LOGGED_OUT
        self._by_state[agent.state] -= 1
        self._by_state[state] += 1
        agent.state, agent.reason, agent.since = state, reason, since
        for line, seat in agent.lines.items():
            line.tiers[seat.tier].logged_in_count += 1
        if state is AgentState.READY:
            agent.idle_since = idle_since
            agent.turn = self._tickets + 1
            self.show(agent, idle_since)
        self._report(AgentMoved(agent.profile.id, state, AgentState.LOGGED_OUT, reason))

    def time_limit(self, agent: Agent, until: float) -> None:
        """Let the agent's state end by itself at this time."""
        agent.until = until
        self._deadlines.set(agent, until)

    # Who can be had.

    def new_ticket(self) -> int:
        """Return a number that no entry in any heap bears."""
        self._tickets += 1
        return self._tickets

    def show(self, agent: Agent, now: float) -> None:
        """Let callers find a ready agent."""
        agent.ticket = self.new_ticket()
        for line, seat in agent.lines.items():
            line.add_ready(agent, seat, now)

    def hide(self, agent: Agent) -> None:
        """Let no caller find an agent any more, if one could."""
        if agent.ticket:
            agent.ticket = 0
            for line, seat in agent.lines.items():
                line.tiers[seat.tier].ready.count -= 1
