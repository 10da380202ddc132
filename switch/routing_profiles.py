"""Agents and queues as configured -> as the router, of a switch or a simulation, sees them."""

from __future__ import annotations

from switch.routing import (
    AgentProfile,
    Need,
    OutsideDecision,
    Overflow,
    QueueProfile,
    Relaxation,
    Resume,
    SiteGroup,
    TurnedAway,
    WhenNoAgents,
)
from switch.settings.people import Agent
from switch.settings.queues import Queue, Relax
from switch.settings.queues import SiteGroup as SiteGroupSetting


def agent_profile(agent: Agent) -> AgentProfile:
    """Return one agent as the router sees it."""
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
        resume=Resume(queue.resume),
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
