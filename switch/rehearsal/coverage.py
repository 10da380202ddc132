"""PURE: which nodes and exits of flows were passed by any scenario."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from switch.ivr.models import Flow
from switch.rehearsal.call import RehearsedCall


@dataclass(slots=True)
class FlowCoverage:
    """One flow's nodes and exits, and those that were passed."""

    flow: str
    nodes: tuple[str, ...]
    exits: tuple[tuple[str, str], ...]
    """Node and exit, in the file's order."""
    nodes_seen: set[str] = field(default_factory=set)
    exits_seen: set[tuple[str, str]] = field(default_factory=set)

    @property
    def missed_nodes(self) -> list[str]:
        """Nodes that no scenario entered."""
        return [name for name in self.nodes if name not in self.nodes_seen]

    @property
    def missed_exits(self) -> list[tuple[str, str]]:
        """Exits that no scenario took."""
        return [each for each in self.exits if each not in self.exits_seen]

    @property
    def percent(self) -> float:
        """Nodes and exits passed, of all."""
        total = len(self.nodes) + len(self.exits)
        missed = len(self.missed_nodes) + len(self.missed_exits)
        return 100.0 * (total - missed) / total if total else 100.0


class Coverage:
    """Of several flows, and of those that they lead to."""

    def __init__(self, flows: Iterable[Flow]) -> None:
        self.flows: dict[str, FlowCoverage] = {}
        waiting = list(flows)
        while waiting:
            flow = waiting.pop(0)
            if flow.name not in self.flows:
                self.flows[flow.name] = _blank(flow)
                waiting += flow.others.values()

    def add(self, call: RehearsedCall) -> None:
        """Count what a call passed."""
        for left in call.left:
            flow = self.flows.get(left.flow)
            if flow is not None:
                flow.nodes_seen.add(left.node)
                flow.exits_seen.add((left.node, left.exit))

    @property
    def percent(self) -> float:
        """Nodes and exits passed, of all those of all flows."""
        total = sum(len(each.nodes) + len(each.exits) for each in self.flows.values())
        missed = sum(
            len(each.missed_nodes) + len(each.missed_exits) for each in self.flows.values()
        )
        return 100.0 * (total - missed) / total if total else 0.0


def _blank(flow: Flow) -> FlowCoverage:
    exits = dict.fromkeys(
        (name, way.name) for name, node in flow.nodes.items() for way in node.exits()
    )
    return FlowCoverage(flow.name, tuple(flow.nodes), tuple(exits))
