"""SIPp as caller and as headset: started, watched, and read from its own statistics."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from figures import BenchError, RunError
from proc import ADDRESS, free_port

SCENARIOS = Path(__file__).parent / "scenarios"

_PATIENCE_SECONDS = 20
"""How long a party waits for a message before it gives a call up."""
_BEFORE_DIGIT_MS = 300
_REFUSED_COUNTER = "GenericCounter1(C)"
_TAIL_BYTES = 16_384
"""A few lines of SIPp's statistics."""


@dataclass(slots=True)
class SippResult:
    """What one SIPp has counted."""

    successful: int = 0
    failed: int = 0
    retransmissions: int = 0
    causes: dict[str, int] = field(default_factory=dict)
    """Why calls failed -> calls."""
    refused: int = 0
    """Calls that ended with a 503, as the scenario allows; not among the successful."""


class Sipp:
    """One SIPp process in a directory of its own."""

    def __init__(
        self,
        directory: Path,
        scenario: str,
        port: int,
        arguments: Sequence[str] = (),
        *,
        call_seconds: float = 0,
        statistics_seconds: float = 1,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start it.

        Args:
            port: for SIP; one socket for all calls.
            call_seconds: how long there may be nothing to receive in a call.
            statistics_seconds: how often it writes down what it has counted.
            environment: variables on top of ours.
        """
        if shutil.which("sipp") is None:
            raise BenchError("there is no SIPp: install the Debian package sip-tester")
        directory.mkdir(parents=True)
        self.directory = directory
        (directory / "scenario.xml").write_text(scenario)
        patience = round((call_seconds + _PATIENCE_SECONDS) * 1000)
        with (directory / "screen.log").open("wb") as screen:
            self._process = subprocess.Popen(
                [
                    *("sipp", "-sf", "scenario.xml", "-nostdin", "-trace_stat"),
                    *("-fd", f"{round(statistics_seconds * 1000)}ms"),
                    *("-stf", "stat.csv", "-trace_err", "-error_file", "errors.log"),
                    *("-t", "u1", "-i", ADDRESS, "-p", str(port)),
                    *("-mi", ADDRESS, "-mp", str(free_port(4))),
                    *("-buff_size", "4194304", "-timer_resol", "1"),
                    *("-recv_timeout", str(patience)),
                    *arguments,
                ],
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=os.environ | dict(environment or {}),
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

    def latest(self) -> dict[str, str]:
        """Return the last whole line of its statistics; empty before there is one."""
        return last_row(self.directory / "stat.csv")

    def result(self) -> SippResult:
        """Return what its statistics say by now."""
        last = self.latest()
        if not last:
            tail = (self.directory / "screen.log").read_text(errors="replace")[-2000:]
            raise RunError(f"SIPp told no statistics; its last words:\n{tail}")
        causes = {
            name.removesuffix("(C)").removeprefix("Failed"): int(value)
            for name, value in last.items()
            if name
            and name.startswith("Failed")
            and name.endswith("(C)")
            and value not in ("0", "")
            and name != "FailedCall(C)"
        }
        refused = int(last.get(_REFUSED_COUNTER) or 0)
        return SippResult(
            successful=int(last["SuccessfulCall(C)"]) - refused,
            failed=int(last["FailedCall(C)"]),
            retransmissions=int(last["Retransmissions(C)"]),
            causes=causes,
            refused=refused,
        )

    def begun_after(self, calls: int) -> float | None:
        """Return after how many seconds so many calls had begun, as far as it has told."""
        return begun_after(self.directory / "stat.csv", calls)

    def set_up_ms(self) -> list[float]:
        """Return how long each call's first request waited for its 200, in milliseconds."""
        times: list[float] = []
        for file in self.directory.glob("*_rtt.csv"):
            with file.open(newline="") as lines:
                rows = list(csv.reader(lines, delimiter=";"))
            # When it was, how long it took, and which of the scenario's timers.
            times += [float(row[1]) for row in rows[1:] if len(row) > 1 and row[1]]
        return times


# Its statistics: a line of names, then a line whenever it counts, with a separator at the end.


def last_row(file: Path) -> dict[str, str]:
    """Return the last whole line by the names in the first; empty when there is none."""
    if not file.exists():
        return {}
    with file.open("rb") as lines:
        names = lines.readline()
        lines.seek(max(len(names), file.stat().st_size - _TAIL_BYTES))
        whole = lines.read().rpartition(b"\n")[0]
    fields = names.decode().strip().split(";")
    values = whole.rpartition(b"\n")[2].decode().strip("\r").split(";")
    if len(values) != len(fields) or fields == [""]:
        return {}
    return dict(zip(fields, values, strict=True))


def begun_after(file: Path, calls: int) -> float | None:
    """Return how many seconds after the start so many calls had begun; None if they had not."""
    with file.open(newline="") as lines:
        for row in csv.DictReader(lines, delimiter=";"):
            if int(row["TotalCallCreated"]) >= calls:
                # Each is a date, a time of day, and seconds since 1970.
                began, now = (row[key].split("\t")[2] for key in ("StartTime", "CurrentTime"))
                return round(float(now) - float(began), 3)
    return None


# Scenarios.


def caller_scenario(digit: str = "", talk_seconds: float = 0, rtp_port: int = 0) -> str:
    """Return the caller's scenario.

    Args:
        digit: `rfc4733` or `info`; without it no key is pressed.
        talk_seconds: from the digit, or from the answer, to the BYE.
        rtp_port: where RTP goes; 0 for SIPp's own port.
    """
    steps = []
    if digit:
        steps.append(f'<pause milliseconds="{_BEFORE_DIGIT_MS}"/>')
        steps.append((SCENARIOS / f"digit_{digit}.xml").read_text().strip())
    if talk_seconds:
        steps.append(f'<pause milliseconds="{round(talk_seconds * 1000)}"/>')
    return _scenario("caller", rtp_port).replace("@STEPS@", "\n  ".join(steps))


def refusable(scenario: str) -> str:
    """Return a caller's scenario for a switch that may refuse calls with 503."""
    head, invited, rest = scenario.partition('  <recv response="200" rtd="1"')
    bye, ended, end = rest.rpartition('  <recv response="200"/>')
    assert invited
    assert ended
    refused = '  <recv response="503" optional="true" next="refused" counter="1"/>\n'
    over = '  <recv response="200" next="over"/>\n' + (SCENARIOS / "refused.xml").read_text()
    return head + refused + invited + bye + over + end.lstrip("\n")


def refreshable(scenario: str) -> str:
    """Return a caller's scenario with session timers (RFC 4028): who vanishes is missed.

    SIPp sends the BYE of a call that it gives up once only, and that may be lost.
    """
    head, contact, rest = scenario.partition("Contact: ")
    assert contact
    return f"{head}Supported: timer\n{contact}{rest}"


def headset_scenario(rtp_port: int = 0) -> str:
    """Return the headset's scenario."""
    return _scenario("headset", rtp_port)


def register_scenario() -> str:
    """Return the scenario of a headset that registers."""
    return _scenario("register", 0)


def _scenario(name: str, rtp_port: int) -> str:
    text = (SCENARIOS / f"{name}.xml").read_text()
    return text.replace("[media_port]", str(rtp_port)) if rtp_port else text


def accounts_file(count: int) -> str:
    """Return the file from which SIPp takes account after account, beginning anew at its end."""
    lines = ["SEQUENTIAL"]
    for number in range(1, count + 1):
        name = f"load{number:04}"
        lines.append(f"{name};[authentication username={name} password=secret-{name}]")
    return "\n".join(lines) + "\n"
