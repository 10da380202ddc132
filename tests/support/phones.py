"""`freeline phone` processes for tests."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.processes import ChildProcess, wait_until


@dataclass
class PhoneProcess:
    """One phone and what it tells."""

    name: str
    process: ChildProcess
    recording: Path

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """Return what it told so far."""
        found = []
        for line in self.process.output().splitlines():
            if line.startswith("{"):
                event = json.loads(line)
                if not kind or event["event"] == kind:
                    found.append(event)
        return found

    def wait_for(self, kind: str, within_seconds: float = 20) -> dict[str, Any]:
        """Wait until it told such an event, and return the first."""

        def told() -> dict[str, Any] | None:
            found = self.events(kind)
            assert found or self.process.exit_code is None, (
                f"{self.name} ended without `{kind}`:\n{self.process.output()}"
            )
            return found[0] if found else None

        return wait_until(told, f"{self.name}: {kind}", within_seconds=within_seconds)

    def finish(self, within_seconds: float = 30) -> None:
        """Wait for its end and assert that all went well."""
        code = self.process.wait(within_seconds)
        assert code == 0, f"{self.name} ended with {code}:\n{self.process.output()}"


@dataclass
class PhoneFactory:
    """Starts phones for one test and ends them all with it."""

    directory: Path
    phones: list[PhoneProcess] = field(default_factory=list)

    def start(self, name: str, *options: str, records: bool = True) -> PhoneProcess:
        """Start a phone that tells JSON and, unless told otherwise, records what it hears."""
        self.directory.mkdir(parents=True, exist_ok=True)
        recording = self.directory / f"{name}.wav"
        process = ChildProcess(
            name,
            [
                *(sys.executable, "-m", "switch", "phone", "--json"),
                *(("--record", str(recording)) if records else ()),
                *options,
            ],
            self.directory / f"{name}.log",
        )
        phone = PhoneProcess(name, process, recording)
        self.phones.append(phone)
        return phone

    def stop(self) -> None:
        for phone in self.phones:
            phone.process.kill()
