"""Questions and orders from this machine: HTTP with JSON over a Unix socket.

Who may open the file may ask: it belongs to the switch's user alone. `freeline agents`,
`queues`, `why`, `route`, `agent`, `status` and `reload` use it. An answer that looks at many agents
lets calls have their turn every few hundred.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from switch.errors import FreelineError
from switch.log import get_logger

MAX_BODY_BYTES = 64 * 1024

Handler = Callable[[dict[str, Any]], Awaitable[Any]]
"""Takes the parameters of a request, and returns what is encoded as JSON.

Raises FreelineError, whose message is the answer, with status 400."""


class ControlSocket:
    """Serves handlers by path: `GET` without a body, `POST` with a JSON object."""

    def __init__(self, path: Path, handlers: dict[str, Handler]) -> None:
        self.path = path
        self._handlers = handlers
        self._runner: web.AppRunner | None = None
        self._log = get_logger(socket=str(path))

    async def start(self) -> None:
        """Listen.

        Raises:
            FreelineError: the socket cannot be made, or another switch serves it.
        """
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_route("*", "/{name:[a-z_]+}", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            _remove_stale(self.path)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            mask = os.umask(0o177)
            try:
                await web.UnixSite(runner, str(self.path)).start()
            finally:
                os.umask(mask)
        except (OSError, FreelineError) as error:
            await runner.cleanup()
            why = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
            raise FreelineError(
                f"the control socket {self.path} cannot be had: {why} "
                "(see `control` in freeline.yaml; `socket: null` does without)"
            ) from error
        self._runner = runner

    async def stop(self) -> None:
        """Stop listening, and remove the file."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
            self.path.unlink(missing_ok=True)

    async def _answer(self, request: web.Request) -> web.Response:
        handler = self._handlers.get(request.match_info["name"])
        if handler is None:
            return _json({"error": f"there is no {request.path}"}, 404)
        try:
            parameters: Any = dict(request.query)
            if request.can_read_body:
                parameters = msgspec.json.decode(await request.read())
            if not isinstance(parameters, dict):
                raise FreelineError("the body is not a JSON object")
            return _json(await handler(parameters))
        except (FreelineError, msgspec.DecodeError, msgspec.ValidationError) as error:
            return _json({"error": str(error)}, 400)
        except web.HTTPException:
            raise
        except Exception as error:
            self._log.exception("control_request_failed", path=request.path)
            return _json({"error": f"that failed inside the switch: {error!r}"}, 500)


def _json(content: Any, status: int = 200) -> web.Response:
    body = msgspec.json.encode(content)
    return web.Response(body=body, content_type="application/json", status=status)


def _remove_stale(path: Path) -> None:
    """Remove the socket of a switch that did not end in order."""
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.settimeout(0.5)
            probe.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    raise FreelineError("another switch serves it")
