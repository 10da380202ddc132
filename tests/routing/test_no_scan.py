"""No event looks at all agents or all callers: the work of an event does not grow with them.

Work is counted in lines of the router's code that run, which no other process on the machine
can change.
"""

from __future__ import annotations

import random
import sys
from collections import deque
from types import FrameType
from typing import Any

import pytest

from switch.routing import AgentProfile, Need, Offered, QueueProfile, Relaxation, Router

QUEUES = 10
EVENTS = 1500


class Lines:
    """Counts the lines of `switch/routing` that run in a `with` block."""

    def __init__(self) -> None:
        self.count = 0
        self._before = sys.gettrace()

    def __enter__(self) -> Lines:
        sys.settrace(self._calls)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)

    def _calls(self, frame: FrameType, event: str, _: Any) -> Any:
        return self._lines if "/switch/routing/" in frame.f_code.co_filename else None

    def _lines(self, frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            self.count += 1
        return self._lines


class House:
    """Agents of whom each serves two queues of ten, and so many callers who wait."""

    def __init__(self, agents: int, waiting: int) -> None:
        self.random = random.Random(3)
        profiles = [
            AgentProfile(f"a{n}", "", {f"s{n % QUEUES}": 5, f"s{(n + 1) % QUEUES}": 3})
            for n in range(agents)
        ]
        queues = [
            QueueProfile(
                f"q{n}",
                Need.of({f"s{n}": 4}, relax=[Relaxation(30, lower=((f"s{n}", 1),))]),
                priority=n % 3,
                aging_seconds=20.0 + n,
                wrap_up_seconds=5,
                sticky_seconds=100,
            )
            for n in range(QUEUES)
        ]
        self.router = Router(profiles, queues)
        self.now = 0.0
        self.number = 0
        self.here: deque[str] = deque()
        self.offers: deque[Offered] = deque()
        self.talks: deque[str] = deque()
        for _ in range(waiting):
            self.enter()
        self.now = 40.0  # a step of the wait is an event of its own: theirs are over
        self.router.handle_timer(self.now)
        self.agents = [profile.id for profile in profiles]
        if waiting:
            self.agents = self.agents[: max(20, len(self.agents) // 100)]
        for agent in self.agents:
            self.router.set_ready(agent, self.now)
        self.hear()

    def enter(self) -> None:
        self.number += 1
        contact = f"c{self.number}"
        self.here.append(contact)
        self.router.enter(
            contact, f"q{self.number % QUEUES}", self.now, caller=str(self.number % 40)
        )

    def hear(self) -> None:
        while (event := self.router.next_event()) is not None:
            if isinstance(event, Offered):
                self.offers.append(event)

    def run(self, events: int) -> None:
        router = self.router
        for number in range(events):
            self.now += 0.01
            match number % 6:
                case 0 | 1:
                    self.enter()
                case 2 | 3 if self.offers:
                    offer = self.offers.popleft()
                    if self.random.random() < 0.2:
                        router.offer_failed(offer.contact, offer.agent, "busy", self.now)
                    elif router.offer_answered(offer.contact, offer.agent, self.now):
                        self.talks.append(offer.contact)
                case 4 if self.talks:
                    router.talk_ended(self.talks.popleft(), self.now)
                case 5 if self.here:
                    router.leave(self.here.popleft(), self.now)
                case _:
                    router.handle_timer(self.now)
            self.hear()


def lines_of(agents: int, waiting: int) -> float:
    house = House(agents, waiting)
    with Lines() as lines:
        house.run(EVENTS)
    return lines.count / EVENTS


@pytest.mark.parametrize("waiting", [0, 400])
def test_a_hundred_times_as_many_agents_are_no_more_work(waiting: int) -> None:
    few, many = lines_of(40, waiting), lines_of(4000, waiting)
    assert few > 10, "nothing was counted"
    assert many < 2 * few


def test_a_hundred_times_as_many_callers_are_no_more_work() -> None:
    assert lines_of(40, 10_000) < 2 * lines_of(40, 100)


def test_a_log_in_onto_many_who_wait_is_no_more_work_than_onto_few() -> None:
    def work(waiting: int) -> int:
        house = House(2000, waiting)
        others = [f"a{number}" for number in range(100, 200)]
        with Lines() as lines:
            for agent in others:
                house.router.set_ready(agent, house.now)
        return lines.count

    assert work(10_000) < 2 * work(500)
