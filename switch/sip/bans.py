"""Who has guessed at passwords, and is not listened to for a while. PURE.

Failures are counted by source and by account. After a few, each further one bans for twice
as long as the one before. An account's ban holds those off who try it from where it is not
at home; its own headset goes on.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from switch.frozen import frozen

Key = tuple[str, str]
"""`source` or `account`, and which."""


@frozen()
class BanSettings:
    """How patient we are."""

    free_failures: int = 5
    """Wrong answers that cost nothing: people mistype, and phones try again."""
    first_seconds: float = 10.0
    """How long the first ban lasts."""
    longest_seconds: float = 3600.0
    """And any other at most; so long, too, are failures remembered."""


@frozen()
class Ban:
    """A ban in force."""

    kind: str
    """`source` or `account`."""
    name: str
    failures: int
    seconds: float
    """What is left of it."""


@dataclass(slots=True)
class _Record:
    failures: int = 0
    failed_at: float = 0.0
    until: float = 0.0


class Bans:
    """Counts failures. Each method takes one look at a dictionary, but for `in_force`."""

    def __init__(self, settings: BanSettings, most: int = 10_000) -> None:
        """Make an empty list.

        Args:
            most: sources and accounts remembered; who failed longest ago is forgotten first.
        """
        self._settings = settings
        self._most = most
        self._records: OrderedDict[Key, _Record] = OrderedDict()

    def __len__(self) -> int:
        """Return how many sources and accounts are remembered."""
        return len(self._records)

    def failed(self, key: Key, now: float) -> float:
        """Count a failure; return for how long it bans, in seconds, or 0."""
        settings = self._settings
        record = self._records.get(key)
        if record is None or now - record.failed_at > settings.longest_seconds:
            record = self._records[key] = _Record()
        record.failures += 1
        record.failed_at = now
        self._records.move_to_end(key)
        if len(self._records) > self._most:
            self._records.popitem(last=False)
        over = record.failures - settings.free_failures
        if over <= 0:
            return 0.0
        # The exponent is bounded, for 2.0**2000 is no number.
        seconds = min(settings.first_seconds * 2.0 ** min(over - 1, 64), settings.longest_seconds)
        record.until = now + seconds
        return seconds

    def failures(self, key: Key) -> int:
        """Return how many failures are remembered."""
        record = self._records.get(key)
        return 0 if record is None else record.failures

    def is_banned(self, key: Key, now: float) -> bool:
        """Whether a ban holds."""
        record = self._records.get(key)
        return record is not None and now < record.until

    def lift(self, key: Key) -> bool:
        """Forget the failures; False when there were none. Also after a success."""
        return self._records.pop(key, None) is not None

    def in_force(self, now: float) -> list[Ban]:
        """Return the bans that hold, the longest first."""
        found = [
            Ban(*key, record.failures, record.until - now)
            for key, record in self._records.items()
            if now < record.until
        ]
        return sorted(found, key=lambda ban: -ban.seconds)
