"""Dialling out: the trunks that allow it, each with its guard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from switch.app.dial_guard import DialGuard
from switch.app.srtp_rule import USUAL, SrtpRule
from switch.calls.leg import Leg
from switch.sip.core import SipCore
from switch.sip.credentials import Credentials
from switch.sip.invite_session import InviteSession
from switch.sip.own_address import uri_parameter
from switch.sip.peer import Peer
from switch.sip.requests import MOST_HOPS


@dataclass(frozen=True, slots=True)
class Line:
    """A trunk through which numbers may be dialled."""

    name: str
    host: str
    """Of the Request-URI: `192.0.2.1:5060`."""
    peer: Peer
    caller_id: str
    show_caller: bool
    credentials: Credentials | None
    guard: DialGuard
    srtp: SrtpRule = USUAL


class OutsideLines:
    """Finds a line and dials."""

    def __init__(self, lines: Iterable[Line], core: SipCore, domain: str) -> None:
        self._lines = {line.name: line for line in lines}
        self._core = core
        self._domain = domain

    def line(self, name: str) -> Line | None:
        """Return the line of a trunk; of no name, the first there is."""
        if name:
            return self._lines.get(name)
        return next(iter(self._lines.values()), None)

    def invite(
        self,
        line: Line,
        number: str,
        caller: str,
        call: str,
        sdp: bytes,
        owner: Leg,
        now: float,
        max_forwards: int = MOST_HOPS,
    ) -> InviteSession:
        """Send the INVITE.

        Args:
            caller: shown to the far end if the carrier lets us; empty: the line's own.
            max_forwards: what is left of the caller's.
        """
        shown = caller if line.show_caller and caller.startswith("+") else line.caller_id
        target = f"sip:{number}@{line.host}{uri_parameter(line.peer.transport)}"
        return self._core.invite(
            target=target,
            peer=line.peer,
            from_uri=f"sip:{shown}@{self._domain}",
            sdp=sdp,
            headers=(("X-Freeline-Call", call),),
            now=now,
            owner=owner,
            credentials=line.credentials,
            max_forwards=max_forwards,
        )
