"""What `freeline status` tells, and how it reads."""

from __future__ import annotations

import io
from datetime import UTC, datetime

from rich.console import Console

from switch.app.overload_watch import OVER_SECONDS, OverloadWatch
from switch.app.status_answers import StatusAnswers
from switch.cli_status import _table
from switch.sip.overload import OverloadControl, OverloadSettings
from switch.telemetry import Watched


class Bench:
    """A switch of which there is only its overload control, with a clock set by hand."""

    def __init__(self) -> None:
        self.time = 100.0
        self.problems: list[str] = []
        self.control = OverloadControl(OverloadSettings(rate=1, burst=1))
        self.watch = OverloadWatch(self.control, lambda _event: None, self.utc)
        self.answers = StatusAnswers("1.2", Watched(), self.watch, lambda: self.problems, self)

    def now(self) -> float:
        return self.time

    def utc(self) -> datetime:
        return datetime.now(UTC)

    async def reads(self) -> str:
        console = Console(file=io.StringIO(), width=120)
        console.print(_table(await self.answers.status({})))
        written = console.file
        assert isinstance(written, io.StringIO)
        return written.getvalue()


async def test_a_switch_that_is_well() -> None:
    bench = Bench()
    bench.time += 3700
    bench.watch.look(0.0021, bench.time)
    told = await bench.answers.status({})
    assert (told["up_seconds"], told["refused"], told["refused_seconds_ago"]) == (3700, 0, None)
    reads = await bench.reads()
    assert "Freeline 1.2, up for 1:01:40" in reads
    assert "takes calls" in reads
    assert "2.1 ms late" in reads
    assert "no call was refused" in reads


async def test_a_switch_that_refuses_calls_and_one_that_has() -> None:
    bench = Bench()
    for _ in range(4):
        bench.control.refuses("192.0.2.7", bench.time)
    bench.watch.look(0.0, bench.time)
    bench.time += 2
    assert "now (per_second): 3 calls refused to keep up, the last 2 s ago" in await bench.reads()
    bench.time += OVER_SECONDS
    bench.watch.look(0.0, bench.time)
    assert "over: 3 calls refused to keep up, the last 12 s ago" in await bench.reads()


async def test_why_it_takes_no_calls() -> None:
    bench = Bench()
    bench.problems = ["draining"]
    assert "draining" in await bench.reads()
