"""PURE: tells when new calls begin to be refused to keep up, and when that is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from switch.events import Event, OverloadChanged
from switch.sip.overload import OverloadControl

OVER_SECONDS = 10.0
"""Without a refusal for so long it is over: who was refused has come again by then."""


class OverloadWatch:
    """Looks at the control some times a second."""

    def __init__(
        self,
        control: OverloadControl,
        publish: Callable[[Event], None],
        utc: Callable[[], datetime],
    ) -> None:
        self._control = control
        self._publish = publish
        self._utc = utc
        self._seen = control.refused
        """Calls refused by the last look, and by the last before it began."""
        self._before = 0
        self._began = 0.0
        self._last = 0.0
        self.limit = ""
        """What is reached, as in `OverloadChanged`; empty while nobody is refused."""
        self.lag_seconds = 0.0
        """Of the event loop, at the last look."""
        self._longest = 0.0

    def look(self, lag_seconds: float, now: float) -> None:
        """See whether calls have been refused since the last look.

        Args:
            lag_seconds: how late the event loop was just now.
        """
        control, self.lag_seconds = self._control, lag_seconds
        control.note_lag(lag_seconds)
        if control.refused != self._seen:
            if not self.limit:
                self.limit, self._before = control.limit, self._seen
                self._began, self._longest = now, 0.0
            self._last, self._seen = now, control.refused
            self._longest = max(self._longest, control.delay_seconds, lag_seconds)
            if self._began == now:
                self._tell(overloaded=True)
        elif self.limit and now - self._last >= OVER_SECONDS:
            self._tell(overloaded=False)
            self.limit = ""

    @property
    def refused(self) -> int:
        """Calls refused since the start."""
        return self._control.refused

    def seconds_ago(self, now: float) -> float | None:
        """Return how long ago the last call was refused; None: none ever was."""
        return round(now - self._last, 1) if self._seen else None

    def _tell(self, *, overloaded: bool) -> None:
        self._publish(
            OverloadChanged(
                at=self._utc(),
                overloaded=overloaded,
                limit=self.limit,
                refused=self._seen - self._before,
                seconds=round(self._last - self._began, 1),
                delay_seconds=round(self._longest, 3),
            )
        )
