"""A switch that falls while people talk, and is started again: same ports, same journal."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.ports import PortBlock
from tests.support.processes import is_running, wait_until
from tests.support.site import NUMBER, Site, fixed_agent, queue
from tests.support.switch_process import SwitchProcess, serve

HELP = "+18005550199"


@dataclass
class Centre:
    """Two lines with agents of their own, and a switch that can be started again and again."""

    directory: Path
    ports: PortBlock
    prompt_cache: Path
    sip_port: int
    rtp_port: int
    running: list[SwitchProcess] = field(default_factory=list)
    flow: str = ""
    """After the menu; empty: a queue, and then the call is over."""

    def start(self, agents: list[dict[str, Any]], **settings: Any) -> SwitchProcess:
        flows = self.directory / "flows"
        if not flows.exists():
            flows.mkdir()
            for name in ("orders", "help"):
                (flows / f"{name}.yaml").write_text(self.flow or _FLOW.format(queue=name))
        listen = [{"transport": "udp", "address": "127.0.0.1", "port": self.sip_port}]
        site = Site(
            agents=agents,
            queues=[queue("orders"), queue("help", skills={"help": 1})],
            numbers={NUMBER: "orders", HELP: "help"},
            flows=flows,
            settings={
                # A busy machine is no reason to refuse calls here.
                "sip": {
                    "listen": listen,
                    "overload": {"low_seconds": 2, "high_seconds": 5},
                },
                "routing": {"journal": {"path": str(self.directory / "routing.journal")}},
                **settings,
            },
        )
        switch = serve(
            site,
            self.directory / f"switch{len(self.running) + 1}",
            ports=self.ports,
            prompt_cache=self.prompt_cache,
            rtp_ports=(self.rtp_port, self.rtp_port + 239),
        )
        self.running.append(switch)
        return switch

    def stop(self) -> None:
        """End what is left of all of them."""
        for switch in self.running:
            for worker in switch.ready["workers"]:
                if is_running(worker):
                    os.kill(worker, signal.SIGKILL)
            switch.process.kill()


_FLOW = """\
nodes:
  menu:
    type: menu
    prompts: Press 1.
    options: {{"1": wait}}
    exits: {{no_input: good_bye, no_match: good_bye}}
  wait:
    type: queue
    queue: {queue}
    exits: {{timeout: good_bye, no_agents: good_bye}}
  good_bye:
    type: hangup
"""


def at_port(prefix: str, count: int, port: int, skill: str) -> list[dict[str, Any]]:
    """Return agents whose headsets are one SIPp."""
    return [
        fixed_agent(f"{prefix}{number}", port, initial_state="ready", skills={skill: 5})
        for number in range(count)
    ]


def fall(switch: SwitchProcess, talking: int, *, with_words: str = "") -> None:
    """Kill the core, and nothing but the core, once so many talk and are noted."""
    switch.wait_for_metric("freeline_agents", talking, within_seconds=40, state="talking")
    journal = switch.directory.parent / "routing.journal"

    def noted() -> bool:
        lines = journal.read_text().splitlines() if journal.exists() else []
        calls = [each for each in lines if each.startswith('{"k":"call:') and with_words in each]
        return len(calls) >= max(talking, 1)

    wait_until(noted, "the notes of all calls", within_seconds=30)
    os.kill(switch.pid, signal.SIGKILL)
    wait_until(lambda: not is_running(switch.pid), "the end of the core")
