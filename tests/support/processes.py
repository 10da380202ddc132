"""Child processes of tests: bounded in time, heard in full, and never left behind.

Every child is told by the kernel to die with its parent (`setpriv --pdeathsig`), and
the test process adopts its children's orphans, so that even a grandchild whose parent
was killed can be found and reported.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

_PR_SET_CHILD_SUBREAPER = 36

_T = TypeVar("_T")


def wait_until(
    probe: Callable[[], _T | None], what: str, *, within_seconds: float = 10, every: float = 0.02
) -> _T:
    """Ask again and again until the answer is true, and return it.

    Raises:
        AssertionError: it did not become true in time.
    """
    deadline = time.monotonic() + within_seconds
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {within_seconds} s")
        time.sleep(every)


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """One line of the process table."""

    pid: int
    parent: int
    state: str
    command: str


def process_table() -> dict[int, ProcessInfo]:
    """Return all processes of this machine."""
    table: dict[int, ProcessInfo] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it has ended meanwhile
            continue
        name, _, rest = stat.partition("(")[2].rpartition(")")
        fields = rest.split()
        pid = int(entry.name)
        table[pid] = ProcessInfo(pid, int(fields[1]), fields[0], command.strip() or f"[{name}]")
    return table


def descendants(pid: int) -> list[ProcessInfo]:
    """Return the children of a process, and theirs; zombies included."""
    table = process_table()
    family, found = {pid}, [info for info in table.values() if info.parent == pid]
    for info in found:  # grows while it is walked
        if info.pid not in family:
            family.add(info.pid)
            found += [each for each in table.values() if each.parent == info.pid]
    return found


def adopt_orphans() -> None:
    """Make this process the parent of whatever its children leave behind."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def is_running(pid: int) -> bool:
    """Say whether a process exists and is not a zombie."""
    info = process_table().get(pid)
    return info is not None and info.state not in "ZX"


class ChildProcess:
    """A child in a session of its own, its output in a file."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        output: Path,
        *,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
    ) -> None:
        self.name = name
        self.arguments = list(arguments)
        self.output_file = output
        output.parent.mkdir(parents=True, exist_ok=True)
        with output.open("ab") as sink:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=directory,
                env=None if environment is None else {**os.environ, **environment},
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def output(self) -> str:
        """Return everything it has printed so far."""
        return self.output_file.read_text(errors="replace")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        if self._process.poll() is None:
            self._process.send_signal(number)

    def wait(self, within_seconds: float) -> int:
        """Return the exit code.

        Raises:
            AssertionError: it has not ended in time; it is killed then.
        """
        try:
            return self._process.wait(within_seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(
                f"{self.name} did not end within {within_seconds} s:\n{self.output()[-4000:]}"
            ) from None

    def stop(self, within_seconds: float = 5) -> int:
        """Ask it to end, insist if it does not, and return the exit code."""
        self.signal(signal.SIGTERM)
        try:
            return self._process.wait(within_seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._process.wait()

    def kill(self) -> None:
        """End it and its session at once."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
