"""The least staffing that keeps a promise, found by simulation.

Erlang's formulas give the first guess. Every staffing meets the same calls, with the same
handle times and patience (`calls.py`; common random numbers), so that staffings differ by
nothing but their agents.

Of one group, more agents never make callers wait longer, and with the same calls that holds in
each single run (for callers without patience: Kiefer and Wolfowitz, "On the theory of queues
with many servers", 1955). So the least number is found by halving, and is the least there is.

Of several groups there may be many staffings of which none can be smaller. Groups grow where it
helps most until every queue keeps the promise, and shrink while it is kept. Then one agent is
taken away and others are moved, one at a time, while less is missing; and two are taken away
and one is added elsewhere; for as long as the promise is kept with fewer. Of what is found so
it is known: with one agent fewer in any group some queue misses the target, and so it does when
one agent of any group shall do in place of two of others. A smaller staffing that differs by
more than that there may be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations_with_replacement

from switch.errors import PlanningError
from switch.frozen import frozen
from switch.planning.model import Group, Model, Stream
from switch.planning.results import CallFigures, Results
from switch.planning.scenario import able_groups
from switch.planning.staffing import Target, least_agents_a, least_agents_c

Simulate = Callable[[Model], Results]

_MOST_SIMULATIONS = 400
_MOST_FOR_EXCHANGES = 200
"""Simulations after which no more exchanges are tried."""
_MOST_FOR_SURE = 5
"""Agents more than the least, at most, with which it is looked whether one may be sure."""

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
    unsure: tuple[str, ...] = ()
    """Queues that keep the promise in this simulation, but whose confidence interval reaches
    below it."""
    sure_agents: int | None = None
    """Of a single group: with so many, the whole interval keeps the promise; None: no number
    near does, the simulation is too short."""
    every_exchange: bool = True
    """False: there were too many exchanges to try them all."""


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
        self._every_exchange = True

    def run(self) -> Staffing:
        guess = first_guess(self._model, self._target)
        sure = None
        if len(guess) == 1:
            staffing = self._least_of_one(guess)
            sure = self._sure_of_one(staffing)
        else:
            staffing = self._exchanged(self._shrunk(self._grown(guess)))
        return Staffing(
            self._staffed(staffing),
            self._results(staffing),
            len(self._known),
            tuple(self._unsure(staffing)),
            sure,
            self._every_exchange,
        )

    # One group: more agents are never worse.

    def _least_of_one(self, guess: Mapping[str, int]) -> dict[str, int]:
        """Return the least number, between one that is too few and one that is enough."""
        (name,) = guess
        enough = self._grown({name: max(guess[name], self._fewest)})[name]
        too_few = self._fewest - 1
        step = 1
        while enough - too_few > 1:
            tried = max(enough - step, (enough + too_few) // 2)
            if self._missing({name: tried}):
                too_few = tried
            else:
                enough = tried
            step *= 2
        return {name: enough}

    def _sure_of_one(self, least: Mapping[str, int]) -> int | None:
        """Return with how many the intervals too keep the promise."""
        ((name, agents),) = least.items()
        for more in range(agents, agents + _MOST_FOR_SURE + 1):
            if not any(self._unsure({name: more})):
                return more
        return None

    # Several groups.

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

    def _exchanged(self, staffing: dict[str, int]) -> dict[str, int]:
        """Let fewer agents do who sit in other groups, as long as that is found to be enough."""
        while True:
            fewer = self._moved(staffing) or self._exchange(staffing)
            if fewer is None:
                return staffing
            staffing = self._shrunk(fewer)

    def _moved(self, staffing: Mapping[str, int]) -> dict[str, int] | None:
        """Take one agent away, and move others one at a time while that helps."""
        fewer = list(self._changes(staffing, take=1, add=0))
        best = min(fewer, key=self._missing, default=None)
        while best is not None and self._missing(best):
            missing = self._missing(best)
            moves = self._changes(best, take=1, add=1)
            best = next((each for each in moves if self._missing(each) < missing), None)
        return best

    def _exchange(self, staffing: Mapping[str, int]) -> dict[str, int] | None:
        """Let one agent do in place of two."""
        exchanges = self._changes(staffing, take=2, add=1)
        return next((each for each in exchanges if not self._missing(each)), None)

    def _changes(
        self, staffing: Mapping[str, int], *, take: int, add: int
    ) -> Iterator[dict[str, int]]:
        """Yield what it is to take so many away and to add so many in groups of which none
        was taken, for as long as there may be more simulations."""
        for taken in combinations_with_replacement(staffing, take):
            for added in combinations_with_replacement(staffing, add):
                changed = Counter(staffing)
                changed.subtract(taken)
                changed.update(added)
                if set(taken) & set(added) or min(changed.values()) < self._fewest:
                    continue
                if len(self._known) >= _MOST_FOR_EXCHANGES:
                    self._every_exchange = False
                    return
                yield dict(changed)

    def _helpful(self, staffing: Mapping[str, int]) -> list[str]:
        """Return the groups that serve the queue which misses the target most."""
        found = self._results(staffing)
        worst = min(found.queues, key=lambda queue: _level(queue))
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
            max(0.0, self._target.service_level - _level(queue))
            for queue in self._results(staffing).queues
        )

    def _unsure(self, staffing: Mapping[str, int]) -> Iterator[str]:
        """Yield the queues whose interval reaches below the target."""
        for queue in self._results(staffing).queues:
            low = queue.estimates["service_level"].low or 0.0
            if queue.calls and low < self._target.service_level:
                yield queue.name

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


def _level(queue: CallFigures) -> float:
    """Return the service level: 1 without calls, 0 when all were sent away at once."""
    level = queue.estimates["service_level"].value
    if level is None:
        return 0.0 if queue.calls else 1.0
    return level
