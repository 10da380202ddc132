"""`scripts/bench calls`: complete calls at one rate, SIPp on both sides."""

from __future__ import annotations

import argparse
import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sipp import Sipp, caller_scenario, headset_scenario
from switch_under_test import SwitchUnderTest

_CACHE = Path(tempfile.gettempdir()) / "freeline-bench-prompts"
_GRACE_SECONDS = 20
"""For the last calls to end."""


@dataclass(slots=True, kw_only=True)
class CallsResult:
    """The figures of one run."""

    rate: float
    """Calls per second, asked for."""
    seconds: float
    offered: int
    completed: int
    failed: int
    failures: dict[str, int] = field(default_factory=dict)
    """Cause -> calls."""
    retransmissions: int = 0
    """Of both SIPps and of the switch."""
    offered_per_second: float = 0.0
    completed_per_second: float = 0.0
    setup_p50_ms: float | None = None
    """From INVITE to 200, as the caller sees it."""
    setup_p99_ms: float | None = None
    cpu_core_ms_per_call: float | None = None
    cpu_media_ms_per_call: float | None = None
    peak_rss_mib: float | None = None
    target: str = "freeline"

    @property
    def clean(self) -> bool:
        """Whether every call was completed and nothing was sent twice."""
        return self.failed == 0 and self.completed == self.offered and not self.retransmissions

    def as_dict(self) -> dict[str, object]:
        """Return the figures for JSON."""
        return asdict(self)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of this benchmark."""
    parser.add_argument("--rate", type=float, default=120, help="calls per second")
    parser.add_argument("--seconds", type=float, default=60, help="how long calls are begun")
    parser.add_argument("--target", metavar="HOST:PORT", help="another SIP server, already running")
    parser.add_argument("--number", default=SwitchUnderTest.NUMBER, help="what callers dial")
    parser.add_argument("--talk", type=float, default=1.2, help="seconds from the digit to BYE")
    parser.add_argument("--digit", choices=("rfc4733", "info"), default="rfc4733")
    parser.add_argument("--agents", type=int, default=500)
    parser.add_argument("--workers", type=int, default=1, help="media workers of the switch")
    parser.add_argument("--headset-port", type=int, default=0, help="of the SIPp that answers")


def run(arguments: argparse.Namespace, progress: Callable[[float, str], None]) -> CallsResult:
    """Run it; `progress` gets the share that is done and a word on how it goes."""
    with tempfile.TemporaryDirectory(prefix="freeline-bench-") as place:
        return _Run(arguments, Path(place), progress).run()


class _Run:
    def __init__(
        self, arguments: argparse.Namespace, place: Path, progress: Callable[[float, str], None]
    ) -> None:
        self._arguments = arguments
        self._place = place
        self._progress = progress
        self._total = max(1, round(arguments.rate * arguments.seconds))

    def run(self) -> CallsResult:
        arguments = self._arguments
        headset_port = arguments.headset_port or _free_port()
        switch = None
        if not arguments.target:
            switch = SwitchUnderTest(
                self._place / "switch",
                headset_port=headset_port,
                agents=arguments.agents,
                workers=arguments.workers,
                cache=_CACHE,
            )
        target = arguments.target or (switch.sip if switch is not None else "")
        headset = caller = None
        try:
            headset = self._sipp("headset", headset_scenario(), headset_port, 14_000, ())
            time.sleep(0.5)
            before = switch.cpu_seconds() if switch is not None else (0.0, 0.0)
            began = time.monotonic()
            caller = self._sipp(
                "caller",
                caller_scenario(arguments.digit, arguments.talk),
                _free_port(),
                18_000,
                (
                    *(target, "-s", arguments.number, "-m", str(self._total)),
                    *("-r", str(round(arguments.rate)), "-l", str(self._total)),
                    *("-trace_rtt", "-rtt_freq", "1"),
                ),
            )
            lasted = self._watch(caller, began)
            after = switch.cpu_seconds() if switch is not None else (0.0, 0.0)
            result = self._result(caller, lasted)
            headset.stop()
            self._add_headset(result, headset)
            if switch is not None:
                self._add_switch(result, switch, before, after)
            return result
        finally:
            for each in (caller, headset, switch):
                if each is not None:
                    each.stop()

    def _sipp(
        self, name: str, scenario: str, port: int, media_port: int, more: tuple[str, ...]
    ) -> Sipp:
        return Sipp(
            self._place / name,
            scenario,
            [
                *("-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", str(port)),
                *("-mp", str(media_port)),
                *("-buff_size", "4194304", "-timer_resol", "1", "-recv_timeout", "20000"),
                *more,
            ],
        )

    def _watch(self, caller: Sipp, began: float) -> float:
        """Wait for the last call, with progress; return how long it all took."""
        limit = self._arguments.seconds + self._arguments.talk + _GRACE_SECONDS
        while caller.running and time.monotonic() - began < limit:
            passed = time.monotonic() - began
            share = min(1.0, passed / (self._arguments.seconds + self._arguments.talk))
            self._progress(share, f"{passed:.0f} s")
            time.sleep(0.25)
        lasted = time.monotonic() - began
        caller.stop()
        return lasted

    def _result(self, caller: Sipp, lasted: float) -> CallsResult:
        told = caller.result()
        times = sorted(caller.set_up_ms())
        return CallsResult(
            rate=self._arguments.rate,
            seconds=self._arguments.seconds,
            offered=self._total,
            completed=told.successful,
            failed=self._total - told.successful,
            failures=told.causes,
            retransmissions=told.retransmissions,
            offered_per_second=round(self._total / self._arguments.seconds, 1),
            completed_per_second=round(
                told.successful / max(lasted - self._arguments.talk, 1e-9), 1
            ),
            setup_p50_ms=_quantile(times, 0.5),
            setup_p99_ms=_quantile(times, 0.99),
            target=self._arguments.target or "freeline",
        )

    def _add_headset(self, result: CallsResult, headset: Sipp) -> None:
        """A call is complete when the headset had it, too, from ringing to BYE."""
        told = headset.result()
        result.retransmissions += told.retransmissions
        missed = max(0, result.completed - told.successful)
        if missed:
            result.completed -= missed
            result.failed += missed
            result.failures["headset_not_reached"] = missed

    def _add_switch(
        self,
        result: CallsResult,
        switch: SwitchUnderTest,
        before: tuple[float, float],
        after: tuple[float, float],
    ) -> None:
        calls = max(1, result.completed)
        result.cpu_core_ms_per_call = round((after[0] - before[0]) * 1000 / calls, 3)
        result.cpu_media_ms_per_call = round((after[1] - before[1]) * 1000 / calls, 3)
        result.peak_rss_mib = round(switch.peak_rss_mib(), 1)
        result.retransmissions += round(switch.metric("freeline_sip_retransmissions_total"))


def _quantile(sorted_values: list[float], share: float) -> float | None:
    if not sorted_values:
        return None
    index = min(len(sorted_values) - 1, int(share * len(sorted_values)))
    return round(sorted_values[index], 2)


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
