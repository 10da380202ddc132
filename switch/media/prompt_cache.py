"""Prompts as their files are, kept in memory once they were played."""

from __future__ import annotations

_MOST_BYTES = 256 * 1024 * 1024


class PromptCache:
    """Files by path. They never change: their names are hashes of what is in them."""

    def __init__(self) -> None:
        self._prompts: dict[str, bytes] = {}
        self._bytes = 0

    def read(self, path: str) -> bytes:
        """Return what a file holds.

        Raises:
            OSError: it cannot be read.
        """
        known = self._prompts.get(path)
        if known is None:
            with open(path, "rb") as file:
                known = file.read()
            if self._bytes + len(known) > _MOST_BYTES:
                self._prompts.clear()
                self._bytes = 0
            self._prompts[path] = known
            self._bytes += len(known)
        return known
