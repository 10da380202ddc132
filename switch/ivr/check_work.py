"""PURE: how much one node computes: other calls wait meanwhile.

`set` and `branch` let others have their turn after each expression; what other nodes compute
they compute at once. With the limits of each operation (`bounded.py`) this keeps the worst
flow that passes from holding the switch for more than some milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator

from switch.errors import Problem
from switch.ivr.check_names import templates
from switch.ivr.models import FlowFile
from switch.yaml_source import YamlSource

MAX_OPERATIONS = 500
"""In all expressions of a node; a value that is read and spoken is three."""

_PIECEWISE = frozenset({"set", "branch"})


def check_work(file: FlowFile, source: YamlSource) -> Iterator[Problem]:
    """Yield nodes that compute too much at once."""
    for name, node in file.nodes.items():
        operations = sum(template.operations for _, template in templates(node))
        if operations > MAX_OPERATIONS and node.type not in _PIECEWISE:
            message = (
                f"computes too much at once: {operations} operations, {MAX_OPERATIONS} at most"
            )
            yield source.problem(("nodes", name), message, "compute parts in `set` nodes before")
