"""PURE: every line there is: one per queue, and one per extra requirement in use."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping

from switch.routing.agent import Agent
from switch.routing.queue import Line, Queue
from switch.routing.skill import Requirement, check_levels

_SPARE_LINES = 256
"""Empty lines kept for callers who bring requirements of their own."""


class AgentIndex:
    """Agents by each skill they have."""

    def __init__(self, agents: Iterable[Agent]) -> None:
        self._all = tuple(agents)
        self._by_skill: dict[str, list[Agent]] = {}
        for agent in self._all:
            for skill in agent.profile.skills:
                self._by_skill.setdefault(skill, []).append(agent)

    def qualifying(self, requirement: Requirement) -> list[Agent]:
        """Return who meets the requirement, comparing only those with its rarest skill."""
        candidates = [self._by_skill.get(skill, []) for skill, _ in requirement.minimums]
        rarest = min(candidates, key=len, default=self._all)
        return [agent for agent in rarest if requirement.is_met_by(agent.profile.skills)]


class LineBook:
    """Opens lines when they are first needed, and closes those long unused.

    Opening compares the agents who have the rarest skill required. That happens for
    each queue at the start, and then once for each new combination of skills that
    callers bring.
    """

    def __init__(self, agents: Iterable[Agent], queues: Iterable[Queue]) -> None:
        self._index = AgentIndex(agents)
        self._spare: OrderedDict[Line, None] = OrderedDict()
        """Empty lines with an extra requirement, least recently used first."""
        for queue in queues:
            queue.main_line.open(self._index.qualifying(queue.main_line.requirement))

    def line(self, queue: Queue, extra_skills: Mapping[str, int] | None) -> Line:
        """Return the line for callers of a queue who bring these requirements."""
        if not extra_skills:
            return queue.main_line
        check_levels(extra_skills, "contact")
        requirement = Requirement.of(queue.profile.skills, extra_skills)
        return queue.lines.get(requirement) or self._open(queue, requirement)

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

    def _open(self, queue: Queue, requirement: Requirement) -> Line:
        line = Line(queue, requirement)
        line.open(self._index.qualifying(requirement))
        queue.lines[requirement] = line
        return line
