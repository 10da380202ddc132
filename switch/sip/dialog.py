"""Dialog state and the requests inside it: RFC 3261 12."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address

from switch.errors import RemoteProtocolError
from switch.sip.header_values import parse_uri
from switch.sip.incoming import IncomingMessage, IncomingRequest, IncomingResponse
from switch.sip.peer import DEFAULT_PORTS, Peer
from switch.sip.requests import MAX_FORWARDS, OutgoingRequest

DialogKey = tuple[str, str, str]
"""Call-ID, local tag, remote tag."""

WayOver = Callable[[str, str, int], Peer | None]
"""Transport, address and port -> how that is reached from here; None: by no listener of ours."""

_CALLABLE = ("udp", "tcp", "tls")
"""Transports over which we can be the one who begins."""

_TELLS_CONTACT = frozenset({"INVITE", "UPDATE", "NOTIFY"})
"""Requests of ours that have a Contact; BYE, PRACK and INFO must not (RFC 3261 20, table 2)."""

_LOOSE = re.compile(r";lr(?:[;=>]|$)", re.I)


@dataclass(slots=True)
class Dialog:
    """One dialog, as seen from our side."""

    call_id: str
    local_tag: str
    remote_tag: str
    local_address: str
    """Our From or To value, with the tag."""
    remote_address: str
    """The peer's To or From value, with its tag."""
    remote_target: str
    """The peer's contact URI."""
    contact: str
    """Our Contact value."""
    source: Peer
    """Where the peer's messages come from; for a UAC where the INVITE went."""
    follow_contact: bool
    """Send to the address in the contact (trunks), or back to the source (headsets)."""
    route_set: list[str] = field(default_factory=list)
    local_cseq: int = 0
    remote_cseq: int = 0
    """Highest seen; 0 while none came."""
    way: WayOver | None = None
    """Over another transport than the source's, to who asks for it; None: there is none."""
    _peer: Peer | None = None

    @classmethod
    def of_request(
        cls,
        request: IncomingRequest,
        local_tag: str,
        contact: str,
        *,
        follow_contact: bool,
        way: WayOver | None = None,
    ) -> Dialog:
        """Return the dialog that our response to an INVITE makes (12.1.1).

        Raises:
            RemoteProtocolError: the INVITE has no usable Contact.
        """
        return cls(
            call_id=request.call_id,
            local_tag=local_tag,
            remote_tag=request.from_tag,
            local_address=f"{request.required('to')};tag={local_tag}",
            remote_address=request.required("from"),
            remote_target=_target(request),
            contact=contact,
            source=request.peer,
            follow_contact=follow_contact,
            route_set=request.record_routes,
            remote_cseq=request.cseq_number,
            way=way,
        )

    @classmethod
    def of_response(
        cls,
        request: OutgoingRequest,
        response: IncomingResponse,
        local_tag: str,
        contact: str,
        *,
        follow_contact: bool,
        way: WayOver | None = None,
    ) -> Dialog:
        """Return the dialog that a response to our INVITE makes (12.1.2).

        Raises:
            RemoteProtocolError: a 2xx without usable Contact.
        """
        provisional = response.code < 200
        return cls(
            call_id=request.header("Call-ID"),
            local_tag=local_tag,
            remote_tag=response.to_tag,
            local_address=request.header("From"),
            remote_address=response.required("to"),
            remote_target=request.uri
            if provisional and "contact" not in response.headers
            else _target(response),
            contact=contact,
            source=request.peer,
            follow_contact=follow_contact,
            route_set=response.record_routes[::-1],
            local_cseq=int(request.header("CSeq").partition(" ")[0]),
            way=way,
        )

    @property
    def key(self) -> DialogKey:
        """What requests inside this dialog are found by."""
        return self.call_id, self.local_tag, self.remote_tag

    def refresh_target(self, message: IncomingMessage) -> None:
        """Take the contact of a re-INVITE or of its 2xx, if there is one (12.2)."""
        if "contact" in message.headers:
            self.remote_target = _target(message)
            self._peer = None

    def accept_cseq(self, request: IncomingRequest) -> bool:
        """Note a request's CSeq; False when it is lower than one that came (12.2.2)."""
        if request.cseq_number < self.remote_cseq:
            return False
        self.remote_cseq = request.cseq_number
        return True

    def take_cseq(self) -> int:
        """Return the number of our next request (12.2.1.1)."""
        self.local_cseq += 1
        return self.local_cseq

    def build(
        self,
        method: str,
        *,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        content_type: str = "",
        cseq: int | None = None,
    ) -> OutgoingRequest:
        """Return a request inside the dialog (12.2.1.1).

        Args:
            cseq: of the INVITE, for its ACK; every other request gets the next number.
        """
        if cseq is None:
            cseq = self.take_cseq()
        uri, routes = self._uri_and_routes()
        lines = [
            MAX_FORWARDS,
            *(("Route", route) for route in routes),
            ("From", self.local_address),
            ("To", self.remote_address),
            ("Call-ID", self.call_id),
            ("CSeq", f"{cseq} {method}"),
        ]
        if method in _TELLS_CONTACT:
            lines.append(("Contact", self.contact))
        lines += headers
        if body:
            lines.append(("Content-Type", content_type))
        return OutgoingRequest(method, uri, self.peer, lines, body)

    def _uri_and_routes(self) -> tuple[str, list[str]]:
        if not self.route_set or _LOOSE.search(self.route_set[0]):
            return self.remote_target, self.route_set
        # A strict router, from the times of RFC 2543.
        first = bare_uri(self.route_set[0])
        return first, [*self.route_set[1:], f"<{self.remote_target}>"]

    @property
    def peer(self) -> Peer:
        """Where the next request goes."""
        if self._peer is None:
            self._peer = self._next_hop()
        return self._peer

    def _next_hop(self) -> Peer:
        source = self.source
        if self.route_set:
            return peer_of_uri(bare_uri(self.route_set[0]), source, self.way) or source
        if not self.follow_contact:
            return source
        return peer_of_uri(self.remote_target, source, self.way) or source


