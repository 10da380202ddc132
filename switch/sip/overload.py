"""Whether a new call may begin, told by how long messages wait before they are read. PURE.

A switch that takes every call when there are too many serves none: answers come later than
callers send again. So new calls are refused, with 503 and a Retry-After, as soon as there is a
standing queue (as RFC 8289 calls one that does not empty): a few while it is short, all of
them once it is long. Whatever belongs to a call in progress is never refused.
"""

from __future__ import annotations

from collections import OrderedDict

from switch.frozen import frozen
from switch.sip.peer import Peer
from switch.sip.source import source_of
from switch.sip.token_buckets import TokenBuckets

Sent = tuple[tuple[str, int], bytes]
"""Whence, and what."""


@frozen()
class OverloadSettings:
    """When to refuse; seconds."""

    low_seconds: float = 0.010
    """A wait as short as this is no overload."""
    high_seconds: float = 0.040
    """From here on every new call is refused; in between, a share of them."""
    standing_seconds: float = 0.020
    """A queue that empties sooner was only a burst, or a pause of the machine."""
    retry_after_seconds: int = 5
    per_source_rate: float | None = None
    """New calls a second from one address; None: as many as there is room for."""
    per_source_burst: int = 50
    rate: float | None = None
    """The same from all together."""
    burst: int = 200


class OverloadControl:
    """Hears how long messages waited, and decides for each new call."""

    def __init__(self, settings: OverloadSettings, most: int = 4096) -> None:
        """Make a control that refuses nothing yet.

        Args:
            most: refused requests remembered, so that the same answer goes out when they are
                sent again.
        """
        self.settings = settings
        self.refused = 0
        """Calls so far."""
        self.limit = ""
        """Why the last of them was: `queue`, `per_source_per_second` or `per_second`."""
        self.delay_seconds = 0.0
        """How long the message waited that was measured last."""
        self._most = most
        self._since: float | None = None
        """Since when there has been a queue."""
        self._lag_seconds = 0.0
        """Of the event loop, if it was late twice running."""
        self._was_late = False
        self._share = 0.0
        self._each = _buckets(settings.per_source_rate, settings.per_source_burst)
        self._all = _buckets(settings.rate, settings.burst)
        self._answers: OrderedDict[Sent, tuple[tuple[bytes, Peer], float]] = OrderedDict()

    def note_delay(self, seconds: float, now: float) -> None:
        """Learn how long a datagram waited to be read; 0 when none is left to read."""
        self.delay_seconds = seconds
        if seconds < self.settings.low_seconds:
            self._since = None
        elif self._since is None:
            self._since = now

    def note_lag(self, seconds: float) -> None:
        """Learn how late the event loop ran a timer: what comes over streams waits for it too."""
        late = seconds > self.settings.high_seconds
        self._lag_seconds = seconds if late and self._was_late else 0.0
        self._was_late = late

    def refuses(self, host: str, now: float) -> bool:
        """Whether this new call is refused.

        Args:
            host: where it comes from.
        """
        limit = "queue" if self._is_too_much(now) else self._rate_reached(host, now)
        if not limit:
            return False
        self.limit = limit
        self.refused += 1
        return True

    def _rate_reached(self, host: str, now: float) -> str:
        if self._each is not None and not self._each.take(source_of(host), now):
            return "per_source_per_second"
        if self._all is not None and not self._all.take("", now):
            return "per_second"
        return ""

    def _is_too_much(self, now: float) -> bool:
        if self._since is None and not self._lag_seconds:
            return False
        settings = self.settings
        wait = self._lag_seconds
        if self._since is not None and now - self._since >= settings.standing_seconds:
            wait = max(wait, self.delay_seconds)
        room = settings.high_seconds - settings.low_seconds
        self._share += min(1.0, max(0.0, (wait - settings.low_seconds) / room))
        if self._share < 1.0:
            return False
        self._share -= 1.0
        return True

    # What was refused comes again, byte for byte, and is not looked at again.

    def remember(self, request: Sent, answer: tuple[bytes, Peer], now: float) -> None:
        """Keep the answer to a refused request for as long as it may be sent again."""
        self._answers[request] = answer, now
        if len(self._answers) > self._most:
            self._answers.popitem(last=False)

    def answer_again(self, request: Sent, now: float) -> tuple[bytes, Peer] | None:
        """Return the answer that this request got before."""
        while self._answers:
            oldest = next(iter(self._answers))
            if now - self._answers[oldest][1] <= _SENT_AGAIN_SECONDS:
                break
            del self._answers[oldest]
        found = self._answers.get(request)
        return None if found is None else found[0]

    @property
    def remembered(self) -> int:
        """How many answers are kept."""
        return len(self._answers)

    @property
    def has_refused(self) -> bool:
        """Whether there is an answer to give again."""
        return bool(self._answers)


def _buckets(rate: float | None, burst: int) -> TokenBuckets | None:
    return None if rate is None else TokenBuckets(rate, burst)


_SENT_AGAIN_SECONDS = 32.0
"""RFC 3261 17.1.1.2: timer B ends what is sent again."""
