"""SIP traces of this switch: who is a stranger, what is kept where, what `freeline trace` gets."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping
from typing import Any

from switch.events import CallArrived, CallEnded, CallRejected, Event
from switch.settings import Trace
from switch.sip.access import Access
from switch.sip.peer import Peer
from switch.sip.registrar import Registrar
from switch.termination import Reason
from switch.trace.frame import Kind, Note
from switch.trace.hep_link import HepLink, HepSettings
from switch.trace.spill import Spill, SpillSettings
from switch.trace.tap import Acquaintance, RingSizes, Tap, Tapped

_MEGABYTE = 1024 * 1024
_SHARE = 8
"""Of the room in memory, strangers and the upkeep of headsets get one part each in so many."""
_ANSWER_BYTES = 256 * 1024
"""Frames in one answer at most: copying and coding them takes about a millisecond."""

NOTED: tuple[type[Event], ...] = (CallArrived, CallEnded, CallRejected)
"""The events that stand beside the messages of a call."""


class Tracing:
    """Between the SIP driver's tap, the event bus, the disk, Homer and who asks."""

    def __init__(self, settings: Trace, access: Access, registrar: Registrar) -> None:
        self._access = access
        self._registrar = registrar
        memory = settings.memory_megabytes * _MEGABYTE
        share = memory // _SHARE
        self._tap = Tap(RingSizes(memory - 2 * share, share, share), self._who_is)
        self._spill: Spill | None = None
        self._hep: HepLink | None = None
        if settings.directory is not None:
            budgets: dict[Kind, int] = {
                "calls": settings.disk_megabytes * _MEGABYTE,
                "upkeep": settings.upkeep_megabytes * _MEGABYTE,
                "strangers": settings.strangers_megabytes * _MEGABYTE,
            }
            keep = settings.keep_days * 86_400
            self._spill = Spill(SpillSettings(settings.directory, budgets, keep))
            self._tap.add_sink(self._spill.take)
        if settings.hep is not None:
            secret = settings.hep.secret() or ""
            hep = HepSettings(settings.hep.place, settings.hep.capture_id, secret)
            self._hep = HepLink(hep)
            self._tap.add_sink(self._hep.take)

    @property
    def tap(self) -> Callable[[Tapped], object]:
        """What the driver calls for each message."""
        return self._tap.inbox.append

    def start(self) -> None:
        """Keep what comes from now on."""
        for link in (self._spill, self._hep):
            if link is not None:
                link.start()
        self._tap.start()

    async def stop(self) -> None:
        """Keep what has come, and end."""
        self._tap.stop()
        for link in (self._spill, self._hep):
            if link is not None:
                await asyncio.to_thread(link.stop)

    def handle(self, event: Event) -> None:
        """Note, beside the messages, which call they are about and how it ended."""
        if isinstance(event, CallArrived):
            note = Note(
                event.at.timestamp(),
                "arrived",
                event.call,
                event.sip_call_id,
                event.caller,
                event.dialled,
            )
        elif isinstance(event, CallEnded):
            end = event.termination
            note = Note(
                event.at.timestamp(),
                "ended",
                event.call,
                "",
                result=end.result.value,
                reason=end.reason.value,
                sip_code=end.sip_code,
            )
        elif isinstance(event, CallRejected) and event.termination.reason is not Reason.FORBIDDEN:
            end = event.termination
            note = Note(
                event.at.timestamp(),
                "rejected",
                "",
                event.sip_call_id,
                event.caller,
                event.dialled,
                end.result.value,
                end.reason.value,
                end.sip_code,
            )
        else:
            return  # also for strangers: their messages tell all, and must not fill this ring
        self._tap.note(note)

    async def answer(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The frames in memory after a number (`after`), oldest first; as many as fit."""
        self._tap.seal()
        after = int(parameters.get("after") or 0)
        found = sorted(each for ring in self._tap.rings.values() for each in ring.after(after))
        frames: list[str] = []
        size = 0
        for _, frame in found:
            size += len(frame)
            if frames and size > _ANSWER_BYTES:
                break
            frames.append(base64.b64encode(frame).decode())
        return {
            "frames": frames,
            "more": len(frames) < len(found),
        }

    # What the metrics read.

    @property
    def strangers_left_out(self) -> int:
        """Messages of strangers that were not kept."""
        return self._tap.left_out

    @property
    def not_written(self) -> int:
        """Frames that are not on disk."""
        return 0 if self._spill is None else self._spill.dropped

    @property
    def hep_sent(self) -> int:
        """Messages sent to Homer."""
        return 0 if self._hep is None else self._hep.sent

    @property
    def hep_dropped(self) -> int:
        """Messages that Homer did not get."""
        return 0 if self._hep is None else self._hep.dropped

    def _who_is(self, peer: Peer) -> Acquaintance:
        if self._access.trunk_of(peer) is not None:
            return "trunk"
        return "stranger" if self._registrar.username_at(peer) is None else "headset"
