"""PURE: how far a simulated figure may be from the truth.

Every figure is a ratio: in time of judged, seconds of answers, busy of paid time. It is
taken over parts that are as good as independent: simulated days, or long batches of one
run (the method of batch means). Waits of calls that follow each other are alike, so the
spread of single calls would promise far too much; the spread of the parts does not, if
they are long enough. Whether they are is judged by the correlation of neighbours; parts
that are alike are put together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from switch.frozen import frozen

CONFIDENCE = 0.99
"""How often an interval holds the truth."""

_FEWEST_PARTS = 8
_ALIKE = 0.25
"""Correlation of neighbouring batches from which they are put together."""

_NORMAL_995 = 2.5758293035489004
"""The 99.5th percentile of the normal distribution."""


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


def estimate(ratio: Ratio, *, share: bool = False, batches: bool = False) -> Estimate:
    """Return a ratio with its interval, by Student's t over the parts.

    Args:
        share: it is a share of calls: between 0 and 1, and never surer than so many
            independent calls would be (Wilson 1927), which matters where nothing was seen.
        batches: the parts follow each other in one run.
    """
    value = ratio.value
    if value is None or len(ratio.above) < 2:
        return Estimate(value)
    above, below = _merged(ratio, value) if batches else (ratio.above, ratio.below)
    parts = len(above)
    errors = [one - value * other for one, other in zip(above, below, strict=True)]
    spread = math.sqrt(math.fsum(error * error for error in errors) / (parts * (parts - 1)))
    mean_below = math.fsum(below) / parts
    half = student_t(0.5 + CONFIDENCE / 2, parts - 1) * spread / mean_below
    low, high = max(0.0, value - half), value + half
    if share:
        wilson_low, wilson_high = _wilson(value, math.fsum(below))
        low, high = min(low, wilson_low), min(1.0, max(high, wilson_high))
    return Estimate(value, low, high)


def alike(ratio: Ratio) -> bool:
    """Whether neighbouring batches are too alike, however long: the run is too short."""
    value = ratio.value
    if value is None or len(ratio.above) < 2:
        return False
    above, below = _merged(ratio, value)
    return _correlation(above, below, value) > 2 * _ALIKE


def _merged(ratio: Ratio, value: float) -> tuple[Sequence[float], Sequence[float]]:
    """Put neighbours together until they differ as strangers do, or few parts are left."""
    above, below = ratio.above, ratio.below
    while len(above) >= 2 * _FEWEST_PARTS and _correlation(above, below, value) > _ALIKE:
        above = [above[at] + above[at + 1] for at in range(0, len(above) - 1, 2)]
        below = [below[at] + below[at + 1] for at in range(0, len(below) - 1, 2)]
    return above, below


def _correlation(above: Sequence[float], below: Sequence[float], value: float) -> float:
    """Return the correlation of each part's deviation with the next one's."""
    errors = [one - value * other for one, other in zip(above, below, strict=True)]
    square = math.fsum(error * error for error in errors)
    if not square:
        return 0.0
    return math.fsum(one * other for one, other in pairwise(errors)) / square


def _wilson(share: float, count: float) -> tuple[float, float]:
    """Return Wilson's interval for a share of independent trials."""
    square = _NORMAL_995**2
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = (
        _NORMAL_995
        * math.sqrt(share * (1 - share) / count + square / (4 * count * count))
        / (1 + square / count)
    )
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
