"""The MQTT events of a call as a time line that a person can read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

Payload = dict[str, Any]

_AUDIO = {
    ("inbound", "received"): "from the caller",
    ("inbound", "relayed"): "from the agent to the caller",
    ("outbound", "received"): "from the agent",
    ("outbound", "relayed"): "from the caller to the agent",
}

_WORDS: dict[str, tuple[str, Callable[[Payload], str]]] = {
    "arrived": ("bold", lambda e: f"{e['caller']} calls {e['dialled']}, flow {e['flow']}"),
    "answered": ("green", lambda e: f"the switch answers, {e['codec']}"),
    "node": ("dim", lambda e: f"flow: {e['node_type']} {e['node']}"),
    "prompt": ("cyan", lambda e: f"plays: {e['prompt']}"),
    "digit": ("cyan", lambda e: f"caller presses {e['digit']} ({e['method']})"),
    "queued": ("blue", lambda e: f"queue {e['queue']}: position {e['position']}"),
    "offered": ("magenta", lambda e: f"rings {e['agent']}: {e['why']}"),
    "offer_failed": ("yellow", lambda e: f"{e['agent']} does not take it: {e['outcome']}"),
    "connected": (
        "green",
        lambda e: f"{e['agent']} answers after {e['ring_seconds']:.2f} s of ringing, {e['codec']}",
    ),
    "left_queue": ("blue", lambda e: f"queue {e['queue']}: {e['outcome']}"),
    "audio": (
        "green",
        lambda e: f"first audio {_AUDIO.get((e['leg'], e['direction']), e['direction'])}",
    ),
    "held": ("yellow", lambda e: f"{e['leg']} holds"),
    "resumed": ("yellow", lambda e: f"{e['leg']} resumes"),
    "ended": (
        "bold",
        lambda e: f"ended: {e['termination']['result']}, {e['termination']['reason']}",
    ),
    "state": ("dim", lambda e: f"agent {e['agent']}: {e['previous']} -> {e['state']}"),
}


class TimeLine:
    """Prints events as they come, with the time since the call arrived."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began: datetime | None = None
        self.quiet = False
        """Keep events, print none."""
        self.events: list[tuple[str, Payload]] = []
        """Topic and payload of everything seen."""

    def add(self, topic: str, payload: Payload) -> None:
        """Take an event."""
        self.events.append((topic, payload))
        style, words = _WORDS.get(payload.get("event", ""), ("", None))
        if words is None or self.quiet or payload.get("state", "") == payload.get("previous"):
            return
        at = datetime.fromisoformat(payload["at"])
        if payload["event"] == "arrived":
            self._began = at
        after = "" if self._began is None else f"{(at - self._began).total_seconds():8.3f} s"
        self._console.print(Text(f"{after:>10}  ", style="dim"), Text(words(payload), style=style))

    def of(self, event: str) -> list[Payload]:
        """Return the payloads of one kind of event."""
        return [payload for _, payload in self.events if payload.get("event") == event]
