"""What the media workers report: counted, logged where it tells of trouble, and handed on."""

from __future__ import annotations

from collections.abc import Sequence

from switch.app.call_control import CallControl
from switch.calls.leg import LegState
from switch.calls.registry import CallRegistry
from switch.log import get_logger
from switch.media.messages import LinkLost, Released, Report, Silent, Stats
from switch.telemetry.snapshots import MediaTotals


class MediaReports:
    """Stands between the media pool and the calls."""

    def __init__(self, totals: MediaTotals, registry: CallRegistry) -> None:
        self.control: CallControl | None = None
        """Gets what concerns calls; None until there can be any."""
        self._totals = totals
        self._registry = registry
        self._log = get_logger()

    def handle(self, report: Report) -> None:
        """Take a report of a worker."""
        if type(report) is Stats:
            self._totals.count(report.stream, report.stats)
        elif self.control is not None:
            if type(report) is Released:
                self._totals.count(report.stream, report.stats, closed=True)
            elif type(report) is Silent:
                self._tell_of_silence(report)
            elif type(report) is LinkLost:
                self._tell_of_loss(report)
            self.control.handle_report(report)

    def _tell_of_silence(self, report: Silent) -> None:
        leg = self._registry.leg(report.stream)
        if leg is not None:
            seconds = round(report.seconds, 1)
            self._log.warning("no_audio", leg=leg.side.value, seconds=seconds)

    def _tell_of_loss(self, report: LinkLost) -> None:
        leg = self._registry.leg(report.stream)
        if leg is not None and leg.state is LegState.ANSWERED:
            self._log.warning("media_link_lost", leg=leg.side.value, call=leg.call, why=report.why)

    def handle_worker_died(self, worker: int, exit_code: int, streams: Sequence[str]) -> None:
        """A worker is dead, and its streams with it."""
        for stream in streams:
            self._totals.forget(stream)
        if self.control is not None:
            self.control.handle_worker_died(worker, exit_code, streams)
