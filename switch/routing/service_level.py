"""PURE: how well a queue is served: waits, losses and the service level.

The service level is the share of callers who got what the queue promises:

    answered within X / (answered + lost after X)

X is the queue's `service_level_seconds`. *Lost* is everyone who left the queue
unanswered: hung up, timed out, or sent away because nobody is at work. Whoever was
lost within X counts neither for nor against: the promise was not broken yet. Whoever
hangs up within `short_abandon_seconds` has dialled wrongly or thought better of it: that
is counted apart, and not as lost.
"""

from __future__ import annotations

from dataclasses import dataclass

_BUCKET_SECONDS = 60.0
_BUCKETS = 60
_NEVER = -(10**12)


@dataclass(slots=True)
class Tally:
    """Counts over some span of time."""

    answered: int = 0
    answered_within: int = 0
    lost: int = 0
    lost_after: int = 0
    short_abandoned: int = 0
    """Hung up so soon that nobody can be blamed."""
    wait_seconds: float = 0.0
    """Of those answered, summed."""

    @property
    def service_level(self) -> float | None:
        """0 to 1; None when there is nothing to judge."""
        judged = self.answered + self.lost_after
        return self.answered_within / judged if judged else None

    @property
    def average_wait_seconds(self) -> float | None:
        """The average speed of answer (ASA); None when nobody was answered."""
        return self.wait_seconds / self.answered if self.answered else None

    @property
    def abandon_rate(self) -> float | None:
        """Lost of all that came, 0 to 1; None when nobody came."""
        came = self.answered + self.lost
        return self.lost / came if came else None

    def add(self, other: Tally) -> None:
        """Count what the other has counted."""
        self.answered += other.answered
        self.answered_within += other.answered_within
        self.lost += other.lost
        self.lost_after += other.lost_after
        self.short_abandoned += other.short_abandoned
        self.wait_seconds += other.wait_seconds


class ServiceLevel:
    """Counts a queue's callers, since the start and over windows up to an hour."""

    __slots__ = ("_buckets", "_short_seconds", "_within_seconds", "total")

    def __init__(self, within_seconds: float, short_abandon_seconds: float = 0.0) -> None:
        self.total = Tally()
        """Since the start."""
        self._buckets: list[tuple[int, Tally]] = [(_NEVER, Tally())] * _BUCKETS
        """A ring: minute number, and what happened in that minute."""
        self.promise(within_seconds, short_abandon_seconds)

    def promise(self, within_seconds: float, short_abandon_seconds: float) -> None:
        """Judge by these from now on; what was counted stays."""
        self._within_seconds = within_seconds
        self._short_seconds = short_abandon_seconds

    def answered(self, waited_seconds: float, now: float) -> bool:
        """Count a caller who is being connected; True when that was in time."""
        within = waited_seconds <= self._within_seconds
        for tally in (self.total, self._bucket(now)):
            tally.answered += 1
            tally.answered_within += within
            tally.wait_seconds += waited_seconds
        return within

    def lost(self, waited_seconds: float, now: float, *, hung_up: bool = False) -> None:
        """Count a caller who left unanswered."""
        short = hung_up and waited_seconds < self._short_seconds
        after = waited_seconds > self._within_seconds
        for tally in (self.total, self._bucket(now)):
            if short:
                tally.short_abandoned += 1
            else:
                tally.lost += 1
                tally.lost_after += after

    def last_minutes(self, minutes: int, now: float) -> Tally:
        """Return what happened in this minute and those before it, 60 in all at most."""
        oldest = int(now // _BUCKET_SECONDS) - min(minutes, _BUCKETS)
        window = Tally()
        for minute, tally in self._buckets:
            if minute > oldest:
                window.add(tally)
        return window

    def _bucket(self, now: float) -> Tally:
        minute = int(now // _BUCKET_SECONDS)
        place = minute % _BUCKETS
        known, tally = self._buckets[place]
        if known != minute:
            tally = Tally()
            self._buckets[place] = (minute, tally)
        return tally
