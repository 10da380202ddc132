"""SIPp as a process: a caller or a headset that this project did not write."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.ports import PortBlock
from tests.support.processes import ChildProcess, wait_until
from tests.support.sipp_scenario import PCAPS, scenario

ADDRESS = "127.0.0.1"


def can_play_captures() -> bool:
    """Say whether SIPp may send RTP from a capture: it needs raw sockets for that."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP).close()
    except PermissionError:
        return False
    return True


needs_raw_sockets = pytest.mark.skipif(
    not can_play_captures(), reason="SIPp needs raw sockets to play captures"
)
"""Marks tests whose SIPp plays a capture."""


@dataclass
class Sipp:
    """One SIPp process, started at once."""

    name: str
    process: ChildProcess
    port: int
    """SIP."""
    media_port: int
    directory: Path

    def finish(self, within_seconds: float = 30) -> None:
        """Wait for its calls to be over.

        Raises:
            AssertionError: a call did not go as its scenario says; with SIPp's own
                account of it and the messages it saw.
        """
        code = self.process.wait(within_seconds)
        assert code == 0, f"SIPp {self.name} failed with {code}\n{self.account()}"

    def stop(self) -> None:
        """End it, finished or not."""
        self.process.kill()

    def is_over(self) -> bool:
        return self.process.exit_code is not None

    def messages(self) -> list[Message]:
        """Return what it has sent and received so far, in order."""
        log = self.directory / "messages.log"
        return parse_message_log(log.read_text(errors="replace")) if log.exists() else []

    def received(self, start: str) -> list[Message]:
        """Return the messages it received whose first line begins like this."""
        return [each for each in self.messages() if not each.sent and each.text.startswith(start)]

    def wait_for(self, start: str, *, count: int = 1, within_seconds: float = 15) -> list[Message]:
        """Wait until it has received so many such messages."""

        def enough() -> list[Message] | None:
            found = self.received(start)
            assert not self.is_over() or len(found) >= count, (
                f"SIPp {self.name} ended without `{start}`\n{self.account()}"
            )
            return found if len(found) >= count else None

        return wait_until(enough, f"{self.name}: `{start}`", within_seconds=within_seconds)

    def account(self) -> str:
        """Return its errors and messages, for a person who looks for the cause."""
        parts = []
        for name in ("errors.log", "messages.log"):
            file = self.directory / name
            if file.exists():
                parts.append(
                    f"--- {self.name} {name}\n{file.read_text(errors='replace')[-12_000:]}"
                )
        return "\n".join(parts) or self.process.output()[-2000:]


@dataclass(frozen=True, slots=True)
class Message:
    """One SIP message in SIPp's log."""

    sent: bool
    text: str

    def header(self, name: str) -> str:
        """Return a header's value, or an empty string."""
        found = re.search(rf"^{re.escape(name)}\s*:\s*(.*?)\s*$", self.text, re.M | re.I)
        return found[1] if found else ""

    @property
    def body(self) -> str:
        return self.text.replace("\r\n", "\n").partition("\n\n")[2]


_SEPARATOR = re.compile(r"^-{20,}.*$", re.M)


def parse_message_log(text: str) -> list[Message]:
    """Split SIPp's `-trace_msg` file."""
    found = []
    for part in _SEPARATOR.split(text)[1:]:
        head, _, message = part.strip("\n").partition("\n\n")
        if not head.startswith("Unexpected"):  # it has been told before
            found.append(Message(" sent " in head, message.lstrip("\n")))
    return found


@dataclass
class SippFactory:
    """Starts SIPp processes for one test and ends them all with it."""

    directory: Path
    ports: PortBlock
    running: list[Sipp] = field(default_factory=list)

    def caller(
        self,
        target: str,
        steps: Sequence[str],
        *,
        number: str = "+18005550100",
        caller: str = "+14155550123",
        address: str = ADDRESS,
        transport: str = "udp",
        calls: int = 1,
        rate: float = 10,
        echo: bool = False,
        options: Sequence[str] = (),
    ) -> Sipp:
        """Start a caller that dials at once."""
        return self._start(
            "caller",
            steps,
            [target, "-s", number, "-key", "caller", caller, "-r", str(rate), *options],
            address,
            transport,
            calls,
            echo,
        )

    def headset(
        self,
        steps: Sequence[str],
        *,
        port: int = 0,
        address: str = ADDRESS,
        transport: str = "udp",
        calls: int = 1,
        echo: bool = False,
        options: Sequence[str] = (),
    ) -> Sipp:
        """Start a headset that waits for calls at `port`."""
        headset = self._start(
            "headset", steps, list(options), address, transport, calls, echo, port
        )
        table = f"{transport}6" if ":" in address else transport
        wait_until(
            lambda: is_bound(headset.port, table) or headset.is_over(),
            "the headset's socket",
        )
        return headset

    def built_in(
        self, name: str, *options: str, target: str = "", port: int = 0, calls: int = 1
    ) -> Sipp:
        """Start a scenario that SIPp brings along; without a target it waits for calls."""
        arguments = [*([target, "-s", "+18005550100"] if target else []), *options]
        party = self._start(name, None, arguments, ADDRESS, "udp", calls, False, port)
        if not target:
            wait_until(
                lambda: is_bound(party.port, "udp") or party.is_over(), f"the socket of {name}"
            )
        return party

    def _start(
        self,
        role: str,
        steps: Sequence[str] | None,
        arguments: list[str],
        address: str,
        transport: str,
        calls: int,
        echo: bool,
        port: int = 0,
    ) -> Sipp:
        """Start one; without steps it plays the built-in scenario of its role's name."""
        name = f"{role}{len(self.running) + 1}"
        directory = self.directory / name
        directory.mkdir(parents=True)
        source = ["-sn", role]
        if steps is not None:
            file = directory / "scenario.xml"
            file.write_text(scenario(name, steps))
            source = ["-sf", str(file)]
        (directory / "pcap").symlink_to(PCAPS)  # where a built-in scenario looks for captures
        port = port or self.ports.take()
        media_port = self.ports.take(4)  # audio and video, RTP and RTCP
        process = ChildProcess(
            name,
            [
                "sipp",
                *(*source, "-i", address, "-p", str(port), "-bind_local"),
                *("-mi", address, "-mp", str(media_port)),
                *("-t", {"udp": "u1", "tcp": "t1"}[transport]),
                *("-ci", ADDRESS, "-cp", str(self.ports.take())),
                *("-m", str(calls), "-timeout", "60s", "-timeout_error", "-nostdin"),
                *("-trace_msg", "-message_file", str(directory / "messages.log")),
                *("-trace_err", "-error_file", str(directory / "errors.log")),
                *(["-rtp_echo"] if echo else []),
                *arguments,
            ],
            directory / "screen.txt",
            directory=directory,
        )
        sipp = Sipp(name, process, port, media_port, directory)
        self.running.append(sipp)
        return sipp

    def stop(self) -> None:
        """End whatever still runs."""
        for each in self.running:
            each.stop()


def is_bound(port: int, transport: str) -> bool:
    """Say whether somebody has a socket at this local port."""
    table = Path(f"/proc/net/{transport}").read_text()
    return f":{port:04X} " in table.replace(" 00000000:0000", "")
