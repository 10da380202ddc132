"""The real switch, as a process, for integration tests.

A test that uses it also asserts, at the end, that SIGTERM made it leave with exit code
0, that nobody of its family is left, and that its log holds no error the test did not
announce with `allow_errors`.
"""

from __future__ import annotations

import json
import signal
import sqlite3
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.support.ports import PortBlock
from tests.support.processes import ChildProcess, descendants, process_table, wait_until
from tests.support.site import Site

RTP_PORTS = 120

_START_SECONDS = 40
_STOP_SECONDS = 15
_ROOT = Path(__file__).parents[2]

_JSON_COLUMNS = ("path", "queues", "offers", "audio", "media", "tags", "transfers", "messages")


@dataclass
class SwitchProcess:
    """One `freeline serve`, and everything it tells the world."""

    directory: Path
    config: Path
    process: ChildProcess
    ready: Mapping[str, Any]
    """The ready file."""
    allowed: list[str] = field(default_factory=list)

    @property
    def sip(self) -> str:
        """`address:port` for SIP over UDP."""
        return str(self.ready["sip_udp"])

    @property
    def sip_tcp(self) -> str:
        return str(self.ready["sip_tcp"])

    @property
    def pid(self) -> int:
        return int(self.ready["pid"])

    def workers(self) -> list[int]:
        """Return the process ids of the media workers that run now."""
        return [
            info.pid
            for info in descendants(self.pid)
            if "switch.media.worker" in info.command and info.state not in "ZX"
        ]

    # What it tells.

    def log(self, event: str = "") -> list[dict[str, Any]]:
        """Return its log lines so far, or those of one event."""
        lines: list[dict[str, Any]] = []
        for line in self.process.output().splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:
                lines.append({"event": "not_json", "level": "error", "line": line})
        return [line for line in lines if not event or line.get("event") == event]

    def wait_for_log(self, event: str) -> dict[str, Any]:
        """Return the only log line of an event; a thread writes it, a little later."""
        wait_until(lambda: self.log(event), f"the log line `{event}`")
        [line] = self.log(event)
        return line

    def allow_errors(self, *events: str) -> None:
        """Announce log events that may be errors in this test."""
        self.allowed += events

    def records(self) -> list[dict[str, Any]]:
        """Return the rows of the calls table, oldest first."""
        file = self.directory / "records.db"
        if not file.exists():
            return []
        database = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)
        try:
            database.row_factory = sqlite3.Row
            found = [
                dict(row) for row in database.execute("SELECT * FROM calls ORDER BY arrived_at")
            ]
        except sqlite3.OperationalError:  # its tables are not made yet
            return []
        finally:
            database.close()
        for row in found:
            row.update({name: json.loads(row[name]) for name in _JSON_COLUMNS})
        return found

    def wait_for_records(self, count: int = 1, within_seconds: float = 10) -> list[dict[str, Any]]:
        """Wait until so many calls are on record, and return them; more is a failure."""

        def enough() -> list[dict[str, Any]] | None:
            found = self.records()
            return found if len(found) >= count else None

        found = wait_until(enough, f"{count} call records", within_seconds=within_seconds)
        assert len(found) == count, f"{len(found)} records instead of {count}: {found}"
        return found

    def record(self) -> dict[str, Any]:
        """Return the only call's record."""
        return self.wait_for_records(1)[0]

    def http(self, path: str) -> tuple[int, str]:
        """Return status and body of an HTTP request to the telemetry listener."""
        url = f"http://{self.ready['http']}{path}"
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def metrics(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """Return every sample of /metrics by name and labels."""
        status, text = self.http("/metrics")
        assert status == 200, text
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def metric(self, name: str, **labels: str) -> float:
        """Return the sum of a metric's samples that have these labels."""
        wanted = set(labels.items())
        return sum(
            value for (each, has), value in self.metrics().items() if each == name and wanted <= has
        )

    def wait_for_metric(
        self, name: str, value: float, *, within_seconds: float = 10, **labels: str
    ) -> None:
        """Wait until a metric has a value."""
        wait_until(
            lambda: self.metric(name, **labels) == value,
            f"{name}{labels} == {value}",
            within_seconds=within_seconds,
            every=0.05,
        )

    # Its end.

    def terminate(self) -> None:
        """Send SIGTERM: drain."""
        self.process.signal(signal.SIGTERM)

    def finish(self) -> None:
        """End it and assert that it leaves nothing behind and nothing unsaid.

        Raises:
            AssertionError: it does not end, ends badly, leaves processes, or has
                logged errors that were not announced.
        """
        if self.process.exit_code is None:
            self.terminate()  # no call is up now, or the second request to end at once
        family = descendants(self.process.pid)
        code = self.process.wait(_STOP_SECONDS)
        assert code == 0, f"the switch ended with {code}:\n{self.tail()}"
        wait_until(
            lambda: not any(_same_is_running(info.pid, info.command) for info in family),
            "the end of its children",
            within_seconds=3,
        )
        bad = [
            line
            for line in self.log()
            if line.get("level") in ("error", "critical") and line.get("event") not in self.allowed
        ]
        assert not bad, f"errors in the switch's log: {json.dumps(bad, indent=1)[-6000:]}"

    def tail(self) -> str:
        """Return the end of its log."""
        return self.process.output()[-6000:]


def _same_is_running(pid: int, command: str) -> bool:
    info = process_table().get(pid)
    return info is not None and info.command == command and info.state not in "ZX"


def serve(
    site: Site,
    directory: Path,
    *,
    ports: PortBlock,
    prompt_cache: Path,
    environment: Mapping[str, str] | None = None,
    rtp_ports: tuple[int, int] | None = None,
) -> SwitchProcess:
    """Start a switch and wait until it serves."""
    if rtp_ports is None:
        low = ports.take(RTP_PORTS)
        rtp_ports = low, low + RTP_PORTS - 1
    config = site.write(directory, ports=rtp_ports, prompt_cache=prompt_cache)
    ready_file = directory / "ready.json"
    process = ChildProcess(
        "switch",
        [
            *(sys.executable, "-m", "switch", "serve"),
            *("--config", str(config), "--ready-file", str(ready_file)),
        ],
        directory / "switch.log",
        environment=environment,
        directory=_ROOT,
    )

    def started() -> Mapping[str, Any] | None:
        assert process.exit_code is None, f"the switch did not start:\n{process.output()[-6000:]}"
        if not ready_file.exists():
            return None
        found: Mapping[str, Any] = json.loads(ready_file.read_text())
        return found

    try:
        ready = wait_until(started, "the ready file", within_seconds=_START_SECONDS)
    except BaseException:
        process.kill()
        raise
    return SwitchProcess(directory, config, process, ready)
