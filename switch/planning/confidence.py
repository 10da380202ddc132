"""PURE: how far a simulated figure may be from the truth.

Every figure is a ratio: in time of judged, seconds of answers, busy of paid time. It is
taken over parts that are as good as independent: simulated days, or long stretches of one
run (the method of batch means). Waits of calls that follow each other are alike, so the
spread of single calls would promise far too much; the spread of the parts does not, if
they are long. Batches are put together to few, because the more of them there are, the
shorter and the more alike they get; the correlation of neighbours before that tells
whether the run was long enough.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum, auto
from itertools import pairwise
from statistics import NormalDist

from switch.frozen import frozen

CONFIDENCE = 0.99
"""How often an interval holds the truth."""

_TOGETHER = 4
"""So many batches make a part. Measured: 32 batches of a short run at 90 % load hold the mean
wait in nine cases of ten only, 8 parts of four batches each in 97 of a hundred."""

_ALIKE = 0.5
"""Correlation of neighbouring batches from which a run is too short."""


@frozen()
class Estimate:
    """A figure with its confidence interval."""

    value: float | None
    """None when nothing happened that it could be taken of."""
    low: float | None = None
    """None when there are too few parts to judge."""
    high: float | None = None


@frozen()
class Ratio:
    """Numerators over denominators, one of each a part."""

    above: Sequence[float]
    below: Sequence[float]

    @property
    def value(self) -> float | None:
        """The ratio of the sums; None over nothing."""
        total = math.fsum(self.below)
        return math.fsum(self.above) / total if total > 0 else None

    def errors(self, value: float) -> list[float]:
        """Return by how much each numerator differs from what the value would make it."""
        return [one - value * other for one, other in zip(self.above, self.below, strict=True)]


class Kind(Enum):
    """What a ratio is one of."""

    TIME = auto()
    """A mean time: 0 or more, and skewed."""
    SHARE_OF_CALLS = auto()
    """0 to 1. Never surer than so many independent calls would be (Wilson 1927), which
    matters where nothing was seen."""
    SHARE_OF_TIME = auto()
    """0 to 1."""


def estimate(
    ratio: Ratio,
    kind: Kind = Kind.TIME,
    *,
    batches: bool = False,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Return a ratio with its interval, by Student's t over the parts.

    Args:
        batches: the parts follow each other in one run.
        confidence: how often the interval shall hold the truth.
    """
    value = ratio.value
    if batches:
        ratio = Ratio(_together(ratio.above), _together(ratio.below))
    parts = len(ratio.above)
    if value is None or parts < 2:
        return Estimate(value)
    errors = ratio.errors(value)
    spread = math.sqrt(math.fsum(error * error for error in errors) / (parts * (parts - 1)))
    total = math.fsum(ratio.below)
    half = student_t(0.5 + confidence / 2, parts - 1) * spread * parts / total
    if kind is Kind.TIME:
        # Its logarithm is nearer to a normal distribution.
        factor = math.exp(half / value) if value else 1.0
        return Estimate(value, value / factor, value * factor)
    low, high = value - half, value + half
    if kind is Kind.SHARE_OF_CALLS:
        wilson = _wilson(value, total, confidence)
        low, high = min(low, wilson[0]), max(high, wilson[1])
    return Estimate(value, max(0.0, low), min(1.0, high))


def alike(ratio: Ratio) -> bool:
    """Whether neighbouring batches are so alike that the run is too short to be judged."""
    value = ratio.value
    return value is not None and _correlation(ratio.errors(value)) > _ALIKE


def _together(batches: Sequence[float]) -> list[float]:
    return [
        math.fsum(batches[begin : begin + _TOGETHER]) for begin in range(0, len(batches), _TOGETHER)
    ]


def _correlation(errors: Sequence[float]) -> float:
    """Return the correlation of each part's deviation with the next one's."""
    square = math.fsum(error * error for error in errors)
    if not square:
        return 0.0
    return math.fsum(one * other for one, other in pairwise(errors)) / square


def _wilson(share: float, count: float, confidence: float) -> tuple[float, float]:
    """Return Wilson's interval for a share of independent trials."""
    normal = NormalDist().inv_cdf(0.5 + confidence / 2)
    squares = normal * normal / count
    middle = (share + squares / 2) / (1 + squares)
    half = normal * math.sqrt(share * (1 - share) / count + squares / (4 * count)) / (1 + squares)
    return max(0.0, middle - half), min(1.0, middle + half)


def student_t(probability: float, freedom: int) -> float:
    """Return the quantile of Student's t distribution.

    Args:
        probability: above 0.5 and below 1.
        freedom: degrees of freedom, 1 or more.
    """
    low, high = 0.0, 1.0
    while _student_cdf(high, freedom) < probability:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        if _student_cdf(middle, freedom) < probability:
            low = middle
        else:
            high = middle
    return high


def _student_cdf(t: float, freedom: int) -> float:
    """Return P(T <= t) for t >= 0: Abramowitz and Stegun 26.7.3 and 26.7.4."""
    theta = math.atan2(t, math.sqrt(freedom))
    cosine = math.cos(theta)
    odd = freedom % 2
    term = cosine if odd else 1.0
    total = 0.0
    for power in range(3 if odd else 2, freedom + 1, 2):
        total += term
        term *= cosine * cosine * (power - 1) / power
    inside = math.sin(theta) * total
    if odd:
        return 0.5 + (theta + inside) / math.pi
    return 0.5 + inside / 2
