"""PURE: every line there is: one per queue, and one per further need in use."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping

from switch.routing.agent import Agent
from switch.routing.line import Line
from switch.routing.need import Need
from switch.routing.queue import Queue
from switch.routing.skill import AllOf, AnyOf, Has, Requirement, any_of

_SPARE_LINES = 256
"""Empty lines kept for callers who bring a need of their own."""


class AgentIndex:
    """Agents by each skill they have."""

    def __init__(self) -> None:
        self._all: dict[Agent, None] = {}
        self._by_skill: dict[str, dict[Agent, None]] = {}

    def add(self, agent: Agent) -> None:
        """Take in an agent."""
        self._all[agent] = None
        for skill in agent.traits.skills:
            self._by_skill.setdefault(skill, {})[agent] = None

    def remove(self, agent: Agent) -> None:
        """Forget an agent, whose traits must be those that were added."""
        del self._all[agent]
        for skill in agent.traits.skills:
            del self._by_skill[skill][agent]

    def candidates(self, required: Requirement) -> Mapping[Agent, None]:
        """Return all who meet the requirement, and as few others as the skills tell."""
        match required:
            case Has(skill=skill):
                return self._by_skill.get(skill, {})
            case AllOf(parts=parts) if parts:
                return min((self.candidates(part) for part in parts), key=len)
            case AnyOf(parts=parts):
                return {agent: None for part in parts for agent in self.candidates(part)}
            case _:
                return self._all


class LineBook:
    """Opens lines when they are first needed, and closes those long unused.

    Opening compares the agents who have the rarest skill required. That happens for
    each queue at the start, and then once for each new combination of skills that
    callers bring.
    """

    def __init__(self) -> None:
        self.index = AgentIndex()
        self._spare: OrderedDict[Line, None] = OrderedDict()
        """Empty lines with a further need, least recently used first."""

    def open(self, line: Line, now: float) -> None:
        """Let a line learn who may serve it."""
        required = any_of(*(tier.plan.requirement for tier in line.tiers))
        line.admit(self.index.candidates(required), now)

    def line(self, queue: Queue, extra: Need | None, now: float) -> Line:
        """Return the line for callers of a queue who bring this need."""
        if extra is None or extra == queue.main_line.need:
            return queue.main_line
        need = queue.profile.need.with_extra(extra)
        known = queue.lines.get(need)
        if known is None:
            known = queue.lines[need] = Line(queue, need)
            self.open(known, now)
        return known

    def add_caller(self, line: Line) -> None:
        """Note that a caller stands in the line."""
        line.callers += 1
        self._spare.pop(line, None)

    def remove_caller(self, line: Line) -> None:
        """Note that a caller left the line, which may now be spare."""
        line.callers -= 1
        if not line.callers and line is not line.queue.main_line:
            self._spare[line] = None
            if len(self._spare) > _SPARE_LINES:
                unused, _ = self._spare.popitem(last=False)
                unused.close()

    def close_queue(self, queue: Queue) -> None:
        """Forget every line of a queue."""
        for line in list(queue.lines.values()):
            self._spare.pop(line, None)
            line.close()

    def seat(self, agent: Agent, queues: Iterable[Queue], now: float) -> None:
        """Give an agent, new or changed, a seat in every line that fits."""
        for queue in queues:
            for line in queue.lines.values():
                line.admit((agent,), now)

    def unseat(self, agent: Agent) -> None:
        """Take the agent out of every line."""
        for line in list(agent.lines):
            line.dismiss(agent)
