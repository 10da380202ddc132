"""A contact centre for the router alone: agents, queues, and a clock that the events drive."""

from __future__ import annotations

import random
import sys
from array import array
from collections import deque
from collections.abc import Callable
from time import thread_time

from switch_under_test import ROOT

if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from switch.routing import AgentProfile, Need, Offered, QueueProfile, Relaxation, Router

_SKILLS = [f"skill{number}" for number in range(50)]
_QUEUES = 50
_WRAP_UP_SECONDS = 20.0
_BETWEEN_SECONDS = 0.01
"""Between callers who come before the measuring."""


class Centre:
    """A router with everybody logged in, and callers who enter, wait, talk and leave.

    Every event is one input of the router, with all that it says read: a caller enters or
    gives up, an agent answers or does not, a talk ends, a wrap-up or a wait is over. With
    nobody waiting half of the agents are free; with callers waiting, only whom none of them
    needs.
    """

    def __init__(self, agents: int, waiting: int, seed: int = 1) -> None:
        self._random = random.Random(seed)
        self._agents_count = agents
        self._waiting_count = waiting
        self.router = Router(self._agents(agents), self._queues())
        self.now = 0.0
        self.times = array("d")
        """CPU seconds of each event."""
        self._entered = 0
        self._offers: deque[Offered] = deque()
        self._talks: list[str] = []
        self._waiting: dict[str, None] = {}

    def _agents(self, count: int) -> list[AgentProfile]:
        choose = self._random
        return [
            AgentProfile(
                f"agent{number}",
                f"Agent {number}",
                {
                    skill: choose.randint(1, 10)
                    for skill in choose.sample(_SKILLS, choose.randint(3, 5))
                },
            )
            for number in range(count)
        ]

    def _queues(self) -> list[QueueProfile]:
        choose = self._random
        queues = []
        for number in range(_QUEUES):
            first = _SKILLS[number]
            skills = {first: choose.randint(2, 6)}
            if number % 2:
                skills[choose.choice(_SKILLS)] = choose.randint(1, 3)
            relax = []
            if number % 3 == 0:
                relax.append(Relaxation(30.0, lower=((first, 1),)))
            if number % 6 == 0:
                relax.append(Relaxation(60.0, drop=frozenset(skills) - {first}, add_priority=1))
            queues.append(
                QueueProfile(
                    f"queue{number}",
                    Need.of(skills, relax=relax),
                    priority=choose.randint(0, 3),
                    aging_seconds=120.0 if number % 4 == 0 else None,
                    wrap_up_seconds=_WRAP_UP_SECONDS,
                )
            )
        return queues

    # Before the measuring.

    def log_in(self) -> None:
        """Let everybody log in."""
        for number in range(self._agents_count):
            self.router.set_ready(f"agent{number}", self.now)
            self._read()

    def come(self, callers: int) -> None:
        """Let so many callers enter."""
        for _ in range(callers):
            self._enter()

    def fill(self) -> None:
        """Let callers come until as many wait and talk as shall."""
        without_offer = 0
        while without_offer < 20 * _QUEUES and not self._is_full():
            talking = len(self._talks)
            self._pass(_BETWEEN_SECONDS)
            self._enter()
            self._answer(failing=0.0)
            without_offer = 0 if len(self._talks) > talking else without_offer + 1
            self._give_up()
        while len(self._waiting) < self._waiting_count:
            self._pass(_BETWEEN_SECONDS)
            self._enter()
            self._answer(failing=0.0)
        self.times = array("d")

    def _is_full(self) -> bool:
        return not self._waiting_count and len(self._talks) >= self._agents_count / 2

    # Events.

    def run(self, events: int) -> None:
        """Take in so many events, at a steady number of callers."""
        step = _WRAP_UP_SECONDS / max(1.0, self._agents_count / 10)
        while len(self.times) < events:
            self._pass(step)
            if self._talks and (self._waiting_count or len(self._talks) > self._agents_count / 2):
                self._timed(self.router.talk_ended, self._any_talk(), self.now)
            self._enter()
            self._answer(failing=0.05)
            self._give_up()

    def _pass(self, seconds: float) -> None:
        self.now += seconds
        while (due := self.router.next_deadline()) is not None and due <= self.now:
            self._timed(self.router.handle_timer, due)

    def _enter(self) -> None:
        self._entered += 1
        contact = f"caller{self._entered}"
        self._waiting[contact] = None
        self._timed(self.router.enter, contact, f"queue{self._random.randrange(_QUEUES)}", self.now)

    def _answer(self, failing: float) -> None:
        """Agents answer, or fail to; who is given back may be offered another at once."""
        while self._offers:
            offer = self._offers.popleft()
            if self._random.random() < failing:
                self._waiting[offer.contact] = None
                failed = self.router.offer_failed
                self._timed(failed, offer.contact, offer.agent, "busy", self.now)
            else:
                self._talks.append(offer.contact)
                self._timed(self.router.offer_answered, offer.contact, offer.agent, self.now)

    def _give_up(self) -> None:
        while len(self._waiting) > self._waiting_count:
            contact = next(iter(self._waiting))
            del self._waiting[contact]
            self._timed(self.router.leave, contact, self.now)

    def _any_talk(self) -> str:
        talks = self._talks
        place = self._random.randrange(len(talks))
        talks[place], talks[-1] = talks[-1], talks[place]
        return talks.pop()

    def _timed(self, happen: Callable[..., object], *words: object) -> None:
        began = thread_time()
        happen(*words)
        self._read()
        self.times.append(thread_time() - began)

    def _read(self) -> None:
        while (event := self.router.next_event()) is not None:
            if isinstance(event, Offered):
                self._offers.append(event)
                self._waiting.pop(event.contact, None)
