"""The switch that is measured: its configuration, its process, its CPU and its memory."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")

_FLOW = """\
nodes:
  menu:
    type: menu
    prompts: Thank you for calling. To order, press 1. For help, press 2.
    options: {"1": orders}
    retries: 0
    timeout_seconds: 20
    exits: {no_input: good_bye, no_match: good_bye}
  orders:
    type: queue
    queue: orders
    exits: {timeout: good_bye, no_agents: good_bye}
  good_bye:
    type: hangup
"""


class SwitchUnderTest:
    """One `freeline serve` with many agents at one SIPp."""

    NUMBER = "+18005550100"

    def __init__(
        self, directory: Path, *, headset_port: int, agents: int, workers: int, cache: Path
    ) -> None:
        self._directory = directory
        config = directory / "config"
        flows = directory / "flows"
        for place in (config, flows):
            place.mkdir(parents=True)
        (flows / "bench.yaml").write_text(_FLOW)
        files = {
            "freeline.yaml": {
                "site": "bench",
                "numbers": {self.NUMBER: "bench"},
                "flows": str(flows),
                "sip": {
                    "listen": [
                        {"transport": kind, "address": "127.0.0.1", "port": 0}
                        for kind in ("udp", "tcp")
                    ]
                },
                "media": {
                    "workers": workers,
                    "ports": {"low": 30_000, "high": 49_999},
                    "prompt_cache": str(cache),
                    "recordings": {"enabled": False},
                },
                "records": {"url": f"sqlite:///{directory / 'records.db'}"},
                "telemetry": {"port": 0},
                "log": {"level": "info", "format": "json"},
                "limits": {"max_calls": 20_000, "drain_seconds": 5},
            },
            "trunks.yaml": {"trunks": [{"name": "bench", "networks": ["127.0.0.1/32"]}]},
            "agents.yaml": {
                "agents": [
                    {
                        "generate": {
                            "count": agents,
                            "agent": {
                                "id": "load{n:4}",
                                "skills": {"orders": 5},
                                "contact": f"sip:load{{n:4}}@127.0.0.1:{headset_port}",
                            },
                        }
                    }
                ]
            },
            "queues.yaml": {
                "queues": [{"name": "orders", "skills": {"orders": 1}, "wrap_up_seconds": 0}]
            },
        }
        for name, content in files.items():
            (config / name).write_text(json.dumps(content))
        self._ready = directory / "ready.json"
        self._log = (directory / "switch.log").open("wb")
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "switch", "serve", "--config", str(config)),
                *("--ready-file", str(self._ready)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        self._told = self._wait_until_ready()

    def _wait_until_ready(self) -> dict[str, object]:
        end = time.monotonic() + 60
        while not self._ready.exists():
            if self._process.poll() is not None or time.monotonic() > end:
                tail = (self._directory / "switch.log").read_text()[-2000:]
                raise RuntimeError(f"the switch did not start:\n{tail}")
            time.sleep(0.05)
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

    def cpu_seconds(self) -> tuple[float, float]:
        """Return the CPU time so far, of the core and of all workers."""
        return _cpu(self.core), sum(_cpu(pid) for pid in self.workers)

    def peak_rss_mib(self) -> float:
        """Return the most memory that core and workers have held, added up."""
        return sum(_peak(pid) for pid in (self.core, *self.workers)) / 1024

    def metric(self, name: str) -> float:
        """Return the sum of a metric's samples."""
        with urllib.request.urlopen(f"http://{self._told['http']}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        found = re.findall(rf"^{name}(?:\{{[^}}]*\}})? (\S+)$", text, re.M)
        return sum(float(value) for value in found)

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


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _peak(pid: int) -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) if found else 0
