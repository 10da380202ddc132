"""Where `freeline trace` finds messages: the switch's files, and the memory of one that runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from switch.control_client import ask
from switch.errors import ConfigurationError, ControlError
from switch.trace.files import read_files, read_memory
from switch.trace.frame import Frame
from switch.yaml_source import YamlSource

_DIRECTORY = "../var/trace"
_SOCKET = "../var/control.sock"


@dataclass(slots=True)
class TraceSource:
    """The files of a switch, and its memory."""

    config: Path
    socket: Path | None
    directory: Path | None

    def __post_init__(self) -> None:
        given = self.socket is not None or self.directory is not None
        # Only these two are read: a file that is wrong elsewhere is no reason not to look.
        try:
            data = YamlSource.load(self.config / "freeline.yaml").data
        except ConfigurationError as error:
            if not given:
                fail(str(error))
            return
        if self.socket is None and self.directory is None:
            self.socket = self._path(data, "control", "socket", _SOCKET)
            self.directory = self._path(data, "trace", "directory", _DIRECTORY)

    def _path(self, data: Any, section: str, key: str, default: str) -> Path | None:
        part = data.get(section) if isinstance(data, dict) else None
        found = part.get(key, default) if isinstance(part, dict) else default
        if not isinstance(found, str):
            return None
        return Path(os.path.normpath(self.config.absolute() / found))

    def frames(self, since: float) -> Iterator[Frame]:
        """Yield what is kept, oldest first: from disk, then what is in memory alone.

        A switch need not run, and need not keep anything on disk; but one of the two.
        """
        newest = 0
        if self.directory is not None and self.directory.is_dir():
            try:
                for frame in read_files(self.directory, since):
                    newest = max(newest, frame.id)
                    yield frame
            except PermissionError:
                fail(f"the traces in {self.directory} belong to another user")
            except OSError as error:
                fail(f"the traces in {self.directory} cannot be read: {error.strerror}")
        if self.socket is not None:
            with suppress(ControlError):
                yield from read_memory(self.asker(), newest, since)

    def asker(self) -> Callable[[int], Any]:
        """Return what asks the switch for frames after a number."""
        if self.socket is None:
            fail("only a running switch can be followed, and it has no control socket")
        path = self.socket
        return lambda after: ask(path, "trace", {"after": after})


def fail(message: str) -> NoReturn:
    """Tell what is wrong, and end with 1."""
    Console(stderr=True, soft_wrap=True).print(Text(message, style="red"))
    raise typer.Exit(1)
