"""From a simulation's sheet to figures with confidence intervals, by queue and by group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from switch.planning.confidence import CONFIDENCE, Estimate, Kind, Ratio, alike, estimate
from switch.planning.model import Model
from switch.planning.sheet import AgentTime, Counts, Sheet


@dataclass(frozen=True, slots=True)
class CallFigures:
    """How calls fared: those of one queue, or of all."""

    name: str
    calls: int
    answered: int
    lost: int
    within_seconds: float | None
    """The X of the service level; None: each queue's own."""
    estimates: dict[str, Estimate]
    """`p_wait`, `asa_seconds`, `wait_seconds`, `service_level`, and `p_abandon`, or `p_block`
    if calls may not wait."""


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """How agents fared: those of one group, or all."""

    name: str
    agents: int
    calls: int
    """Answered."""
    occupancy: Estimate


@dataclass(frozen=True, slots=True)
class Results:
    """All that a simulation tells."""

    calls: CallFigures
    """All queues together."""
    queues: tuple[CallFigures, ...]
    agents: AgentFigures
    """All groups together."""
    groups: tuple[AgentFigures, ...]
    too_short: bool
    """The batches of the run are so alike that the intervals promise too much."""

    def figures(self) -> dict[str, Estimate]:
        """Return the figures of all calls and agents, by the names of `freeline erlang`."""
        return {**self.calls.estimates, "occupancy": self.agents.occupancy}


def results(
    model: Model, sheet: Sheet, *, batches: bool, confidence: float = CONFIDENCE
) -> Results:
    """Work out a sheet.

    Args:
        batches: its parts follow each other in one run; otherwise they are days.
        confidence: how often each interval shall hold the truth.
    """
    judge = partial(estimate, batches=batches, confidence=confidence)
    parts = [sheet.counts[part] for part in sheet.parts]
    times = [sheet.time[part] for part in sheet.parts]
    together = [_total(counts) for counts in parts]
    all_time = [_total_time(part) for part in times]
    within = {queue.service_level.within_seconds for queue in model.queues}
    return Results(
        calls=_call_figures(
            "all", together, within.pop() if len(within) == 1 else None, model, judge
        ),
        queues=tuple(
            _call_figures(
                queue.name,
                [counts[number] for counts in parts],
                queue.service_level.within_seconds,
                model,
                judge,
            )
            for number, queue in enumerate(model.queues)
        ),
        agents=_agent_figures("all", sum(group.agents for group in model.groups), all_time, judge),
        groups=tuple(
            _agent_figures(group.name, group.agents, [time[number] for time in times], judge)
            for number, group in enumerate(model.groups)
        ),
        too_short=batches and alike(_ratio(together, lambda c: c.waited, lambda c: c.calls)),
    )


def as_data(estimates: dict[str, Estimate]) -> dict[str, float | None]:
    """Return figures for JSON: each with `_low` and `_high` beside it."""
    found: dict[str, float | None] = {}
    for name, each in estimates.items():
        found |= {name: each.value, f"{name}_low": each.low, f"{name}_high": each.high}
    return found


def results_as_data(found: Results) -> dict[str, Any]:
    """Return everything for JSON, with queues and groups."""
    return {
        "calls": found.calls.calls,
        "answered": found.calls.answered,
        "lost": found.calls.lost,
        **as_data(found.figures()),
        "queues": [
            {
                "name": queue.name,
                "calls": queue.calls,
                "answered": queue.answered,
                "lost": queue.lost,
                "answer_within_seconds": queue.within_seconds,
                **as_data(queue.estimates),
            }
            for queue in found.queues
        ],
        "groups": [
            {
                "name": group.name,
                "agents": group.agents,
                "calls": group.calls,
                **as_data({"occupancy": group.occupancy}),
            }
            for group in found.groups
        ],
    }


_Take = Callable[[Counts], float]
_Judge = Callable[..., Estimate]
"""`estimate`, told how the parts lie and how sure to be."""


def _ratio(parts: Sequence[Counts], above: _Take, below: _Take) -> Ratio:
    return Ratio([above(each) for each in parts], [below(each) for each in parts])


def _call_figures(
    name: str, parts: Sequence[Counts], within: float | None, model: Model, judge: _Judge
) -> CallFigures:
    def share(above: _Take, below: _Take) -> Estimate:
        return judge(_ratio(parts, above, below), Kind.SHARE_OF_CALLS)

    def mean(above: _Take, below: _Take) -> Estimate:
        return judge(_ratio(parts, above, below))

    whole = _total(parts)
    return CallFigures(
        name,
        whole.calls,
        whole.answered,
        whole.lost,
        within,
        {
            "p_wait": share(lambda c: c.waited, lambda c: c.calls),
            "asa_seconds": mean(lambda c: c.answered_seconds, lambda c: c.answered),
            "wait_seconds": mean(lambda c: c.answered_seconds + c.lost_seconds, lambda c: c.calls),
            "service_level": share(lambda c: c.answered_within, lambda c: c.judged),
            "p_abandon" if model.may_wait else "p_block": share(
                lambda c: c.lost, lambda c: c.calls
            ),
        },
    )


def _agent_figures(
    name: str, agents: int, parts: Sequence[AgentTime], judge: _Judge
) -> AgentFigures:
    ratio = Ratio([part.busy_seconds for part in parts], [part.work_seconds for part in parts])
    calls = sum(part.calls for part in parts)
    return AgentFigures(name, agents, calls, judge(ratio, Kind.SHARE_OF_TIME))


def _total(parts: Iterable[Counts]) -> Counts:
    total = Counts()
    for part in parts:
        total.add(part)
    return total


def _total_time(parts: Iterable[AgentTime]) -> AgentTime:
    total = AgentTime()
    for part in parts:
        total.calls += part.calls
        total.work_seconds += part.work_seconds
        total.busy_seconds += part.busy_seconds
    return total
