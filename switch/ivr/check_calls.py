"""PURE: flows that call each other: recursion, depth, arguments, results, endless hand-overs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from switch.errors import Problem
from switch.ivr.check_ways import Summary
from switch.ivr.graph import components
from switch.ivr.models import FlowFile
from switch.ivr.nodes import Call, ReturnNode, Transfer
from switch.yaml_source import YamlSource
from switch.yaml_wording import did_you_mean, nearest

MAX_DEPTH = 8
"""Flows within flows."""

Files = Mapping[str, tuple[FlowFile, YamlSource]]
"""Flow -> its file, of all that are read."""


def calls(file: FlowFile) -> Iterator[tuple[str, str]]:
    """Yield node and flow of every `call`."""
    for name, node in file.nodes.items():
        if isinstance(node, Call):
            yield name, node.flow


def in_order(files: Files) -> list[str]:
    """Return the flows, each after those that it calls, as far as they do not call in a
    circle."""
    onward = {
        name: [flow for _, flow in calls(file) if flow in files]
        for name, (file, _) in files.items()
    }
    return [name for group in components(onward) for name in group]


def check_recursion(files: Files) -> Iterator[Problem]:
    """Yield calls that come back to the flow they stand in, and calls too deep."""
    onward = {
        name: [flow for _, flow in calls(file) if flow in files]
        for name, (file, _) in files.items()
    }
    depth: dict[str, int] = {}
    for group in components(onward):
        members = set(group)
        for name in group:
            file, source = files[name]
            below = [depth.get(flow, 0) for flow in onward[name] if flow not in members]
            depth[name] = 1 + max(below, default=0)
            for node, flow in calls(file):
                if flow in members and (len(group) > 1 or flow == name):
                    message = f"`{name}` would call itself: {' -> '.join((*group, group[0]))}"
                    hint = "`transfer` goes over to a flow for good"
                    yield source.problem(("nodes", node, "flow"), message, hint)
                elif depth.get(flow, 0) == MAX_DEPTH:
                    message = f"flows are called more than {MAX_DEPTH} deep here"
                    yield source.problem(("nodes", node, "flow"), message)


def check_calls(
    name: str, file: FlowFile, source: YamlSource, others: Mapping[str, Summary], flows: list[str]
) -> Iterator[Problem]:
    """Yield calls of flows that are not there, or that take or give something else.

    Args:
        others: what the flows do that it names.
        flows: all that there are beside it.
    """
    for title, node in file.nodes.items():
        if isinstance(node, Call | Transfer) and node.flow is not None:
            if node.flow not in flows:
                hint = did_you_mean(node.flow, [each for each in flows if each != name])
                message = f"there is no flow `{node.flow}` beside this one"
                yield source.problem(("nodes", title, "flow"), message, hint)
            elif node.flow in others:
                other = others[node.flow]
                if isinstance(node, Call):
                    yield from _call(source, title, node, other)
                elif other.arguments:
                    message = f"`{node.flow}` takes arguments, so it can only be called"
                    yield source.problem(("nodes", title, "flow"), message, "`type: call`")
        elif isinstance(node, ReturnNode):
            yield from _same(
                source,
                ("nodes", title, "values"),
                set(node.values),
                set(file.results),
                "the flow's `results`",
            )


def _call(source: YamlSource, title: str, node: Call, other: Summary) -> Iterator[Problem]:
    place = ("nodes", title, "arguments")
    whose = f"the `arguments` of `{node.flow}`"
    yield from _same(source, place, set(node.arguments), set(other.arguments), whose)
    for variable, result in node.into.items():
        if result not in other.results:
            message = f"`{node.flow}` has no result `{result}`"
            hint = did_you_mean(result, sorted(other.results))
            yield source.problem(("nodes", title, "into", variable), message, hint)
    if not other.returns:
        message = f"`{node.flow}` never returns, so nothing after this is reached"
        yield source.problem(("nodes", title, "flow"), message, "`type: transfer`")


def _same(
    source: YamlSource, place: tuple[str, ...], given: set[str], wanted: set[str], whose: str
) -> Iterator[Problem]:
    for name in sorted(given - wanted):
        hint = did_you_mean(name, sorted(wanted))
        yield source.problem((*place, name), f"`{name}` is not one of {whose}", hint, key=True)
    meant = {nearest(name, sorted(wanted)) for name in given - wanted}
    for name in sorted(wanted - given - meant):
        yield source.problem(place, f"`{name}` is missing, one of {whose}", f"`{name}: VALUE`")


def check_hand_overs(files: Files, summaries: Mapping[str, Summary]) -> Iterator[Problem]:
    """Yield transfers in a circle that a caller goes round for ever who does nothing."""
    onward = {
        name: [flow for flow in sorted(each.silent_transfers) if flow in summaries]
        for name, each in summaries.items()
    }
    for group in components(onward):
        if len(group) == 1 and group[0] not in onward[group[0]]:
            continue
        way = " -> ".join((*group, group[0]))
        for name in group:
            file, source = files[name]
            for title, node in file.nodes.items():
                if isinstance(node, Transfer) and node.flow in group:
                    message = f"a caller who does nothing would go round for ever: {way}"
                    yield source.problem(("nodes", title, "flow"), message)
