"""SIPp as caller and as headset: started, watched, and read from its own statistics."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

SCENARIOS = Path(__file__).parent / "scenarios"
MAX_TALK_SECONDS = 60


@dataclass(slots=True)
class SippResult:
    """What one SIPp has counted."""

    successful: int = 0
    failed: int = 0
    retransmissions: int = 0
    causes: dict[str, int] = field(default_factory=dict)
    """Why calls failed -> calls."""


class Sipp:
    """One SIPp process in a directory of its own."""

    def __init__(self, directory: Path, scenario: str, arguments: Sequence[str]) -> None:
        directory.mkdir(parents=True)
        self.directory = directory
        (directory / "scenario.xml").write_text(scenario)
        self._process = subprocess.Popen(
            [
                *("sipp", "-sf", "scenario.xml", "-nostdin", "-trace_stat", "-fd", "1"),
                *("-stf", "stat.csv", "-trace_err", "-error_file", "errors.log"),
                *arguments,
            ],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=(directory / "screen.log").open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End it; SIPp writes its last statistics on the first SIGTERM."""
        if self.running:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def result(self) -> SippResult:
        """Return the last line of its statistics."""
        file = self.directory / "stat.csv"
        rows = []
        if file.exists():
            with file.open(newline="") as lines:
                rows = list(csv.DictReader(lines, delimiter=";"))
        if not rows:
            tail = (self.directory / "screen.log").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"SIPp told no statistics; its last words:\n{tail}")
        last = rows[-1]
        causes = {
            name.removesuffix("(C)").removeprefix("Failed"): int(value)
            for name, value in last.items()
            if name
            and name.startswith("Failed")
            and name.endswith("(C)")
            and value not in ("0", "")
            if name not in ("FailedCall(C)",)
        }
        return SippResult(
            successful=int(last["SuccessfulCall(C)"]),
            failed=int(last["FailedCall(C)"]),
            retransmissions=int(last["Retransmissions(C)"]),
            causes=causes,
        )

    def set_up_ms(self) -> list[float]:
        """Return how long each call's INVITE waited for its 200, in milliseconds."""
        times: list[float] = []
        for file in self.directory.glob("*_rtt.csv"):
            with file.open(newline="") as lines:
                rows = list(csv.reader(lines, delimiter=";"))
            # When it was, how long it took, and which of the scenario's timers.
            times += [float(row[1]) for row in rows[1:] if len(row) > 1 and row[1]]
        return times


def caller_scenario(digit: str, talk_seconds: float) -> str:
    """Return the caller's scenario.

    Args:
        digit: `rfc4733` or `info`.
        talk_seconds: from the digit to the BYE.
    """
    text = (SCENARIOS / "caller.xml").read_text()
    step = (SCENARIOS / f"digit_{digit}.xml").read_text().strip()
    return text.replace("@DIGIT@", step).replace("@TALK@", str(round(talk_seconds * 1000)))


def headset_scenario() -> str:
    """Return the headset's scenario."""
    return (SCENARIOS / "headset.xml").read_text()
