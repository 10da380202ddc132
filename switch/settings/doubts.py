"""PURE: what works but is probably not meant: queues that nobody can serve, and the like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from switch.errors import Problem
from switch.settings.overflow_circles import circles
from switch.settings.people import Agent
from switch.settings.queues import Queue
from switch.skills_fields import plain_levels
from switch.yaml_source import Location, YamlSource
from switch.yaml_wording import did_you_mean


def doubts(
    source: YamlSource, queues: Sequence[Queue], agents: Sequence[Agent]
) -> Iterator[Problem]:
    """Yield what is doubtful about the queues, given who there is to serve them."""
    best: dict[str, int] = {}
    for agent in agents:
        for skill, level in agent.skills.items():
            best[skill] = max(level, best.get(skill, 0))
    for index, queue in enumerate(queues):
        place = ("queues", index, "skills")
        able = True
        for skill, level in plain_levels(queue.skills).items():
            if best.get(skill, 0) < level:
                able = False
                has = f"the best has {best[skill]}" if skill in best else "nobody has the skill"
                message = f"no agent has `{skill}` at level {level} or more: {has}"
                where = (*place, skill) if skill in queue.skills else place
                yield source.problem(where, message, key=True)
        if able and not qualified(agents, queue):
            message = "no agent has all the skills that this queue asks for"
            yield source.problem(place, message, key=True)
    yield from _idle_words(source, queues, best.keys())
    for circle in circles(queues):
        yield source.problem(circle.place, circle.warning)


def _idle_words(
    source: YamlSource, queues: Sequence[Queue], had: Iterable[str]
) -> Iterator[Problem]:
    """Yield skills that are preferred or relaxed and that nobody has: they do nothing."""
    known = sorted(had)
    for index, queue in enumerate(queues):
        named: list[tuple[Location, str]] = [
            (("preferred", name), name) for name in queue.preferred
        ]
        for step, relax in enumerate(queue.relax):
            named += [(("relax", step, "lower", name), name) for name in relax.lower]
            named += [(("relax", step, "drop"), name) for name in relax.drop]
        for place, name in named:
            if name not in known:
                message = f"no agent has the skill `{name}`: this does nothing"
                hint = did_you_mean(name, known)
                yield source.problem(("queues", index, *place), message, hint, key=True)


def qualified(agents: Iterable[Agent], queue: Queue) -> list[Agent]:
    """Return the agents whose skills satisfy a queue."""
    return [agent for agent in agents if _has(agent.skills, queue.skills)]


def _has(skills: Mapping[str, int], needed: Mapping[str, Any]) -> bool:
    """Whether someone with these skills has what is needed."""
    for name, inner in needed.items():
        parts = [_has(skills, each) for each in (inner if isinstance(inner, list) else ())]
        match name:
            case "all":
                met = all(parts)
            case "any":
                met = any(parts)
            case "not":
                met = not (any(parts) if isinstance(inner, list) else _has(skills, inner))
            case _:
                met = skills.get(name, 0) >= inner
        if not met:
            return False
    return True
