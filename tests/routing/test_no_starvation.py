"""Nobody starves: who waits in a queue that ages is served after a bounded number of others.

The law, for any mix of priorities, agings, arrivals and agents: let a caller have waited until
the queue's aging has lifted it one above the highest priority that anybody brings. From then
on, an agent who may serve this caller serves nobody who came later than that moment. So only
those who had come by then can be first, however many more come.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from hypothesis import example, given, settings
from hypothesis import strategies as st

from switch.routing import AgentProfile, Need, Offered, QueueProfile, Router

SKILLS = ("orders", "help")
VICTIM = "victim"


@dataclass(frozen=True)
class Kind:
    """A class of callers: a queue of their own."""

    priority: int
    aging: float | None
    skill: str | None


@dataclass(frozen=True)
class House:
    """Kinds of callers, the one who is watched, and how many more come than are served."""

    kinds: tuple[Kind, ...]
    watched: int
    stream: tuple[int, ...]
    """Of which kind the others are, in turn."""
    gap: float
    """Seconds from one to the next."""
    agents: tuple[frozenset[str], ...]
    """Skills; the first agent has all."""
    talk: float
    backlog: int = 0
    """How many wait already when the watched one comes."""


@dataclass
class Day:
    """The house at work until the watched caller is served, or the bound is passed."""

    house: House
    entered: dict[str, float] = field(default_factory=dict)
    served: list[tuple[float, str, int]] = field(default_factory=list)
    ends: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        agents = [
            AgentProfile(str(number), "", dict.fromkeys(skills, 5))
            for number, skills in enumerate(self.house.agents)
        ]
        queues = [
            QueueProfile(
                str(number),
                Need.of({kind.skill: 1} if kind.skill else {}),
                priority=kind.priority,
                aging_seconds=kind.aging,
                wrap_up_seconds=0.0,
            )
            for number, kind in enumerate(self.house.kinds)
        ]
        self.router = Router(agents, queues)
        for agent in agents:
            self.router.set_ready(agent.id, 0.0)
        self.carry(0.0)

    def enter(self, caller: str, kind: int, now: float) -> None:
        self.entered[caller] = now
        self.router.enter(caller, str(kind), now)
        self.carry(now)

    def carry(self, now: float) -> None:
        while (event := self.router.next_event()) is not None:
            if isinstance(event, Offered):
                self.router.offer_answered(event.contact, event.agent, now)
                self.served.append((now, event.contact, int(event.agent)))
                heapq.heappush(self.ends, (now + self.house.talk, event.contact))

    def go(self, until: float) -> None:
        """Let callers come and talks end until then, or until the watched one is served."""
        stream, number = self.house.stream, len(self.entered)
        while VICTIM not in {caller for _, caller, _ in self.served[-len(self.house.agents) :]}:
            comes = 1.0 + (number - self.house.backlog - 1) * self.house.gap
            ends = self.ends[0][0] if self.ends else comes
            if min(comes, ends) > until:
                return
            if ends <= comes and self.ends:
                now, caller = heapq.heappop(self.ends)
                self.router.talk_ended(caller, now)
                self.carry(now)
            else:
                self.enter(f"c{number}", stream[number % len(stream)], comes)
                number += 1


def watch(house: House) -> tuple[Day, float]:
    """Return the day and the moment from which nobody who comes later is served first."""
    day = Day(house)
    kinds = house.kinds
    for number in range(house.backlog):
        day.enter(f"c{number}", house.stream[number % len(house.stream)], 0.0)
    day.enter(VICTIM, house.watched, 0.5)
    own = kinds[house.watched]
    assert own.aging is not None
    highest = max(kinds[number].priority for number in {*house.stream, house.watched})
    up_at = 0.5 + (1 + highest - own.priority) * own.aging
    day.go(up_at)
    here = sum(entered <= up_at for entered in day.entered.values())
    day.go(up_at + (here + 1) * house.talk)
    return day, up_at


@st.composite
def houses(draw: st.DrawFn) -> House:
    aging = st.sampled_from((4.0, 8.0, 20.0, 64.0))
    kind = st.builds(Kind, st.integers(0, 4), aging, st.sampled_from((None, *SKILLS)))
    kinds = draw(st.lists(kind, min_size=1, max_size=4))
    index = st.integers(0, len(kinds) - 1)
    agents = draw(st.lists(st.frozensets(st.sampled_from(SKILLS)), max_size=2))
    return House(
        kinds=tuple(kinds),
        watched=draw(index),
        stream=tuple(draw(st.lists(index, min_size=1, max_size=4))),
        gap=draw(st.sampled_from((1.0, 2.0, 5.0))),
        agents=(frozenset(SKILLS), *agents),
        talk=draw(st.sampled_from((0.5, 3.0, 8.0))),
        backlog=draw(st.integers(0, 10)),
    )


SLOW_BESIDE_FAST = House(
    kinds=(Kind(0, 64.0, None), Kind(4, 4.0, None)),
    watched=0,
    stream=(1,),
    gap=1.0,
    agents=(frozenset(SKILLS),),
    talk=8.0,
)
"""A queue that promises much less time and has many more callers than can be served."""


@settings(max_examples=300, deadline=None)
@example(SLOW_BESIDE_FAST)
@given(houses())
def test_who_has_come_up_is_served_before_all_who_come_later(house: House) -> None:
    day, up_at = watch(house)
    assert VICTIM in {caller for _, caller, _ in day.served}, "starves"
    skill = house.kinds[house.watched].skill
    for now, caller, agent in day.served:
        if now > up_at and caller != VICTIM and (not skill or skill in house.agents[agent]):
            assert day.entered[caller] <= up_at


def test_without_aging_priorities_are_strict_and_somebody_may_wait_for_ever() -> None:
    strict = House(
        kinds=(Kind(0, None, None), Kind(4, None, None)),
        watched=0,
        stream=(1,),
        gap=1.0,
        agents=(frozenset(),),
        talk=8.0,
    )
    day = Day(strict)
    day.enter("c0", 1, 0.0)
    day.enter(VICTIM, 0, 0.5)
    day.go(3000.0)
    assert VICTIM not in {caller for _, caller, _ in day.served}
