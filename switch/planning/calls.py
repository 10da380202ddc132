"""The calls of a run, drawn before it begins.

Each call brings its time, how long it will keep an agent, and its patience. They do not
depend on what becomes of other calls, so that two staffings are compared on the same calls.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from switch.planning.arrivals import HOUR, ByRate
from switch.planning.distributions import Seconds
from switch.planning.model import Model, Stream

INTERVAL_SECONDS = HOUR / 2
"""The day is reported in half hours."""

UNCOUNTED = -1
"""The part of the run that calls of the warm-up belong to."""


@dataclass(slots=True)
class Calls:
    """One entry each, in order of arrival."""

    times: list[float]
    stream: list[int]
    """Index into the model's streams."""
    busy: list[float]
    patience: list[float]
    """Infinite: for ever."""
    part: list[int]
    """Which part of the run counts it: a day, a batch, or `UNCOUNTED`."""


def calls_of_a_day(model: Model, generator: np.random.Generator, part: int) -> Calls:
    """Draw the calls of one day, all of them counted in one part."""
    drawn = [
        (stream.arrivals.draw(generator, model.day, part), stream, number)
        for number, stream in enumerate(model.streams)
    ]
    times = np.concatenate([each for each, _, _ in drawn])
    numbers = np.concatenate([np.full(len(each), number) for each, _, number in drawn])
    busy = np.concatenate([stream.busy.draw(generator, len(each)) for each, stream, _ in drawn])
    patience = np.concatenate(
        [_patience(generator, len(each), stream) for each, stream, _ in drawn]
    )
    order = np.argsort(times, kind="stable")
    return Calls(
        times[order].tolist(),
        numbers[order].tolist(),
        busy[order].tolist(),
        patience[order].tolist(),
        [part] * len(times),
    )


def calls_of_a_run(
    stream: Stream, generator: np.random.Generator, batches: int, batch: int, warm_up: int
) -> Calls:
    """Draw one stream of calls at a steady rate: a warm-up, then batches of equal size."""
    assert isinstance(stream.arrivals, ByRate)
    count = warm_up + batches * batch
    gaps = generator.exponential(1 / stream.arrivals.per_second, count)
    parts = [UNCOUNTED] * warm_up
    for number in range(batches):
        parts += [number] * batch
    return Calls(
        np.cumsum(gaps).tolist(),
        [0] * count,
        stream.busy.draw(generator, count).tolist(),
        _patience(generator, count, stream).tolist(),
        parts,
    )


def _patience(generator: np.random.Generator, count: int, stream: Stream) -> Seconds:
    if stream.patience is None:
        return np.full(count, math.inf)
    return stream.patience.draw(generator, count)
