"""/metrics for Prometheus, /healthz and /readyz for whoever starts and stops the switch.

`healthz` fails when the process should be restarted, `readyz` when it should get no
new calls: while it starts and while it drains. Both say why, in JSON.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import chain

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from switch.errors import FreelineError
from switch.telemetry.exposition import written

Reasons = Callable[[], Sequence[str]]
"""Returns why not, each reason for a person; nothing when all is well."""

_INDEX = """\
<!doctype html><title>Freeline</title>
<h1>Freeline</h1>
<ul>
<li><a href="metrics">metrics</a>, for Prometheus
<li><a href="healthz">healthz</a>, whether the process is sound
<li><a href="readyz">readyz</a>, whether new calls are taken
</ul>
"""


class TelemetryServer:
    """A small HTTP server on the core's event loop."""

    def __init__(
        self,
        registry: CollectorRegistry,
        in_parts: CollectorRegistry,
        *,
        address: str,
        port: int,
        unhealthy: Reasons,
        unready: Reasons,
    ) -> None:
        """Prepare.

        Args:
            registry: collected at once.
            in_parts: collected little by little.
        """
        self._registry = registry
        self._in_parts = in_parts
        self._address = address
        self._port = port
        self._unhealthy = unhealthy
        self._unready = unready
        self._runner: web.AppRunner | None = None

    async def start(self) -> int:
        """Listen, and return the real port.

        Raises:
            FreelineError: the address or port cannot be had.
        """
        app = web.Application()
        app.router.add_get("/", self._index)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._address, self._port, reuse_address=True).start()
        except OSError as error:
            await runner.cleanup()
            why = (error.strerror or str(error)).lower()
            raise FreelineError(
                f"telemetry cannot listen on {self._address}:{self._port}: {why} "
                "(see `telemetry` in freeline.yaml; port 0 takes any free one)"
            ) from error
        self._runner = runner
        self._port = runner.addresses[0][1]
        return self._port

    @property
    def location(self) -> str:
        """`address:port`, the real one once started."""
        host = f"[{self._address}]" if ":" in self._address else self._address
        return f"{host}:{self._port}"

    async def stop(self) -> None:
        """Answer what is under way and stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _index(self, _request: web.Request) -> web.Response:
        return web.Response(text=_INDEX, content_type="text/html")

    async def _metrics(self, request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        # What others count is read at one moment; to write it out, and to read all that flows
        # count, takes longer than calls should wait.
        families = chain(list(self._registry.collect()), self._in_parts.collect())
        pieces: list[bytes] = []
        for piece in written(families, encode):
            pieces.append(piece)
            await asyncio.sleep(0)
        return web.Response(body=b"".join(pieces), headers={"Content-Type": content_type})

    async def _healthz(self, _request: web.Request) -> web.Response:
        return _verdict(self._unhealthy(), "healthy", "unhealthy")

    async def _readyz(self, _request: web.Request) -> web.Response:
        return _verdict(self._unready(), "ready", "not ready")


def _verdict(reasons: Sequence[str], well: str, unwell: str) -> web.Response:
    body = {"status": unwell if reasons else well, "reasons": list(reasons)}
    return web.json_response(body, status=503 if reasons else 200)
