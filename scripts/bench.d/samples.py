"""What `soak` notes every few seconds, and what it makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from far_ends import Metered
from figures import Value
from histogram import LAG, buckets, quantile_ms
from switch_under_test import metric
from target import Target


class Sampler:
    """Reads the target again and again; what only grows is told as the growth since last."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._lag = buckets(target.metrics(), LAG)
        self._cpu = target.cpu()
        self._at = 0.0

    def sample(self, at: float, talking: Metered, listening: Metered) -> dict[str, Value]:
        """Return what is so now.

        Args:
            at: seconds since the beginning.
            talking: what was metered since the last time.
        """
        core, media = self._target.rss_mib()
        text = self._target.metrics()
        lag = buckets(text, LAG)
        cpu = self._target.cpu()
        used = cpu - self._cpu
        percent = 100 / max(at - self._at, 1e-9)
        row: dict[str, Value] = {
            "at": round(at, 1),
            "rss_core_mib": _rounded(core),
            "rss_media_mib": _rounded(media),
            "cpu_core_percent": _rounded(_scaled(used.core, percent)),
            "cpu_media_percent": _rounded(_scaled(used.media, percent)),
            "lag_p50_ms": quantile_ms(self._lag, lag, 0.5),
            "lag_p99_ms": quantile_ms(self._lag, lag, 0.99),
            "lag_most_ms": quantile_ms(self._lag, lag, 1.0),
            "calls_live": _metric(text, "freeline_calls_live"),
            "transactions_live": _metric(text, "freeline_sip_transactions_live"),
            "retransmissions": _metric(text, "freeline_sip_retransmissions_total"),
            "open_files": self._target.open_files(),
            "sent": talking.sent,
            "lost": talking.lost,
            "delay_p50_ms": talking.delay_p50_ms,
            "delay_p99_ms": talking.delay_p99_ms,
            "heard": listening.received,
            "gaps": listening.gaps,
            "pace_p99_ms": listening.pace_p99_ms,
        }
        self._lag, self._cpu, self._at = lag, cpu, at
        return row


def quarters_mib(
    series: Sequence[Mapping[str, Value]], seconds: float
) -> tuple[float | None, float | None, float | None, float | None]:
    """Return the mean memory, of core and workers together, in each quarter of the time.

    In the first quarter memory still fills: transactions live for 32 s after a call.
    """
    found: list[list[float]] = [[], [], [], []]
    for row in series:
        at, memory = row["at"], memory_mib(row)
        if isinstance(at, (int, float)) and memory is not None:
            found[min(3, int(4 * at / seconds))].append(memory)
    first, second, third, last = (round(fmean(each), 2) if each else None for each in found)
    return first, second, third, last


def memory_mib(row: Mapping[str, Value]) -> float | None:
    """Return the memory of core and workers together."""
    known = [
        float(value)
        for value in (row["rss_core_mib"], row["rss_media_mib"])
        if isinstance(value, (int, float))
    ]
    return round(sum(known), 1) if known else None


def _metric(text: str, name: str) -> float | None:
    return metric(text, name) if text else None


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
