"""An answer that leaves no transaction behind."""

from __future__ import annotations

from switch.frozen import frozen


@frozen()
class Reply:
    """What a request is answered with before anything is kept of it."""

    code: int
    """The status; 0: nothing is said at all."""
    headers: tuple[tuple[str, str], ...] = ()
    at_most: int = 0
    """Bytes; of a longer answer only the first header stays. 0: it may be of any length."""


SILENCE = Reply(0)
