"""Asks web services for flows: listed hosts only, JSON only, bounded in time, size and number.

One client serves all calls. Each host has a circuit breaker; retries wait a little, ever
longer. Nothing of a request or an answer is logged: both may hold secrets.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from switch.errors import FreelineError
from switch.ivr.acts import HttpFailure, HttpRequest, HttpResult
from switch.log import get_logger
from switch.outside.allow_list import AllowList
from switch.outside.breaker import Breaker, BreakerState

if TYPE_CHECKING:
    import aiohttp

MAX_BYTES = 65_536
_AGAIN = frozenset({502, 503, 504})
_FIRST_BACKOFF_SECONDS = 0.1
_CHUNK = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """What may be asked, and how much."""

    allow: AllowList
    max_concurrent: int = 100
    breaker_failures: int = 5
    breaker_seconds: float = 5.0
    breaker_longest_seconds: float = 60.0


class _NotListed(FreelineError, OSError):
    """The name leads to an address that may not be asked."""


class _TooLarge(Exception):
    """The answer has more than MAX_BYTES."""


class HttpClient:
    """Implements `ivr.call.Call.http`. Opens its first connection with its first request."""

    def __init__(
        self,
        settings: HttpSettings,
        now: Callable[[], float],
        count: Callable[[str, str], None],
        note_breaker: Callable[[str, BreakerState], None],
        uniform: Callable[[], float] = random.random,
    ) -> None:
        """Prepare.

        Args:
            count: gets host and outcome of each request: `ok`, a class of status like `4xx`,
                or an `HttpFailure`.
            note_breaker: gets host and state whenever it changes.
        """
        self._settings = settings
        self._now = now
        self._count = count
        self._note_breaker = note_breaker
        self._uniform = uniform
        self._breakers: dict[str, Breaker] = {}
        self._session: aiohttp.ClientSession | None = None
        self._under_way = 0
        self._log = get_logger()

    async def ask(self, request: HttpRequest) -> HttpResult:
        """Return the answer, or why there is none. Raises nothing."""
        host = self._settings.allow.name_of(request.url)
        if not host:
            self._log.warning("http_refused", why="the host is not under http.allow")
            self._count("", HttpFailure.REFUSED)
            return HttpResult(failure=HttpFailure.REFUSED)
        if self._under_way >= self._settings.max_concurrent:
            self._count(host, HttpFailure.BUSY)
            return HttpResult(failure=HttpFailure.BUSY)
        self._under_way += 1
        try:
            return await self._tries(host, request)
        finally:
            self._under_way -= 1

    async def close(self) -> None:
        """Close every connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _tries(self, host: str, request: HttpRequest) -> HttpResult:
        breaker = self._breaker(host)
        backoff = _FIRST_BACKOFF_SECONDS
        result = HttpResult(failure=HttpFailure.BREAKER_OPEN)
        for attempt in range(request.retries + 1):
            if attempt:
                await asyncio.sleep(backoff * (0.5 + self._uniform()))
                backoff *= 2
            if not breaker.may_ask(self._now()):
                self._count(host, HttpFailure.BREAKER_OPEN)
                return result
            try:
                result = await self._once(request)
            except BaseException:
                self._judge(host, breaker, faulty=True)  # or a half-open one would stay so for ever
                raise
            self._judge(host, breaker, faulty=_is_faulty(result))
            self._count(host, _outcome(result))
            if not _is_worth_another(result):
                break
        return result

    def _judge(self, host: str, breaker: Breaker, *, faulty: bool) -> None:
        before = breaker.state
        if faulty:
            breaker.failed(self._now())
        else:
            breaker.succeeded()
        if breaker.state is not before:
            self._note_breaker(host, breaker.state)
            level = self._log.warning if breaker.state is BreakerState.OPEN else self._log.info
            level("http_breaker", host=host, state=breaker.state.value)

    def _breaker(self, host: str) -> Breaker:
        found = self._breakers.get(host)
        if found is None:
            settings = self._settings
            found = self._breakers[host] = Breaker(
                settings.breaker_failures,
                settings.breaker_seconds,
                settings.breaker_longest_seconds,
            )
        return found

    async def _once(self, request: HttpRequest) -> HttpResult:
        """Send it once."""
        import aiohttp  # no flow may ever ask

        try:
            async with asyncio.timeout(request.timeout_seconds):
                return await self._exchange(request)
        except TimeoutError:
            return HttpResult(failure=HttpFailure.TIMEOUT)
        except _TooLarge:
            return HttpResult(failure=HttpFailure.TOO_LARGE)
        except aiohttp.ClientConnectorError as error:
            refused = isinstance(error.os_error, _NotListed)
            return HttpResult(failure=HttpFailure.REFUSED if refused else HttpFailure.UNREACHABLE)
        except (aiohttp.ClientError, OSError):
            return HttpResult(failure=HttpFailure.UNREACHABLE)
        except ValueError:  # a header or URL that cannot be sent
            return HttpResult(failure=HttpFailure.REFUSED)

    async def _exchange(self, request: HttpRequest) -> HttpResult:
        session = self._session or self._open()
        body = None if request.json is None else json.dumps(request.json).encode()
        headers = {"Accept": "application/json", **request.headers}
        if body is not None:
            headers["Content-Type"] = "application/json"
        async with session.request(
            request.method, request.url, data=body, headers=headers, allow_redirects=False
        ) as response:
            content = bytearray()
            async for chunk in response.content.iter_chunked(_CHUNK):
                content += chunk
                if len(content) > MAX_BYTES:
                    response.close()
                    raise _TooLarge
            return _parsed(response.status, bytes(content))

    def _open(self) -> aiohttp.ClientSession:
        import aiohttp

        allow = self._settings.allow

        class Resolver(aiohttp.ThreadedResolver):
            """Leads nowhere but where names may lead."""

            async def resolve(
                self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
            ) -> list[Any]:
                found = await super().resolve(host, port, family)
                public = [each for each in found if allow.may_lead_to(each["host"])]
                if not public:
                    raise _NotListed(f"{host} leads to an address that is not public")
                return public

        connector = aiohttp.TCPConnector(resolver=Resolver(), limit=0, ttl_dns_cache=30)
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=None),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )
        return self._session


def _is_faulty(result: HttpResult) -> bool:
    lost = result.failure in (HttpFailure.TIMEOUT, HttpFailure.UNREACHABLE)
    return lost or result.status >= 500


def _parsed(status: int, content: bytes) -> HttpResult:
    if not content.strip():
        return HttpResult(status)
    try:
        return HttpResult(status, json.loads(content, parse_constant=_no_constant))
    except (ValueError, RecursionError):
        # The status counts all the same; only a good answer has to be JSON.
        failure = HttpFailure.NOT_JSON if status < 300 else HttpFailure.NONE
        return HttpResult(status, None, failure)


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _is_worth_another(result: HttpResult) -> bool:
    lost = (HttpFailure.TIMEOUT, HttpFailure.UNREACHABLE)
    return result.failure in lost or result.status in _AGAIN


def _outcome(result: HttpResult) -> str:
    if result.failure:
        return str(result.failure)
    return "ok" if result.status < 300 else f"{result.status // 100}xx"
