"""Reading what the switch has traced: from its files, and from the memory of one that runs."""

from __future__ import annotations

import base64
import heapq
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from switch.trace.frame import KINDS, Frame, decode
from switch.trace.spill import SUFFIX, begun_at

AskMemory = Callable[[int], Any]
"""Takes the number of the newest frame known, and returns `{"frames": [base64], "more": bool}`."""


def read_files(directory: Path, since: float) -> Iterator[Frame]:
    """Yield the frames in a directory that are not older than this Unix time, in order.

    Raises:
        OSError: a file cannot be read.
    """
    streams = [_read_kind(directory, kind, since) for kind in KINDS]
    return heapq.merge(*streams, key=lambda frame: frame.id)


def read_memory(ask: AskMemory, after: int, since: float = 0.0) -> Iterator[Frame]:
    """Yield the frames in the switch's memory that are newer than this number, in order.

    Raises:
        ControlError: there is no switch to ask.
    """
    more = True
    while more:
        answer = ask(after)
        for coded in answer["frames"]:
            for frame in decode(base64.b64decode(coded)):
                after = max(after, frame.id)
                if frame.id >= since * 1e9:
                    yield frame
        more = bool(answer["more"])


def _read_kind(directory: Path, kind: str, since: float) -> Iterator[Frame]:
    for path in sorted(directory.glob(f"{kind}-*{SUFFIX}"), key=begun_at):
        try:
            if path.stat().st_mtime < since:
                continue
            data = path.read_bytes()
        except FileNotFoundError:
            continue  # it made room for a new one meanwhile
        for frame in decode(data):
            if frame.id >= since * 1e9:
                yield frame
