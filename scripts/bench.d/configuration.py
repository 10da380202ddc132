"""What the switch is told for a benchmark: its four files, its flows, its sounds."""

from __future__ import annotations

import json
import math
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path

NUMBER = "+18005550100"
RECORDS = "records.db"
"""The file of call records, in the switch's directory."""
"""A prompt, one digit, the queue `orders`."""
PROMPT_NUMBER = "+18005550101"
"""A sound that goes on until the caller hangs up."""
TALK_NUMBER = "+18005550102"
"""As `NUMBER`, with the queue and the headsets of the long calls of `soak`."""

CACHE = Path(tempfile.gettempdir()) / "freeline-bench-prompts"

_MENU = """\
nodes:
  menu:
    type: menu
    prompts: Thank you for calling. To order, press 1. For help, press 2.
    options: {{"1": {queue}}}
    retries: 0
    timeout_seconds: 20
    exits: {{no_input: good_bye, no_match: good_bye}}
  {queue}:
    type: queue
    queue: {queue}
    exits: {{timeout: good_bye, no_agents: good_bye}}
  good_bye:
    type: hangup
"""

_MORE = """\
nodes:
  welcome:
    type: menu
    prompts: This is line {number}. To order, press 1.
    options: {{"1": orders}}
    exits: {{no_input: good_bye, no_match: good_bye}}
  orders:
    type: queue
    queue: orders
    exits: {{timeout: good_bye, no_agents: good_bye}}
  good_bye:
    type: hangup
"""

_SOUND_SECONDS = 120
_RATE = 8000


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What a benchmark needs the switch to have."""

    headset_port: int = 0
    """Of the SIPp that answers; 0 without one."""
    agents: int = 500
    """At that SIPp."""
    talk_port: int = 0
    """Of the SIPp that answers long calls; 0 without one."""
    talk_agents: int = 0
    accounts: int = 0
    """Headsets that register, `load0001` and so on; they take no calls."""
    workers: int = 1
    broker: str = ""
    """URL of an MQTT broker."""
    t1_seconds: float = 0.5
    session_seconds: int = 1800
    """After which a caller with session timers is missed, at the latest."""
    recorded: bool = False
    """Conversations are recorded."""
    most_records: int = 10_000
    """That may wait while they cannot be written."""
    more_flows: int = 0
    """Besides those that are called, each with a number and a prompt of its own."""
    overload_seconds: float = 0
    """How long messages may wait before calls are refused; 0: as the switch has it."""
    sound_seconds: float = 600
    """How long the sound of `PROMPT_NUMBER` goes on, at least."""

    def write(self, directory: Path) -> Path:
        """Write everything under `directory` and return the configuration's own."""
        config = directory / "config"
        flows = directory / "flows"
        for place in (config, flows):
            place.mkdir(parents=True)
        for queue in ("orders", "talks"):
            (flows / f"{queue}.yaml").write_text(_MENU.format(queue=queue))
        for number in range(self.more_flows):
            (flows / f"more{number}.yaml").write_text(_MORE.format(number=number))
        _write_sound(flows / "sound.wav")
        (flows / "sound.yaml").write_text(json.dumps(self._sound_flow()))
        files = {
            "freeline.yaml": self._main_file(directory, flows),
            "trunks.yaml": {"trunks": [{"name": "bench", "networks": ["127.0.0.1/32"]}]},
            "agents.yaml": {"agents": self._agents()},
            "queues.yaml": {
                "queues": [
                    {"name": name, "skills": {name: 1}, "wrap_up_seconds": 0}
                    for name in ("orders", "talks")
                ]
            },
        }
        for name, content in files.items():
            # JSON is YAML, and quotes everything that needs quotes.
            (config / name).write_text(json.dumps(content))
        return config

    def _overload(self) -> dict[str, object]:
        seconds = self.overload_seconds
        if not seconds:
            return {}
        return {"overload": {"low_seconds": seconds * 0.9, "high_seconds": seconds}}

    def _main_file(self, directory: Path, flows: Path) -> dict[str, object]:
        return {
            "site": "bench",
            "numbers": {
                NUMBER: "orders",
                PROMPT_NUMBER: "sound",
                TALK_NUMBER: "talks",
                **{f"+1800666{each:04}": f"more{each}" for each in range(self.more_flows)},
            },
            "flows": str(flows),
            "sip": {
                "listen": [
                    {"transport": kind, "address": "127.0.0.1", "port": 0}
                    for kind in ("udp", "tcp")
                ],
                # SIPp reads the first challenge only, and knows no SHA-256.
                "digest": ["MD5"],
                "t1_seconds": self.t1_seconds,
                "session_timer": {"expires_seconds": self.session_seconds},
                # ... and takes no OPTIONS.
                "qualify": {"interval_seconds": None},
                **self._overload(),
            },
            "media": {
                "workers": self.workers,
                "ports": {"low": 32_768, "high": 60_999},
                "prompt_cache": str(CACHE),
                "recordings": {
                    "enabled": self.recorded,
                    "directory": str(directory / "recordings"),
                },
                # SIPp's callers say nothing, and that is no news.
                "silence_seconds": 3600,
            },
            "mqtt": {"broker": self.broker or None},
            "records": {
                "url": f"sqlite:///{directory / RECORDS}",
                "queue_limit": self.most_records,
            },
            "telemetry": {"port": 0},
            "log": {"level": "info", "format": "json"},
            "limits": {"max_calls": 20_000, "drain_seconds": 5},
        }

    def _sound_flow(self) -> dict[str, object]:
        times = max(1, math.ceil(self.sound_seconds / _SOUND_SECONDS))
        return {
            "nodes": {
                "sound": {
                    "type": "play",
                    "prompts": [{"file": "sound.wav"}] * times,
                    "next": "good_bye",
                },
                "good_bye": {"type": "hangup"},
            }
        }

    def _agents(self) -> list[dict[str, object]]:
        groups: list[dict[str, object]] = []
        for count, prefix, skill, port in (
            (self.agents if self.headset_port else 0, "agent", "orders", self.headset_port),
            (self.talk_agents if self.talk_port else 0, "talker", "talks", self.talk_port),
        ):
            contact = f"sip:{prefix}{{n:4}}@127.0.0.1:{port}"
            agent = {"id": prefix + "{n:4}", "skills": {skill: 5}, "contact": contact}
            groups.append({"generate": {"count": count, "agent": agent}} if count else {})
        if self.accounts:
            headset = {"username": "load{n:4}", "password": "secret-load{n:4}"}
            # Nobody asks for this skill: who registers is not rung.
            agent = {"id": "load{n:4}", "skills": {"resting": 1}, "headset": headset}
            groups.append({"generate": {"count": self.accounts, "agent": agent}})
        return [group for group in groups if group]


def _write_sound(file: Path) -> None:
    """Write a sound that is no silence: a square wave of 500 Hz."""
    second = (b"\x00\x08" * 8 + b"\x00\xf8" * 8) * (_RATE // 16)
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_RATE)
        sound.writeframes(second * _SOUND_SECONDS)
