"""A whole switch in this process, and a look at every turn of its loop.

Run by `holds.py`. stdin: one line of JSON, where `config` and `flows` are.
stdout: a line of JSON for each case.

Each turn of the loop is measured by the clock, by the CPU time of all threads of this process and
by that of the loop's own thread. What the machine does for others makes a turn long without such
CPU: the smaller of the first two is what the switch did to itself. It is more than the loop's own
where another thread of the switch ran, with the interpreter's lock, while the loop waited for it
or, with the lock to be had, for a processor. Turns in which the cycle collector walked are left
out: with nobody on the line, as here, it does so every minute, and otherwise not.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TextIO, cast

import hostile_flows
from flow import load
from switch_under_test import ROOT

if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from switch.app.turns import Turns

_MUCH_SECONDS = 0.001

Act = Callable[["Bench"], Coroutine[Any, Any, str]]
"""Something that is done to the switch; what became of it."""


class Probe:
    """Goes round the loop without a rest, and notes how long each turn takes."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._open = True
        self._collected = False
        """In this turn."""
        self._turns = self._over = 0
        self._longest = self._held = self._own = 0.0
        self._read_clocks()
        gc.callbacks.append(self._note_collection)
        self._loop.call_soon(self._turn)

    def _note_collection(self, _phase: str, _info: dict[str, int]) -> None:
        self._collected = True

    def _turn(self) -> None:
        wall, cpu, own = self._wall, self._cpu, self._thread
        self._read_clocks()
        took = self._wall - wall
        if not self._collected:
            held = min(took, self._cpu - cpu)
            self._longest = max(self._longest, took)
            self._held = max(self._held, held)
            self._own = max(self._own, self._thread - own)
            self._over += held > _MUCH_SECONDS
        self._turns += 1
        self._collected = False
        if self._open:
            self._loop.call_soon(self._turn)

    def _read_clocks(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        self._thread = time.thread_time()

    def begin(self) -> None:
        """Forget what was."""
        self._turns = self._over = 0
        self._longest = self._held = self._own = 0.0
        self._read_clocks()

    def end(self) -> dict[str, float]:
        """Return the figures, in milliseconds."""
        return {
            "turns": self._turns,
            "turns_over_1_ms": self._over,
            "late_max_ms": round(1000 * self._longest, 2),
            "held_max_ms": round(1000 * self._held, 2),
            "own_max_ms": round(1000 * self._own, 2),
        }

    def close(self) -> None:
        self._open = False
        gc.callbacks.remove(self._note_collection)


class Log(io.TextIOBase):
    """Takes the switch's log, and counts what became of changed flows."""

    def __init__(self) -> None:
        self.settled = 0
        """Reloads that are over."""
        self.outcome = ""

    def write(self, text: str) -> int:
        for line in text.splitlines():
            told = json.loads(line)
            if told.get("event") == "flows_reloaded":
                self.outcome = "loaded"
                self.settled += 1
            elif told.get("event") == "flow_rejected":
                self.outcome = f"refused: {told['problem'].rpartition(': ')[2][:60]}"
                self.settled += 1
        return len(text)


class Bench:
    """The switch, and everything that can be done to it."""

    def __init__(self, order: dict[str, Any], log: Log) -> None:
        self._flows = Path(order["flows"])
        self._log = log
        self._metrics = ""
        """Where they are."""
        self._turns = Turns()

    async def start(self, config: Path) -> None:
        """Start the switch, and reload once: what is done for the first time is no measure."""
        from switch.app.preparation import prepare
        from switch.app.service import Service
        from switch.settings import load_settings

        settings = load_settings(config)
        ready = config / "ready.json"
        service = Service(settings, *prepare(settings), "bench", ())
        self._service = asyncio.create_task(service.run(ready))
        while not ready.exists():
            await asyncio.sleep(0.05)
            if self._service.done():
                self._service.result()
        self._metrics = json.loads(ready.read_text())["http"]
        await asyncio.sleep(1)
        await self.write(hostile_flows.SMALL + "# again\n")

    async def stop(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await self._service

    async def idle(self) -> str:
        await asyncio.sleep(3)
        return "nothing is done"

    async def write(self, text: str) -> str:
        """Change a flow, and wait until that was taken up or refused."""
        return await self._settle(lambda: (self._flows / "hostile.yaml").write_text(text))

    async def write_sparse(self) -> str:
        file = str(self._flows / "hostile.yaml")
        return await self._settle(lambda: hostile_flows.sparse_file(file))

    async def _settle(self, change: Callable[[], object]) -> str:
        before = self._log.settled
        change()
        deadline = time.monotonic() + 60
        while self._log.settled == before:
            if time.monotonic() > deadline:
                raise TimeoutError("the switch says nothing of a changed flow")
            await asyncio.sleep(0.02)
        return self._log.outcome

    async def scrape(self) -> str:
        """Read the metrics of a flow of a thousand nodes."""
        reader = await asyncio.create_subprocess_exec(
            *("curl", "-sS", "-o", "/dev/null", "-w", "%{size_download}"),
            f"http://{self._metrics}/metrics",
            stdout=subprocess.PIPE,
        )
        out, _ = await reader.communicate()
        return f"{int(out) // 1024} KiB"

    async def call(self, text: str, calls: int, acts: int) -> str:
        """Let callers go through a flow, who press 1 again and again."""
        steps = await asyncio.gather(
            *(self._one_call(text, acts, number / 500) for number in range(calls))
        )
        return f"{calls} calls, {sum(steps)} steps"

    async def _one_call(self, text: str, acts: int, begins_after: float) -> int:
        from switch.errors import CallOver, FlowRunError
        from switch.ivr.interpreter import run_flow

        await asyncio.sleep(begins_after)
        call = _yielding_call(acts, self._turns)
        with contextlib.suppress(CallOver, FlowRunError):
            await run_flow(self._loaded(text), call)
        return int(call.steps)

    @functools.cache  # noqa: B019
    def _loaded(self, text: str) -> Any:
        return load(text)


def _yielding_call(acts: int, turns: Turns) -> Any:
    from switch.ivr.call import Collected, CollectEnd
    from tests.support.fake_call import FakeCall

    class Call(FakeCall):
        """Keeps nothing of all that: it would have to be freed at the end."""

        steps = 0
        asked_for = 0

        def enter_node(self, flow: str, node: str, node_type: str) -> None:
            self.steps += 1

        def leave_node(self, left: Any) -> None:
            pass

        async def collect(self, prompts: Any, how: Any) -> Collected:
            self.asked_for += 1
            if self.asked_for > acts:
                return Collected("", CollectEnd.NO_INPUT)
            return Collected("1", CollectEnd.COMPLETE)

        async def breathe(self) -> None:
            await turns.wait()

    return Call()


def cases(nodes: int, presses: int) -> list[tuple[str, Act]]:
    """Return what is done to the switch, by name, in this order.

    Args:
        nodes: of the largest flow.
        presses: keys that each of those presses who press for ever.
    """
    large, another = hostile_flows.large("a", nodes), hostile_flows.large("b", nodes)
    computing, pressing = hostile_flows.computing(), hostile_flows.PRESSES_FOR_EVER
    return [
        ("idle", Bench.idle),
        (f"a flow of {nodes:,} nodes", lambda it: it.write(large)),
        (f"all {nodes:,} renamed", lambda it: it.write(another)),
        (f"metrics of {nodes:,} nodes", Bench.scrape),
        (f"all {nodes:,} gone", lambda it: it.write(hostile_flows.SMALL)),
        ("1 MB of comments", lambda it: it.write(hostile_flows.commented())),
        ("100 MB", Bench.write_sparse),
        ("YAML bomb", lambda it: it.write(hostile_flows.bomb())),
        ("a file that contains itself", lambda it: it.write(hostile_flows.CYCLE)),
        ("a silent circle", lambda it: it.write(hostile_flows.SILENT_CYCLE)),
        ("300 brackets", lambda it: it.write(hostile_flows.DEEP_TEMPLATE)),
        ("390 operations", lambda it: it.write(hostile_flows.WIDE_TEMPLATE)),
        (f"{nodes:,} mistakes", lambda it: it.write(hostile_flows.many_problems(nodes))),
        ("20 calls that compute", lambda it: it.call(computing, 20, 0)),
        ("20 callers who press for ever", lambda it: it.call(pressing, 20, presses)),
    ]


async def measure(order: dict[str, Any], log: Log) -> None:
    """Start the switch and go through the cases."""
    bench = Bench(order, log)
    await bench.start(Path(order["config"]))
    probe = Probe()
    try:
        for text in (hostile_flows.computing(), hostile_flows.PRESSES_FOR_EVER):
            bench._loaded(text)
        for name, act in cases(order["nodes"], order["presses"]):
            await asyncio.sleep(0.5)
            probe.begin()
            outcome = await act(bench)
            await asyncio.sleep(0.3)
            print(json.dumps({"case": name, "outcome": outcome, **probe.end()}), flush=True)
    finally:
        probe.close()
        await bench.stop()


def main() -> None:
    """Run as `freeline serve` does, but for the bench beside it."""
    import uvloop

    from switch.cli_serve import SWITCH_SECONDS
    from switch.log import configure_logging

    order = json.loads(sys.stdin.readline())
    log = Log()
    writer = configure_logging("info", "json", stream=cast(TextIO, log))
    try:
        sys.setswitchinterval(SWITCH_SECONDS)
        uvloop.run(measure(order, log))
    finally:
        writer.close()


if __name__ == "__main__":
    main()
