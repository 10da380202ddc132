"""What a new router knows of the one before."""

from __future__ import annotations

import msgspec
import pytest

from switch.routing import (
    AgentProfile,
    AgentState,
    Need,
    QueueProfile,
    Relaxation,
    Router,
    SiteGroup,
)
from switch.routing.memory import AgentMemory, ContactMemory, ServedMemory, shifted
from tests.routing.desk import Desk

SHIFT = -5000.0
"""The next router's clock is so much behind."""

QUEUE = QueueProfile(
    "orders",
    Need.of({"orders": 1}),
    wrap_up_seconds=30,
    no_answer_pauses=(60,),
    sticky_seconds=1000,
    max_wait_seconds=500,
)
NAMES = ("asha", "ben", "cleo", "dan", "eve", "fay")


def desk(*, ready: bool = True) -> Desk:
    built = Desk(NAMES, QUEUE, ready=ready)
    built.now += 10_000
    return built


def restart(before: Desk) -> Desk:
    """Return a desk with a router that was told what this one remembers, as a file holds it."""
    after = desk(ready=False)
    after.now = before.now + SHIFT
    memories = [before.router.survival.of_agent(name) for name in NAMES]
    told = msgspec.json.decode(msgspec.json.encode(memories), type=list[AgentMemory])
    after.router.survival.restore_agents([shifted(each, SHIFT) for each in told], after.now)
    after.told()
    return after


def states(at: Desk) -> list[str]:
    return [f"{name} {at.state(name).value}" for name in NAMES]


def test_agents_are_in_the_state_of_before() -> None:
    before = desk()
    before.not_ready("asha", "lunch")
    before.log_out("ben")
    before.enter("c1")
    before.answer("c1", "cleo")
    before.end("c1")
    before.enter("c2")
    before.fail("c2", "dan", "no_answer")
    after = restart(before)
    assert states(after) == [
        "asha not_ready",
        "ben logged_out",
        "cleo wrap_up",
        "dan not_ready",
        "eve ready",
        "fay ready",
    ]
    assert after.router.ask.agent("asha", after.now).reason == "lunch"
    assert after.router.extend_wrap_up("cleo", 0) == after.now + 30
    after.wait(29)
    assert after.state("cleo") is AgentState.WRAP_UP
    after.wait(2)
    assert after.state("cleo") is AgentState.READY, "the wrap-up ends when it would have"
    assert after.state("dan") is AgentState.NOT_READY
    after.wait(30)
    assert after.state("dan") is AgentState.READY


def test_who_was_rung_is_ready_at_the_old_turn_and_who_talked_wraps_up() -> None:
    before = desk()
    before.enter("c1")
    before.enter("c2")
    before.answer("c2", "ben")
    assert states(before)[:2] == ["asha reserved", "ben talking"]
    after = restart(before)
    assert states(after)[:2] == ["asha ready", "ben wrap_up"]
    assert after.router.extend_wrap_up("ben", 999) == after.now + 600, "as its queue says"
    after.enter("c3")
    assert after.offers() == ["c3 asha"]


@pytest.mark.parametrize(
    ("ask", "state"), [("log_out", AgentState.LOGGED_OUT), ("not_ready", AgentState.WRAP_UP)]
)
def test_a_wish_made_in_a_call_that_the_restart_ended_comes_true(
    ask: str, state: AgentState
) -> None:
    before = desk()
    before.enter("c1")
    before.answer("c1", "asha")
    getattr(before, ask)("asha")
    after = restart(before)
    assert after.state("asha") is state
    after.wait(40)
    wanted = AgentState.LOGGED_OUT if ask == "log_out" else AgentState.NOT_READY
    assert after.state("asha") is wanted


def test_the_order_of_the_idle_is_kept() -> None:
    before = desk()
    before.not_ready("asha")
    before.wait(5)
    before.ready("asha")
    after = restart(before)
    for number in range(len(NAMES)):
        after.enter(f"c{number}")
    order = [offer.split()[1] for offer in after.offers()]
    assert order == ["ben", "cleo", "dan", "eve", "fay", "asha"]


def test_misses_limits_and_what_a_supervisor_forced_are_kept() -> None:
    before = desk()
    before.router.force("asha", AgentState.NOT_READY, before.now, "training")
    after = restart(before)
    assert after.router.set_ready("asha", after.now, "asked") == "forced"
    assert after.state("asha") is AgentState.NOT_READY


def test_who_is_not_configured_any_more_is_left_out() -> None:
    memory = AgentMemory(agent="gone", state="ready", reason="", since=0.0)
    assert Router([], [QUEUE]).survival.restore_agents([memory], 1.0) == 0


def test_a_caller_who_waited_finds_the_old_place() -> None:
    before = desk(ready=False)
    before.enter("c1", caller="+1")
    before.wait(60)
    before.enter("c2", caller="+2")
    memories = [before.router.survival.of_contact(name) for name in ("c1", "c2", "c3")]
    assert memories[2] is None
    told = msgspec.json.decode(msgspec.json.encode(memories[:2]), type=list[ContactMemory])
    after = desk(ready=False)
    after.now = before.now + SHIFT
    kept = [shifted(memory, SHIFT) for memory in told]
    assert after.router.survival.restore_places(kept, after.now) == 2
    after.enter("other", caller="+3")
    after.enter("again", caller="+1")
    assert after.router.ask.standing("again", after.now).position == 1  # type: ignore[union-attr]


def test_a_caller_is_brought_to_the_agent_who_served_before_the_restart() -> None:
    after = desk()
    served = ServedMemory(caller="+1", queue="orders", agent="eve", until=after.now + 10)
    after.router.survival.restore_served([served])
    after.enter("c1", caller="+1")
    assert after.offers() == ["c1 eve"]


def test_a_need_is_kept_as_data() -> None:
    need = Need.of(
        {"orders": 5, "any": [{"a": 1}, {"b": 2, "not": {"c": 3}}]},
        preferred={"vip": 2},
        language="es",
        sites=[SiteGroup(frozenset({"pune", "goa"}), 5)],
        relax=[Relaxation(30, (("orders", 2),), frozenset({"a"}), True, frozenset({"x"}), 1)],
    )
    assert Need.of_data(msgspec.json.decode(msgspec.json.encode(need.data()))) == need
    assert Need.of_data(Need.of().data()) == Need.of()


def test_who_talked_and_had_all_the_calls_of_the_hour_gets_no_more() -> None:
    """A restart in the last call of an hour is no way to a further one."""
    profiles = [AgentProfile("asha", "Asha", {"orders": 5}, max_calls_per_hour=1)]
    queues = [QueueProfile("orders", wrap_up_seconds=0)]
    before = Router(profiles, queues)
    before.set_ready("asha", 0.0)
    before.enter("c1", "orders", 10.0)
    before.offer_answered("c1", "asha", 20.0)
    memory = before.survival.of_agent("asha")
    assert memory is not None
    after = Router(profiles, queues)
    after.survival.restore_agents([memory], 30.0)
    view = after.ask.agent("asha", 30.0)
    assert (view.state, view.reason) == (AgentState.NOT_READY, "hourly_limit")
    assert after.next_deadline() == 3620.0
    after.handle_timer(3620.0)
    assert after.ask.agent("asha", 3620.0).state is AgentState.READY
