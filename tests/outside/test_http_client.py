"""Web services that are good, slow, huge, wrong, or not there: with a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from switch.ivr.acts import HttpFailure, HttpRequest, HttpResult
from switch.outside.allow_list import AllowList
from switch.outside.breaker import BreakerState
from switch.outside.http_client import HttpClient, HttpSettings
from tests.support.waiting import until

ADDRESS = "127.0.0.1"


class Server:
    """A web server whose paths misbehave, each in its own way."""

    def __init__(self) -> None:
        self.seen: list[web.BaseRequest] = []
        self.bodies: list[bytes] = []
        self.hold = asyncio.Event()
        self.port = 0
        self.broken = 0
        """How many more requests of `/flaky` get 503."""

    @property
    def url(self) -> str:
        return f"http://{ADDRESS}:{self.port}"

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.seen.append(request)
        self.bodies.append(await request.read())
        match request.path:
            case "/good":
                return web.json_response({"order": {"status": "sent"}})
            case "/slow":
                await self.hold.wait()
                return web.json_response({})
            case "/dies":
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            case "/redirects":
                raise web.HTTPFound("http://localhost/secret")
            case "/huge":
                response = web.StreamResponse(headers={"Content-Type": "application/json"})
                await response.prepare(request)
                for _ in range(1600):
                    await response.write(b"[" * 65_536)
                return response
            case "/flaky":
                self.broken -= 1
                return web.json_response({}, status=503 if self.broken >= 0 else 200)
            case "/text":
                return web.Response(text="<html>")
            case "/deep":
                return web.Response(text="[" * 60_000)
            case "/empty":
                return web.Response(status=204)
            case _:
                return web.Response(text="no such thing", status=404)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    runner = web.ServerRunner(web.Server(server.handle), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, ADDRESS, 0)
    await site.start()
    server.port = runner.addresses[0][1]
    yield server
    server.hold.set()
    await runner.cleanup()


class Client(HttpClient):
    """A client that tells what it counted, on a clock that stands still."""

    def __init__(self, *origins: str, **settings: int) -> None:
        self.time = 0.0
        self.counted: list[tuple[str, str]] = []
        self.breakers: list[tuple[str, BreakerState]] = []
        super().__init__(
            HttpSettings(allow=AllowList(origins), **settings),
            lambda: self.time,
            lambda host, outcome: self.counted.append((host, outcome)),
            lambda host, state: self.breakers.append((host, state)),
            uniform=lambda: -0.5,
        )


@pytest.fixture
async def client(server: Server) -> AsyncIterator[Client]:
    client = Client(server.url, "http://localhost:1")
    yield client
    await client.close()


async def ask(client: Client, url: str, method: str = "GET", **more: object) -> HttpResult:
    return await client.ask(HttpRequest(method, url, **more))  # type: ignore[arg-type]


async def test_a_good_answer(client: Client, server: Server) -> None:
    result = await ask(
        client, f"{server.url}/good", "POST", json={"key": "é"}, headers={"X-Token": "t"}
    )
    assert result == HttpResult(200, {"order": {"status": "sent"}})
    assert server.bodies == [b'{"key": "\\u00e9"}']
    assert server.seen[0].headers["X-Token"] == "t"
    assert server.seen[0].content_type == "application/json"
    assert client.counted == [(f"{ADDRESS}:{server.port}", "ok")]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/empty", HttpResult(204)),
        ("/missing", HttpResult(404)),
        ("/text", HttpResult(200, failure=HttpFailure.NOT_JSON)),
        ("/deep", HttpResult(200, failure=HttpFailure.NOT_JSON)),
        ("/dies", HttpResult(failure=HttpFailure.UNREACHABLE)),
        ("/huge", HttpResult(failure=HttpFailure.TOO_LARGE)),
    ],
)
async def test_other_answers(
    client: Client, server: Server, path: str, expected: HttpResult
) -> None:
    assert await ask(client, server.url + path) == expected


async def test_redirects_are_an_answer_and_not_followed(client: Client, server: Server) -> None:
    assert (await ask(client, f"{server.url}/redirects")).status == 302
    assert len(server.seen) == 1


async def test_a_slow_one_is_given_up(client: Client, server: Server) -> None:
    result = await ask(client, f"{server.url}/slow", timeout_seconds=0.05)
    assert result == HttpResult(failure=HttpFailure.TIMEOUT)


async def test_hosts_that_are_not_listed_are_not_asked(client: Client, server: Server) -> None:
    url = f"http://localhost:{server.port}/good"
    assert await ask(client, url) == HttpResult(failure=HttpFailure.REFUSED)
    assert server.seen == []


async def test_a_listed_name_that_leads_inside_is_refused(client: Client, server: Server) -> None:
    inside = Client(f"http://localhost:{server.port}")
    try:
        result = await ask(inside, f"http://localhost:{server.port}/good")
    finally:
        await inside.close()
    assert result == HttpResult(failure=HttpFailure.REFUSED)
    assert server.seen == []


async def test_retries_until_it_is_good(client: Client, server: Server) -> None:
    server.broken = 2
    assert (await ask(client, f"{server.url}/flaky", retries=3)).status == 200
    assert len(server.seen) == 3
    assert [outcome for _, outcome in client.counted] == ["5xx", "5xx", "ok"]


async def test_what_is_wrong_for_good_is_not_asked_again(client: Client, server: Server) -> None:
    await ask(client, f"{server.url}/missing", retries=3)
    assert len(server.seen) == 1


async def test_a_service_that_fails_is_left_alone_and_then_tried(server: Server) -> None:
    client = Client(server.url, breaker_failures=2)
    url = f"{server.url}/flaky"
    server.broken = 2
    try:
        for _ in range(2):
            await ask(client, url)
        assert (await ask(client, url)).failure is HttpFailure.BREAKER_OPEN
        assert len(server.seen) == 2
        client.time = 5.0
        assert (await ask(client, url)).status == 200
    finally:
        await client.close()
    assert [state for _, state in client.breakers] == [BreakerState.OPEN, BreakerState.CLOSED]


async def test_a_breaker_that_opens_is_told_of_once(server: Server) -> None:
    client = Client(server.url, breaker_failures=2)
    server.broken = 5
    try:
        await asyncio.gather(*(ask(client, f"{server.url}/flaky") for _ in range(5)))
    finally:
        await client.close()
    assert [state for _, state in client.breakers] == [BreakerState.OPEN]


async def test_too_many_at_once_are_told_so(server: Server) -> None:
    client = Client(server.url, max_concurrent=1)
    try:
        first = asyncio.create_task(ask(client, f"{server.url}/slow"))
        await until(lambda: bool(server.seen))
        assert (await ask(client, f"{server.url}/good")).failure is HttpFailure.BUSY
        server.hold.set()
        assert (await first).status == 200
        assert (await ask(client, f"{server.url}/good")).status == 200
    finally:
        await client.close()


async def test_a_header_that_would_make_another_is_refused(client: Client, server: Server) -> None:
    result = await ask(client, f"{server.url}/good", headers={"X": "a\r\nEvil: b"})
    assert result == HttpResult(failure=HttpFailure.REFUSED)
    assert server.seen == []
