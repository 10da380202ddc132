"""Send something again, at growing intervals, until it is acknowledged or time is up.

For what the session retransmits, not the transaction: a 2xx to an INVITE (RFC 3261
13.3.1.4) and a reliable provisional response (RFC 3262 3).
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from switch.sip.timers import Alarm, Alarms, TimerSettings


class Repeater:
    """Starts at once; the first repetition comes after T1, the end after 64*T1."""

    def __init__(
        self,
        alarms: Alarms,
        timers: TimerSettings,
        send_again: Callable[[], None],
        give_up: Callable[[float], None],
        now: float,
        *,
        longest_seconds: float = inf,
    ) -> None:
        self._alarms = alarms
        self._interval = timers.t1_seconds
        self._longest = longest_seconds
        self._until = now + 64 * timers.t1_seconds
        self._send_again = send_again
        self._give_up = give_up
        first = min(now + self._interval, self._until)
        self._alarm: Alarm | None = alarms.schedule(first, self._fire)

    def stop(self) -> None:
        """It was acknowledged, or nobody cares any more."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _fire(self, now: float) -> None:
        alarm, self._alarm = self._alarm, None
        assert alarm is not None
        if now >= self._until:
            self._give_up(now)
            return
        self._send_again()
        self._interval = min(2 * self._interval, self._longest)
        self._alarm = alarm
        self._alarms.repeat(alarm, self._interval, now, latest=self._until)
