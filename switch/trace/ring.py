"""PURE: frames in memory, the oldest of which make room for new ones."""

from __future__ import annotations

from collections import deque


class Ring:
    """Holds at most so many bytes of frames; a frame that is larger alone is kept alone."""

    def __init__(self, budget_bytes: int) -> None:
        self._budget = budget_bytes
        self._frames: deque[tuple[int, bytes]] = deque()
        self.size = 0
        """Bytes held."""

    def __len__(self) -> int:
        return len(self._frames)

    def append(self, number: int, frame: bytes) -> None:
        """Take a frame, the newest; let go of the oldest until there is room."""
        frames = self._frames
        frames.append((number, frame))
        self.size += len(frame)
        while self.size > self._budget and len(frames) > 1:
            self.size -= len(frames.popleft()[1])

    def after(self, number: int) -> list[tuple[int, bytes]]:
        """Return the frames that are newer than this number, oldest first."""
        found = []
        for each in reversed(self._frames):
            if each[0] <= number:
                break
            found.append(each)
        found.reverse()
        return found
