"""The expected wait, held against simulated queues: M/M/n, with abandonment, with shared agents.

The mean of what was told to those who had to wait, and would, is within a tenth of the mean of
what they waited.
"""

from __future__ import annotations

import random
import statistics
from heapq import heappop, heappush
from itertools import count

import pytest

from switch.routing import AgentProfile, Need, Offered, QueueProfile, Router
from switch.routing.expected_wait import WaitEstimator

HOURS = 60
TALK = 120.0


class Simulation:
    """Poisson arrivals, exponential talks, exponential patience; agents answer at once."""

    def __init__(self, agents: int, rates: dict[str, float], patience: float, seed: int) -> None:
        self.random = random.Random(seed)
        self.rates, self.patience = rates, patience
        queues = [
            QueueProfile(name, Need.of({"any": [{name: 1}, {"both": 1}]}), wrap_up_seconds=0)
            for name in rates
        ]
        skills = {"both": 5}
        self.router = Router([AgentProfile(f"a{n}", "", skills) for n in range(agents)], queues)
        self.told: dict[str, tuple[float, float]] = {}
        """Caller -> when, and what wait was told."""
        self.pairs: list[tuple[float, float]] = []
        """Told and true wait of those who waited until they were served."""
        self.happens: list[tuple[float, int, str, str]] = []
        self.numbers = count()
        for number in range(agents):
            self.router.set_ready(f"a{number}", 0.0)
        for name in rates:
            self.later(0.0, rates[name], "enter", name)

    def later(self, now: float, rate: float, what: str, whom: str) -> None:
        at = now + self.random.expovariate(rate)
        heappush(self.happens, (at, next(self.numbers), what, whom))

    def run(self, seconds: float) -> list[tuple[float, float]]:
        while self.happens[0][0] < seconds:
            now, number, what, whom = heappop(self.happens)
            if what == "enter":
                self.later(now, self.rates[whom], "enter", whom)
                contact = f"c{number}"
                entry = self.router.enter(contact, whom, now)
                if entry.expected_wait_seconds:
                    self.told[contact] = (now, entry.expected_wait_seconds)
                    # One in ten waits however long: of the others only the shorter waits are seen.
                    if self.patience and number % 10:
                        self.later(now, 1 / self.patience, "leave", contact)
            elif what == "end":
                self.router.talk_ended(whom, now)
            elif whom in self.told:
                del self.told[whom]
                self.router.leave(whom, now)
            self.hear(now)
        return self.pairs

    def hear(self, now: float) -> None:
        while (event := self.router.next_event()) is not None:
            if not isinstance(event, Offered):
                continue
            self.router.offer_answered(event.contact, event.agent, now)
            self.later(now, 1 / TALK, "end", event.contact)
            if event.contact in self.told:
                at, told = self.told.pop(event.contact)
                number = int(event.contact[1:])
                learnt = now > 4 * 3600
                if learnt and (not self.patience or not number % 10):
                    self.pairs.append((told, now - at))


def ratio(pairs: list[tuple[float, float]]) -> float:
    return statistics.fmean(told for told, _ in pairs) / statistics.fmean(true for _, true in pairs)


@pytest.mark.parametrize(
    ("agents", "rates", "patience"),
    [
        (10, {"one": 0.9 * 10 / TALK}, 0.0),
        (50, {"one": 0.95 * 50 / TALK}, 0.0),
        (10, {"one": 1.2 * 10 / TALK}, 300.0),
        (10, {"one": 0.95 * 10 / TALK}, 120.0),
        (10, {"one": 0.6 * 10 / TALK, "two": 0.3 * 10 / TALK}, 0.0),
        (20, {"one": 0.7 * 20 / TALK, "two": 0.4 * 20 / TALK}, 300.0),
    ],
)
def test_the_mean_is_right(agents: int, rates: dict[str, float], patience: float) -> None:
    ratios = [
        ratio(Simulation(agents, rates, patience, seed).run(HOURS * 3600.0)) for seed in range(3)
    ]
    assert 0.9 < statistics.fmean(ratios) < 1.1, ratios


def test_who_is_further_behind_waits_longer_and_nobody_for_ever() -> None:
    estimator = WaitEstimator()
    waits = [estimator.seconds(position, 3, 0.0) for position in (1, 2, 50, 100, 1000, 10**6)]
    assert waits == sorted(waits)
    assert waits[0] == pytest.approx(60)
    assert waits[-1] == 86_400
    assert estimator.seconds(1, 0, 0.0) == 86_400