def peer_of_uri(uri: str, near: Peer, way: WayOver | None = None) -> Peer | None:
    """Return how to reach the IP address in a URI; None for a name, which needs DNS.

    Args:
        near: gives our side, and the connection when it leads there already.
        way: over another transport, if the URI asks for one (RFC 3263 4.1). What came over TLS
            is not sent on where others can read it.
    """
    try:
        parsed = parse_uri(uri)
    except RemoteProtocolError:
        return None
    host = parsed.host.strip("[]")
    if not _is_address(host):
        return None
    transport = (parsed.parameters.get("transport") or near.transport).lower()
    if near.secure and (parsed.scheme == "sips" or transport in ("tcp", "ws")):
        transport = near.transport  # RFC 5630 3.1.3: TLS is meant by the scheme, or by the way
    if way is not None and not near.secure:
        wanted = "tls" if parsed.scheme == "sips" else transport
        if wanted != near.transport and wanted in _CALLABLE:
            return way(wanted, host, parsed.port or DEFAULT_PORTS[wanted])
    if transport != near.transport:
        return near if transport not in DEFAULT_PORTS else None
    port = parsed.port or DEFAULT_PORTS[transport]
    if near.reliable and host == near.remote[0]:
        # As long as the connection lives it is used; then one is opened to the address.
        return Peer(transport, (host, port), near.local, near.connection, near.name)
    return Peer(transport, (host, port), near.local)


@lru_cache(maxsize=4096)
def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _target(message: IncomingMessage) -> str:
    contacts = message.contacts
    if len(contacts) != 1:
        raise RemoteProtocolError(f"there are {len(contacts)} contacts, one is needed")
    parse_uri(contacts[0].uri_text)
    return contacts[0].uri_text


def bare_uri(route: str) -> str:
    """Return the URI of a Route or Path value."""
    _, bracket, rest = route.partition("<")
    return rest.partition(">")[0] if bracket else route.partition(";")[0].strip()
