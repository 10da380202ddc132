"""The file that tells whoever started the switch that it serves, and where."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from switch.log import get_logger
from switch.sip.peer import socket_name
from switch.transport import Listen


def tell_ready(
    path: Path | None, version: str, listeners: Sequence[Listen], http: str, workers: Sequence[int]
) -> None:
    """Tell it in the log, and in the file, if one is wanted: whole or not at all.

    Args:
        listeners: for SIP, with real ports.
        http: `host:port` of the telemetry.
        workers: process ids of the media workers.
    """
    listeners = [each for each in listeners if each.accepts]
    told = {
        "pid": os.getpid(),
        **{
            f"sip_{each.transport}": socket_name(each.address, each.port)
            for each in reversed(listeners)
        },
        "sip": [str(each) for each in listeners],
        "http": http,
        "workers": workers,
    }
    get_logger().info("ready", version=version, **told)
    if path is not None:
        part = path.with_suffix(".part")
        part.write_text(json.dumps(told))
        part.replace(path)


def remove_ready_file(path: Path | None) -> None:
    """Take it away, if it is there."""
    if path is not None:
        with suppress(OSError):
            path.unlink(missing_ok=True)
