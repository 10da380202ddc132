"""How the switch leaves: when its calls are over, or handing those who talk to the next one."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress

from switch.calls.registry import CallRegistry
from switch.log import get_logger

STOP = (signal.SIGTERM, signal.SIGINT)
HAND_OVER = signal.SIGUSR2

_LOOK_SECONDS = 0.1


class Leaving:
    """Takes the signals. The first one asks the switch to leave, a second one at once."""

    def __init__(self) -> None:
        self.hands_over = False
        """Those who talk go on, and the next switch takes their calls over."""
        self._asked = asyncio.Event()
        self._at_once = asyncio.Event()
        self._log = get_logger()

    @property
    def is_asked(self) -> bool:
        """Whether the switch is leaving."""
        return self._asked.is_set()

    def handle_signal(self, number: int) -> None:
        """Take one of `STOP`, or `HAND_OVER`."""
        name = signal.Signals(number).name
        if self.is_asked:
            self._log.warning("stopping_now", signal=name)
            self._at_once.set()
            return
        self.hands_over = number == HAND_OVER
        self._log.info("handing_over" if self.hands_over else "stopping", signal=name)
        self._asked.set()

    async def wait_until_asked(self) -> None:
        """Return when the switch shall leave."""
        await self._asked.wait()

    async def wait_for_calls(self, registry: CallRegistry, limit_seconds: float) -> None:
        """Wait until no call is left that would end with the switch, or for so long."""
        self._log.info("draining", calls=len(registry), limit_seconds=limit_seconds)
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_seconds):
                while self._left(registry) and not self._at_once.is_set():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._at_once.wait(), _LOOK_SECONDS)

    def _left(self, registry: CallRegistry) -> int:
        if not self.hands_over:
            return len(registry)
        return sum(call.pair is None for call in registry.calls())
