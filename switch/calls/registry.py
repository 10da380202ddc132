"""Live calls and legs by id: the limit, the look-up and the wait for the last one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from switch.calls.leg import Leg
    from switch.calls.session import CallSession


class CallRegistry:
    """Every call from admission to its last event."""

    def __init__(self, max_calls: int) -> None:
        self._max_calls = max_calls
        self._calls: dict[str, CallSession] = {}
        self._legs: dict[str, Leg] = {}
        self._empty = asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def full(self) -> bool:
        """Whether another call would exceed the configured limit."""
        return len(self._calls) >= self._max_calls

    @property
    def leg_count(self) -> int:
        return len(self._legs)

    def calls(self) -> list[CallSession]:
        """Return the live calls; for shutting down, not for the hot path."""
        return list(self._calls.values())

    def call(self, call_id: str) -> CallSession | None:
        return self._calls.get(call_id)

    def leg(self, leg_id: str) -> Leg | None:
        return self._legs.get(leg_id)

    def add(self, call: CallSession) -> None:
        self._calls[call.id] = call
        self._empty.clear()

    def remove(self, call: CallSession) -> None:
        self._calls.pop(call.id, None)
        if not self._calls:
            self._empty.set()

    def add_leg(self, leg: Leg) -> None:
        self._legs[leg.id] = leg

    def remove_leg(self, leg: Leg) -> None:
        self._legs.pop(leg.id, None)

    async def wait_empty(self) -> None:
        """Return once no call is left."""
        await self._empty.wait()
