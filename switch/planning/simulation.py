"""A day of calls, or a long run of them, on a clock that is a number.

Discrete events: the clock jumps to whatever happens next. A call comes, gives up, or ends;
an agent answers, comes to work, or goes home; or the router has something due. What follows
is decided by the router alone (`driver.py`) and taken down on a `Sheet`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import IntEnum, auto
from heapq import heappop, heappush

import numpy as np

from switch.planning.calls import UNCOUNTED, Calls, calls_of_a_day, calls_of_a_run
from switch.planning.driver import Floor, need_of
from switch.planning.model import Model
from switch.planning.sheet import Sheet

BATCHES = 32
"""Parts of a long run."""

_AFTER_CLOSING_SECONDS = 86_400.0
"""Whoever still waits so long after closing is lost: nobody will ever answer, for example
because all headsets ring for too short a time."""

Progress = Callable[[float], None]
"""Told the share that is done, 0 to 1."""


class _CallState(IntEnum):
    COMING = auto()
    WAITING = auto()
    RINGING = auto()
    TALKING = auto()
    GONE = auto()


class _Act(IntEnum):
    """What can be due in the heap."""

    ANSWER = auto()
    GIVE_UP = auto()
    END_TALK = auto()
    COME_TO_WORK = auto()
    GO_HOME = auto()
    CLOSE = auto()
    END = auto()


class _Run:
    """One run from an empty house until the last call has gone; the router's listener."""

    def __init__(
        self,
        model: Model,
        calls: Calls,
        sheet: Sheet,
        answer: list[float],
        progress: Progress | None = None,
    ) -> None:
        """Take what is drawn.

        Args:
            answer: how long headsets ring, one offer after the other; empty: not at all.
        """
        self._progress = progress
        self._calls = calls
        self._streams = model.streams
        self._may_wait = model.may_wait
        self._sheet = sheet
        self._answer = answer
        self._offers = 0
        queues = {queue.name: number for number, queue in enumerate(model.queues)}
        self._queue = [queues[stream.queue] for stream in model.streams]
        self._needs = [need_of(stream) for stream in model.streams]
        self._skips_wrap_up = [
            not stream.wraps_up and model.queues[queue].wrap_up_seconds > 0
            for stream, queue in zip(model.streams, self._queue, strict=True)
        ]
        self._group = [
            number for number, group in enumerate(model.groups) for _ in range(group.agents)
        ]
        self._on_shift = [False] * len(self._group)
        self._state = [_CallState.COMING] * len(calls.times)
        self._offer = [0] * len(calls.times)
        """Number of the offer that stands; 0: none."""
        self._heap: list[tuple[float, int, _Act, int, int]] = []
        self._number = 0
        agents = [group for group in model.groups for _ in range(group.agents)]
        self._floor = Floor(model.queues, agents, self)

    # What makes it go.

    def plan_shifts(self, model: Model) -> None:
        """Let agents come and go at their hours."""
        for agent, group in enumerate(self._group):
            shifts = model.groups[group].shifts
            if not shifts:
                self._push(-math.inf, _Act.COME_TO_WORK, agent)
            for shift in shifts:
                self._push(shift.begin, _Act.COME_TO_WORK, agent)
                self._push(shift.end, _Act.GO_HOME, agent)

    def close_at(self, end: float, *, for_good: bool) -> None:
        """Count no agents' time after this; `for_good`, a day later nobody may wait any more."""
        self._push(end, _Act.CLOSE)
        if for_good:
            self._push(end + _AFTER_CLOSING_SECONDS, _Act.END)

    def go(self, begin: float) -> None:
        """Run until nothing more can happen, or the day is long over."""
        times, heap, next_due = self._calls.times, self._heap, self._floor.next_due
        call, count = 0, len(times)
        while True:
            now = times[call] if call < count else math.inf
            due = next_due()
            if heap and heap[0][0] <= now and (due is None or heap[0][0] <= due):
                at, number, act, subject, agent = heappop(heap)
                if act is _Act.END:
                    self._lose_all(at)
                    return
                self._do(act, subject, agent, number, max(at, begin))
            elif due is not None and due <= now:
                self._floor.handle_timer(due)
            elif call < count:
                self._arrive(call, now)
                call += 1
            else:
                return

    def _push(self, at: float, act: _Act, subject: int = 0, agent: int = 0) -> int:
        self._number += 1
        heappush(self._heap, (at, self._number, act, subject, agent))
        return self._number

    def _do(self, act: _Act, subject: int, agent: int, number: int, now: float) -> None:
        if act is _Act.END_TALK:
            self._end_talk(subject, agent, now)
        elif act is _Act.GIVE_UP:
            if self._state[subject] < _CallState.TALKING:
                self._lose(subject, now)
                self._floor.leave(subject, now)
        elif act is _Act.ANSWER:
            if self._offer[subject] == number:
                self._connect(subject, agent, now)
        elif act is _Act.COME_TO_WORK:
            self._on_shift[subject] = True
            self._floor.be_ready(subject, now)
        elif act is _Act.GO_HOME:
            self._on_shift[subject] = False
            self._floor.go_home(subject, now)
        else:
            self._sheet.begin(UNCOUNTED, now)

    # Calls.

    def _arrive(self, call: int, now: float) -> None:
        calls = self._calls
        part = calls.part[call]
        if call == 0 or calls.part[call - 1] != part:
            self._sheet.begin(part, now)
            if self._progress is not None:
                self._progress(call / len(calls.times))
        number = calls.stream[call]
        stream = self._streams[number]
        self._state[call] = _CallState.WAITING
        self._floor.enter(call, stream.queue, self._needs[number], stream.priority, now)
        state = self._state[call]
        served = state in (_CallState.TALKING, _CallState.RINGING)
        self._sheet.arrived(part, self._queue[number], now, waits=not served)
        if state is _CallState.WAITING and not self._may_wait:
            self._lose(call, now)
            self._floor.leave(call, now)
        elif state < _CallState.TALKING and calls.patience[call] < math.inf:
            self._push(now + calls.patience[call], _Act.GIVE_UP, call)

    def _connect(self, call: int, agent: int, now: float) -> None:
        calls = self._calls
        self._state[call] = _CallState.TALKING
        self._offer[call] = 0
        self._floor.answer(call, agent, now)
        queue = self._queue[calls.stream[call]]
        self._sheet.answered(calls.part[call], queue, self._group[agent], calls.times[call], now)
        self._push(now + calls.busy[call], _Act.END_TALK, call, agent)

    def _end_talk(self, call: int, agent: int, now: float) -> None:
        self._state[call] = _CallState.GONE
        self._floor.end_talk(call, now)
        if self._skips_wrap_up[self._calls.stream[call]] and self._on_shift[agent]:
            self._floor.be_ready(agent, now)

    def _lose(self, call: int, now: float) -> None:
        calls = self._calls
        self._state[call] = _CallState.GONE
        self._offer[call] = 0
        queue = self._queue[calls.stream[call]]
        self._sheet.lost(calls.part[call], queue, calls.times[call], now)

    def _lose_all(self, now: float) -> None:
        for call, state in enumerate(self._state):
            if state in (_CallState.WAITING, _CallState.RINGING):
                self._lose(call, now)

    # What the router says.

    def offered(self, call: int, agent: int, now: float) -> None:
        """Ring the headset, or be answered at once."""
        if not self._answer:
            self._connect(call, agent, now)
            return
        self._state[call] = _CallState.RINGING
        rings = self._answer[self._offers % len(self._answer)]
        self._offers += 1
        self._offer[call] = self._push(now + rings, _Act.ANSWER, call, agent)

    def withdrawn(self, call: int, agent: int, now: float) -> None:
        """Let the headset be still; the caller waits on, unless it was the caller who left."""
        self._offer[call] = 0
        if self._state[call] is _CallState.RINGING:
            self._state[call] = _CallState.WAITING

    def sent_away(self, call: int, now: float) -> None:
        """Lose the call."""
        self._lose(call, now)

    def moved(self, agent: int, at_work: int, busy: int, now: float) -> None:
        """Keep account of the agent's time."""
        self._sheet.moved(self._group[agent], at_work, busy, now)


