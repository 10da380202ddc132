"""The file that tells whoever started the switch that it serves, and where."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from switch.sip.peer import socket_name
from switch.transport import Listen


def told_addresses(bound: Sequence[Listen]) -> dict[str, object]:
    """Return where SIP is taken: each listener, and under `sip_udp` the first of its transport."""
    first = {
        f"sip_{each.transport}": socket_name(each.address, each.port) for each in reversed(bound)
    }
    return {**first, "sip": [str(each) for each in bound]}


def write_ready_file(path: Path | None, told: Mapping[str, object]) -> None:
    """Write it, whole or not at all; nothing without a path."""
    if path is not None:
        part = path.with_suffix(".part")
        part.write_text(json.dumps(told))
        part.replace(path)


def remove_ready_file(path: Path | None) -> None:
    """Take it away, if it is there."""
    if path is not None:
        with suppress(OSError):
            path.unlink(missing_ok=True)
