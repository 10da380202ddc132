"""Shifts and opening hours reach the router when they begin and end, whatever the clock does."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from switch.app import routing_plan
from switch.app.routing_desk import RoutingDesk
from switch.app.shift_calendar import ShiftCalendar
from switch.clock import SystemClock
from switch.events import AgentStateChanged, Event
from switch.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
DAY = {"zone": "Asia/Kolkata", "weekly": {"mon-sun": "09:00-18:00"}}
BEGIN = datetime(2026, 11, 24, 3, 30, tzinfo=UTC)
"""09:00 in Kolkata."""


class Place:
    """A router driven by schedules, and a wall clock that a test sets."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.now = BEGIN - timedelta(hours=1)
        self.events: list[Event] = []
        shutil.copytree(ROOT / "config", directory / "config")
        (directory / "ivr_flows").mkdir()
        settings = self.settings(asha={"shift": DAY})
        self.desk = RoutingDesk(
            routing_plan.router(settings, {}),
            SystemClock(),
            lambda contact, event: None,
            self.events.append,
        )
        self.utc: Callable[[], datetime] = lambda: self.now
        self.calendar = ShiftCalendar(self.desk, lambda: self.utc())
        self.calendar.apply(settings)

    def settings(self, hours: Any = None, **agents: Any) -> Settings:
        """Return settings with these agents, and with opening hours of the queue `orders`."""
        config = self.directory / "config"
        listed = [
            {"id": name, "contact": f"sip:{name}@127.0.0.1:{5071 + number}", **more}
            for number, (name, more) in enumerate(agents.items())
        ]
        (config / "agents.yaml").write_text(json.dumps({"agents": listed}))
        queues = [{"name": "orders", "open": hours}, {"name": "helpdesk"}]
        (config / "queues.yaml").write_text(json.dumps({"queues": queues}))
        return load_settings(config)

    def reload(self, settings: Settings) -> None:
        """Take other settings over, in the order in which a reload does."""
        self.desk.reconfigure(
            routing_plan.agent_profiles(settings), routing_plan.queue_profiles(settings)
        )
        self.calendar.apply(settings)

    def state(self, agent: str = "asha") -> str:
        view = self.desk.router.ask.agent(agent, 0.0)
        return f"{view.state} ({view.reason})"

    def is_open(self) -> bool:
        return self.desk.router.ask.queue_status("orders", 0.0).is_open


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = Place(tmp_path)
    yield made
    made.calendar.stop()
    made.desk.stop()


async def told(place: Place) -> None:
    """Let what is due be told."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_out_of_the_shift_there_are_no_calls_and_the_agent_hears_why(place: Place) -> None:
    assert place.desk.set_ready("asha", "registered") == "off_shift"
    assert place.state() == "not_ready (off_shift)"
    place.now = BEGIN
    place.calendar.look()
    await told(place)
    assert place.state() == "ready (shift_began)"
    place.now = BEGIN + timedelta(hours=9)
    place.calendar.look()
    await told(place)
    assert place.state() == "not_ready (off_shift)"


async def test_the_timer_looks_at_the_moment_of_the_change(place: Place) -> None:
    place.desk.set_ready("asha", "registered")
    loop = asyncio.get_running_loop()
    before, began = BEGIN - timedelta(milliseconds=60), loop.time()
    place.utc = lambda: before + timedelta(seconds=loop.time() - began)
    place.calendar.look()
    for _ in range(1000):
        if place.state() == "ready (shift_began)":
            return
        await asyncio.sleep(0.01)
    raise AssertionError(place.state())


async def test_a_clock_that_is_set_is_followed_both_ways(place: Place) -> None:
    place.desk.set_ready("asha", "registered")
    for now, state in [
        (BEGIN + timedelta(days=3, hours=2), "ready (shift_began)"),
        (BEGIN - timedelta(days=2, hours=2), "not_ready (off_shift)"),
        (BEGIN + timedelta(hours=8), "ready (shift_began)"),
    ]:
        place.now = now
        place.calendar.look()
        await told(place)
        assert place.state() == state


async def test_a_shift_that_goes_over_a_change_to_summer_time_ends_by_the_clock_on_the_wall(
    place: Place,
) -> None:
    night = {"zone": "Europe/Berlin", "weekly": {"sun": "01:00-04:00"}}
    place.reload(place.settings(asha={"shift": night}))
    place.desk.set_ready("asha", "registered")
    # 2026-03-29: 02:00 is followed by 03:00, so 04:00 is at 02:00 UTC, two hours after 01:00.
    for now, ready in [
        (datetime(2026, 3, 28, 23, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 29, 0, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 29, 1, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 29, 2, 0, tzinfo=UTC), False),
    ]:
        place.now = now
        place.calendar.look()
        await told(place)
        assert place.state().startswith("ready") is ready, now


async def test_a_queue_opens_and_closes(place: Place) -> None:
    place.reload(place.settings(DAY, asha={}))
    assert not place.is_open()
    place.now = BEGIN
    place.calendar.look()
    await told(place)
    assert place.is_open()


async def test_who_has_no_schedule_any_more_is_on_and_open(place: Place) -> None:
    place.reload(place.settings(DAY, asha={"shift": DAY}))
    place.desk.set_ready("asha", "registered")
    place.reload(place.settings(None, asha={}))
    assert place.state() == "ready (shift_began)"
    assert place.is_open()


async def test_who_is_taken_out_together_with_the_schedule_hinders_nobody(place: Place) -> None:
    place.reload(place.settings(DAY, asha={"shift": DAY}, ben={"shift": DAY}))
    settings = place.settings(None, ben={"shift": DAY})
    place.reload(settings)
    assert place.desk.set_ready("ben", "registered") == "off_shift"
    place.reload(place.settings(None, ben={"shift": DAY}, asha={"shift": DAY}))
    assert place.desk.set_ready("asha", "registered") == "off_shift", "a new one is told anew"


async def test_many_whose_shift_begins_leave_calls_their_turn(place: Place) -> None:
    names = [f"agent{number}" for number in range(170)]
    place.reload(place.settings(None, **{name: {"shift": DAY} for name in names}))
    for name in names:
        place.desk.set_ready(name, "registered")
    place.events.clear()
    place.now = BEGIN
    place.calendar.look()
    sizes = []
    for _ in range(4):
        sizes.append(len(place.events))
        await asyncio.sleep(0)
    assert sizes == [0, 50, 100, 150]
    await told(place)
    assert all(isinstance(each, AgentStateChanged) for each in place.events)
    assert len(place.events) == 170
