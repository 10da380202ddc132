"""The HTTP server: what Prometheus and a supervisor get."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families

from switch.errors import FreelineError
from switch.telemetry import Metrics, TelemetryServer


class State:
    """What the server is told when it asks."""

    unhealthy: tuple[str, ...] = ()
    unready: tuple[str, ...] = ()


def make_server(state: State, port: int = 0, address: str = "127.0.0.1") -> TelemetryServer:
    metrics = Metrics("1")
    return TelemetryServer(
        metrics.registry,
        metrics.in_parts,
        address=address,
        port=port,
        unhealthy=lambda: state.unhealthy,
        unready=lambda: state.unready,
    )


@pytest.fixture
def state() -> State:
    return State()


@pytest.fixture
async def client(state: State) -> AsyncIterator[aiohttp.ClientSession]:
    server = make_server(state)
    port = await server.start()
    assert server.location == f"127.0.0.1:{port}"
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        yield session
    await server.stop()


async def test_metrics_come_as_text_unless_openmetrics_is_asked_for(
    client: aiohttp.ClientSession,
) -> None:
    async with client.get("/metrics") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain")
        names = {family.name for family in text_string_to_metric_families(await answer.text())}
    assert {"freeline_calls", "freeline_build_info", "process_cpu_seconds"} <= names
    async with client.get(
        "/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"}
    ) as answer:
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
        text = await answer.text()
        assert list(parse_openmetrics(text))  # type: ignore[no-untyped-call]


async def test_healthz_says_what_is_wrong(client: aiohttp.ClientSession, state: State) -> None:
    async with client.get("/healthz") as answer:
        assert answer.status == 200
        assert await answer.json() == {"status": "healthy", "reasons": []}
    state.unhealthy = ("media worker 0 is dead",)
    async with client.get("/healthz") as answer:
        assert answer.status == 503
        assert await answer.json() == {
            "status": "unhealthy",
            "reasons": ["media worker 0 is dead"],
        }


async def test_readyz_says_why_not(client: aiohttp.ClientSession, state: State) -> None:
    state.unready = ("draining: 3 calls are still up",)
    async with client.get("/readyz") as answer:
        assert answer.status == 503
        assert (await answer.json())["reasons"] == ["draining: 3 calls are still up"]
    state.unready = ()
    async with client.get("/readyz") as answer:
        assert (answer.status, (await answer.json())["status"]) == (200, "ready")


async def test_the_index_names_the_pages(client: aiohttp.ClientSession) -> None:
    async with client.get("/") as answer:
        text = await answer.text()
    assert all(page in text for page in ("metrics", "healthz", "readyz"))
    async with client.get("/nothing") as answer:
        assert answer.status == 404


async def test_a_port_that_is_taken_is_told_clearly(state: State) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = make_server(state, port)
        with pytest.raises(FreelineError, match=f"cannot listen on 127.0.0.1:{port}: .*in use"):
            await server.start()
    await server.stop()


async def test_an_address_of_another_machine_is_told_clearly(state: State) -> None:
    with pytest.raises(FreelineError, match=r"cannot listen on 192\.0\.2\.1:0"):
        await make_server(state, address="192.0.2.1").start()
