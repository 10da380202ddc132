"""What `freeline status` asks the running switch: is it well, and has it room?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from switch.app.overload_watch import OverloadWatch
from switch.clock import Clock
from switch.telemetry import Watched


class StatusAnswers:
    """Tells the state of the switch in a few figures, most of them those of the metrics."""

    def __init__(
        self,
        version: str,
        watched: Watched,
        overload: OverloadWatch,
        unready: Callable[[], list[str]],
        clock: Clock,
    ) -> None:
        """Prepare.

        Args:
            unready: why no calls should come now; empty when they may.
        """
        self._version = version
        self._watched = watched
        self._overload = overload
        self._unready = unready
        self._clock = clock
        self._began = clock.now()

    async def status(self, _parameters: dict[str, Any]) -> Any:
        """Return the figures; seconds and counts since the start."""
        watched, overload = self._watched, self._overload
        calls, sip, records, mqtt = watched.calls, watched.sip, watched.records, watched.mqtt
        now = self._clock.now()
        return {
            "version": self._version,
            "problems": self._unready(),
            "up_seconds": round(now - self._began, 1),
            "calls": 0 if calls is None else len(calls),
            "media_workers": 0 if watched.media_workers is None else watched.media_workers(),
            "media_streams": 0 if watched.media_streams is None else watched.media_streams(),
            "loop_lag_seconds": round(overload.lag_seconds, 4),
            "queue_delay_seconds": 0.0 if sip is None else round(sip().queue_delay_seconds, 4),
            "overload": overload.limit,
            "refused": overload.refused,
            "refused_seconds_ago": overload.seconds_ago(now),
            "strangers_unheard": 0 if sip is None else sum(sip().unheard.values()),
            "records_waiting": 0 if records is None else records.queued,
            "records_dropped": 0 if records is None else records.dropped,
            "broker": "off" if mqtt is None else "connected" if mqtt.connected else "away",
        }
