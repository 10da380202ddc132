"""The switch that is measured: its process, its CPU and its memory."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from configuration import Site
from figures import RunError
from proc import cpu_seconds, peak_rss_mib

ROOT = Path(__file__).parents[2]
_START_SECONDS = 60


class SwitchUnderTest:
    """One `freeline serve`, with what a `Site` wants."""

    def __init__(
        self, directory: Path, site: Site, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start it; `environment` lies on top of ours."""
        self._directory = directory
        began = time.monotonic()
        config = site.write(directory)
        self.written_seconds = time.monotonic() - began
        """What it took to write the configuration."""
        self._ready = directory / "ready.json"
        self._log = (directory / "switch.log").open("wb")
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "switch", "serve", "--config", str(config)),
                *("--ready-file", str(self._ready)),
            ],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
            env=os.environ | dict(environment or {}),
        )
        try:
            self._told = self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def _wait_until_ready(self) -> dict[str, object]:
        end = time.monotonic() + _START_SECONDS
        while not self._ready.exists():
            if self._process.poll() is not None or time.monotonic() > end:
                tail = (self._directory / "switch.log").read_text()[-2000:]
                raise RunError(f"the switch did not start:\n{tail}")
            time.sleep(0.01)
        told: dict[str, object] = json.loads(self._ready.read_text())
        return told

    @property
    def sip(self) -> str:
        """`address:port` for SIP over UDP."""
        return str(self._told["sip_udp"])

    @property
    def core(self) -> int:
        """Process id of the core."""
        return self._process.pid

    @property
    def workers(self) -> list[int]:
        """Process ids of the media workers."""
        found = self._told["workers"]
        assert isinstance(found, list)
        return [int(pid) for pid in found]

    def workers_now(self) -> list[int]:
        """Process ids of the media workers that run now, those in place of others too."""
        children = Path(f"/proc/{self.core}/task/{self.core}/children").read_text().split()
        return [int(pid) for pid in children if _is_worker(int(pid))]

    def errors(self) -> list[str]:
        """Return the lines of its log that tell of an error."""
        lines = (self._directory / "switch.log").read_text(errors="replace").splitlines()
        return [line for line in lines if '"level": "error"' in line or '"level":"error"' in line]

    def cpu_seconds(self) -> tuple[float, float]:
        """Return the CPU time so far, of the core and of all workers."""
        return cpu_seconds(self.core), sum(cpu_seconds(pid) for pid in self.workers)

    def peak_rss_mib(self) -> float:
        """Return the most memory that core and workers have held, added up."""
        return sum(peak_rss_mib(pid) for pid in (self.core, *self.workers))

    def metrics(self) -> str:
        """Return /metrics as it stands."""
        with urllib.request.urlopen(f"http://{self._told['http']}/metrics", timeout=10) as answer:
            text: str = answer.read().decode()
            return text

    def stop(self) -> None:
        """End it."""
        for _ in range(2):
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGTERM)
                try:
                    self._process.wait(8)
                except subprocess.TimeoutExpired:
                    continue
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._log.close()


def _is_worker(pid: int) -> bool:
    try:
        return b"switch.media.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has ended meanwhile
        return False


def metric(text: str, name: str) -> float:
    """Return the sum of a metric's samples in the text of /metrics."""
    found = re.findall(rf"^{name}(?:\{{[^}}]*\}})? (\S+)$", text, re.M)
    return sum(float(value) for value in found)
