"""The lag is what a blocked event loop shows."""

from __future__ import annotations

import asyncio
import time

from structlog.testing import capture_logs

from switch.telemetry import LoopLag


async def test_a_block_shows_as_lag_of_its_length() -> None:
    lags: list[float] = []
    measured = asyncio.Event()

    def observe(seconds: float) -> None:
        lags.append(seconds)
        measured.set()

    lag = LoopLag(observe, interval_seconds=0.001)
    with capture_logs() as logs:
        lag.start()
        time.sleep(0.6)  # noqa: ASYNC251 - blocking the loop is what is to be seen
        await measured.wait()
        lag.stop()
    assert lags[0] >= 0.55
    assert lag.last_seconds == lags[-1]
    assert [line["event"] for line in logs] == ["event_loop_stalled"]


async def test_it_stops() -> None:
    lags: list[float] = []
    lag = LoopLag(lags.append, interval_seconds=0.0)
    lag.start()
    lag.stop()
    lag.stop()
    await asyncio.sleep(0)
    assert not lags
