"""T1, T2, T4 and the timers A to M of RFC 3261 table 4, as changed by RFC 6026."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from math import inf

from switch.deadlines import Deadlines, Timed


class Timer(Enum):
    """The transaction timers, by their names in RFC 3261 table 4 and RFC 6026 7.1."""

    A = "INVITE request retransmit interval, for UDP only"
    B = "INVITE transaction timeout"
    D = "wait time for response retransmits"
    E = "non-INVITE request retransmit interval, UDP only"
    F = "non-INVITE transaction timeout"
    G = "INVITE response retransmit interval"
    H = "wait time for ACK receipt"
    I = "wait time for ACK retransmits"  # noqa: E741
    J = "wait time for non-INVITE request retransmits"
    K = "wait time for response retransmits of non-INVITE"
    L = "wait time for accepted INVITE request retransmits"
    M = "wait time for retransmission of 2xx to INVITE"
    TRYING = "how long an INVITE may go without any response"
    """Not in the table: RFC 3261 17.2.1 gives no letter to its 200 ms."""

    __hash__ = object.__hash__  # Enum's own is Python code


@dataclass(frozen=True, slots=True)
class TimerSettings:
    """The base values; every timer follows from them (RFC 3261 17.1.1.1)."""

    t1_seconds: float = 0.5
    """Estimate of the round trip."""
    t2_seconds: float = 4.0
    """Longest interval between retransmissions."""
    t4_seconds: float = 5.0
    """How long a message may stay in the network."""
    trying_seconds: float = 0.2
    """How long we may take to answer an INVITE before we say 100 (17.2.1)."""

    _waits: dict[tuple[Timer, bool], float] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        for timer in Timer:
            for reliable in (False, True):
                self._waits[timer, reliable] = self._wait_seconds(timer, reliable)

    def wait_seconds(self, timer: Timer, *, reliable: bool) -> float:
        """Return how long a timer that only waits runs; A, E and G retransmit instead."""
        return self._waits[timer, reliable]

    def _wait_seconds(self, timer: Timer, reliable: bool) -> float:
        match timer:
            case Timer.B | Timer.F | Timer.H | Timer.L | Timer.M:
                return 64 * self.t1_seconds
            case Timer.D:
                return 0.0 if reliable else max(32.0, 64 * self.t1_seconds)
            case Timer.I | Timer.K:
                return 0.0 if reliable else self.t4_seconds
            case Timer.J:
                return 0.0 if reliable else 64 * self.t1_seconds
            case Timer.A | Timer.E | Timer.G:
                return self.t1_seconds
            case Timer.TRYING:
                return self.trying_seconds


class Alarm(Timed):
    """One thing to do at one time; made by `Alarms.schedule`."""

    __slots__ = ("_alarms", "at", "fire")

    def __init__(self, alarms: Alarms, fire: Callable[[float], None], at: float) -> None:
        super().__init__()
        self._alarms = alarms
        self.fire = fire
        self.at = at
        """When it is due, or was."""

    def cancel(self) -> None:
        """Do nothing after all; harmless when it has been done."""
        self._alarms.deadlines.cancel(self)


class Alarms:
    """Everything SIP waits for, in one heap, so that the driver needs one timer."""

    def __init__(self) -> None:
        self.deadlines = Deadlines()

    def __len__(self) -> int:
        return len(self.deadlines)

    def schedule(self, at: float, fire: Callable[[float], None]) -> Alarm:
        """Call `fire(now)` from `handle_timer` once `at` has come."""
        alarm = Alarm(self, fire, at)
        self.deadlines.set(alarm, at)
        return alarm

    def repeat(self, alarm: Alarm, seconds: float, now: float, *, latest: float = inf) -> None:
        """Fire an alarm once more, so long after it was due: a late one puts off none after it.

        After a pause they do not come all at once: half of the time passes at least.
        """
        alarm.at = min(max(alarm.at + seconds, now + seconds / 2), latest)
        self.deadlines.set(alarm, alarm.at)

    def next_deadline(self) -> float | None:
        """Return when `handle_timer` is next needed."""
        return self.deadlines.next()

    def handle_timer(self, now: float) -> None:
        """Fire what is due, earliest first."""
        while (alarm := self.deadlines.pop_due(now)) is not None:
            assert isinstance(alarm, Alarm)
            alarm.fire(now)
