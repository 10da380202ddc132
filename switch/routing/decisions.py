"""PURE: why this agent and this caller: decisions as data, kept for a while.

A decision is noted in constant time: what was chosen, and the few next in order. Who else
could have been chosen, and why not, is worked out when somebody asks, by taking back the
agents' moves since then.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import field, replace
from itertools import chain, islice

from switch.frozen import frozen
from switch.routing.agent import Agent, AgentState
from switch.routing.line import Line

STICKY = "sticky"
OUTSIDE = "outside"
STAND_IN = "stand_in"
"""The built-in rule, in place of an outside program that was asked in vain."""
MOST_URGENT = "most_urgent"
"""An agent became free, and the caller was first of those whom the agent may serve."""

KEPT_CALLS = 1000
"""Callers whose decisions are kept."""
_KEPT_PER_CALL = 20
KEPT_MOVES = 20_000
"""Moves of agents that can be taken back."""
_MOST_TOLD = 100
"""Agents named in one answer."""
_MOST_JUDGED = 2000
"""Agents looked at for one answer, those with a seat in the line first: a few milliseconds."""


@frozen(kw_only=True)
class Decision:
    """An agent was reserved for a caller."""

    number: int
    """Counts decisions and agents' moves alike: what happened before has a lower one."""
    at: float
    contact: str
    queue: str
    agent: str
    line: Line
    tier: int
    """Index of the agent's tier; `level` is the last that was open to the caller."""
    level: int
    rule: str
    """`most_urgent`, `sticky`, `outside`, `stand_in`, or the queue's strategy: a caller came,
    and it chose among the free agents."""
    why: str
    """In a sentence."""
    priority: int
    waited_seconds: float
    runners_up: tuple[str, ...] = ()
    """The ready agents next in order, with what counted, where a strategy chose."""


@frozen(kw_only=True)
class Candidate:
    """An agent who was not chosen, or the one who was."""

    agent: str
    verdict: str
    """`chosen`, `next`, `busy`, `away` or `unfit`."""
    why: str


@frozen(kw_only=True)
class Explanation:
    """A decision, with everyone who was not chosen and why not."""

    decision: Decision
    need: str
    candidates: tuple[Candidate, ...] = ()
    not_named: int = 0
    """Further agents, not named because there are too many."""
    states_known: bool = True
    """False: too much has happened since to tell what everyone did."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Verdict -> how many agents who are fit."""


class DecisionLog:
    """The last decisions and the moves of agents around them."""

    def __init__(self) -> None:
        self._number = 0
        self._by_contact: OrderedDict[str, list[Decision]] = OrderedDict()
        self._moves: deque[tuple[int, str, AgentState]] = deque(maxlen=KEPT_MOVES)
        """Number, agent, the state before."""

    def next_number(self) -> int:
        """Return the number of what happens now."""
        self._number += 1
        return self._number

    def note_move(self, agent: str, previous: AgentState) -> None:
        """An agent has left a state."""
        self._moves.append((self.next_number(), agent, previous))

    def note(self, decision: Decision) -> None:
        """Keep a decision."""
        kept = self._by_contact.get(decision.contact)
        if kept is None:
            kept = self._by_contact[decision.contact] = []
            if len(self._by_contact) > KEPT_CALLS:
                self._by_contact.popitem(last=False)
        kept.append(decision)
        del kept[:-_KEPT_PER_CALL]

    def hand_on(self, contact: str, to: str) -> Decision | None:
        """Another call is in a caller's place; return the last decision about it, if it is kept."""
        decisions = self.of(contact)
        for decision in decisions:
            self.note(replace(decision, contact=to))
        return decisions[-1] if decisions else None

    def of(self, contact: str) -> list[Decision]:
        """Return the decisions about a caller, in order; none when too long ago."""
        return list(self._by_contact.get(contact, ()))

    def explain(self, decision: Decision, agents: Mapping[str, Agent]) -> Explanation:
        """Return why the others were not chosen.

        Args:
            agents: everyone there is now; who has left since is not named.
        """
        states = {agent_id: agent.state for agent_id, agent in agents.items()}
        known = (
            not self._moves
            or self._moves[0][0] < decision.number
            or (len(self._moves) < KEPT_MOVES)
        )
        for number, agent_id, previous in reversed(self._moves):
            if number < decision.number:
                break
            states[agent_id] = previous
        fit: list[Candidate] = []
        unfit: list[Candidate] = []
        seated = decision.line.agents
        members = [agent for agent in seated if agents.get(agent.profile.id) is agent]
        others = (agent for agent in agents.values() if agent not in seated)
        for agent in islice(chain(members, others), _MOST_JUDGED):
            candidate = _judge(decision, agent, states[agent.profile.id])
            (unfit if candidate.verdict == "unfit" else fit).append(candidate)
        fit.sort(key=lambda candidate: _ORDER.index(candidate.verdict))
        counts = {word: sum(each.verdict == word for each in fit) for word in _ORDER}
        told = [*fit, *unfit][:_MOST_TOLD]
        return Explanation(
            decision=decision,
            need=str(decision.line.tiers[decision.level].plan),
            candidates=tuple(told),
            not_named=len(agents) - len(told),
            states_known=known,
            counts={**counts, "unfit": len(unfit) + max(0, len(agents) - _MOST_JUDGED)},
        )


_ORDER = ("chosen", "next", "busy", "away")


def _judge(decision: Decision, agent: Agent, state: AgentState) -> Candidate:
    """Return why this agent was chosen or not."""
    name = agent.profile.id
    line = decision.line
    if name == decision.agent:
        return Candidate(agent=name, verdict="chosen", why=decision.why)
    seat = line.seat(agent)
    if seat is None:
        plan = line.tiers[-1].plan
        lacks = plan.requirement.lacks(agent.traits.skills)
        why = "lacks " + ", ".join(lacks) if lacks else f"is at site {agent.traits.site or 'none'}"
        return Candidate(agent=name, verdict="unfit", why=why)
    plan = line.tiers[seat.tier].plan
    if seat.tier > decision.level:
        why = f"only after {plan.after_seconds:.0f} s of waiting ({plan})"
        return Candidate(agent=name, verdict="away", why=why)
    if state is not AgentState.READY:
        busy = state in (AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP)
        return Candidate(agent=name, verdict="busy" if busy else "away", why=f"was {state}")
    if seat.tier > decision.tier:
        return Candidate(agent=name, verdict="next", why=f"ready, of a later choice ({plan})")
    return Candidate(agent=name, verdict="next", why="ready, later in the order")
