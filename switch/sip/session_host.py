"""What a session needs of the core that holds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from switch.frozen import frozen
from switch.ids import Ids
from switch.sip.dialog import DialogKey
from switch.sip.events import SipEvent
from switch.sip.incoming import IncomingResponse
from switch.sip.session_timer import SessionTimerSettings
from switch.sip.transaction_table import TransactionLayer


@frozen()
class Outcome:
    """What becomes of a request we sent; the context of its transaction."""

    on_response: Callable[[IncomingResponse, float], None]
    on_failure: Callable[[str, float], None]
    """`timeout` or `transport`."""


def _ignore(_what: object, _now: float) -> None:
    """Nothing depends on how it went."""


WHATEVER = Outcome(_ignore, _ignore)


class SessionHost(Protocol):
    """`core.SipCore`, as its sessions see it."""

    layer: TransactionLayer
    ids: Ids
    identity: tuple[str, str]
    """Our `Server` or `User-Agent`, as a header."""

    session_timer: SessionTimerSettings

    def report(self, event: SipEvent) -> None:
        """Queue an event for the user."""
        ...

    def add_dialog(self, session: Any, key: DialogKey) -> None:
        """Let requests of this dialog find the session."""
        ...

    def remove_dialog(self, key: DialogKey) -> None:
        """Let them find nothing: 481."""
        ...

    def forget(self, session: Any) -> None:
        """The session is over."""
        ...
