"""From settings to what the router is built from."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points

from switch.app.guarded_strategy import GuardedStrategy
from switch.errors import ConfigurationError, Problem
from switch.routing import (
    AgentProfile,
    Need,
    OutsideDecision,
    Overflow,
    QueueProfile,
    Relaxation,
    Router,
    SiteGroup,
    TurnedAway,
    WhenNoAgents,
)
from switch.routing.strategy import ENTRY_POINTS, STRATEGIES, Strategy
from switch.settings import Settings
from switch.settings.people import Agent
from switch.settings.queues import Queue, Relax
from switch.settings.queues import SiteGroup as SiteGroupSetting
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
    return [_agent(agent) for agent in settings.agents]


def queue_profiles(settings: Settings) -> list[QueueProfile]:
    """Return every queue as the router sees it."""
    return [queue_profile(queue) for queue in settings.queues]


def _agent(agent: Agent) -> AgentProfile:
    return AgentProfile(
        agent.id,
        agent.name,
        agent.skills,
        languages=agent.languages,
        site=agent.site,
        max_calls_per_hour=agent.max_calls_per_hour,
    )


def queue_profile(queue: Queue) -> QueueProfile:
    """Return one queue as the router sees it."""
    overflow, sticky, outside = queue.overflow, queue.sticky, queue.outside
    return QueueProfile(
        queue.name,
        Need.of(
            queue.skills,
            preferred=queue.preferred,
            sites=[_site_group(group) for group in queue.sites],
            relax=[_relaxation(step) for step in queue.relax],
            whose=f"queue {queue.name!r}",
        ),
        strategy=queue.strategy,
        priority=queue.priority,
        aging_seconds=queue.seconds_a_priority,
        ring_seconds=queue.ring_seconds,
        wrap_up_seconds=queue.wrap_up_seconds,
        longest_wrap_up_seconds=queue.longest_wrap_up_seconds,
        max_wait_seconds=queue.max_wait_seconds,
        max_length=queue.max_length,
        service_level_seconds=queue.service_level.within_seconds,
        short_abandon_seconds=queue.service_level.short_abandon_seconds,
        no_answer_pauses=queue.no_answer_pauses,
        busy_pause_seconds=queue.busy_pause_seconds,
        when_no_agents=WhenNoAgents.EXIT,
        overflow=(
            Overflow(overflow.to, frozenset(map(TurnedAway, overflow.when))) if overflow else None
        ),
        sticky_seconds=sticky.within_seconds if sticky else 0.0,
        sticky_wait_seconds=sticky.wait_seconds if sticky else 0.0,
        resume_seconds=queue.resume_seconds,
        outside=OutsideDecision(outside.within_seconds, outside.candidates) if outside else None,
    )


def _site_group(group: SiteGroupSetting) -> SiteGroup:
    sites = () if group.sites == "any" else group.sites
    return SiteGroup(frozenset(sites), group.after_seconds)


def _relaxation(step: Relax) -> Relaxation:
    any_site = step.sites == "any"
    return Relaxation(
        step.after_seconds,
        lower=tuple(sorted(step.lower.items())),
        drop=frozenset(step.drop),
        any_site=any_site,
        sites=frozenset() if any_site else frozenset(step.sites),
        add_priority=step.add_priority,
    )


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
