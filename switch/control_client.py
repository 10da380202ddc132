"""Asks the switch that runs on this machine, over its control socket."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path
from typing import Any

from switch.errors import ControlError

_TIMEOUT_SECONDS = 10.0
_LONG = {"reload": 120.0}
"""Prompts that have changed are spoken before a reload takes effect."""


class _Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def ask(path: Path, question: str, parameters: dict[str, Any] | None = None) -> Any:
    """Return the answer to a question, as decoded from JSON.

    Raises:
        ControlError: no switch runs there, it does not answer, or it refuses; the message
            is the switch's own then.
    """
    connection = _Connection(path, _LONG.get(question, _TIMEOUT_SECONDS))
    try:
        connection.request("POST", f"/{question}", json.dumps(parameters or {}))
        answer = connection.getresponse()
        content = json.loads(answer.read())
    except FileNotFoundError:
        raise ControlError(f"no switch runs with the control socket {path}") from None
    except ConnectionRefusedError:
        raise ControlError(f"the switch of the control socket {path} has ended") from None
    except PermissionError:
        message = f"the control socket {path} belongs to another user"
        raise ControlError(message) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ControlError(f"the control socket {path} does not answer: {error}") from None
    finally:
        connection.close()
    if answer.status != 200:
        raise ControlError(str(content.get("error", f"status {answer.status}")))
    return content
