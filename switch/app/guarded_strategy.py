"""A strategy that somebody else wrote: what it raises, or makes no sense, hurts nobody.

An agent whom it cannot rank is ranked as the longest idle are, and that is counted.
"""

from __future__ import annotations

import math
import time
from typing import Any

from switch.log import get_logger
from switch.routing.agent import Agent
from switch.routing.need import TierPlan
from switch.routing.strategy import LongestIdle

_SLOW_SECONDS = 0.001


class GuardedStrategy:
    """Implements `routing.strategy.Strategy` over one found by entry point."""

    failures: int = 0
    """Of all such strategies: raised, no number, or slower than a millisecond."""

    def __init__(self, name: str, inner: Any) -> None:
        """Wrap a strategy.

        Raises:
            TypeError: it has no method `rank`.
        """
        if not callable(getattr(inner, "rank", None)):
            raise TypeError("it has no method `rank`")
        self._name = name
        self._inner = inner
        self._log = get_logger(strategy=name)
        self._told: set[str] = set()

    def rank(self, agent: Agent, tier: TierPlan, now: float) -> float:
        began = time.perf_counter()
        try:
            rank = float(self._inner.rank(agent, tier, now))
        except Exception as error:
            self._note("strategy_failed", error=repr(error))
            return LongestIdle().rank(agent, tier, now)
        if math.isnan(rank):
            self._note("strategy_failed", error="its rank is not a number")
            return LongestIdle().rank(agent, tier, now)
        if time.perf_counter() - began > _SLOW_SECONDS:
            self._note("strategy_slow", milliseconds=round((time.perf_counter() - began) * 1e3, 1))
        return rank

    def says(self, agent: Agent, tier: TierPlan, now: float) -> str:
        try:
            return str(self._inner.says(agent, tier, now))[:200]
        except Exception:
            return f"by {self._name}"

    def _note(self, event: str, **details: Any) -> None:
        GuardedStrategy.failures += 1
        if event not in self._told:  # once, not at every call
            self._told.add(event)
            self._log.warning(event, **details)
