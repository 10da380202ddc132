"""What a simulation has seen: calls by queue and agents' time by group, part by part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from switch.planning.calls import INTERVAL_SECONDS
from switch.planning.model import Model


@dataclass(slots=True)
class Counts:
    """Calls that arrived in one part of the run, and what became of them."""

    calls: int = 0
    waited: int = 0
    """Found no free agent."""
    answered: int = 0
    answered_within: int = 0
    lost: int = 0
    """Left unanswered: gave up, waited too long, or were sent away."""
    lost_after: int = 0
    """Later than the service level's seconds."""
    answered_seconds: float = 0.0
    """Waits of those answered."""
    lost_seconds: float = 0.0
    """Waits of those lost."""

    @property
    def judged(self) -> int:
        """Calls that the service level is about (`routing/service_level.py`)."""
        return self.answered + self.lost_after

    def add(self, other: Counts) -> None:
        """Count what the other has counted."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


@dataclass(slots=True)
class AgentTime:
    """What the agents of a group did in one part of the run."""

    calls: int = 0
    work_seconds: float = 0.0
    """At work: paid, and not paused after a missed call."""
    busy_seconds: float = 0.0
    """Of these: being rung, talking, wrapping up."""


class _Shift:
    """How many of a group are at work and busy at the moment, and since when."""

    __slots__ = ("at_work", "busy", "since")

    def __init__(self) -> None:
        self.at_work = 0
        self.busy = 0
        self.since = 0.0


class Sheet:
    """Takes down what happens. The last part is that of calls which do not count."""

    def __init__(self, model: Model, parts: int) -> None:
        self.counts = [[Counts() for _ in model.queues] for _ in range(parts + 1)]
        """By part and queue."""
        self.time = [[AgentTime() for _ in model.groups] for _ in range(parts + 1)]
        """By part and group."""
        self._day = model.day
        self.intervals = [Counts() for _ in range(-int(-model.day.seconds // INTERVAL_SECONDS))]
        """All queues together, by half hour of the day."""
        self.answered_waits: list[list[float]] = [[] for _ in model.queues]
        """Of every call that counts, in seconds, by queue."""
        self.lost_waits: list[list[float]] = [[] for _ in model.queues]
        self._within = [queue.service_level.within_seconds for queue in model.queues]
        self._shifts = [_Shift() for _ in model.groups]
        self._part = -1

    @property
    def parts(self) -> Sequence[int]:
        """The parts that count."""
        return range(len(self.counts) - 1)

    # Calls.

    def arrived(self, part: int, queue: int, at: float, *, waits: bool) -> None:
        """Count a call as it comes."""
        for counts in self._places(part, queue, at):
            counts.calls += 1
            counts.waited += waits

    def answered(self, part: int, queue: int, group: int, at: float, now: float) -> None:
        """Count a call that came at `at` and is being answered."""
        waited = now - at
        within = waited <= self._within[queue]
        for counts in self._places(part, queue, at):
            counts.answered += 1
            counts.answered_within += within
            counts.answered_seconds += waited
        self.time[part][group].calls += 1
        if part >= 0:
            self.answered_waits[queue].append(waited)

    def lost(self, part: int, queue: int, at: float, now: float) -> None:
        """Count a call that came at `at` and leaves unanswered."""
        waited = now - at
        for counts in self._places(part, queue, at):
            counts.lost += 1
            counts.lost_after += waited > self._within[queue]
            counts.lost_seconds += waited
        if part >= 0:
            self.lost_waits[queue].append(waited)

    def _places(self, part: int, queue: int, at: float) -> tuple[Counts, ...]:
        counts = self.counts[part][queue]
        interval = int((at - self._day.begin) // INTERVAL_SECONDS)
        if part >= 0 and 0 <= interval < len(self.intervals):
            return counts, self.intervals[interval]
        return (counts,)

    # Agents.

    def begin(self, part: int, now: float) -> None:
        """From now on, agents' time belongs to this part; before the first one, to none."""
        for group in range(len(self._shifts)):
            self._settle(group, now)
        self._part = part

    def reset(self, now: float) -> None:
        """Everyone is at home: another day begins."""
        self._shifts = [_Shift() for _ in self._shifts]
        for shift in self._shifts:
            shift.since = now

    def moved(self, group: int, at_work: int, busy: int, now: float) -> None:
        """So many more of a group, or fewer, are at work and busy."""
        self._settle(group, now)
        shift = self._shifts[group]
        shift.at_work += at_work
        shift.busy += busy

    def _settle(self, group: int, now: float) -> None:
        shift = self._shifts[group]
        seconds = now - shift.since
        if seconds:
            time = self.time[self._part][group]
            time.work_seconds += shift.at_work * seconds
            time.busy_seconds += shift.busy * seconds
            shift.since = now
