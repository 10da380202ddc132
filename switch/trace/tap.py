"""Takes what the SIP driver heard and said, and seals it into frames, off the call path.

The driver's part is one `append`. Everything else is done for many messages together: a
filter for strangers, whose messages go into a ring of their own, and one call of the encoder.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from switch.sip.peer import Peer
from switch.trace.frame import SENT, Kind, Note, Sealed, encode
from switch.trace.ring import Ring

Tapped = tuple[float, int, bytes, Peer]
"""Monotonic time, direction (`frame.RECEIVED` ...), the message, and who is at the other end."""

Sink = Callable[[bytes, Kind, "list[Sealed]", float], None]
"""Takes a frame: as bytes, whose it is, its messages, and the offset to Unix time."""

_SEAL_SECONDS = 0.2
_MOST_AT_ONCE = 50_000
"""Messages that may wait to be sealed; then the oldest are lost."""
_MOST_OF_A_STRANGER = 40
"""Messages of one stranger's address in one frame; the rest is counted."""
_FORGET_SECONDS = 60.0
"""How long an address that was known is taken for known without asking again."""


@dataclass(frozen=True, slots=True)
class RingSizes:
    """Room in memory, in bytes."""

    calls: int
    strangers: int


class Tap:
    """Belongs to one event loop, from `start` to `stop`."""

    def __init__(self, sizes: RingSizes, is_known: Callable[[Peer], bool]) -> None:
        """Prepare.

        Args:
            is_known: whether this is a trunk's or a registered headset's address.
        """
        self.inbox: deque[Tapped] = deque(maxlen=_MOST_AT_ONCE)
        """The driver appends here."""
        self.rings: dict[Kind, Ring] = {
            "calls": Ring(sizes.calls),
            "strangers": Ring(sizes.strangers),
        }
        self.left_out = 0
        """Messages of strangers that were not kept, since the start."""
        self._is_known = is_known
        self._sinks: list[Sink] = []
        self._notes: list[Note] = []
        self._known: set[str] = set()
        """Addresses of trunks, headsets, and those whom we have sent requests."""
        self._forget_at = 0.0
        self._number = 0
        self._timer: asyncio.TimerHandle | None = None

    def add_sink(self, sink: Sink) -> None:
        """Have every frame given to someone else, who must not take time."""
        self._sinks.append(sink)

    def start(self) -> None:
        """Seal from now on."""
        self._timer = asyncio.get_running_loop().call_later(_SEAL_SECONDS, self._on_timer)

    def stop(self) -> None:
        """Seal what there is, and no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.seal()

    def note(self, note: Note) -> None:
        """Add what is known of a call."""
        self._notes.append(note)

    def _on_timer(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_SEAL_SECONDS, self._on_timer)
        self.seal()

    def seal(self) -> None:
        """Make frames of what has come."""
        if not self.inbox and not self._notes:
            return
        tapped = list(self.inbox)
        self.inbox.clear()
        notes, self._notes = self._notes, []
        now = time.monotonic()
        offset = time.time() - now
        if now > self._forget_at:
            self._known.clear()
            self._forget_at = now + _FORGET_SECONDS
        known = self._known
        if not {each[3].remote[0] for each in tapped} <= known:
            tapped, strange, left_out = self._parted(tapped)
            self._seal("strangers", offset, strange, (), left_out)
        self._seal("calls", offset, tapped, notes, 0)

    def _seal(
        self,
        kind: Kind,
        offset: float,
        tapped: list[Tapped],
        notes: list[Note] | tuple[()],
        left_out: int,
    ) -> None:
        if not tapped and not notes and not left_out:
            return
        messages = [
            (at, direction, data, peer.transport, peer.remote, peer.local, peer.connection)
            for at, direction, data, peer in tapped
        ]
        self._number = max(self._number + 1, time.time_ns())
        frame = encode(self._number, kind, offset, messages, notes, left_out)
        self.rings[kind].append(self._number, frame)
        for sink in self._sinks:
            sink(frame, kind, messages, offset)

    def _parted(self, tapped: list[Tapped]) -> tuple[list[Tapped], list[Tapped], int]:
        """Return messages of those we know, of strangers, and how many more of these came."""
        known = self._known
        ours: list[Tapped] = []
        strange: list[Tapped] = []
        counts: dict[str, int] = {}
        left_out = 0
        for each in tapped:
            host = each[3].remote[0]
            if host in known or self._learns(each):
                ours.append(each)
                continue
            counts[host] = count = counts.get(host, 0) + 1
            if count <= _MOST_OF_A_STRANGER:
                strange.append(each)
            else:
                left_out += 1
        self.left_out += left_out
        return ours, strange, left_out

    def _learns(self, tapped: Tapped) -> bool:
        """Whether this is someone we know, or call ourselves; who is, is remembered."""
        _, direction, data, peer = tapped
        called = direction == SENT and not data.startswith(b"SIP/2.0 ")
        if called or self._is_known(peer):
            self._known.add(peer.remote[0])
            return True
        return False
