"""PURE: all agents, moved from state to state, with what follows for their lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

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

    def __init__(
        self,
        profiles: Iterable[AgentProfile],
        deadlines: Deadlines,
        report: Callable[[AgentMoved], None],
    ) -> None:
        self._agents = {profile.id: Agent(profile) for profile in profiles}
        self._deadlines = deadlines
        self._report = report
        self._tickets = 0
        self._by_state = dict.fromkeys(AgentState, 0)
        self._by_state[AgentState.LOGGED_OUT] = len(self._agents)

    @property
    def agents(self) -> Iterable[Agent]:
        """Everyone, logged in or not."""
        return self._agents.values()

    @property
    def by_state(self) -> Mapping[AgentState, int]:
        """How many agents are in each state."""
        return self._by_state

    def __getitem__(self, agent_id: str) -> Agent:
        try:
            return self._agents[agent_id]
        except KeyError:
            raise RoutingError(f"there is no agent {agent_id!r}") from None

    def view(self, agent_id: str) -> AgentView:
        """Return an agent as shown to others."""
        agent = self[agent_id]
        return AgentView(
            id=agent.profile.id,
            name=agent.profile.name,
            skills=agent.profile.skills,
            state=agent.state,
            reason=agent.reason,
            since=agent.since,
            contact=agent.contact.id if agent.contact is not None else "",
            wish=agent.wish.input.value if agent.wish is not None else "",
        )

    def move(self, agent: Agent, reason: str, now: float, *inputs: AgentInput) -> None:
        """Let inputs happen to an agent, told as one move from the first state to the last."""
        previous = agent.state
        state = previous
        for happened in inputs:
            state = next_state(state, happened)
        self._deadlines.cancel(agent)
        agent.reason = reason
        if state is not previous:
            agent.state = state
            agent.since = now
            self._by_state[previous] -= 1
            self._by_state[state] += 1
            if previous is AgentState.READY:
                agent.ready_ticket = 0
                for line in agent.lines:
                    line.ready_count -= 1
            elif previous is AgentState.LOGGED_OUT:
                for line in agent.lines:
                    line.logged_in_count += 1
            if state is AgentState.READY:
                self._become_ready(agent, now, keep_turn=inputs[-1] is AgentInput.CALLER_LEFT)
            elif state is AgentState.LOGGED_OUT:
                for line in agent.lines:
                    line.logged_in_count -= 1
        contact = agent.contact
        self._report(
            AgentMoved(
                agent.profile.id, state, previous, reason, "" if contact is None else contact.id
            )
        )

    def _become_ready(self, agent: Agent, now: float, *, keep_turn: bool) -> None:
        self._tickets += 1
        agent.ready_ticket = self._tickets
        if not keep_turn:
            agent.idle_since = now
            agent.turn = self._tickets
        for line in agent.lines:
            line.add_ready(agent)
