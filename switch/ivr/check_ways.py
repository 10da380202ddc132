"""PURE: the ways of a flow: what goes round for ever, and who may be there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod

from switch.errors import Problem
from switch.frozen import frozen
from switch.ivr.check_names import entries, start_of
from switch.ivr.check_reach import check_reach
from switch.ivr.graph import closure, components
from switch.ivr.models import FlowFile
from switch.ivr.node import Exit, Node
from switch.ivr.nodes import Call, Repeat, Transfer
from switch.yaml_source import YamlSource

MAX_SILENT_STEPS = 2000
"""Nodes, with those of sub-flows, that a caller may pass who does nothing."""


@frozen()
class Summary:
    """What a flow does, for those that call it."""

    arguments: frozenset[str]
    results: frozenset[str]
    returns: bool
    """It has a `return` that is reached."""
    returns_silently: bool
    """It may return although the caller does nothing."""
    silent_steps: int
    """Nodes that a caller passes at most who does nothing."""
    silent_transfers: frozenset[str]
    """Flows that it may go over to although the caller does nothing."""


def summary(file: FlowFile, others: Mapping[str, Summary]) -> Summary:
    """Return what a flow does.

    Args:
        others: what the flows do that it calls.
    """
    everywhere = reached(file, entries(file))
    silent = reached(file, [start_of(file)], others)
    return Summary(
        frozenset(file.arguments),
        frozenset(file.results),
        any(file.nodes[name].type == "return" for name in everywhere),
        any(file.nodes[name].type == "return" for name in silent),
        _silent_steps(file, others),
        frozenset(
            node.flow
            for name in silent
            if isinstance(node := file.nodes[name], Transfer) and node.flow is not None
        ),
    )


def ways(node: Node, others: Mapping[str, Summary]) -> Iterator[Exit]:
    """Yield the ways on from a node; from a `call` only one that the caller acts on is taken
    as such when the other flow does not return without that, or cannot be read."""
    for way in node.exits():
        if isinstance(node, Call):
            acted = node.flow not in others or not others[node.flow].returns_silently
            yield Exit(way.location, way.target, acted, way.perhaps)
        else:
            yield way


def reached(
    file: FlowFile, starts: Sequence[str], silent_of: Mapping[str, Summary] | None = None
) -> set[str]:
    """Return the nodes that these lead to.

    Args:
        silent_of: what other flows do: only ways of a caller who does nothing count.
    """
    onward = {
        name: [
            way.target for way in ways(node, silent_of or {}) if silent_of is None or not way.acted
        ]
        for name, node in file.nodes.items()
    }
    return closure(onward, starts)


def check_ways(
    file: FlowFile, source: YamlSource, others: Mapping[str, Summary]
) -> Iterator[Problem]:
    """Yield nodes that nothing leads to, endless circles, and nodes without their caller."""
    yield from check_reach(file, source)
    circles = list(_circles(file, source, others))
    yield from circles
    if not circles and (steps := _silent_steps(file, others)) > MAX_SILENT_STEPS:
        message = f"a caller who does nothing could pass {steps} nodes"
        hint = f"{MAX_SILENT_STEPS} at most: fewer `times` in `repeat` nodes within each other"
        yield source.problem(("nodes",), message, hint)
    yield from _after_hangup(file, source)


def _after_hangup(file: FlowFile, source: YamlSource) -> Iterator[Problem]:
    if file.on_hangup is None or file.on_hangup not in file.nodes:
        return
    for name in sorted(reached(file, [file.on_hangup])):
        node = file.nodes[name]
        if node.needs_caller():
            message = f"comes after `on_hangup`, when the caller has gone: `{node.type}`"
            hint = (
                "set, branch, hours, queue_status, lookup, http, event, tag, goto, repeat, hangup"
                " may come"
            )
            yield source.problem(("nodes", name, "type"), message, hint)


def _circles(
    file: FlowFile, source: YamlSource, others: Mapping[str, Summary]
) -> Iterator[Problem]:
    """Find circles that a caller who does nothing would go round for ever."""
    onward = {
        name: [
            way.target
            for way in ways(node, others)
            if not way.acted and way.target in file.nodes and not _bounded(node, way)
        ]
        for name, node in file.nodes.items()
    }
    for group in components(onward):
        if len(group) == 1 and group[0] not in onward[group[0]]:
            continue
        circle = _one_circle(onward, group)
        back = next(
            way
            for way in ways(file.nodes[circle[-1]], others)
            if way.target == circle[0] and not way.acted
        )
        yield source.problem(
            ("nodes", circle[-1], *back.location),
            "a caller who does nothing would go round for ever: "
            + " -> ".join((*circle, circle[0])),
            "let one of them lead to a hangup, or put a `repeat` between",
        )


def _bounded(node: Node, way: Exit) -> bool:
    return isinstance(node, Repeat) and way.name == "next"


def _one_circle(onward: Mapping[str, Sequence[str]], group: Sequence[str]) -> list[str]:
    """Return a shortest circle through the group's first node in the file's order."""
    members = set(group)
    first = next(name for name in onward if name in members)
    came_from: dict[str, str] = {}
    waiting = [first]
    for name in waiting:
        for target in onward[name]:
            if target == first:
                path = [name]
                while path[-1] != first:
                    path.append(came_from[path[-1]])
                return path[::-1]
            if target in members and target not in came_from:
                came_from[target] = name
                waiting.append(target)
    raise AssertionError("a component is a circle")


def _silent_steps(file: FlowFile, others: Mapping[str, Summary]) -> int:
    """Return a bound of how many nodes a caller passes who does nothing."""
    onward = {
        name: [
            way.target for way in ways(node, others) if not way.acted and way.target in file.nodes
        ]
        for name, node in file.nodes.items()
    }
    costs = {name: _silent_cost(node, others) for name, node in file.nodes.items()}
    total = 0
    longest: dict[str, int] = {}
    for group in components(onward):  # those that a group leads to come before it
        rounds = [node.times + 1 for name in group if isinstance(node := file.nodes[name], Repeat)]
        own = sum(costs[name] for name in group) * (prod(rounds) if len(group) > 1 else 1)
        after = max(
            (longest[each] for name in group for each in onward[name] if each not in group),
            default=0,
        )
        longest.update(dict.fromkeys(group, own + after))
        total = max(total, own + after)
    return total


def _silent_cost(node: Node, others: Mapping[str, Summary]) -> int:
    if isinstance(node, Call) and node.flow in others:
        return 1 + others[node.flow].silent_steps
    return 1
