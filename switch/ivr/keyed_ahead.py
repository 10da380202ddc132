"""PURE: where a caller may key in a secret before it is asked for (PCI DSS 3.3.1).

A key waits until a question reads it. One that is pressed while an invoice is looked up, or into
an earlier question, may be the first digit of a card: as far as keys are kept on the way to a
`sensitive` question, nothing that sounds may be recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from switch.ivr.check_names import start_of
from switch.ivr.models import FlowFile
from switch.ivr.nodes import Call, Transfer

_Place = tuple[str, str]
"""Flow and node."""


def keyed_ahead(files: Mapping[str, FlowFile]) -> dict[str, frozenset[str]]:
    """Return, for each flow, the nodes in which a key may belong to a secret asked for later.

    Those that ask for one are among them. Where a flow goes on after its `return` is known in a
    call only, and not told here.

    Args:
        files: all flows, with those that they lead to.
    """
    came_from: dict[_Place, list[_Place]] = {}
    waiting: list[_Place] = []
    for flow, file in files.items():
        for name, node in file.nodes.items():
            if any(node.secrets()):
                waiting.append((flow, name))
            if not node.forgets_keys:
                for target in _onward(flow, file, name, files):
                    came_from.setdefault(target, []).append((flow, name))
    found: set[_Place] = set()
    while waiting:
        place = waiting.pop()
        if place not in found:
            found.add(place)
            waiting += came_from.get(place, ())
    return {
        flow: frozenset(name for name in file.nodes if (flow, name) in found)
        for flow, file in files.items()
    }


def _onward(
    flow: str, file: FlowFile, name: str, files: Mapping[str, FlowFile]
) -> Iterator[_Place]:
    node = file.nodes[name]
    for way in node.exits():
        yield flow, way.target
    if file.on_error is not None:
        yield flow, file.on_error
    if isinstance(node, Call | Transfer) and node.flow is not None:
        yield node.flow, start_of(files[node.flow])
