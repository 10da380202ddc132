"""Shifts of agents and opening hours of queues: tells the router when each begins and ends."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from switch.app.routing_desk import RoutingDesk
from switch.schedule import Schedule
from switch.schedule_fields import ScheduleModel

if TYPE_CHECKING:
    from switch.settings import Settings

_LONGEST_SECONDS = 60.0
"""The wall clock may be set: it is looked at this often at least."""
_AT_ONCE = 50
"""Agents whose shifts begin or end before calls have their turn."""
_NEVER = datetime.max.replace(tzinfo=UTC)

Subject = tuple[str, str]
"""`agent` or `queue`, and the name."""


@dataclass(slots=True)
class _Followed:
    """One schedule, whoever has it, and what is known of it."""

    schedule: Schedule
    subjects: list[Subject] = field(default_factory=list)
    is_open: bool = True
    known_from: datetime = _NEVER
    known_until: datetime = _NEVER
    """Between these two nothing changes."""


class ShiftCalendar:
    """One timer for all schedules. Looks at one only when its next change has come.

    A clock that was set leads out of the span in which a schedule is known not to change, so
    that it is looked at again. Summer time is the schedule's own business (`schedule.py`).
    """

    def __init__(self, desk: RoutingDesk, utc: Callable[[], datetime]) -> None:
        self._desk = desk
        self._utc = utc
        self._followed: list[_Followed] = []
        self._told: dict[Subject, bool] = {}
        """What the router knows of those who have a schedule."""
        self._to_tell: deque[tuple[Subject, bool]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._telling: asyncio.Handle | None = None

    def apply(self, settings: Settings) -> None:
        """Follow the schedules of a configuration, which the router has, from now on.

        What that changes is told at once.
        """
        self._followed = _followed(settings)
        scheduled = {each for followed in self._followed for each in followed.subjects}
        there = {("agent", agent.id) for agent in settings.agents}
        there |= {("queue", queue.name) for queue in settings.queues}
        self._to_tell = deque((each, on) for each, on in self._to_tell if each in scheduled)
        for subject in self._told.keys() - scheduled:
            del self._told[subject]
            if subject in there:
                self._tell(subject, on=True)
        self.look()
        self._tell_first(len(self._to_tell))

    def stop(self) -> None:
        """Follow them no more."""
        for handle in (self._timer, self._telling):
            if handle is not None:
                handle.cancel()
        self._timer = self._telling = None

    def look(self) -> None:
        """See what has changed, and when something next will; the timer does, and anyone may."""
        now = self._utc()
        seconds = _LONGEST_SECONDS
        for followed in self._followed:
            if not followed.known_from <= now < followed.known_until:
                followed.is_open = followed.schedule.is_open(now)
                followed.known_from = now
                followed.known_until = followed.schedule.next_change(now) or _NEVER
                for subject in followed.subjects:
                    if self._told.get(subject) is not followed.is_open:
                        self._told[subject] = followed.is_open
                        self._to_tell.append((subject, followed.is_open))
            seconds = min(seconds, (followed.known_until - now).total_seconds())
        self.stop()
        loop = asyncio.get_running_loop()
        if self._followed:
            self._timer = loop.call_later(max(0.05, seconds), self.look)
        if self._to_tell:
            self._telling = loop.call_soon(self._tell_some)

    def _tell_some(self) -> None:
        """Tell the router of a few; calls have their turn before the next ones."""
        self._tell_first(min(_AT_ONCE, len(self._to_tell)))
        self._telling = (
            asyncio.get_running_loop().call_soon(self._tell_some) if self._to_tell else None
        )

    def _tell_first(self, count: int) -> None:
        for _ in range(count):
            subject, on = self._to_tell.popleft()
            self._tell(subject, on=on)

    def _tell(self, subject: Subject, *, on: bool) -> None:
        kind, name = subject
        if kind == "agent":
            self._desk.set_shift(name, on=on)
        else:
            self._desk.set_open(name, is_open=on)


def _followed(settings: Settings) -> list[_Followed]:
    """Return each schedule once, with everyone who has it."""
    found: dict[str, _Followed] = {}

    def follow(subject: Subject, model: ScheduleModel) -> None:
        key = model.model_dump_json()
        if key not in found:
            found[key] = _Followed(model.schedule())
        found[key].subjects.append(subject)

    for agent in settings.agents:
        if agent.shift is not None:
            follow(("agent", agent.id), agent.shift)
    for queue in settings.queues:
        if queue.open is not None:
            follow(("queue", queue.name), queue.open)
    return list(found.values())
