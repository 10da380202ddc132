"""A REFER that came (RFC 3515), and the dialog that a Replaces names (RFC 3891).

Who refers whom where is read here; whether that may be is for the application. It answers
with `accept` or `refuse`, and then tells with `progress` how it goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from switch.errors import RemoteProtocolError
from switch.frozen import frozen
from switch.sip.header_values import parse_uri
from switch.sip.incoming import IncomingRequest
from switch.sip.responses import REASON_PHRASES
from switch.sip.server_transaction import ServerTransaction

if TYPE_CHECKING:
    from switch.sip.invite_session import InviteSession

SIPFRAG = "message/sipfrag;version=2.0"
_EXPIRES_SECONDS = 180


@frozen()
class Replaces:
    """A dialog of ours, named by whoever is at its other end."""

    call_id: str
    local_tag: str
    """Ours."""
    remote_tag: str
    early_only: bool


@frozen()
class ReferTo:
    """Where a REFER points."""

    uri: str
    """Without its headers."""
    user: str
    replaces: Replaces | None


def parse_replaces(value: str) -> Replaces:
    """Read a Replaces header (RFC 3891 6.1).

    Raises:
        RemoteProtocolError: it names no dialog.
    """
    call_id, *parameters = (part.strip() for part in value.split(";"))
    told = {}
    for part in parameters:
        name, _, text = part.partition("=")
        told[name.strip().lower()] = text.strip()
    if not call_id or not told.get("to-tag") or not told.get("from-tag"):
        raise RemoteProtocolError(f"Replaces names no dialog: {value[:80]!r}")
    # The to-tag is that of the one who gets the request: us.
    return Replaces(call_id, told["to-tag"], told["from-tag"], "early-only" in told)


def read_replaces(request: IncomingRequest) -> Replaces | None:
    """Return the dialog that an INVITE is to replace, if it is to replace one.

    Raises:
        RemoteProtocolError: the header is malformed, or there are two (RFC 3891 3).
    """
    if "replaces" not in request.headers:
        return None
    return parse_replaces(request.required("replaces"))


def read_refer_to(request: IncomingRequest) -> ReferTo:
    """Read the Refer-To of a REFER.

    Raises:
        RemoteProtocolError: there is none, there are several (RFC 3515 2.4.2), it cannot be
            read, or it asks for something else than an INVITE.
    """
    value = request.required("refer-to").strip()
    _, bracket, rest = value.partition("<")
    text = rest.partition(">")[0] if bracket else value.partition(";")[0]
    uri, _, headers = text.partition("?")
    parsed = parse_uri(uri)
    if (parsed.parameters.get("method") or "INVITE").upper() != "INVITE":
        raise RemoteProtocolError("Refer-To asks for something else than an INVITE", 501)
    replaces = None
    for header in headers.split("&"):
        name, _, told = header.partition("=")
        if name.lower() == "replaces":
            replaces = parse_replaces(unquote(told))
    return ReferTo(uri, parsed.user or "", replaces)


class Referral:
    """A REFER within a session; `accept` or `refuse` it, once."""

    def __init__(
        self,
        session: InviteSession,
        transaction: ServerTransaction,
        refer_to: ReferTo,
        identity: tuple[str, str],
    ) -> None:
        self.session = session
        self.refer_to = refer_to
        self._transaction = transaction
        self._identity = identity
        request = transaction.request
        self._event = f"refer;id={request.cseq_number}"
        quiet = (request.header("refer-sub") or "").strip().lower() == "false"
        self._silent = quiet
        """RFC 4488: nobody wants to hear how it goes."""
        self._over = False

    def accept(self, now: float) -> None:
        """Say that it is tried."""
        headers = [("Contact", self.session.contact), self._identity]
        if self._silent:
            headers.append(("Refer-Sub", "false"))
        self._transaction.respond(202, now, headers=headers)
        self.progress(100, now)

    def refuse(self, code: int, now: float, phrase: str) -> None:
        """Say that it is not done, and why."""
        self._over = True
        self._transaction.respond(code, now, phrase, headers=(self._identity,))

    def progress(self, code: int, now: float, phrase: str = "") -> None:
        """Tell what the new party has answered; a final status is the last that is told."""
        if self._over:
            return
        self._over = code >= 200
        if self._silent:
            return
        state = (
            "terminated;reason=noresource" if self._over else f"active;expires={_EXPIRES_SECONDS}"
        )
        line = f"SIP/2.0 {code} {phrase or REASON_PHRASES.get(code, 'Unknown')}\r\n"
        headers = [("Event", self._event), ("Subscription-State", state)]
        self.session.notify(headers, SIPFRAG, line.encode(), now)
