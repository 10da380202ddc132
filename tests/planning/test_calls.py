"""The calls of a run, drawn before it begins."""

from __future__ import annotations

import math

import numpy as np

from switch.planning.arrivals import ByRate, Span, Trace
from switch.planning.calls import UNCOUNTED, calls_of_a_day, calls_of_a_run
from switch.planning.distributions import Constant, Exponential
from switch.planning.model import Group, Model, Stream
from tests.planning.houses import queue

MODEL = Model(
    (queue(),),
    (
        Stream("calls", Trace([30, 10]), Constant(5)),
        Stream("calls", Trace([20]), Constant(7), patience=Constant(3)),
    ),
    (Group("agents", 1),),
    Span(0, 100),
)


def test_streams_of_a_day_are_put_together_in_order_of_time() -> None:
    calls = calls_of_a_day(MODEL, np.random.default_rng(1), 4)
    assert calls.times == [10, 20, 30]
    assert calls.stream == [0, 1, 0]
    assert calls.busy == [5, 7, 5]
    assert calls.patience == [math.inf, 3, math.inf]
    assert calls.part == [4, 4, 4]


def test_a_run_has_a_warm_up_and_batches() -> None:
    stream = Stream("calls", ByRate(0.5), Exponential(60))
    calls = calls_of_a_run(stream, np.random.default_rng(1), batches=3, batch=1000, warm_up=500)
    assert len(calls.times) == 3500
    assert calls.part[:500] == [UNCOUNTED] * 500
    assert [calls.part.count(number) for number in range(3)] == [1000] * 3
    assert calls.times == sorted(calls.times)
    gaps = np.diff(calls.times)
    assert 1.9 < gaps.mean() < 2.1
    assert 1.9 < gaps.std() < 2.1
