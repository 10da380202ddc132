"""PURE: in which order free agents are taken. A strategy is a small class; others' are found
by entry point.

A strategy gives an agent who has become ready a number; the lowest is taken first, and of
equal ones who has been idle longest. The number holds until the agent's state changes, so
whatever it is made of must keep the order of idle agents as time goes by.

Own strategies: a class with the methods of `Strategy`, named in the group
`freeline.strategies` of a distribution's entry points, and by that name in queues.yaml.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from switch.errors import RoutingError
from switch.routing.agent import OCCUPANCY_SECONDS

if TYPE_CHECKING:
    from switch.routing.agent import Agent
    from switch.routing.need import TierPlan

ENTRY_POINTS = "freeline.strategies"


class Strategy(Protocol):
    """Orders the ready agents of a tier."""

    def rank(self, agent: Agent, tier: TierPlan, now: float) -> float:
        """Return the agent's number; the lowest is taken first.

        Args:
            agent: has just become ready; to be read, not changed.
            tier: what the callers require.
        """
        ...

    def says(self, agent: Agent, tier: TierPlan, now: float) -> str:
        """Return in words, for a person, what counted: `idle 12 s`."""
        ...


class LongestIdle:
    """Who has been idle for the longest time: the fair one."""

    def rank(self, agent: Agent, tier: TierPlan, now: float) -> float:
        return agent.idle_since

    def says(self, agent: Agent, tier: TierPlan, now: float) -> str:
        return f"idle {now - agent.idle_since:.0f} s"


class MostSkilled:
    """Who has the highest levels in what is required: the best answer for the caller."""

    def rank(self, agent: Agent, tier: TierPlan, now: float) -> float:
        return -_levels(agent, tier)

    def says(self, agent: Agent, tier: TierPlan, now: float) -> str:
        return f"levels {_levels(agent, tier)}, idle {now - agent.idle_since:.0f} s"


class LeastSkilled:
    """Who has the lowest levels that do: keeps experts free for those who need them."""

    def rank(self, agent: Agent, tier: TierPlan, now: float) -> float:
        # Of equal levels who has fewer skills: the other can do more for others.
        return _levels(agent, tier) + len(agent.traits.skills) / 10_000

    def says(self, agent: Agent, tier: TierPlan, now: float) -> str:
        levels, skills = _levels(agent, tier), len(agent.traits.skills)
        return f"levels {levels} of {skills} skills, idle {now - agent.idle_since:.0f} s"


class LeastOccupied:
    """Who was busy for the smallest share of the last hour: balances the load.

    Occupancy is an exponential mean. While agents are idle all of them fade at one rate, so
    their order stays: log(occupancy) + t / time constant does not change.
    """

    def rank(self, agent: Agent, tier: TierPlan, now: float) -> float:
        if agent.occupancy <= 0.0:
            return -math.inf
        return math.log(agent.occupancy) + agent.occupancy_at / OCCUPANCY_SECONDS

    def says(self, agent: Agent, tier: TierPlan, now: float) -> str:
        return f"occupancy {agent.busy_share(now):.0%}"


class RoundRobin:
    """Whose last offer is longest ago: everyone gets as many."""

    def rank(self, agent: Agent, tier: TierPlan, now: float) -> float:
        return agent.offered_turn

    def says(self, agent: Agent, tier: TierPlan, now: float) -> str:
        return (
            f"last offer was number {agent.offered_turn}" if agent.offered_turn else "no offer yet"
        )


def _levels(agent: Agent, tier: TierPlan) -> int:
    skills = agent.traits.skills
    return sum(skills.get(name, 0) for name in set(tier.requirement.names()))


STRATEGIES: Mapping[str, Strategy] = {
    "longest_idle": LongestIdle(),
    "most_skilled": MostSkilled(),
    "least_skilled": LeastSkilled(),
    "least_occupied": LeastOccupied(),
    "round_robin": RoundRobin(),
}
"""By their names in queues.yaml."""


def strategy(name: str, others: Mapping[str, Strategy] | None = None) -> Strategy:
    """Return a strategy by its name.

    Args:
        others: those that were found by entry point.

    Raises:
        RoutingError: there is none of that name.
    """
    found = STRATEGIES.get(name) or (others or {}).get(name)
    if found is None:
        known = ", ".join([*STRATEGIES, *(others or {})])
        raise RoutingError(f"there is no strategy {name!r}; there are {known}")
    return found
