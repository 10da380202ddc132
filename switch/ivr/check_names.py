"""PURE: names in a flow that lead nowhere: nodes, variables, queues, skills, hosts, ..."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from switch.errors import Problem
from switch.ivr.expressions import Template
from switch.ivr.fields import Location
from switch.ivr.models import ENTRIES, FlowFile
from switch.ivr.node import Named, Node
from switch.yaml_source import YamlSource
from switch.yaml_wording import did_you_mean, nearest

_FIELDS = {
    "queue": "queues",
    "skill": "skills",
    "agent": "agents",
    "site": "sites",
    "table": "tables",
    "column": "columns",
    "host": "hosts",
    "trunk": "trunks",
    "mailbox": "mailboxes",
}
_MESSAGES = {
    "skill": "no agent and no queue has the skill `{}`",
    "host": "the host `{}` is not one that flows may ask",
    "trunk": "there is no trunk `{}` that flows may dial out through",
    "language": "this flow does not speak `{}`",
}


def start_of(file: FlowFile) -> str:
    """Return the node at which a call begins."""
    return file.start or next(iter(file.nodes))


def entries(file: FlowFile) -> list[str]:
    """Return all nodes at which a flow may begin."""
    given = (getattr(file, field) for field in ENTRIES if field != "start")
    return [name for name in (start_of(file), *given) if name in file.nodes]


def templates(node: Node) -> Iterator[tuple[Location, Template]]:
    """Yield every expression of a node, those in prompts too."""
    yield from node.expressions()
    for location, prompt in node.all_prompts():
        for inner, template in prompt.templates():
            yield (*location, *inner), template


def check_names(file: FlowFile, source: YamlSource, known: Any) -> Iterator[Problem]:
    """Yield names of nodes, languages and of the configuration that are not there.

    Args:
        known: a `Known`, or None: the configuration is not known.
    """
    names = list(file.nodes)
    for field in ENTRIES:
        given = getattr(file, field)
        if given is not None and given not in file.nodes:
            hint = did_you_mean(given, names)
            yield source.problem((field,), f"there is no node `{given}`", hint)
    for name, node in file.nodes.items():
        for way in node.exits():
            if way.target not in file.nodes:
                place = ("nodes", name, *way.location)
                hint = did_you_mean(way.target, names)
                yield source.problem(place, f"there is no node `{way.target}`", hint)
        for named in node.names():
            there = _there(named, file, known)
            if there is not None and named.name not in there:
                yield _unknown(source, name, named, there)
        yield from _computed_language(file, source, name, node)


def _there(named: Named, file: FlowFile, known: Any) -> frozenset[str] | None:
    """Return what there is of a kind; None: it is not checked here."""
    if named.kind == "language":
        return frozenset(file.voices().languages)
    field = _FIELDS.get(named.kind)
    if known is None or field is None:
        return None
    there: frozenset[str] | None = getattr(known, field)
    if named.kind == "column" and named.name.partition(".")[0] not in (known.tables or ()):
        return None  # the table itself is complained about
    return there


def _unknown(source: YamlSource, node: str, named: Named, there: frozenset[str]) -> Problem:
    message = _MESSAGES.get(named.kind, f"there is no {named.kind} `{{}}`")
    candidates = sorted(there)
    shown = named.name
    if named.kind == "column":
        table, _, shown = named.name.partition(".")
        candidates = [each.partition(".")[2] for each in candidates if each.startswith(f"{table}.")]
    hint = did_you_mean(shown, candidates)
    place = ("nodes", node, *named.location)
    return source.problem(place, message.format(shown), hint, key=named.is_key)


def _computed_language(
    file: FlowFile, source: YamlSource, name: str, node: Node
) -> Iterator[Problem]:
    if node.type != "language":
        return
    for location, template in node.expressions():
        if not template.constant and not any(way.name == "unknown" for way in node.exits()):
            message = "a computed language may be one that the flow does not speak"
            yield source.problem(("nodes", name, *location), message, "`exits: {unknown: NODE}`")


def check_variables(file: FlowFile, source: YamlSource) -> Iterator[Problem]:
    """Yield variables that are read where they may have no value."""
    given = {variable for node in file.nodes.values() for variable in node.sets()}
    given |= set(file.arguments)
    named = [each for each in sorted(given) if each.isidentifier()]
    all_known = not any(node.sets_unknown for node in file.nodes.values())
    certain = _certain(file)
    for name, node in file.nodes.items():
        have = set(certain.get(name, given))
        for location, template in templates(node):
            for variable in sorted(template.variables - have):
                place = ("nodes", name, *location)
                if variable not in given:
                    message = f"no node gives `vars.{variable}` a value"
                    if all_known or nearest(variable, named):
                        yield source.problem(place, message, did_you_mean(variable, named))
                elif not _own(node, location, variable):
                    hint = f"set it before, or write `vars.{variable} | default('')`"
                    message = f"`vars.{variable}` may have no value yet here"
                    yield source.problem(place, message, hint)


def _own(node: Node, location: Location, variable: str) -> bool:
    """Return whether the node itself has given the value by then."""
    if node.type == "set":
        above = list(node.sets())
        return variable in above[: above.index(str(location[-1]))]
    return node.type == "collect" and variable in node.sets()


def _certain(file: FlowFile) -> Mapping[str, frozenset[str]]:
    """Return for each node that is reached the variables that surely have a value there."""
    first = frozenset(file.arguments)
    certain: dict[str, frozenset[str]] = dict.fromkeys(entries(file), first)
    waiting = list(certain)
    while waiting:
        name = waiting.pop()
        after = certain[name].union(file.nodes[name].sets())
        for way in file.nodes[name].exits():
            if way.target not in file.nodes or way.perhaps:
                continue
            before = certain.get(way.target)
            now = after if before is None else before & after
            if now != before:
                certain[way.target] = now
                waiting.append(way.target)
    return certain
