"""Waiting for an agent: everything that can come of it, when it comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.errors import CallOver
from switch.ivr.prompt import Prompt
from switch.ivr.waiting import Announce, QueueEnd, QueueFigures, QueueRequest
from switch.rehearsal.caller import HangsUp, Presses, Waits
from switch.rehearsal.trail import End
from switch.rehearsal.world import QueueAnswer, World
from tests.rehearsal.flows import call, flow, run

REQUEST = QueueRequest("orders", max_wait_seconds=30.0)


def world(*answers: QueueAnswer) -> World:
    return World(queues=answers)


@pytest.mark.parametrize(
    ("answer", "end", "waited", "clock"),
    [
        (QueueAnswer(), QueueEnd.CONNECTED, 5, 65),
        (QueueAnswer(after_seconds=12, talks_seconds=3), QueueEnd.CONNECTED, 12, 15),
        (QueueAnswer(after_seconds=31), QueueEnd.TIMEOUT, 30, 30),
        (QueueAnswer(QueueEnd.TIMEOUT), QueueEnd.TIMEOUT, 30, 30),
        (QueueAnswer(QueueEnd.NO_AGENTS), QueueEnd.NO_AGENTS, 0, 0),
        (QueueAnswer(QueueEnd.CLOSED, 7), QueueEnd.CLOSED, 7, 7),
        (QueueAnswer(QueueEnd.FULL), QueueEnd.FULL, 0, 0),
    ],
)
async def test_what_the_queue_does(
    answer: QueueAnswer, end: QueueEnd, waited: float, clock: float
) -> None:
    rehearsed = call(world=world(answer))
    outcome = await rehearsed.queue(REQUEST)
    assert (outcome.end, outcome.waited_seconds) == (end, waited)
    assert rehearsed.clock == clock


async def test_answers_that_are_used_up_give_way_to_the_next() -> None:
    rehearsed = call(world=world(QueueAnswer(QueueEnd.FULL, times=1), QueueAnswer()))
    assert (await rehearsed.queue(REQUEST)).end is QueueEnd.FULL
    assert (await rehearsed.queue(REQUEST)).end is QueueEnd.CONNECTED


@pytest.mark.parametrize(("key", "end"), [("1", QueueEnd.CALLBACK), ("9", QueueEnd.KEY)])
async def test_keys_that_end_the_waiting(key: str, end: QueueEnd) -> None:
    request = QueueRequest("orders", leave_keys=frozenset("9"), callback_key="1")
    rehearsed = call(Waits(3), Presses("5"), Waits(1), Presses(key), world=world(QueueAnswer()))
    outcome = await rehearsed.queue(request)
    assert (outcome.end, outcome.key, outcome.waited_seconds) == (end, key, 4)


@pytest.mark.parametrize("after", [2, 20])
async def test_a_caller_gives_up_while_waiting_or_talking(after: float) -> None:
    rehearsed = call(Waits(after), HangsUp(), world=world(QueueAnswer()))
    with pytest.raises(CallOver):
        await rehearsed.queue(REQUEST)
    assert rehearsed.end is End.CALLER
    assert rehearsed.clock == after


async def test_announcements_come_when_they_are_due_with_the_values_of_the_moment() -> None:
    announce = Announce(
        messages=(lambda position, wait: [Prompt(text=f"You are number {position}, {wait:g} s.")],),
        first_after_seconds=10,
        every_seconds=15,
    )
    request = QueueRequest("orders", announce=(announce,), max_wait_seconds=60)
    rehearsed = call(world=world(QueueAnswer(after_seconds=30)))
    await rehearsed.queue(request)
    told = [moment.at for moment in rehearsed.trail if "You are number 1, 60 s." in moment.text]
    assert told == [10, 25]


OFFERS = """
nodes:
  wait: {type: queue, queue: orders, exits: {timeout: end, no_agents: end}}
  end: {type: hangup}
"""


@pytest.mark.parametrize(
    ("steps", "resumes", "told"),
    [
        ((), True, "at the old place"),
        ((Waits(2), Presses("2")), False, "at the end of the line"),
    ],
)
def test_a_caller_with_an_old_place_is_asked_about_it(
    tmp_path: Path, steps: tuple[Waits | Presses, ...], resumes: bool, told: str
) -> None:
    rehearsed = call(*steps, world=world(QueueAnswer(old_place=True, times=1), QueueAnswer()))
    run(flow(tmp_path, OFFERS), rehearsed)
    assert [request.resume for request, _ in rehearsed.visits] == [resumes]
    assert [each.startswith("You were waiting here before") for each in rehearsed.heard] == [True]
    assert [each.detail for each in rehearsed.trail if each.text == "enters orders"] == [told]


def test_a_caller_without_an_old_place_is_not_asked(tmp_path: Path) -> None:
    rehearsed = run(flow(tmp_path, OFFERS), call(world=world(QueueAnswer())))
    assert [request.resume for request, _ in rehearsed.visits] == [None]
    assert rehearsed.heard == []


@pytest.mark.parametrize(
    ("answer", "figures"),
    [
        (QueueAnswer(), QueueFigures(agents=1, agents_free=1)),
        (
            QueueAnswer(after_seconds=20),
            QueueFigures(waiting=1, expected_wait_seconds=20, agents=1),
        ),
        (
            QueueAnswer(QueueEnd.TIMEOUT),
            QueueFigures(waiting=1, expected_wait_seconds=60, agents=1),
        ),
        (
            QueueAnswer(QueueEnd.FULL),
            QueueFigures(is_full=True, waiting=1, expected_wait_seconds=60, agents=1),
        ),
        (QueueAnswer(QueueEnd.NO_AGENTS), QueueFigures(expected_wait_seconds=None)),
        (QueueAnswer(QueueEnd.CLOSED), QueueFigures(is_open=False, expected_wait_seconds=None)),
        (QueueAnswer(status=QueueFigures(waiting=9)), QueueFigures(waiting=9)),
    ],
)
async def test_who_looks_at_a_queue_sees_what_it_would_do(
    answer: QueueAnswer, figures: QueueFigures
) -> None:
    answer.times = 1
    rehearsed = call(world=world(answer))
    assert rehearsed.queue_figures("orders") == figures
    assert rehearsed.queue_figures("orders") == figures, "looking uses nothing up"
    assert (await rehearsed.queue(REQUEST)).end is answer.end
