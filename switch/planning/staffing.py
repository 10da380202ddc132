"""PURE: the least number of agents that keeps a promise, by Erlang's formulas."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from switch.errors import PlanningError
from switch.frozen import frozen
from switch.planning.erlang import MOST_AGENTS, erlang_a, erlang_b, erlang_c


@frozen()
class Target:
    """A promise: such a share of the calls answered within so many seconds."""

    service_level: float
    """Above 0 and below 1."""
    within_seconds: float

    @classmethod
    def parse(cls, text: str) -> Target:
        """Return what `80/20` means: 80 % within 20 seconds.

        Raises:
            PlanningError: that is no such promise.
        """
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%?\s*/\s*(\d+(?:\.\d+)?)\s*s?\s*", text)
        if match is None or not 0 < float(match[1]) < 100:
            raise PlanningError(
                f"{text!r} is no target: write 80/20 for 80 % answered within 20 seconds "
                "(more than 0 %, less than 100 %)"
            )
        return cls(float(match[1]) / 100, float(match[2]))

    def __str__(self) -> str:
        return f"{self.service_level * 100:g}/{self.within_seconds:g}"


def least_agents_b(load: float, p_block: float) -> int:
    """Return with how many agents, or lines, no more than this share of calls is lost.

    Raises:
        PlanningError: the share is not between 0 and 1, or nothing would do.
    """
    if not 0 < p_block < 1:
        raise PlanningError(f"the share of lost calls is above 0 and below 1, not {p_block:g}")
    return _least(lambda agents: erlang_b(agents, load).p_block <= p_block, load)


def least_agents_c(load: float, aht_seconds: float, target: Target) -> int:
    """Return with how many agents the target is reached, if nobody gives up (Erlang C)."""

    def reached(agents: int) -> bool:
        found = erlang_c(agents, load, aht_seconds, target.within_seconds)
        return found.service_level >= target.service_level

    return _least(reached, load)


def least_agents_a(load: float, aht_seconds: float, patience_seconds: float, target: Target) -> int:
    """Return with how many agents the target is reached, if callers give up (Erlang A)."""

    def reached(agents: int) -> bool:
        found = erlang_a(agents, load, aht_seconds, patience_seconds, target.within_seconds)
        return found.service_level >= target.service_level

    return _least(reached, load)


def _least(reached: Callable[[int], bool], load: float) -> int:
    """Return the smallest number that reaches it; more agents never do worse."""
    if not 0 <= load <= MOST_AGENTS / 2:
        raise PlanningError(f"the load is 0 to {MOST_AGENTS // 2} erlangs, not {load:g}")
    below, enough = 0, max(1, math.ceil(load))
    while not reached(enough):
        if enough == MOST_AGENTS:
            raise PlanningError(f"not even {MOST_AGENTS} agents would reach that")
        below, enough = enough, min(enough + max(1, enough // 4), MOST_AGENTS)
    while enough - below > 1:
        middle = (below + enough) // 2
        if reached(middle):
            enough = middle
        else:
            below = middle
    return enough
