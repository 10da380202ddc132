"""PURE: nodes and settings of a flow that stand where they cannot, and where they belong.

Mostly the indentation is wrong, or the line `nodes:` is. That is told, once; and the rest is
checked as if everything stood in its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from switch.errors import Problem
from switch.ivr.models import FlowFile
from switch.ivr.nodes import NODE_TYPES
from switch.yaml_source import YamlSource
from switch.yaml_wording import nearest

_KINDS = frozenset(
    kind for model in NODE_TYPES for kind in get_args(model.model_fields["type"].annotation)
)
SETTINGS = frozenset(
    field.alias or name for model in NODE_TYPES for name, field in model.model_fields.items()
)
"""Of nodes of any kind."""

_OF_NODES = frozenset({"type", "next", "exits"})
"""What is in a node and in no setting of one."""


def put_right(source: YamlSource) -> Iterator[Problem]:
    """Move what stands astray in the data of a flow, and yield what was wrong."""
    if not isinstance(source.data, dict):
        return
    yield from _other_name(source)
    yield from _beside_nodes(source)
    if isinstance(source.data.get("nodes"), dict):
        source.unite("nodes")
        yield from _within_nodes(source)
        yield from _settings_beside(source)


def _is_node(value: Any) -> bool:
    kind = value.get("type") if isinstance(value, dict) else None
    return isinstance(kind, str) and kind in _KINDS


def _other_name(source: YamlSource) -> Iterator[Problem]:
    """Nodes under a key that is nearly `nodes`."""
    data: Any = source.data
    if data.get("nodes"):
        return
    for key, value in list(data.items()):
        known = key in FlowFile.model_fields
        if known or not isinstance(value, dict) or not any(map(_is_node, value.values())):
            continue
        hint = "did you mean `nodes`?" if nearest(key, ["nodes"]) else "nodes stand below `nodes:`"
        yield source.problem((key,), f"unknown key `{key}`", hint, key=True)
        data.pop("nodes", None)
        source.move((key,), ("nodes",))
        return


def _beside_nodes(source: YamlSource) -> Iterator[Problem]:
    """Nodes that stand as far left as `nodes:`."""
    data: Any = source.data
    loose = [
        key for key, value in data.items() if key not in FlowFile.model_fields and _is_node(value)
    ]
    nodes = data.get("nodes")
    if not loose or not (nodes is None or isinstance(nodes, dict)):
        return
    first = loose[0]
    if nodes and source.is_uncertain((first,), key=True):
        pass  # what is wrong there is told already
    elif nodes:
        for key in loose:
            message = f"the node `{key}` stands beside `nodes`, not in it"
            yield source.problem((key,), message, "indent it like the other nodes", key=True)
    elif "nodes" in data:
        hint = f"indent what belongs to it, from `{first}` on"
        yield source.problem(("nodes",), "there is nothing in `nodes`", hint, key=True)
    else:
        hint = f"put the line `nodes:` above `{first}`, and indent the nodes below it"
        yield source.problem((first,), "the line `nodes:` is missing", hint, key=True)
    if not nodes:
        source.insert("nodes")
    for key in loose:
        if key not in data["nodes"]:
            source.move((key,), ("nodes", key))


def _within_nodes(source: YamlSource) -> Iterator[Problem]:
    """Nodes that are indented like the settings of the one before."""
    nodes: Any = source.data["nodes"]
    for name, node in list(nodes.items()):
        for key, value in list(node.items()) if isinstance(node, dict) else ():
            if key in SETTINGS or key in nodes or not _is_node(value):
                continue
            message = f"the node `{key}` stands within the node `{name}`"
            yield source.problem(
                ("nodes", name, key), message, f"indent it like `{name}`", key=True
            )
            source.move(("nodes", name, key), ("nodes", key))


def _settings_beside(source: YamlSource) -> Iterator[Problem]:
    """Settings that are indented like the node they belong to."""
    nodes: Any = source.data["nodes"]
    before: str | None = None
    for key, value in list(nodes.items()):
        if key not in SETTINGS or (isinstance(value, dict) and not _OF_NODES.isdisjoint(value)):
            before = key
            continue
        owner = nodes.get(before)
        if not isinstance(owner, dict) or key in owner:
            continue
        message = f"`{key}` stands beside the node `{before}`, not in it"
        hint = "indent it like the other settings of that node"
        yield source.problem(("nodes", key), message, hint, key=True)
        source.move(("nodes", key), ("nodes", str(before), key))
