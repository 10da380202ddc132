"""What is wrong with a flow whose parts are right: names that lead nowhere, dead loops."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from switch.errors import Problem
from switch.ivr.models import FlowFile
from switch.ivr.node import Node
from switch.ivr.nodes import Queue
from switch.yaml_source import YamlSource
from switch.yaml_wording import did_you_mean


@dataclass(frozen=True, slots=True)
class Known:
    """What the configuration has, for a flow to name."""

    queues: frozenset[str]
    skills: frozenset[str]


def check_flow(
    file: FlowFile, source: YamlSource, directory: Path, known: Known | None
) -> Iterator[Problem]:
    """Yield every problem.

    Args:
        directory: where sound files start.
        known: None: queues and skills are not checked.
    """
    yield from _targets(file, source)
    yield from _prompt_files(file, source, directory)
    yield from _variables(file, source)
    if known is not None:
        yield from _queues(file, source, known)
    yield from _unreachable(file, source)
    yield from _loops(file, source)


def start_of(file: FlowFile) -> str:
    """Return the node at which a call begins."""
    return file.start or next(iter(file.nodes))


def _targets(file: FlowFile, source: YamlSource) -> Iterator[Problem]:
    names = list(file.nodes)
    if file.start is not None and file.start not in file.nodes:
        hint = did_you_mean(file.start, names)
        yield source.problem(("start",), f"there is no node `{file.start}`", hint)
    for name, node in file.nodes.items():
        for way in node.exits():
            if way.target not in file.nodes:
                place = ("nodes", name, *way.location)
                hint = did_you_mean(way.target, names)
                yield source.problem(place, f"there is no node `{way.target}`", hint)


def _prompt_files(file: FlowFile, source: YamlSource, directory: Path) -> Iterator[Problem]:
    for name, node in file.nodes.items():
        for location, prompt in node.all_prompts():
            if prompt.file and not (directory / prompt.file).is_file():
                place = ("nodes", name, *location, "file")
                hint = f"looked for {directory / prompt.file}"
                yield source.problem(place, f"there is no sound file `{prompt.file}`", hint)


def _variables(file: FlowFile, source: YamlSource) -> Iterator[Problem]:
    given = {variable for node in file.nodes.values() for variable in node.sets()}
    for name, node in file.nodes.items():
        for location, expression in node.expressions():
            for variable in sorted(expression.variables - given):
                yield source.problem(
                    ("nodes", name, *location),
                    f"no node gives `vars.{variable}` a value",
                    did_you_mean(variable, sorted(given)),
                )


def _queues(file: FlowFile, source: YamlSource, known: Known) -> Iterator[Problem]:
    for name, node in file.nodes.items():
        if not isinstance(node, Queue):
            continue
        if node.queue not in known.queues:
            hint = did_you_mean(node.queue, sorted(known.queues))
            place = ("nodes", name, "queue")
            yield source.problem(place, f"there is no queue `{node.queue}`", hint)
        for skill in node.skills:
            if skill not in known.skills:
                yield source.problem(
                    ("nodes", name, "skills", skill),
                    f"no agent and no queue has the skill `{skill}`",
                    did_you_mean(skill, sorted(known.skills)),
                    key=True,
                )


def _unreachable(file: FlowFile, source: YamlSource) -> Iterator[Problem]:
    reached: set[str] = set()
    waiting = [start_of(file)]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in file.nodes:
            continue
        reached.add(name)
        waiting += [way.target for way in file.nodes[name].exits()]
    for name in file.nodes:
        if name not in reached:
            message = f"nothing leads to the node `{name}`"
            yield source.problem(("nodes", name), message, "remove it, or lead to it", key=True)


def _loops(file: FlowFile, source: YamlSource) -> Iterator[Problem]:
    """Find circles that a caller who does nothing would go round for ever."""
    ways: Mapping[str, list[str]] = {
        name: [way.target for way in node.exits() if not way.acted and way.target in file.nodes]
        for name, node in file.nodes.items()
    }
    done: set[str] = set()
    for first in file.nodes:
        path: list[str] = []
        trail = [(first, iter(ways[first]))] if first not in done else []
        while trail:
            name, onward = trail[-1]
            if len(path) < len(trail):
                path.append(name)
            target = next(onward, None)
            if target is None:
                done.add(name)
                trail.pop()
                path.pop()
            elif target in path:
                circle = path[path.index(target) :]
                yield _circle(file.nodes, circle, source)
            elif target not in done:
                trail.append((target, iter(ways[target])))


def _circle(nodes: Mapping[str, Node], circle: list[str], source: YamlSource) -> Problem:
    back = next(
        way for way in nodes[circle[-1]].exits() if way.target == circle[0] and not way.acted
    )
    way = " -> ".join((*circle, circle[0]))
    return source.problem(
        ("nodes", circle[-1], *back.location),
        f"a caller who does nothing would go round for ever: {way}",
        "let one of them lead to a hangup",
    )
