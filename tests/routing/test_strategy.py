"""In which order free agents are taken, with ties that are never left to chance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.errors import RoutingError
from switch.routing import AgentProfile, Need, QueueProfile, Router
from switch.routing.agent import Agent, AgentState
from switch.routing.need import TierPlan
from switch.routing.skill import ANYBODY
from switch.routing.strategy import STRATEGIES, LeastOccupied, strategy
from tests.routing.desk import Desk

LEVELS = {"expert": {"a": 9, "b": 1}, "middle": {"a": 5}, "novice": {"a": 2, "b": 1, "c": 1}}


def order(name: str, need: Need) -> list[str]:
    desk = Desk(LEVELS, QueueProfile("q", need, strategy=name))
    for number in range(len(LEVELS)):
        desk.enter(f"c{number}", "q")
    return [offer.split()[1] for offer in desk.offers()]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("longest_idle", ["expert", "middle", "novice"]),
        ("most_skilled", ["expert", "middle", "novice"]),
        ("least_skilled", ["novice", "middle", "expert"]),
        ("least_occupied", ["expert", "middle", "novice"]),
        ("round_robin", ["expert", "middle", "novice"]),
    ],
)
def test_the_first_order(name: str, expected: list[str]) -> None:
    assert order(name, Need.of({"a": 1})) == expected


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_equal_agents_are_taken_in_the_order_in_which_they_became_ready(name: str) -> None:
    desk = Desk(["x"], ready=False)
    names = ["dan", "asha", "cleo", "ben"]
    desk.router = Router([AgentProfile(n, n) for n in names], [QueueProfile("q", strategy=name)])
    for agent in sorted(names):
        desk.ready(agent)
    for number in range(4):
        desk.enter(f"c{number}", "q")
    assert [offer.split()[1] for offer in desk.offers()] == sorted(names)


def test_of_equal_levels_who_can_do_less_else_is_taken_first() -> None:
    desk = Desk(
        {"wide": {"a": 5, "b": 5}, "narrow": {"a": 5}},
        QueueProfile("q", Need.of({"a": 1}), strategy="least_skilled"),
    )
    desk.enter("c1", "q")
    assert desk.offers() == ["c1 narrow"]


def test_round_robin_goes_around_whoever_is_idle_for_how_long() -> None:
    desk = Desk(
        ["asha", "ben", "cleo"], QueueProfile("q", strategy="round_robin", wrap_up_seconds=0)
    )
    served = []
    for number in range(7):
        desk.enter(f"c{number}", "q")
        (offer,) = desk.offers()
        contact, agent = offer.split()
        desk.answer(contact, agent)
        desk.wait(100 if agent == "asha" else 1)
        desk.end(contact)
        served.append(agent)
    assert served == ["asha", "ben", "cleo"] * 2 + ["asha"]


def test_who_was_busy_for_less_is_taken_first_though_idle_for_less() -> None:
    desk = Desk(["asha", "ben"], QueueProfile("q", strategy="least_occupied", wrap_up_seconds=0))
    desk.enter("long", "q")
    desk.answer("long", "asha")
    desk.enter("short", "q")
    desk.answer("short", "ben")
    desk.wait(600)
    desk.end("long")
    desk.leave("short")
    desk.wait(600)
    desk.enter("c1", "q")
    desk.answer("c1", "asha")
    desk.wait(5)
    desk.told()
    desk.end("c1")
    desk.enter("c2", "q")
    assert desk.offers() == ["c2 ben"]


@given(
    st.lists(st.tuples(st.floats(1, 5000), st.floats(1, 5000)), min_size=1, max_size=4),
    st.floats(0, 9000),
)
def test_the_order_of_idle_agents_by_occupancy_does_not_change_with_time(
    spells: list[tuple[float, float]], later: float
) -> None:
    agents = []
    for number in (1, 2):
        agent, now = Agent(AgentProfile(f"a{number}", "")), 0.0
        for idle, busy in spells[::number]:
            for state, seconds in ((AgentState.READY, idle), (AgentState.TALKING, busy)):
                agent.note_occupancy(now)
                agent.state = state
                now += seconds
        agent.note_occupancy(now)
        agent.state = AgentState.READY
        agents.append(agent)
    plan = TierPlan(0.0, ANYBODY, frozenset())
    one, other = (LeastOccupied().rank(agent, plan, 0.0) for agent in agents)
    at = max(agent.occupancy_at for agent in agents) + later
    shares = [agent.busy_share(at) for agent in agents]
    assert all(0 <= share <= 1 for share in shares)
    if abs(one - other) > 1e-9:
        assert (one < other) is (shares[0] < shares[1])


def test_an_unknown_strategy_is_named_with_those_there_are() -> None:
    with pytest.raises(RoutingError, match=r"no strategy 'best'; there are longest_idle, .*, own"):
        strategy("best", {"own": LeastOccupied()})
