"""The keys that one caller has pressed, and who may learn of them.

A key may be pressed long before the question that it answers, so nobody can tell at that moment
whether it is a secret. Events therefore tell of a key when it is read, by a reader that asks for
no secret; keys that nobody reads are told of to nobody.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

_MOST = 64
"""Keys kept for the next input; a caller who leans on the phone fills no memory."""


class Keypad:
    """Keys pressed and not yet read, the oldest first."""

    __slots__ = ("_keys", "_tell", "sensitive")

    def __init__(self, tell: Callable[[str, str], None]) -> None:
        """Begin with no key.

        Args:
            tell: gets a key and its method once it was read and is no secret.
        """
        self._keys: deque[tuple[str, str, bool]] = deque(maxlen=_MOST)
        self._tell = tell
        self.sensitive = False
        """Secrets are keyed in: what is pressed or read meanwhile stays one."""

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def first(self) -> str:
        """The oldest key; there must be one."""
        return self._keys[0][0]

    def press(self, digit: str, method: str) -> None:
        """Keep a key for whoever reads it."""
        self._keys.append((digit, method, self.sensitive))

    def read(self) -> None:
        """Take the oldest key, as part of an answer."""
        digit, method, secret = self._keys.popleft()
        if not (secret or self.sensitive):
            self._tell(digit, method)

    def read_all(self) -> None:
        """Take all keys, as one does who asks for no secret and has seen them already."""
        while self._keys:
            self.read()

    def clear(self) -> None:
        """Throw all keys away."""
        self._keys.clear()

    def detach(self) -> None:
        """Tell nobody any more: the call is over, and a circle would outlive it."""
        self._keys.clear()
        self._tell = _tell_nobody


def _tell_nobody(_digit: str, _method: str) -> None:
    """Nobody is interested any more."""
