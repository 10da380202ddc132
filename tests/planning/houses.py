"""Call centres for the tests, built in one line."""

from __future__ import annotations

from typing import Any

from switch.planning.arrivals import ByRate, Span, Trace
from switch.planning.distributions import Constant, Distribution, Exponential
from switch.planning.model import Group, Model, Stream
from switch.planning.results import Results, results
from switch.planning.sheet import Sheet
from switch.planning.simulation import simulate_days, simulate_run
from switch.settings.queues import Queue

AHT = 180.0


def queue(name: str = "calls", within: float = 20, **fields: Any) -> Queue:
    """Return a queue as configured, without wrap-up unless asked for."""
    return Queue.model_validate(
        {
            "name": name,
            "wrap_up_seconds": 0,
            "service_level": {"within_seconds": within},
            **fields,
        }
    )


def one_group(
    agents: int,
    load: float,
    patience: float | None = None,
    within: float = 20,
    *,
    may_wait: bool = True,
) -> Model:
    """Return M/M/n, M/M/n+M or M/M/n/n with handle times of 180 s."""
    stream = Stream(
        "calls",
        ByRate(load / AHT),
        Exponential(AHT),
        patience=None if patience is None else Exponential(patience),
    )
    groups = (Group("agents", agents),)
    return Model((queue(within=within),), (stream,), groups, may_wait=may_wait)


def run(model: Model, calls: int, seed: int) -> Results:
    """Simulate one long run."""
    return results(model, simulate_run(model, calls, seed), batches=True)


def day(
    times: list[float],
    busy: float,
    *,
    agents: int = 1,
    patience: Distribution | None = None,
    answer: Distribution | None = None,
    shifts: tuple[Span, ...] = (),
    wraps_up: bool = False,
    may_wait: bool = True,
    **queue_fields: Any,
) -> Sheet:
    """Simulate the first thousand seconds of a day whose calls come at these times."""
    model = Model(
        (queue(**queue_fields),),
        (Stream("calls", Trace(times), Constant(busy), wraps_up=wraps_up, patience=patience),),
        (Group("agents", agents, shifts=shifts),),
        Span(0, 1000),
        answer,
        may_wait,
    )
    return simulate_days(model, 1, 1)
