"""One question put to the simulator, and the report that answers it.

Either one group of agents at a steady load, which Erlang's formulas know too, or the days
of a scenario; both as they are staffed, or with the least staffing for a target.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Group as Stack
from rich.console import RenderableType
from rich.text import Text

from switch.errors import PlanningError
from switch.frozen import frozen
from switch.planning import curves, tables
from switch.planning.arrivals import ByRate
from switch.planning.distributions import Exponential, LogNormal
from switch.planning.erlang import erlang_a, erlang_c
from switch.planning.model import Group, Model, Stream
from switch.planning.results import Results, results, results_as_data
from switch.planning.scenario import Scenario
from switch.planning.search import Staffing, least_staffing, promising
from switch.planning.sheet import Sheet
from switch.planning.simulation import Progress, simulate_days, simulate_run
from switch.planning.staffing import Target
from switch.settings.queues import Queue, ServiceLevel

_CURVE_SECONDS = tuple(float(second) for second in range(0, 125, 5))


@frozen(kw_only=True)
class OneGroup:
    """A single group of agents, and calls of one kind at a steady rate."""

    agents: int | None
    """None: to be found."""
    load: float
    """Erlangs."""
    aht_seconds: float
    aht_cv: float | None = None
    """None: exponential; otherwise log-normal."""
    patience_seconds: float | None = None
    """Mean of an exponential; None: endless."""
    within_seconds: float = 20.0
    may_wait: bool = True

    def model(self) -> Model:
        """Return what is simulated; with nobody where the agents are to be found.

        Raises:
            PlanningError: figures that cannot be, or a queue that would grow without end.
        """
        for name, value in (
            ("the load", self.load),
            ("the mean handle time", self.aht_seconds),
            ("the handle time's coefficient of variation", self.aht_cv),
            ("patience", self.patience_seconds),
            ("the service level's time", self.within_seconds),
        ):
            if value is not None and not 0 < value < 1e7:
                raise PlanningError(f"{name} is above 0, not {value:g}")
        endless = self.patience_seconds is None and self.may_wait
        if endless and self.agents is not None and self.load >= self.agents:
            raise PlanningError(
                f"{self.agents} agents cannot do {self.load:g} erlangs: the queue would grow "
                "without end; give --patience, or more agents than the load"
            )
        mean = self.aht_seconds
        busy = Exponential(mean) if self.aht_cv is None else LogNormal(mean, self.aht_cv)
        patience = None if self.patience_seconds is None else Exponential(self.patience_seconds)
        queue = Queue(
            name="calls",
            wrap_up_seconds=0,
            service_level=ServiceLevel(within_seconds=self.within_seconds),
        )
        stream = Stream("calls", ByRate(self.load / mean), busy, patience=patience)
        group = Group("agents", self.agents or 0)
        return Model((queue,), (stream,), (group,), may_wait=self.may_wait)

    def formula(self) -> tuple[str, Callable[[int, float], float]] | None:
        """Return the formula for the same case, and its service level by agents and promise."""
        if not self.may_wait or self.aht_cv is not None:
            return None
        load, aht, patience = self.load, self.aht_seconds, self.patience_seconds
        if patience is None:
            return "Erlang C", lambda agents, x: erlang_c(agents, load, aht, x).service_level
        return (
            "Erlang A",
            lambda agents, x: erlang_a(agents, load, aht, patience, x).service_level,
        )


@dataclass(frozen=True, slots=True)
class Report:
    """What was simulated, and what came out."""

    model: Model
    sheet: Sheet
    results: Results
    seed: int
    days: int | None
    """None: one long run at a steady load."""
    target: Target | None = None
    staffing: Staffing | None = None
    """How the agents were found, with a target."""
    one_group: OneGroup | None = None

    def as_data(self) -> dict[str, Any]:
        """Return everything for JSON."""
        one = self.one_group
        data: dict[str, Any] = {"seed": self.seed}
        if self.days is not None:
            data["days"] = self.days
        if one is not None:
            data |= {
                "agents": self.results.agents.agents,
                "load": one.load,
                "aht": one.aht_seconds,
                "patience": one.patience_seconds,
                "answer_within": one.within_seconds,
            }
        if self.target is not None:
            data["target"] = self.target.service_level
        if self.staffing is not None:
            if one is not None:
                data["agents_sure"] = self.staffing.sure_agents
            else:
                data["unsure_queues"] = list(self.staffing.unsure)
        found = results_as_data(self.results)
        if one is not None:
            del found["queues"], found["groups"]
            if one.patience_seconds is None and one.may_wait:
                for suffix in ("", "_low", "_high"):
                    del found[f"p_abandon{suffix}"]
        return data | found

    def as_tables(self) -> RenderableType:
        """Return everything for a terminal."""
        if self.days is None:
            assert self.one_group is not None
            bars = tables.by_promise(curves.simulated(self.sheet, 0, "simulated", curves.PROMISES))
        else:
            bars = tables.by_half_hour(self.model, self.sheet.intervals, self.days)
        return Stack(tables.summary(self.results), Text(""), bars)

    def notes(self) -> Iterator[str]:
        """Yield what a person should know about these results."""
        if self.target is not None and self.staffing is not None:
            yield from self._notes_on_staffing(self.target, self.staffing)
        if self.results.too_short:
            yield (
                "At this load the queue remembers for longer than this run lasts: the intervals "
                "promise too much. Simulate more calls (--calls)."
            )

    def _notes_on_staffing(self, target: Target, staffing: Staffing) -> Iterator[str]:
        yield f"the least agents for {target}, found in {staffing.simulations} simulations"
        longer = "Simulate more calls (--calls)" if self.days is None else "Simulate more --days"
        if staffing.unsure:
            named = "" if self.days is None else f" for {', '.join(staffing.unsure)}"
            sure = staffing.sure_agents
            more = longer if sure is None else f"With {sure} agents it is. {longer} to know better"
            yield f"This is not sure{named}: the interval reaches below the target. {more}."
        if not staffing.every_exchange:
            yield "There are too many groups to try all exchanges of agents between them."

    def draw(self, file: Path) -> None:
        """Write the results as PNG.

        Raises:
            PlanningError: no matplotlib, or the file cannot be written.
        """
        from switch.planning.plot import plot

        drawn = [
            curves.simulated(self.sheet, number, queue.name, _CURVE_SECONDS)
            for number, queue in enumerate(self.model.queues)
        ]
        formula = None if self.one_group is None else self.one_group.formula()
        if formula is not None:
            name, level = formula
            agents = self.results.agents.agents
            drawn.append(curves.computed(name, lambda x: level(agents, x), _CURVE_SECONDS))
        day = None if self.days is None else (self.model, self.sheet.intervals, self.days)
        plot(file, "freeline simulate", drawn, day)


def of_one_group(
    question: OneGroup,
    *,
    calls: int,
    seed: int,
    target: Target | None = None,
    progress: Progress | None = None,
) -> Report:
    """Simulate one group at a steady load; with a target, find its size.

    Raises:
        PlanningError: figures that cannot be.
    """

    def sheet_of(model: Model) -> Sheet:
        return simulate_run(model, calls, seed, progress)

    def simulate(model: Model) -> Results:
        return results(model, sheet_of(model), batches=True)

    model, staffing = question.model(), None
    if target is not None:
        # A run in which the queue grows without end tells nothing: it is not begun.
        floor = int(question.load) + 1 if question.patience_seconds is None else 1
        staffing = least_staffing(model, target, simulate, fewest=floor)
        model = staffing.model
        question = replace(question, agents=model.groups[0].agents)
    sheet = sheet_of(model)
    found = results(model, sheet, batches=True)
    return Report(model, sheet, found, seed, None, target, staffing, question)


def of_days(
    scenario: Scenario,
    *,
    days: int | None = None,
    seed: int | None = None,
    target: Target | None = None,
    progress: Progress | None = None,
) -> Report:
    """Simulate the days of a scenario; with a target, find the size of each group.

    Args:
        days: instead of the scenario's.
        seed: instead of the scenario's.

    Raises:
        PlanningError: no staffing reaches the target.
    """
    days = scenario.days if days is None else days
    seed = scenario.seed if seed is None else seed
    model, staffing = scenario.model, None
    if target is not None:
        promised = promising(model, target)

        def simulate(each: Model) -> Results:
            return results(each, simulate_days(each, days, seed, progress), batches=False)

        staffing = least_staffing(promised, target, simulate)
        model = staffing.model
    sheet = simulate_days(model, days, seed, progress)
    found = results(model, sheet, batches=False)
    return Report(model, sheet, found, seed, days, target, staffing)
