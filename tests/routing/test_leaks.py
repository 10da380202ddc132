"""Nothing is left after a million random events: every structure is as at the start."""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections import deque

from switch.routing import Offered, Router
from tests.routing.small_centre import AGENTS, EXTRAS, QUEUES

EVENTS = 1_000_000
SOME = 20_000
"""After thrice as many everything that is bounded is full."""


class Crowd:
    """Callers and agents who do anything at any time."""

    def __init__(self) -> None:
        self.router = Router(AGENTS, QUEUES)
        self.random = random.Random(7)
        self.now = 0.0
        self.number = 0
        self.here: deque[str] = deque()
        self.offered: dict[str, str] = {}

    def run(self, events: int) -> None:
        for _ in range(events):
            self.now += 0.25
            self.step(int(self.random.random() * 16))
            self.hear()

    def step(self, kind: int) -> None:
        router, now, choose = self.router, self.now, self.random.random()
        agent = AGENTS[int(choose * len(AGENTS))].id
        if kind < 4:
            self.number += 1
            contact = f"c{self.number}"
            self.here.append(contact)
            queue = QUEUES[int(choose * len(QUEUES))].name
            need = EXTRAS[self.number % len(EXTRAS)]
            caller = str(self.number % 50)
            router.enter(contact, queue, now, need=need, caller=caller)
        elif kind < 8 and self.offered:
            contact, agent = self.offered.popitem()
            if kind == 4:
                router.offer_failed(contact, agent, "busy", now)
            else:
                router.offer_answered(contact, agent, now)
        elif kind < 11 and self.here:
            self.here.rotate(-int(choose * 10))
            router.leave(self.here.popleft(), now)
        elif kind == 11:
            router.set_not_ready(agent, now, "break")
        elif kind == 12:
            router.log_out(agent, now, "home")
        elif kind == 13:
            router.set_shift(agent, now, on=choose * 10 % 1 > 0.2)
        elif kind == 14 and self.here:
            router.places.keep_for_callback(self.here[0], now, 20.0)
        else:
            router.set_ready(agent, now)
        if (due := router.next_deadline()) is not None and due <= now:
            router.handle_timer(now)

    def hear(self) -> None:
        while (event := self.router.next_event()) is not None:
            if isinstance(event, Offered):
                self.offered[event.contact] = event.agent

    def go(self) -> None:
        """Everybody leaves."""
        for contact in self.here:
            self.router.leave(contact, self.now)
        self.here.clear()
        for agent in AGENTS:
            self.router.log_out(agent.id, self.now)
        self.now += 10_000
        self.router.handle_timer(self.now)
        self.hear()
        self.offered.clear()

    def sizes(self) -> dict[str, int]:
        """What is in the router, by name."""
        router = self.router
        sizes = {
            "contacts": len(router._contacts),
            "deadlines": len(router._deadlines),
            "questions": len(router._matcher.questions),
            "events": len(router._events),
        }
        for name, queue in router._queues.items():
            sizes[f"{name}: priorities"] = len(queue.ceiling._counts)
            sizes[f"{name}: unanswered"] = len(queue.unanswered)
            sizes[f"{name}: places"] = len(queue._order)
            sizes[f"{name}: estimated"] = queue.expected_wait.waiting
            for number, line in enumerate(queue.lines.values()):
                here = f"{name}: line {number}"
                sizes[f"{here}: callers"] = line.callers + line.waiting_count
                sizes[f"{here}: ready"] = line.ready_count
                sizes[f"{here}: logged in"] = line.logged_in_count
                sizes[f"{here}: counted"] = sum(tier.waiting.count for tier in line.tiers)
        for agent in router._roster:
            sizes[f"{agent.profile.id}: held"] = agent.held.count
        return sizes

    def dead_entries(self) -> int:
        """Entries that wait to be thrown away, in the heap that has most."""
        lines = [line for queue in self.router._queues.values() for line in queue.lines.values()]
        heaps = [
            heap for line in lines for tier in line.tiers for heap in (tier.ready, tier.waiting)
        ]
        entries = [len(heap._entries) for heap in heaps]
        entries += [
            len(heap._entries)
            for agent in self.router._roster
            for heap in agent.held._by_queue.values()
        ]
        return max([*entries, len(self.router._deadlines._heap)])


def test_everything_is_as_at_the_start_when_all_have_gone() -> None:
    crowd = Crowd()
    crowd.run(EVENTS)
    crowd.go()
    left = {name: size for name, size in crowd.sizes().items() if size}
    assert left == {}
    assert crowd.dead_entries() < 200, "twice as many as there ever were people, and a few"
    assert len(crowd.router._lines._spare) <= len(QUEUES) * len(EXTRAS)


def test_memory_does_not_grow_with_the_number_of_events() -> None:
    crowd = Crowd()
    tracemalloc.start()
    try:
        crowd.run(3 * SOME)
        crowd.go()
        gc.collect()
        first, _ = tracemalloc.get_traced_memory()
        crowd.run(SOME)
        crowd.go()
        gc.collect()
        second, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Entries of the bounded books are replaced by others, whose texts are not equally long.
    assert second < first * 1.05
