"""PURE: metrics written out for Prometheus, in pieces.

A megabyte of metrics takes tens of milliseconds to write, and so much the calls would wait: what
is written at once are a hundred samples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import cast

from prometheus_client import CollectorRegistry, Metric

_SAMPLES = 100
"""In one piece: a fraction of a millisecond."""
_END = b"# EOF\n"
"""Of OpenMetrics."""

Encoder = Callable[[CollectorRegistry], bytes]


def written(families: Iterable[Metric], encode: Encoder) -> Iterator[bytes]:
    """Yield families as text, piece by piece, each made when it is asked for.

    Args:
        families: one may come in several parts that follow each other.
        encode: prometheus_client's, for the format that is wanted.
    """
    last = ""
    ends = b""
    for family in families:
        for part in _parts(family):
            text = encode(cast(CollectorRegistry, _Only(part)))
            if text.endswith(_END):
                text, ends = text.removesuffix(_END), _END
            if part.name == last:
                while text.startswith(b"# "):  # HELP and TYPE stand before the first part
                    text = text.partition(b"\n")[2]
            last = part.name
            yield text
    yield ends


def _parts(family: Metric) -> Iterator[Metric]:
    if len(family.samples) <= _SAMPLES:
        yield family
        return
    for start in range(0, len(family.samples), _SAMPLES):
        part = Metric(family.name, family.documentation, family.type, family.unit)
        part.samples = family.samples[start : start + _SAMPLES]
        yield part


class _Only:
    """What an encoder takes for a registry."""

    def __init__(self, family: Metric) -> None:
        self._family = family

    def collect(self) -> Iterator[Metric]:
        yield self._family
