"""A thread that does behind the loop what must not hold it up, with a bounded queue before it."""

from __future__ import annotations

import queue
import threading
from typing import Generic, TypeVar

Entry = TypeVar("Entry")


class BehindLoop(Generic[Entry]):
    """What sinks of `Tap` have in common; `_run` reads `_waiting` until it gets None."""

    def __init__(self, name: str, most_waiting: int) -> None:
        self._waiting: queue.Queue[Entry | None] = queue.Queue(most_waiting)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Work from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Do what waits, and end. Blocks for a moment."""
        if self._thread.is_alive():
            try:
                self._waiting.put(None, timeout=1.0)
            except queue.Full:
                return
            self._thread.join(timeout=5.0)

    def _hand_over(self, entry: Entry) -> bool:
        """Let the thread have an entry; False when too many wait."""
        try:
            self._waiting.put_nowait(entry)
        except queue.Full:
            return False
        return True

    def _run(self) -> None:
        raise NotImplementedError
