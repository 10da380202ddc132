"""PURE: nodes of a flow that nothing leads to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from switch.errors import Problem
from switch.ivr.check_names import entries
from switch.ivr.graph import closure, components
from switch.ivr.models import ENTRIES, FlowFile
from switch.yaml_source import YamlSource
from switch.yaml_wording import nearest

_MOST_NAMED = 8
"""Nodes, of those that come after one that nothing leads to."""


def check_reach(file: FlowFile, source: YamlSource) -> Iterator[Problem]:
    """Yield the nodes that nothing leads to; those that only they lead to are told with them.

    None is, as long as a node that is reached may lead anywhere.
    """
    onward = _onward(file)
    begin = [*entries(file), *(_meant_entries(file))]
    there = closure(onward, begin)
    if any(file.nodes[name].leads_unknown for name in there):
        return
    left = {name: [each for each in onward[name] if each not in there] for name in file.nodes}
    left = {name: targets for name, targets in left.items() if name not in there}
    told: set[str] = set()
    for group in reversed(components(left)):  # whatever leads to others comes before them
        members = set(group)
        if not members <= told:
            first = next(name for name in left if name in members)
            after = closure(left, [first]) - told - {first}
            told |= {first, *after}
            message = f"nothing leads to the node `{first}`{_with_those(left, after)}"
            yield source.problem(("nodes", first), message, "remove it, or lead to it", key=True)


def _onward(file: FlowFile) -> Mapping[str, Sequence[str]]:
    """Return where nodes lead; a name that is not quite right leads where it was meant to."""
    names = list(file.nodes)
    targets = {way.target for node in file.nodes.values() for way in node.exits()}
    meant = {target: nearest(target, names) for target in targets if target not in file.nodes}
    found = {
        name: [meant.get(way.target, way.target) for way in node.exits()]
        for name, node in file.nodes.items()
    }
    return {name: [each for each in onward if each] for name, onward in found.items()}


def _meant_entries(file: FlowFile) -> Iterator[str]:
    for field in ENTRIES:
        given = getattr(file, field)
        if given is not None and given not in file.nodes:
            yield nearest(given, list(file.nodes)) or next(iter(file.nodes))


def _with_those(names: Iterable[str], after: set[str]) -> str:
    """Return the words for the nodes that come after it."""
    if not after:
        return ""
    listed = [f"`{name}`" for name in names if name in after]
    more = len(listed) - _MOST_NAMED
    shown = ", ".join(listed[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f", and so to {shown} only from there"
