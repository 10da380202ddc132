"""Takes what the SIP driver heard and said, and seals it into frames, off the call path.

The driver's part is one `append`. Everything else is done for many messages together: one look
at whom they are from, and one call of the encoder. Strangers have a ring of their own, so that
they push no call out, and so has the upkeep of headsets, of which there is far more than of
calls. Only messages of strangers and of headsets are looked at one by one.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from switch.sip.peer import Peer
from switch.trace.frame import KINDS, SENT, Kind, Note, Sealed, encode
from switch.trace.ring import Ring
from switch.trace.sip_text import without_key

Tapped = tuple[float, int, bytes, Peer]
"""Monotonic time, direction (`frame.RECEIVED` ...), the message, and who is at the other end."""

Acquaintance = Literal["trunk", "headset", "stranger"]

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
    upkeep: int
    strangers: int


class Tap:
    """Belongs to one event loop, from `start` to `stop`."""

    def __init__(self, sizes: RingSizes, who_is: Callable[[Peer], Acquaintance]) -> None:
        """Prepare.

        Args:
            who_is: tells a trunk's address, and one from which a headset has registered.
        """
        self.inbox: deque[Tapped] = deque(maxlen=_MOST_AT_ONCE)
        """The driver appends here."""
        self.rings: dict[Kind, Ring] = {
            "calls": Ring(sizes.calls),
            "upkeep": Ring(sizes.upkeep),
            "strangers": Ring(sizes.strangers),
        }
        self.left_out = 0
        """Messages of strangers that were not kept, since the start."""
        self._who_is = who_is
        self._sinks: list[Sink] = []
        self._notes: list[Note] = []
        self._known: set[str] = set()
        """Addresses of trunks, and of those whom we have sent requests."""
        self._headsets: set[str] = set()
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
            self._headsets.clear()
            self._forget_at = now + _FORGET_SECONDS
        if {each[3].remote[0] for each in tapped} <= self._known:
            self._seal("calls", offset, tapped, notes, 0)
            return
        parts: dict[Kind, list[Tapped]] = {kind: [] for kind in KINDS}
        left_out = self._part(tapped, parts)
        self._seal("strangers", offset, parts["strangers"], (), left_out)
        self._seal("upkeep", offset, parts["upkeep"], (), 0)
        self._seal("calls", offset, parts["calls"], notes, 0)

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
            (
                at,
                direction,
                without_key(data) if data[:5] == b"INFO " else data,
                peer.transport,
                peer.remote,
                peer.local,
                peer.connection,
            )
            for at, direction, data, peer in tapped
        ]
        self._number = max(self._number + 1, time.time_ns())
        frame = encode(self._number, kind, offset, messages, notes, left_out)
        self.rings[kind].append(self._number, frame)
        for sink in self._sinks:
            sink(frame, kind, messages, offset)

    def _part(self, tapped: list[Tapped], parts: dict[Kind, list[Tapped]]) -> int:
        """Put each message where it belongs; return how many of strangers are left out."""
        known, headsets = self._known, self._headsets
        counts: dict[str, int] = {}
        left_out = 0
        for each in tapped:
            host = each[3].remote[0]
            if host not in known and host not in headsets:
                self._learn(each)
            if host in known:
                parts["calls"].append(each)
            elif host in headsets:
                parts["upkeep" if is_upkeep(each[2]) else "calls"].append(each)
            else:
                counts[host] = count = counts.get(host, 0) + 1
                if count <= _MOST_OF_A_STRANGER:
                    parts["strangers"].append(each)
                else:
                    left_out += 1
        self.left_out += left_out
        return left_out

    def _learn(self, tapped: Tapped) -> None:
        """Remember whose address this is, if it is anybody's whom we know or call."""
        _, direction, data, peer = tapped
        match self._who_is(peer):
            case "trunk":
                self._known.add(peer.remote[0])
            case "headset":
                self._headsets.add(peer.remote[0])
            case _ if direction == SENT and not data.startswith(b"SIP/2.0 "):
                self._known.add(peer.remote[0])


def is_upkeep(data: bytes) -> bool:
    """Whether a headset's message is of no call: REGISTER, OPTIONS, or no SIP, as keep-alives."""
    start = data.find(b"\nCSeq:")
    if start < 0:
        return not data.startswith(_CALL_METHODS)
    end = data.find(b"\r", start)
    return data[end - 8 : end] in (b"REGISTER", b" OPTIONS")


_CALL_METHODS = (b"SIP/2.0 ", b"INVITE ", b"ACK ", b"BYE ", b"CANCEL ")
"""Whoever writes `CSeq` otherwise is looked at by the first line alone."""
