"""The router as a simulation drives it: acts in, what follows told at once."""

from __future__ import annotations

from switch.planning.arrivals import ByRate
from switch.planning.distributions import Constant
from switch.planning.driver import Floor, may_serve, need_of
from switch.planning.model import Group, Stream
from switch.routing import Need
from tests.planning.houses import queue


def calls_for(level: int) -> Need | None:
    """Return the need of callers who ask for orders at a level."""
    return need_of(Stream("calls", ByRate(1), Constant(1), skills={"orders": level}))


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
    floor = Floor([queue(wrap_up_seconds=10)], [Group("all", 1)], told)
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
    floor = Floor([queue(ring_seconds=20, max_wait_seconds=30)], [Group("all", 1)], told)
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
    floor = Floor([queue()], [Group("clerks", 1, {"orders": 5})], told)
    floor.be_ready(0, 0)
    told.last()
    floor.enter(1, "calls", calls_for(6), None, 1)
    assert told.last() == [("sent away", 1, 1)]
    floor.enter(2, "calls", calls_for(5), 3, 2)
    assert told.last()[-1] == ("offered", 2, 0, 2)


def test_who_may_serve_is_asked_of_the_routers_own_rules() -> None:
    relaxed = queue(
        skills={"any": [{"orders": 5}, {"english": 8}]},
        sites=[{"sites": "pune"}, {"sites": ["oslo"], "after_seconds": 30}],
    )
    spanish = Stream("calls", ByRate(1), Constant(1), language="es")
    plain = Stream("calls", ByRate(1), Constant(1))
    clerk = Group("clerks", 1, {"orders": 5}, site="oslo")
    assert may_serve(clerk, relaxed, plain)
    assert not may_serve(clerk, relaxed, spanish)
    assert may_serve(Group("es", 1, {"orders": 5}, (), {"es": 5}, "pune"), relaxed, spanish)
    assert not may_serve(Group("away", 1, {"orders": 5}, site="rome"), relaxed, plain)
    assert not may_serve(Group("none", 1, {"orders": 4}, site="pune"), relaxed, plain)
