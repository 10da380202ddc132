"""Changed flows serve new calls, without a restart; bad ones change nothing.

A change in the flows' directory, or SIGHUP, starts a check in a process of its own
(`flow_check.py`). If all is well the flows are read here, in a thread that gives way to the
event loop every half millisecond, and then put in force by one assignment: calls in progress
finish on the flow that they began with. What was found wrong goes to the log, the metrics
and MQTT.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from switch.app import plan
from switch.app.flow_check import MAX_PROBLEMS, Stamps, stamps
from switch.app.sounds import Sounds
from switch.clock import Clock
from switch.errors import ConfigurationError, PromptError
from switch.events import Event, FlowRejected, FlowsReloaded
from switch.ivr.models import Flow
from switch.log import get_logger
from switch.settings import Settings

_CHECK_SECONDS = 120.0
"""Many new prompts take long to speak; a file that takes longer is refused."""
_SETTLE_MS = 200
"""Editors and deployments write several files at once."""
_SWITCH_SECONDS = 0.0005
"""How long the reading thread keeps the event loop waiting at most."""


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
        self._sounds = sounds
        self._use = use
        self._publish = publish
        self._clock = clock
        self._log = get_logger()
        self._wanted = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._check: subprocess.Popen[bytes] | None = None
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
        if self._check is not None:
            self._check.kill()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task

    def request(self) -> None:
        """Read the flows again soon, changed or not."""
        self._wanted.set()

    async def _watch(self) -> None:
        # Loaded here: the start of the switch does not wait for it.
        from watchfiles import awatch

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
            except (OSError, ValueError, RuntimeError) as error:
                self._reject([f"the flows could not be checked: {error}"])

    async def _reload(self) -> None:
        began = self._clock.now()
        problems, seen = await asyncio.to_thread(self._run_check)
        if not problems:
            try:
                flows = await asyncio.to_thread(self._read, seen)
            except (ConfigurationError, PromptError) as error:
                problems = str(error).splitlines()[:MAX_PROBLEMS]
        if problems:
            self._reject(problems)
            return
        if flows is None:
            self.request()  # changed again since the check
            return
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

    def _run_check(self) -> tuple[list[str], Stamps]:
        """Check in a process of its own. Blocks."""
        process = self._check = subprocess.Popen(
            [sys.executable, "-m", "switch.app.flow_check"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            out, errors = process.communicate(pickle.dumps(self._settings()), _CHECK_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return [f"checking the flows took longer than {_CHECK_SECONDS:g} s"], {}
        finally:
            self._check = None
        if process.returncode or not out:
            last = errors.decode(errors="replace").strip().rpartition("\n")[2]
            why = f"it ended with {process.returncode}" + (f": {last}" if last else "")
            return [f"checking the flows failed: {why}"], {}
        told = json.loads(out)
        return told["problems"], {
            name: (time_ns, size) for name, (time_ns, size) in told["stamps"].items()
        }

    def _read(self, checked: Stamps) -> dict[str, Flow] | None:
        """Read what was found good; None if it has changed since. Blocks."""
        if stamps(self._settings().flows) != checked:
            return None
        with _giving_way():
            flows = plan.load_plan_flows(self._settings())
            self._sounds.add(flows.values())
        return flows

    def _reject(self, problems: Sequence[str]) -> None:
        if self._stopping:
            return
        for problem in problems:
            self._log.warning("flow_rejected", problem=problem)
        self._publish(FlowRejected(at=self._now(), problems=tuple(problems)))

    def _now(self) -> datetime:
        return self._clock.utc()


@contextmanager
def _giving_way() -> Iterator[None]:
    """Let other threads have their turn sooner than the usual 5 ms."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
