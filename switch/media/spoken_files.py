"""Speech that was made during calls, kept as files up to a total size, the last used longest.

The files belong to this process alone and go when it ends: what was read to one caller (a
balance, a name) is kept no longer than it serves. What a killed process left behind is swept
away by the next one. A file must still be there when its turn to be played comes; the least
size that `media.spoken_megabytes` allows holds over half an hour of speech.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import threading
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

from switch.errors import PromptError

_PREFIX = "spoken-"
_LOCK = "lock"


class SpokenFiles:
    """Files by name in a directory of their own. Threads may use it together."""

    def __init__(self, parent: Path, max_bytes: int) -> None:
        """Make nothing yet: the directory comes with the first file.

        Args:
            parent: where the directory shall lie.
            max_bytes: above this the files used longest ago are removed.
        """
        self._parent = parent
        self._max_bytes = max_bytes
        self._bytes = 0
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._mutex = threading.Lock()
        self._making = threading.Lock()
        self._directory: Path | None = None
        self._lock_file = -1

    @property
    def total_bytes(self) -> int:
        """How much is kept."""
        return self._bytes

    def path(self, name: str) -> str | None:
        """Return where a file is, and count it as used; None when it is not there. No I/O."""
        with self._mutex:
            if self._directory is None or name not in self._sizes:
                return None
            self._sizes.move_to_end(name)
            return str(self._directory / name)

    def put(self, name: str, data: bytes) -> str:
        """Write a file, whole or not at all, and return where it is. Blocks.

        Raises:
            PromptError: it cannot be written.
        """
        try:
            directory = self._own_directory()
            part = directory / f"{name}.{threading.get_ident()}"
            part.write_bytes(data)
            part.replace(directory / name)
        except OSError as error:
            raise PromptError(f"cannot write speech below {self._parent}: {error}") from error
        for old in self._count(name, len(data)):
            (directory / old).unlink(missing_ok=True)
        return str(directory / name)

    def _count(self, name: str, size: int) -> list[str]:
        """Note a file as used last; return the names of those that must go."""
        gone: list[str] = []
        with self._mutex:
            self._bytes += size - self._sizes.pop(name, 0)
            self._sizes[name] = size
            while self._bytes > self._max_bytes and len(self._sizes) > 1:
                old, freed = self._sizes.popitem(last=False)
                self._bytes -= freed
                gone.append(old)
        return gone

    def _own_directory(self) -> Path:
        with self._making:
            if self._directory is None:
                self._parent.mkdir(parents=True, exist_ok=True)
                self._sweep()
                directory = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._parent))
                self._lock_file = os.open(directory / _LOCK, os.O_CREAT | os.O_WRONLY, 0o600)
                fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._directory = directory
            return self._directory

    def _sweep(self) -> None:
        """Remove the directories of processes that are no more: nobody holds their locks."""
        for directory in self._parent.glob(f"{_PREFIX}*"):
            with suppress(OSError):
                lock = os.open(directory / _LOCK, os.O_WRONLY)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(directory, ignore_errors=True)
                finally:
                    os.close(lock)

    def close(self) -> None:
        """Remove everything. Blocks."""
        with self._making, self._mutex:
            directory, self._directory = self._directory, None
            self._sizes.clear()
            self._bytes = 0
            if directory is not None:
                shutil.rmtree(directory, ignore_errors=True)
                os.close(self._lock_file)
