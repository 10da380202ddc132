"""The router as a simulation drives it: acts in, what follows told at once."""

from __future__ import annotations

from switch.planning.driver import Floor, need_of
from tests.planning.houses import queue


class Told:
    """A listener that writes down what it is told."""

    def __init__(self) -> None:
        self.heard: list[tuple[object, ...]] = []

    def offered(self, call: int, agent: int, now: float) -> None:
        self.heard.append(("offered", call, agent, now))

    def withdrawn(self, call: int, agent: int, now: float) -> None:
        self.heard.append(("withdrawn", call, agent, now))

    def sent_away(self, call: int, now: float) -> None:
        self.heard.append(("sent away", call, now))

    def moved(self, agent: int, at_work: int, busy: int, now: float) -> None:
        self.heard.append(("moved", agent, at_work, busy, now))

    def last(self) -> list[tuple[object, ...]]:
        """Return what was told since the last time."""
        heard, self.heard = self.heard, []
        return heard


def test_a_call_from_begin_to_end() -> None:
    told = Told()
    floor = Floor([queue(wrap_up_seconds=10)], [{}], told)
    floor.be_ready(0, 1)
    assert told.last() == [("moved", 0, 1, 0, 1)]
    floor.enter(7, "calls", None, None, 2)
    assert told.last() == [("moved", 0, 0, 1, 2), ("offered", 7, 0, 2)]
    assert floor.answer(7, 0, 5)
    floor.end_talk(7, 60)
    assert told.last() == []  # talk and wrap-up are both work
    assert floor.next_due() == 70
    floor.handle_timer(70)
    assert told.last() == [("moved", 0, 0, -1, 70)]
    floor.go_home(0, 80)
    assert told.last() == [("moved", 0, -1, 0, 80)]


def test_a_call_that_nobody_answers() -> None:
    told = Told()
    floor = Floor([queue(ring_seconds=20, max_wait_seconds=30)], [{}], told)
    floor.be_ready(0, 0)
    floor.enter(1, "calls", None, None, 0)
    told.last()
    floor.handle_timer(20)
    assert told.last() == [("withdrawn", 1, 0, 20), ("moved", 0, -1, -1, 20)]
    assert not floor.answer(1, 0, 21)
    floor.handle_timer(30)
    assert told.last() == [("sent away", 1, 30)]


def test_a_call_that_nobody_at_work_may_serve_is_sent_away() -> None:
    told = Told()
    floor = Floor([queue()], [{"orders": 5}], told)
    floor.be_ready(0, 0)
    told.last()
    floor.enter(1, "calls", need_of({"orders": 6}), None, 1)
    assert told.last() == [("sent away", 1, 1)]
    floor.enter(2, "calls", need_of({"orders": 5}), 3, 2)
    assert told.last()[-1] == ("offered", 2, 0, 2)
