"""Changed flows serve new calls, without a restart; bad ones change nothing.

After a change in the flows' directory, or SIGHUP, they are read beside the switch
(`flow_reading.py`). If all is well they are put in force by one assignment: calls in progress
finish on the flow that they began with. What was found wrong goes to the log, the metrics
and MQTT.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from switch.app.flow_check import Stamps, stamps
from switch.app.flow_reading import FlowReading, FlowsRefused
from switch.app.sounds import Sounds
from switch.clock import Clock
from switch.events import Event, FlowRejected, FlowsReloaded
from switch.ivr.models import Flow
from switch.log import get_logger
from switch.settings import Settings

_SETTLE_MS = 200
"""Editors and deployments write several files at once."""


class FlowReloader:
    """Watches the flows' directory. Inputs: files, `request`. Output: `use` is called."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        sounds: Sounds,
        use: Callable[[dict[str, Flow]], None],
        publish: Callable[[Event], None],
        clock: Clock,
    ) -> None:
        """Prepare.

        Args:
            settings: returns those in force: a reload may have brought queues that flows name.
            use: puts flows in force, for the calls from now on.
        """
        self._settings = settings
        self.reading = FlowReading(sounds)
        """Ends with this."""
        self._use = use
        self._publish = publish
        self._clock = clock
        self._log = get_logger()
        self._wanted = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        self._in_force: Stamps = stamps(settings().flows)

    def start(self) -> None:
        """Begin to watch."""
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._watch(), name="flow-watch"),
            loop.create_task(self._serve(), name="flow-reload"),
        ]

    async def stop(self) -> None:
        """End, and leave no process behind."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        self.reading.stop()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task

    def request(self) -> None:
        """Read the flows again soon, changed or not."""
        self._wanted.set()

    async def _watch(self) -> None:
        # Loaded here: the start of the switch does not wait for it.
        from watchfiles import awatch

        # It tells at each change that there was one, and not of what.
        logging.getLogger("watchfiles").setLevel(logging.WARNING)
        directory = self._settings().flows
        watching = False
        try:
            async for changes in awatch(
                directory, debounce=_SETTLE_MS, step=50, rust_timeout=1000, yield_on_timeout=True
            ):
                # What changed between the reading of the flows and the first watch is seen here.
                if changes or (not watching and stamps(directory) != self._in_force):
                    self.request()
                watching = True
        except (OSError, RuntimeError) as error:
            # Without a watcher SIGHUP still reloads.
            self._log.warning("flows_not_watched", directory=str(directory), error=str(error))

    async def _serve(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await self._reload()
            except FlowsRefused as error:
                self._reject(error.problems)
            except (OSError, ValueError, RuntimeError) as error:
                self._reject([f"the flows could not be checked: {error}"])

    async def _reload(self) -> None:
        began = self._clock.now()
        flows, seen = await self.reading.read(self._settings())
        self._use(flows)
        changed = sorted(
            name for name in {*seen, *self._in_force} if seen.get(name) != self._in_force.get(name)
        )
        self._in_force = seen
        seconds = round(self._clock.now() - began, 3)
        names = tuple(Path(name).stem for name in changed)
        self._log.info("flows_reloaded", changed=names, flows=len(flows), seconds=seconds)
        self._publish(
            FlowsReloaded(
                at=self._now(), flows=tuple(sorted(flows)), changed=names, seconds=seconds
            )
        )

    def _reject(self, problems: Sequence[str]) -> None:
        if self._stopping:
            return
        for problem in problems:
            self._log.warning("flow_rejected", problem=problem)
        self._publish(FlowRejected(at=self._now(), problems=tuple(problems)))

    def _now(self) -> datetime:
        return self._clock.utc()
