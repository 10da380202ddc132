"""The least staffing that keeps a promise, found by simulation.

Erlang's formulas give the first guess; then the guess is simulated, groups grow one step
at a time where it helps most until every queue keeps the promise, and shrink again while
it is kept. Every staffing meets the same calls (`calls.py`), so that small differences
are those of the staffing. The result is the least in this sense: with one agent fewer in
any group, some queue misses the target.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from switch.errors import PlanningError
from switch.frozen import frozen
from switch.planning.model import Group, Model, Stream
from switch.planning.results import Results
from switch.planning.scenario import able_groups
from switch.planning.staffing import Target, least_agents_a, least_agents_c

Simulate = Callable[[Model], Results]

_MOST_SIMULATIONS = 400

_SHORTEST_SECONDS = 1e-3
"""Erlang's formulas need times above 0; a trace may have only such of 0."""


@frozen()
class Staffing:
    """How many agents each group needs."""

    model: Model
    """With so many agents."""
    results: Results
    """Of that model."""
    simulations: int
    """It took so many."""


def least_staffing(
    model: Model, target: Target, simulate: Simulate, *, fewest: int = 0
) -> Staffing:
    """Return the least agents per group with which every queue reaches the target.

    Args:
        model: whose groups' sizes do not matter; its queues promise what `target` says
            (`promising`).
        simulate: does it.
        fewest: agents that a group has at least.

    Raises:
        PlanningError: no number of agents would do, for example with ring times that are
            longer than the promise.
    """
    return _Search(model, target, simulate, fewest).run()


def promising(model: Model, target: Target) -> Model:
    """Return the model with every queue judged by the target's seconds."""
    queues = tuple(
        queue.model_copy(
            update={
                "service_level": queue.service_level.model_copy(
                    update={
                        "within_seconds": target.within_seconds,
                        "target": target.service_level,
                    }
                )
            }
        )
        for queue in model.queues
    )
    return replace(model, queues=queues)


def first_guess(model: Model, target: Target) -> dict[str, int]:
    """Return how many agents each group needs by Erlang's formulas at the busiest time.

    Each stream's need is divided among the groups that may serve it, evenly.
    """
    need = {group.name: 0.0 for group in model.groups}
    for stream in model.streams:
        able = able_groups(model, stream)
        agents = _need(model, stream, target)
        for group in able:
            need[group.name] += agents / len(able)
    return {name: max(1, round(agents)) if agents else 0 for name, agents in need.items()}


def _need(model: Model, stream: Stream, target: Target) -> int:
    """Return what one stream alone would need."""
    queue = next(queue for queue in model.queues if queue.name == stream.queue)
    rings = 0.0 if model.answer is None else model.answer.mean
    wrap_up = queue.wrap_up_seconds if stream.wraps_up else 0.0
    aht = max(stream.busy.mean + rings + wrap_up, _SHORTEST_SECONDS)
    load = stream.arrivals.busiest_rate(model.day) * aht
    if stream.patience is None:
        return least_agents_c(load, aht, target)
    patience = max(stream.patience.mean, _SHORTEST_SECONDS)
    return least_agents_a(load, aht, patience, target)


class _Search:
    """One search. A staffing is a number of agents by group name."""

    def __init__(self, model: Model, target: Target, simulate: Simulate, fewest: int) -> None:
        self._model = model
        self._target = target
        self._simulate = simulate
        self._fewest = fewest
        self._known: dict[tuple[int, ...], Results] = {}

    def run(self) -> Staffing:
        staffing = self._shrunk(self._grown(first_guess(self._model, self._target)))
        return Staffing(self._staffed(staffing), self._results(staffing), len(self._known))

    def _grown(self, staffing: dict[str, int]) -> dict[str, int]:
        """Add agents where they help most until it is enough."""
        step, fruitless = 1, 0
        plenty = 2 * sum(staffing.values()) + 8
        missing = self._missing(staffing)
        while missing > 0:
            tried = [{**staffing, name: staffing[name] + step} for name in self._helpful(staffing)]
            best = min(tried, key=self._missing)
            left = self._missing(best)
            fruitless = fruitless + 1 if left >= missing else 0
            if fruitless > 2 and sum(best.values()) > plenty:
                raise PlanningError(
                    f"no number of agents reaches {self._target}: what is missing is not agents "
                    "(ring times, shifts that leave hours without anyone, or the calls' skills)"
                )
            # Steps grow while there is far to go, so that a bad guess costs little.
            step = step * 2 if left > missing / 2 else 1
            staffing, missing = best, left
        return staffing

    def _shrunk(self, staffing: dict[str, int]) -> dict[str, int]:
        """Take agents away, most first, while it stays enough."""
        step = max(1, max(staffing.values()) // 4)
        while step:
            smaller = [
                {**staffing, name: agents - step}
                for name, agents in sorted(staffing.items(), key=lambda item: -item[1])
                if agents - step >= self._fewest
            ]
            enough = next((each for each in smaller if not self._missing(each)), None)
            if enough is None:
                step //= 2
            else:
                staffing = enough
        return staffing

    def _helpful(self, staffing: Mapping[str, int]) -> list[str]:
        """Return the groups that serve the queue which misses the target most."""
        found = self._results(staffing)
        worst = min(found.queues, key=lambda queue: _level(queue.estimates["service_level"].value))
        able = {
            group.name
            for stream in self._model.streams
            if stream.queue == worst.name
            for group in able_groups(self._model, stream)
        }
        return sorted(able)

    def _missing(self, staffing: Mapping[str, int]) -> float:
        """Return by how much queues miss the target, added up; 0 when none does."""
        return sum(
            max(0.0, self._target.service_level - _level(queue.estimates["service_level"].value))
            for queue in self._results(staffing).queues
        )

    def _results(self, staffing: Mapping[str, int]) -> Results:
        key = tuple(staffing[group.name] for group in self._model.groups)
        if key not in self._known:
            if len(self._known) >= _MOST_SIMULATIONS:
                raise PlanningError(f"no staffing found in {_MOST_SIMULATIONS} simulations")
            self._known[key] = self._simulate(self._staffed(staffing))
        return self._known[key]

    def _staffed(self, staffing: Mapping[str, int]) -> Model:
        groups = tuple(_resized(group, staffing[group.name]) for group in self._model.groups)
        return replace(self._model, groups=groups)


def _resized(group: Group, agents: int) -> Group:
    return replace(group, agents=agents)


def _level(service_level: float | None) -> float:
    """A queue without calls misses nothing."""
    return 1.0 if service_level is None else service_level
