"""The programs that interoperation is proved with, and how each one is asked its version."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

_PACKAGES = Path(__file__).parents[2] / ".venv" / "browser" / "node_modules"
"""Where `scripts/install test` puts what web pages need."""


def _of_package(name: str) -> list[str]:
    return ["node", "-p", f"require('{_PACKAGES / name / 'package.json'}').version"]


PROGRAMS: dict[str, list[str]] = {
    "aiosmtpd": ["python", "import aiosmtpd; print(aiosmtpd.__version__)"],
    "aiohttp": ["python", "import aiohttp; print(aiohttp.__version__)"],
    "baresip": ["baresip", "-h"],
    "Chromium": ["chromium", "--version"],
    "dnsmasq": ["dnsmasq", "--version"],
    "JsSIP": _of_package("jssip"),
    "Kamailio": ["kamailio", "-v"],
    "Mermaid": _of_package("mermaid"),
    "Mosquitto": ["mosquitto", "-h"],
    "OpenSSL": ["openssl", "version"],
    "pjsua2": ["python", "import pjsua2; print(pjsua2.Endpoint().libVersion().full)"],
    "promtool": ["promtool", "--version"],
    "SIP.js": _of_package("sip.js"),
    "SIPp": ["sipp", "-v"],
    "tshark": ["tshark", "--version"],
    "websockets": ["python", "import websockets; print(websockets.__version__)"],
}
"""Name in the matrix -> the command; `python` stands for this interpreter and its `-c`."""

_VERSION = re.compile(r"(?<![\w.])v?(\d+\.\d+[\w.+~-]*)")


def version_of(program: str) -> str:
    """Return the version that a program tells; `not installed` or `not told` without one.

    Raises:
        KeyError: there is no such program in `PROGRAMS`.
    """
    command = PROGRAMS[program]
    if command[0] == "python":
        command = [sys.executable, "-c", *command[1:]]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=20,
        )
    except FileNotFoundError:
        return "not installed"
    found = _VERSION.search(done.stdout)
    return found[1] if found else "not told"
