"""Free ports for tests that run side by side.

A port that was free a moment ago may be gone by the time a program binds it, so this
process first claims a block of ports, by binding the block's first one for as long as
it lives, and then hands out ports of that block only, in turn. Blocks lie below the
range from which Linux takes ephemeral ports.
"""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Iterator

_FIRST, _LAST, _BLOCK = 10_000, 32_000, 500
_ADDRESS = "127.0.0.1"


def _bind(port: int, kind: socket.SocketKind) -> socket.socket | None:
    bound = socket.socket(socket.AF_INET, kind)
    try:
        bound.bind((_ADDRESS, port))
    except OSError:
        bound.close()
        return None
    return bound


class PortBlock:
    """Ports that no other user of this module on this machine hands out."""

    def __init__(self) -> None:
        starts = list(range(_FIRST, _LAST, _BLOCK))
        random.Random(os.getpid()).shuffle(starts)
        for start in starts:
            claim = _bind(start, socket.SOCK_DGRAM)
            if claim is not None:
                break
        else:
            raise RuntimeError("every block of test ports is taken")
        self._claim = claim
        self._start = start
        self._next = self._in_turn()

    def _in_turn(self) -> Iterator[int]:
        while True:
            yield from range(self._start + 2, self._start + _BLOCK)

    def take(self, count: int = 1) -> int:
        """Return the first of `count` neighbouring ports, even, free for UDP and TCP."""
        for _ in range(2 * _BLOCK):
            port = next(self._next)
            if port % 2 or port + count > self._start + _BLOCK:
                continue
            if all(_is_free(each) for each in range(port, port + count)):
                for _ in range(count - 1):
                    next(self._next)
                return port
        raise RuntimeError(f"no {count} neighbouring ports are free")

    def close(self) -> None:
        """Give the block back."""
        self._claim.close()


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        bound = _bind(port, kind)
        if bound is None:
            return False
        bound.close()
    return True
