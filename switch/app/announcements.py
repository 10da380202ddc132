"""PURE: which message to those who wait is due, and when the next one is."""

from __future__ import annotations

from collections.abc import Sequence

from switch.ivr.call import Announce, Render


class Announcements:
    """The messages of one wait, one at a time, each list with a time of its own.

    Inputs: `take_due` and `ended`, with `now` in seconds. Outputs: what to say, `deadline`, and
    `upcoming`, to have it ready by then.
    """

    __slots__ = ("_due", "_said", "_speaking", "_told")

    def __init__(self, announce: Sequence[Announce], began: float) -> None:
        self._told = tuple(announce)
        self._due: list[float | None] = [began + each.first_after_seconds for each in announce]
        """When each list is next heard; None: never again."""
        self._said = [0] * len(self._told)
        self._speaking: int | None = None

    @property
    def deadline(self) -> float | None:
        """When the next message is due; None while one is heard, and when all are said."""
        if self._speaking is not None:
            return None
        return min((due for due in self._due if due is not None), default=None)

    @property
    def upcoming(self) -> Render | None:
        """The message that is due at `deadline`."""
        deadline = self.deadline
        return None if deadline is None else self._message(self._due.index(deadline))

    @property
    def upcoming_has_values(self) -> bool:
        """Whether that message, or one that is heard in turn with it, must be made in the call."""
        deadline = self.deadline
        return deadline is not None and self._told[self._due.index(deadline)].has_values

    def take_due(self, now: float) -> Render | None:
        """Begin the message that is due, the first in the list before others."""
        if self._speaking is not None:
            return None
        for index, due in enumerate(self._due):
            if due is not None and due <= now:
                self._speaking = index
                message = self._message(index)
                self._said[index] += 1
                return message
        return None

    def _message(self, index: int) -> Render:
        messages = self._told[index].messages
        return messages[self._said[index] % len(messages)]

    def ended(self, now: float) -> None:
        """The message that was begun is over, heard or not."""
        index, self._speaking = self._speaking, None
        if index is not None:
            every = self._told[index].every_seconds
            self._due[index] = now + every if every > 0 else None