def simulate_days(model: Model, days: int, seed: int, progress: Progress | None = None) -> Sheet:
    """Simulate days that know nothing of each other.

    Args:
        days: how many; each is a part of the sheet.
        seed: the same seed gives the same calls, whatever the staffing.
    """
    sheet = Sheet(model, days)
    for day, sequence in enumerate(np.random.SeedSequence(seed).spawn(days)):
        generator = np.random.default_rng(sequence)
        calls = calls_of_a_day(model, generator, day)
        sheet.reset(model.day.begin)
        run = _Run(model, calls, sheet, _answer_times(model, generator, len(calls.times)))
        run.plan_shifts(model)
        run.close_at(model.day.end, for_good=True)
        sheet.begin(day, model.day.begin)
        run.go(model.day.begin)
        if progress is not None:
            progress((day + 1) / days)
    return sheet


def simulate_run(model: Model, calls: int, seed: int, progress: Progress | None = None) -> Sheet:
    """Simulate one stream of calls at a steady rate, in batches after a warm-up.

    The house is empty at first; a tenth as many calls come before those that count.

    Args:
        calls: that count, at least; rounded up to whole batches, the parts of the sheet.
        seed: the same seed gives the same calls, whatever the staffing.
    """
    sheet = Sheet(model, BATCHES)
    generator = np.random.default_rng(seed)
    batch = -(-calls // BATCHES)
    warm_up = batch * BATCHES // 10 + 1
    drawn = calls_of_a_run(model.streams[0], generator, BATCHES, batch, warm_up)
    answer = _answer_times(model, generator, len(drawn.times))
    run = _Run(model, drawn, sheet, answer, progress)
    run.plan_shifts(model)
    run.close_at(drawn.times[-1], for_good=False)
    run.go(0.0)
    return sheet


def _answer_times(model: Model, generator: np.random.Generator, calls: int) -> list[float]:
    if model.answer is None:
        return []
    times: list[float] = model.answer.draw(generator, max(calls, 1)).tolist()
    return times
