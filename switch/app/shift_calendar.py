"""Shifts of agents and opening hours of queues: tells the router when each begins and ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from switch.app.routing_desk import RoutingDesk
from switch.schedule import Schedule

if TYPE_CHECKING:
    from switch.settings import Settings

_LONGEST_SECONDS = 60.0
"""The wall clock may be set: it is looked at this often at least."""


class ShiftCalendar:
    """One timer for all schedules. Looks at those only whose next change has come."""

    def __init__(self, desk: RoutingDesk, utc: Callable[[], datetime]) -> None:
        self._desk = desk
        self._utc = utc
        self._shifts: Mapping[str, Schedule] = {}
        self._openings: Mapping[str, Schedule] = {}
        self._timer: asyncio.TimerHandle | None = None

    def apply(self, settings: Settings) -> None:
        """Follow the schedules of a configuration, from now on."""
        shifts = {each.id: each.shift.schedule() for each in settings.agents if each.shift}
        openings = {each.name: each.open.schedule() for each in settings.queues if each.open}
        for agent in self._shifts.keys() - shifts.keys():
            self._desk.set_shift(agent, on=True)
        for queue in self._openings.keys() - openings.keys():
            self._desk.set_open(queue, is_open=True)
        self._shifts, self._openings = shifts, openings
        self._look()

    def stop(self) -> None:
        """Follow them no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self.stop()
        now = self._utc()
        next_change: datetime | None = None
        for name, schedule in self._shifts.items():
            self._desk.set_shift(name, on=schedule.is_open(now))
            next_change = _earlier(next_change, schedule.next_change(now))
        for name, schedule in self._openings.items():
            self._desk.set_open(name, is_open=schedule.is_open(now))
            next_change = _earlier(next_change, schedule.next_change(now))
        if not self._shifts and not self._openings:
            return
        seconds = _LONGEST_SECONDS
        if next_change is not None:
            seconds = min(seconds, max(0.05, (next_change - now).total_seconds()))
        self._timer = asyncio.get_running_loop().call_later(seconds, self._look)


def _earlier(first: datetime | None, second: datetime | None) -> datetime | None:
    return min((each for each in (first, second) if each is not None), default=None)
