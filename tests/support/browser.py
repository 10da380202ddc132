"""Chromium without a screen, told over its DevTools protocol what a page is to do."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from websockets.sync.client import ClientConnection, connect

from tests.support.processes import ChildProcess, descendants, is_running, wait_until

_ROOT = Path(__file__).parents[2]
PACKAGES = _ROOT / ".venv" / "browser" / "node_modules"
"""Where `scripts/install test` puts what pages need."""
_SOURCE = _ROOT / "tests" / "browser" / "phone.js"
_PAGE = '<!doctype html><meta charset="utf-8"><title>desk</title><script src="phone.js"></script>'


def build_page(directory: Path) -> Path:
    """Write the page with its libraries, and return its directory.

    Raises:
        AssertionError: the libraries are not installed, or cannot be put together.
    """
    esbuild = PACKAGES / ".bin" / "esbuild"
    assert esbuild.exists(), f"{esbuild} is not there: run scripts/install test"
    directory.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [esbuild, _SOURCE, "--bundle", f"--outfile={directory / 'phone.js'}", "--log-level=error"],
        env={**os.environ, "NODE_PATH": str(PACKAGES)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    (directory / "index.html").write_text(_PAGE)
    return directory


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def served(directory: Path) -> Iterator[str]:
    """Serve a page over HTTP meanwhile; its origin."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=directory)) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def key_hash(certificate: Path) -> str:
    """Return the SHA-256 of the public key of the first certificate in a PEM file, in Base64."""
    loaded = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    key = loaded.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


class Tab:
    """One page. Every wait ends after some seconds, with TimeoutError."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = count(1)
        self._call("Page.enable")

    def run(self, script: str, *values: object) -> Any:
        """Return what a script returns; a promise is waited for.

        Args:
            script: the body of an async function.
            values: what it knows as `a`, `b`, `c`, `d`.

        Raises:
            AssertionError: it has thrown.
        """
        names = ",".join("abcd"[: len(values)])
        arguments = ",".join(map(json.dumps, values))
        found = self._call(
            "Runtime.evaluate",
            expression=f"(async ({names}) => {{{script}}})({arguments})",
            awaitPromise=True,
            returnByValue=True,
        )
        assert "exceptionDetails" not in found, f"{script}: {found['exceptionDetails']}"
        return found["result"].get("value")

    def visit(self, url: str) -> None:
        """Open a page and wait until its scripts have run; its predecessor is closed."""
        number = self._send("Page.navigate", url=url)
        expected = {number, "Page.loadEventFired"}
        while expected:
            message = self._receive()
            assert "error" not in message, f"{url}: {message['error']}"
            expected -= {message.get("id"), message.get("method")}

    def leave(self) -> None:
        """Close the page: its connections end with it."""
        self.visit("about:blank")

    def _call(self, method: str, **parameters: object) -> dict[str, Any]:
        number = self._send(method, **parameters)
        while (message := self._receive()).get("id") != number:
            pass
        assert "error" not in message, f"{method}: {message['error']}"
        result: dict[str, Any] = message["result"]
        return result

    def _send(self, method: str, **parameters: object) -> int:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        return number

    def _receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._socket.recv(timeout=60))
        return message


def _stop(process: ChildProcess) -> None:
    """End it, and wait for its renderers, which end a little later."""
    family = descendants(process.pid)
    process.stop()
    wait_until(lambda: not any(is_running(each.pid) for each in family), "its processes' end")


@contextmanager
def browser(directory: Path, *, trusts: Sequence[Path] = ()) -> Iterator[Tab]:
    """Run a browser meanwhile.

    Args:
        directory: of its profile and its log.
        trusts: certificates whose keys it takes for good, whoever has issued them.
    """
    profile = directory / "profile"
    process = ChildProcess(
        "chromium",
        [
            *("chromium", "--headless=new", "--no-sandbox", "--no-first-run"),
            *("--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"),
            *("--disable-component-update", "--disable-sync", "--no-proxy-server"),
            *("--remote-debugging-port=0", f"--user-data-dir={profile}"),
            "--disable-features=BackForwardCache",  # a page that is left is closed
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            "--autoplay-policy=no-user-gesture-required",
            "--allow-loopback-in-peer-connection",  # or it would have no address here
            f"--ignore-certificate-errors-spki-list={','.join(map(key_hash, trusts))}",
            "about:blank",
        ],
        directory / "chromium.log",
    )
    with ExitStack() as stack:
        stack.callback(_stop, process)
        port_file = profile / "DevToolsActivePort"

        def started() -> list[str] | None:
            assert process.exit_code is None, f"no browser:\n{process.output()[-4000:]}"
            lines = port_file.read_text().split() if port_file.exists() else []
            return lines if len(lines) == 2 else None

        port, path = wait_until(started, "the browser", within_seconds=60, every=0.1)
        root = f"ws://127.0.0.1:{port}"
        main = stack.enter_context(connect(root + path, proxy=None, max_size=None))
        main.send('{"id": 1, "method": "Target.getTargets"}')
        targets = json.loads(main.recv(timeout=60))["result"]["targetInfos"]
        page = next(each["targetId"] for each in targets if each["type"] == "page")
        socket = connect(f"{root}/devtools/page/{page}", proxy=None, max_size=None)
        yield Tab(stack.enter_context(socket))
