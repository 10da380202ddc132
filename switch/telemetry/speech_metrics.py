"""Metrics of sentences with values: whether they are ready when a caller is to hear them."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

WAIT_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10)


class SpeechMetrics:
    """Counts what callers hear of it; the labels are closed lists."""

    def __init__(self, registry: CollectorRegistry) -> None:
        heard = Counter(
            "freeline_spoken_prompts",
            "Sentences with values whose turn came, and whether they were ready.",
            ("ready",),
            registry=registry,
        )
        self._ahead, self._kept, self._late = map(heard.labels, ("ahead", "kept", "late"))
        self._wait = Histogram(
            "freeline_spoken_prompt_wait_seconds",
            "How long callers waited for sentences that were not ready.",
            buckets=WAIT_BUCKETS,
            registry=registry,
        )
        self._made = Counter(
            "freeline_spoken_prompts_made",
            "Sentences with values that were spoken into a file, or could not be.",
            ("why", "result"),
            registry=registry,
        )
        self._pending = Gauge(
            "freeline_spoken_prompts_pending",
            "Sentences with values that are being made now, or are to be made.",
            registry=registry,
        )

    def ready(self, *, ahead: bool) -> None:
        """Count a sentence that was ready: made ahead for this call, or kept of an earlier one."""
        (self._ahead if ahead else self._kept).inc()

    def waited(self, seconds: float) -> None:
        """Count a sentence that a caller had to wait for."""
        self._late.inc()
        self._wait.observe(seconds)

    def made(self, waited_for: bool, succeeded: bool) -> None:
        """Count a sentence that was made."""
        why, result = "wanted" if waited_for else "ahead", "made" if succeeded else "failed"
        self._made.labels(why, result).inc()

    def watch(self, pending: Callable[[], int]) -> None:
        """Ask at each scrape how many there are to be made."""
        self._pending.set_function(pending)
