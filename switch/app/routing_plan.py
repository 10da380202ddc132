"""From settings to what the router is built from."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points

from switch.app.guarded_strategy import GuardedStrategy
from switch.errors import ConfigurationError, Problem
from switch.routing import AgentProfile, QueueProfile, Router
from switch.routing.strategy import ENTRY_POINTS, STRATEGIES, Strategy
from switch.routing_profiles import agent_profile, queue_profile
from switch.settings import Settings
from switch.yaml_wording import did_you_mean


def router(settings: Settings, strategies: Mapping[str, Strategy]) -> Router:
    """Return the router with every agent, logged out, and every queue, empty."""
    return Router(
        agent_profiles(settings),
        queue_profiles(settings),
        strategies=strategies,
        heartbeat_seconds=settings.routing.heartbeat_seconds,
    )


def agent_profiles(settings: Settings) -> list[AgentProfile]:
    """Return every agent as the router sees it."""
    return [agent_profile(agent) for agent in settings.agents]


def queue_profiles(settings: Settings) -> list[QueueProfile]:
    """Return every queue as the router sees it."""
    return [queue_profile(queue) for queue in settings.queues]


def strategies(settings: Settings) -> dict[str, Strategy]:
    """Return the strategies that queues name and that other distributions bring.

    Raises:
        ConfigurationError: a queue names a strategy that there is not, or that cannot be used.
    """
    wanted = {queue.strategy for queue in settings.queues} - STRATEGIES.keys()
    if not wanted:
        return {}
    offered = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    found: dict[str, Strategy] = {}
    problems: list[Problem] = []
    for index, queue in enumerate(settings.queues):
        name = queue.strategy
        if name in STRATEGIES or name in found:
            continue
        place = ("queues", index, "strategy")
        point = offered.get(name)
        if point is None:
            hint = did_you_mean(name, [*STRATEGIES, *offered])
            message = f"there is no strategy `{name}`"
            problems.append(settings.problem("queues.yaml", place, message, hint))
            continue
        try:
            found[name] = GuardedStrategy(name, point.load()())
        except Exception as error:
            source = point.dist.name if point.dist is not None else "an unknown distribution"
            message = f"the strategy `{name}` of {source} ({point.value}) cannot be used: {error!r}"
            problems.append(settings.problem("queues.yaml", place, message))
    if problems:
        raise ConfigurationError(problems)
    return found
