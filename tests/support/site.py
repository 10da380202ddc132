"""A configuration directory for one test: what it wants, and sound defaults for the rest.

Times are short but honest: a headset rings for seconds, not minutes; nothing is
switched off that an installation would have on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NUMBER = "+18005550100"
FLOWS = Path(__file__).parents[1] / "integration" / "flows"
TABLES = Path(__file__).parents[2] / "config" / "tables"
SHIPPED_FLOWS = Path(__file__).parents[2] / "ivr_flows"

Json = dict[str, Any]


def fixed_agent(name: str, port: int, *, transport: str = "udp", **more: Any) -> Json:
    """Return an agent whose device does not register but stands at a port."""
    contact = f"sip:{name}@127.0.0.1:{port};transport={transport}"
    return {"id": name, "skills": {"orders": 5}, "contact": contact, **more}


def headset_agent(name: str, **more: Any) -> Json:
    """Return an agent whose headset registers, with the password `secret-NAME`."""
    account = {"username": name, "password": f"secret-{name}"}
    return {"id": name, "skills": {"orders": 5}, "headset": account, **more}


def queue(name: str = "orders", **more: Any) -> Json:
    """Return a queue that every agent of these helpers may serve."""
    return {
        "name": name,
        "skills": {"orders": 1},
        "ring_seconds": 5,
        "wrap_up_seconds": 0.2,
        "no_answer_pauses": [30],
        "busy_pause_seconds": 30,
        **more,
    }


@dataclass
class Site:
    """What a test wants of the switch."""

    agents: Sequence[Json] = ()
    queues: Sequence[Json] = field(default_factory=lambda: [queue()])
    networks: Sequence[str] = ("127.0.0.1/32",)
    """Of the one trunk."""
    dial: Json | None = None
    """What may be dialled through it."""
    trunk: Json = field(default_factory=dict)
    """What else there is of it."""
    more_trunks: Sequence[Json] = ()
    dns: Json = field(default_factory=dict)
    numbers: Mapping[str, str | None] = field(default_factory=lambda: {NUMBER: "order_line"})
    flows: Path = FLOWS
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Laid over the defaults of freeline.yaml, section by section."""

    def write(self, directory: Path, *, ports: tuple[int, int], prompt_cache: Path) -> Path:
        """Write the four files into `directory/config` and return that path."""
        main: Json = {
            "site": "test",
            "sip": {
                "listen": [
                    {"transport": "udp", "address": "127.0.0.1", "port": 0},
                    {"transport": "tcp", "address": "127.0.0.1", "port": 0},
                ],
                # A machine that runs many tests at once is late for all of them.
                "overload": {"low_seconds": 2, "high_seconds": 5},
                # SIPp reads the first challenge only, and knows no SHA-256.
                "digest": ["MD5"],
                # SIPp's scenarios expect no OPTIONS.
                "qualify": {"interval_seconds": None},
            },
            "numbers": dict(self.numbers),
            "flows": str(self.flows),
            "media": {
                "ports": {"low": ports[0], "high": ports[1]},
                "prompt_cache": str(prompt_cache),
                "recordings": {"enabled": True, "directory": str(directory / "recordings")},
                "voicemail": {"directory": str(directory / "voicemail")},
                "stats_seconds": 0.5,
                "fast_relay": False,  # it takes half a second more to start
            },
            "records": {"url": f"sqlite:///{directory / 'records.db'}"},
            "telemetry": {"address": "127.0.0.1", "port": 0},
            "log": {"level": "info", "format": "json"},
            "control": {"socket": str(directory / "control.sock")},
            "limits": {"drain_seconds": 5},
        }
        trunk: Json = {"name": "carrier", "networks": list(self.networks), **self.trunk}
        if self.dial is not None:
            trunk["dial"] = self.dial
        config = directory / "config"
        config.mkdir(parents=True)
        files: dict[str, Json] = {
            "freeline.yaml": _laid_over(main, self.settings),
            "trunks.yaml": {"dns": self.dns, "trunks": [trunk, *self.more_trunks]},
            "agents.yaml": {"agents": list(self.agents)},
            "queues.yaml": {"queues": list(self.queues)},
        }
        for name, content in files.items():
            # JSON is YAML, and quotes everything that needs quotes.
            (config / name).write_text(json.dumps(content, indent=2))
        return config


def _laid_over(base: Json, top: Mapping[str, Any]) -> Json:
    merged = dict(base)
    for key, value in top.items():
        below = merged.get(key)
        both = isinstance(below, dict) and isinstance(value, Mapping)
        merged[key] = _laid_over(below, value) if both else value  # type: ignore[arg-type]
    return merged
