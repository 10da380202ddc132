"""What a phone tells of itself: lines for people, or JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TextIO

from rich.console import Console
from rich.text import Text

_STYLES = {
    "answered": "green",
    "registered": "green",
    "rings": "magenta",
    "dials": "magenta",
    "hears": "cyan",
    "key": "cyan",
    "ended": "bold",
    "failed": "bold red",
}


class Reporter:
    """Writes an event a line, at once."""

    def __init__(self, name: str, *, as_json: bool, stream: TextIO = sys.stdout) -> None:
        self._name = name
        self._as_json = as_json
        self._stream = stream
        self._console = Console(file=stream, soft_wrap=True, highlight=False)
        self.listeners: list[Callable[[str, dict[str, object]], None]] = []

    def tell(self, event: str, **details: object) -> None:
        """Tell an event."""
        now = datetime.now(UTC)
        if self._as_json:
            told = {"at": now.isoformat(), "phone": self._name, "event": event, **details}
            self._stream.write(json.dumps(told) + "\n")
            self._stream.flush()
        else:
            words = ", ".join(f"{key} {value}" for key, value in details.items() if value != "")
            self._console.print(
                Text(f"{now.astimezone():%H:%M:%S.%f}"[:-3], style="dim"),
                Text(self._name, style="bold"),
                Text(event, style=_STYLES.get(event, "")),
                Text(words),
            )
        for listener in self.listeners:
            listener(event, details)
