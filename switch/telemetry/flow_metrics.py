"""What callers do in flows, node by node: where they go on, fall silent, or give up.

Series exist for the nodes of the flows in force only: those of a node that is gone are
dropped, and a call that still runs on an old version of a flow adds none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from switch.events import FlowRejected, FlowsReloaded, NodeEntered, NodeLeft

NODE_BUCKETS = (1, 3, 10, 30, 60, 300)
"""Seconds: a key pressed at once, a prompt heard out, a wait, a talk."""
MAX_EXITS = 40
"""Exits counted apart for one node; a menu has twelve keys and a few more ways."""


class FlowMetrics:
    """Metrics labelled by flow and node."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"freeline_flow_{name}", text, labels, registry=registry)

        self._entries = counter("node_entries", "Callers who came to a node.", "flow", "node")
        self._exits = counter(
            "node_exits", "Callers who left a node, and which way.", "flow", "node", "exit"
        )
        self._hangups = counter("node_hangups", "Callers who hung up in a node.", "flow", "node")
        self._no_input = counter(
            "node_no_input", "Questions that callers left unanswered.", "flow", "node"
        )
        self._no_match = counter(
            "node_no_match", "Answers that meant nothing, or were not complete.", "flow", "node"
        )
        self._seconds = Histogram(
            "freeline_flow_node_seconds",
            "Time that callers spent in a node.",
            ("flow", "node"),
            buckets=NODE_BUCKETS,
            registry=registry,
        )
        self._reloads = Counter(
            "freeline_flow_reloads",
            "Times that changed flows were `loaded` or `rejected`.",
            ("result",),
            registry=registry,
        )
        for result in ("loaded", "rejected"):
            self._reloads.labels(result)
        self._loaded = Gauge(
            "freeline_flow_loaded_timestamp_seconds",
            "When the flow in force was read, in Unix time.",
            ("flow",),
            registry=registry,
        )
        self._flows: set[str] = set()
        self._nodes: dict[tuple[str, str], set[str]] = {}
        """Flow and node -> exits seen."""
        self._by_node = (
            self._entries,
            self._hangups,
            self._no_input,
            self._no_match,
            self._seconds,
        )

    def use(self, flows: Mapping[str, Collection[str]], at: float) -> None:
        """Count in these flows from now on.

        Args:
            flows: flow -> names of its nodes.
            at: when they were read, in Unix time.
        """
        wanted = {(flow, node) for flow, nodes in flows.items() for node in nodes}
        for key in self._nodes.keys() - wanted:
            for exit_ in self._nodes.pop(key):
                self._exits.remove(*key, exit_)
            for metric in self._by_node:
                metric.remove(*key)
        for key in wanted - self._nodes.keys():
            self._nodes[key] = set()
            for metric in self._by_node:
                metric.labels(*key)
        for flow in self._flows - flows.keys():
            self._loaded.remove(flow)
        for flow in flows.keys() - self._flows:
            self._loaded.labels(flow).set(at)
        self._flows = set(flows)

    def node_entered(self, event: NodeEntered) -> None:
        """Count a caller who came to a node."""
        if (event.flow, event.node) in self._nodes:
            self._entries.labels(event.flow, event.node).inc()

    def node_left(self, event: NodeLeft) -> None:
        """Count what a caller did in a node."""
        key = (event.flow, event.node)
        exits = self._nodes.get(key)
        if exits is None:
            return
        exit_ = event.exit if event.exit in exits or len(exits) < MAX_EXITS else "other"
        exits.add(exit_)
        self._exits.labels(*key, exit_).inc()
        self._seconds.labels(*key).observe(event.seconds)
        if event.exit == "gone":
            self._hangups.labels(*key).inc()
        if event.no_input:
            self._no_input.labels(*key).inc(event.no_input)
        if event.no_match or event.incomplete:
            self._no_match.labels(*key).inc(event.no_match + event.incomplete)

    def flows_reloaded(self, event: FlowsReloaded) -> None:
        """Note that changed flows are in force."""
        self._reloads.labels("loaded").inc()
        for flow in event.changed:
            if flow in event.flows:
                self._loaded.labels(flow).set(event.at.timestamp())

    def flow_rejected(self, event: FlowRejected) -> None:
        """Note that changed flows were refused."""
        self._reloads.labels("rejected").inc()
