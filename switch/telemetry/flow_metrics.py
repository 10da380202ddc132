"""What callers do in flows, node by node: where they go on, fall silent, or give up.

Series exist for the nodes of the flows in force only: those of a node that is gone are
dropped, and a call that still runs on an old version of a flow adds none. A site may have
thousands of nodes: they are counted in plain numbers, which cost little to begin and to drop,
and become samples at the scrape, some nodes at a time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from switch.events import FlowRejected, FlowsReloaded, NodeEntered, NodeLeft

NODE_BUCKETS = (1, 3, 10, 30, 60, 300)
"""Seconds: a key pressed at once, a prompt heard out, a wait, a talk."""
MAX_EXITS = 40
"""Exits counted apart for one node; a menu has twelve keys and a few more ways."""
_NODES = 20
"""In one part of a scrape: less than a millisecond."""

_BOUNDS = (*(str(float(bound)) for bound in NODE_BUCKETS), "+Inf")


class _Counts:
    """Of one node."""

    __slots__ = ("by_bucket", "entries", "exits", "hangups", "no_input", "no_match", "seconds")

    def __init__(self) -> None:
        self.entries = self.hangups = self.no_input = self.no_match = 0
        self.exits: dict[str, int] = {}
        """Which way they left -> how many."""
        self.by_bucket = [0] * len(_BOUNDS)
        self.seconds = 0.0


_Part = Sequence[tuple[tuple[str, str], _Counts]]
"""Some nodes, by flow and node."""


class FlowMetrics(Collector):
    """Metrics labelled by flow and node."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._nodes: dict[tuple[str, str], _Counts] = {}
        """By flow and node."""
        self._loaded_at: dict[str, float] = {}
        self._reloads = {"loaded": 0, "rejected": 0}
        registry.register(self)

    def use(self, flows: Mapping[str, Collection[str]], at: float) -> None:
        """Count in these flows from now on.

        Args:
            flows: flow -> names of its nodes.
            at: when they were read, in Unix time.
        """
        before = self._nodes
        # A new mapping: a scrape under way goes on with the old one.
        self._nodes = {
            key: before.get(key) or _Counts()
            for key in [(flow, node) for flow, nodes in flows.items() for node in nodes]
        }
        self._loaded_at = {flow: self._loaded_at.get(flow, at) for flow in flows}

    def node_entered(self, event: NodeEntered) -> None:
        """Count a caller who came to a node."""
        counts = self._nodes.get((event.flow, event.node))
        if counts is not None:
            counts.entries += 1

    def node_left(self, event: NodeLeft) -> None:
        """Count what a caller did in a node."""
        counts = self._nodes.get((event.flow, event.node))
        if counts is None:
            return
        exits = counts.exits
        exit_ = event.exit if event.exit in exits or len(exits) < MAX_EXITS else "other"
        exits[exit_] = exits.get(exit_, 0) + 1
        counts.by_bucket[bisect_left(NODE_BUCKETS, event.seconds)] += 1
        counts.seconds += event.seconds
        counts.hangups += event.exit == "gone"
        counts.no_input += event.no_input
        counts.no_match += event.no_match + event.incomplete

    def flows_reloaded(self, event: FlowsReloaded) -> None:
        """Note that changed flows are in force."""
        self._reloads["loaded"] += 1
        for flow in event.changed:
            if flow in event.flows:
                self._loaded_at[flow] = event.at.timestamp()

    def flow_rejected(self, event: FlowRejected) -> None:
        """Note that changed flows were refused."""
        self._reloads["rejected"] += 1

    def describe(self) -> Iterable[Metric]:
        """Return nothing: the registry would otherwise collect to learn the names."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield every family, those of nodes in parts: others may run between two of them."""
        nodes = list(self._nodes.items())
        parts = [nodes[at : at + _NODES] for at in range(0, len(nodes), _NODES)] or [nodes]
        for name, text in (
            ("entries", "Callers who came to a node."),
            ("hangups", "Callers who hung up in a node."),
            ("no_input", "Questions that callers left unanswered."),
            ("no_match", "Answers that meant nothing, or were not complete."),
        ):
            for part in parts:
                family = _counter(f"node_{name}", text, "flow", "node")
                for key, counts in part:
                    family.add_metric(key, getattr(counts, name))
                yield family
        yield from map(_exits, parts)
        yield from map(_seconds, parts)
        reloads = _counter(
            "reloads", "Times that changed flows were `loaded` or `rejected`.", "result"
        )
        for result, number in self._reloads.items():
            reloads.add_metric((result,), number)
        yield reloads
        loaded = GaugeMetricFamily(
            "freeline_flow_loaded_timestamp_seconds",
            "When the flow in force was read, in Unix time.",
            labels=("flow",),
        )
        for flow, at in self._loaded_at.items():
            loaded.add_metric((flow,), at)
        yield loaded


def _exits(nodes: _Part) -> Metric:
    family = _counter(
        "node_exits", "Callers who left a node, and which way.", "flow", "node", "exit"
    )
    for key, counts in nodes:
        for exit_, number in counts.exits.items():
            family.add_metric((*key, exit_), number)
    return family


def _seconds(nodes: _Part) -> Metric:
    family = HistogramMetricFamily(
        "freeline_flow_node_seconds", "Time that callers spent in a node.", labels=("flow", "node")
    )
    for key, counts in nodes:
        total = 0
        buckets = []
        for bound, number in zip(_BOUNDS, counts.by_bucket, strict=True):
            total += number
            buckets.append((bound, total))
        family.add_metric(key, cast(Any, buckets), counts.seconds)
    return family


def _counter(name: str, text: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"freeline_flow_{name}", text, labels=labels)
