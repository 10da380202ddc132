"""Our registration with a carrier: RFC 3261 10.2, RFC 3608, and the pauses of RFC 5626 4.5.

A `Registration` is driven by the core's alarms and by the answers to its requests. It begins
with `start`, is renewed before it expires, and ends with `stop`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum

from switch.errors import RemoteProtocolError
from switch.frozen import frozen
from switch.sip.authorized import send_authorized
from switch.sip.credentials import DigestClient
from switch.sip.incoming import IncomingResponse
from switch.sip.outside_request import OutsideHost, build_outside, with_user
from switch.sip.peer import Peer
from switch.sip.session_host import Outcome
from switch.sip.timers import Alarm

_LONGEST_EXPIRES = 86_400
"""What a registrar's 423 may make us ask for."""

_TRY_ELSEWHERE = frozenset({408, 430, 500, 502, 503, 504})
"""Answers of a server that is not well: another of the carrier's may be."""


class Standing(Enum):
    """Whether calls reach us."""

    TRYING = "trying"
    """No answer yet."""
    REGISTERED = "registered"
    FAILED = "failed"
    """Not registered; tried again later."""
    STOPPED = "stopped"


@frozen()
class RegistrationSettings:
    """Whom we register, where, and for how long."""

    registrar: str
    """The Request-URI: `sip:carrier.example`."""
    address: str
    """The address of record: `sip:account@carrier.example`."""
    contact_user: str = ""
    expires_seconds: int = 600
    retry_seconds: float = 30.0
    """RFC 5626 4.5's base-time."""
    longest_retry_seconds: float = 1800.0
    """RFC 5626 4.5's max-time."""


class Registration:
    """One address of record at one carrier."""

    def __init__(
        self,
        host: OutsideHost,
        settings: RegistrationSettings,
        digest: DigestClient | None,
        targets: Callable[[], Sequence[Peer]],
        changed: Callable[[float], None],
    ) -> None:
        """Prepare.

        Args:
            targets: the registrar's servers in the order to try now; empty while unknown.
            changed: called with `now` when `standing` has changed, or `problem`.
        """
        self.standing = Standing.TRYING
        self.since: float | None = None
        """When the registration was first accepted in a row of refreshes."""
        self.expires_at: float | None = None
        self.problem = ""
        """What went wrong last; empty while all is well."""
        self.service_route: Sequence[str] = ()
        """Route values for requests to the carrier (RFC 3608 6.1)."""
        self.is_leaving = False
        """It is being taken back, and the registrar has not said a word to that yet."""
        self.failures = 0
        """Rounds without success, in a row."""
        self._host = host
        self._settings = settings
        self._expires = settings.expires_seconds
        self._digest = digest
        self._targets = targets
        self._changed = changed
        self._call_id = host.ids.sip_call_id()
        self._from = f"<{settings.address}>;tag={host.ids.tag()}"
        self._cseq = 0
        self._left: list[Peer] = []
        """Servers not yet tried in this round."""
        self._peer: Peer | None = None
        """Where we are registered."""
        self._awaits_answer = False
        """A REGISTER is under way: RFC 3261 10.2 lets us send no other one until it is settled."""
        self._then: Callable[[float], None] | None = None
        self._alarm: Alarm | None = None
        """Begins the next round."""
        self._lapse: Alarm | None = None
        """Ends the registration that nobody renewed."""
        self._retry_after = 0.0
        self._connected = False
        """We registered over a connection, and know nothing of its end."""

    def start(self, now: float) -> None:
        """Register now, and again and again; nothing once it was stopped.

        While a REGISTER is under way its answer is awaited (RFC 3261 10.2); unless that settles
        it, the servers that are known by now are tried next.
        """
        if self.standing is Standing.STOPPED:
            return
        self._cancel()
        self._left = list(self._targets())
        if self._awaits_answer:
            return
        if not self._left:
            self.problem = "no address of the registrar is known"
        self._try_next(now)

    def stop(self, now: float, then: Callable[[float], None] | None = None) -> None:
        """Take the registration back (RFC 3261 10.2.2), if there is one; do nothing more.

        A REGISTER that is under way is waited for.

        Args:
            then: called once nothing more is to be sent, for who takes its place.
        """
        if self.standing is Standing.STOPPED:
            return
        self._cancel()
        if self._lapse is not None:
            self._lapse.cancel()
        self._then = then
        self._stand(Standing.STOPPED, "", now)
        self._leave(now)

    def _leave(self, now: float) -> None:
        """Take the registration back as soon as no answer is awaited."""
        self.is_leaving = self._awaits_answer or self._peer is not None
        if self._awaits_answer:
            return
        peer, self._peer = self._peer, None
        if peer is not None:
            self._send(peer, 0, now)
        then, self._then = self._then, None
        if then is not None:
            then(now)

    def connection_lost(self, peer: Peer, now: float) -> None:
        """Register anew, if it is the connection by which calls would come (RFC 5626 4.4)."""
        ours = self._peer
        if not self._connected or ours is None or self.standing is not Standing.REGISTERED:
            return
        if (ours.transport, ours.remote) == (peer.transport, peer.remote):
            self._connected = False  # once: while there is no other one, the pauses hold
            self.start(now)

    # One round: the servers, one after another.

    def _try_next(self, now: float) -> None:
        if self._left:
            self._send(self._left.pop(0), self._expires, now)
        else:
            self._round_failed(now)

    def _send(self, peer: Peer, expires: int, now: float) -> None:
        settings, host = self._settings, self._host
        secure = settings.address.startswith("sips:")  # RFC 3261 10.2.1
        contact = host.addresses.contact(peer, secure=secure)
        contact = with_user(contact, settings.contact_user)
        request = build_outside(
            "REGISTER",
            settings.registrar,
            peer,
            from_address=self._from,
            to_address=f"<{settings.address}>",
            call_id=self._call_id,
            cseq=self._next_cseq(),
            headers=(
                ("Contact", contact),
                ("Expires", str(expires)),
                ("Supported", "path"),
                ("User-Agent", host.identity[1]),
            ),
        )
        outcome = Outcome(
            lambda response, at: self._answered(response, peer, contact, expires, at),
            lambda why, at: self._unanswered(peer, why, at),
        )
        self._awaits_answer = True
        if self._digest is None:
            host.layer.send_request(request, now, outcome)
        else:
            send_authorized(host, request, now, outcome, self._digest, self._next_cseq)

    def _next_cseq(self) -> int:
        self._cseq += 1
        return self._cseq

    def _answered(
        self, response: IncomingResponse, peer: Peer, contact: str, expires: int, now: float
    ) -> None:
        code = response.code
        if code < 200:
            return
        self._awaits_answer = False
        if self.standing is Standing.STOPPED:
            if code < 300 and expires:  # it was under way when we stopped
                self._peer = peer
            self._leave(now)
            return
        if code < 300:
            self._accepted(response, peer, contact, now)
        elif code == 423 and self._longer(response):
            self._send(peer, self._expires, now)
        else:
            self.problem = f"{code} {response.phrase} from {peer}".strip()
            self._retry_after = max(self._retry_after, seconds_of(response.header("retry-after")))
            if code not in _TRY_ELSEWHERE:
                self._left = []
            self._try_next(now)

    def _unanswered(self, peer: Peer, why: str, now: float) -> None:
        self._awaits_answer = False
        if self.standing is Standing.STOPPED:
            self._leave(now)
            return
        self.problem = f"{peer}: no answer" if why == "timeout" else f"{peer} cannot be reached"
        self._try_next(now)

    def _longer(self, response: IncomingResponse) -> bool:
        """Take a 423's Min-Expires (RFC 3261 10.2.8); False when it asks for nothing new."""
        least = seconds_of(response.header("min-expires"))
        if not self._expires < least <= _LONGEST_EXPIRES:
            return False
        self._expires = int(least)
        return True

    def _accepted(self, response: IncomingResponse, peer: Peer, contact: str, now: float) -> None:
        granted = self._granted(response, contact)
        if granted <= 0:
            self.problem = f"{peer} accepts, and forgets us at once"
            self._try_next(now)
            return
        self.failures = 0
        self._retry_after = 0.0
        self._peer = peer
        self._connected = peer.reliable
        self.expires_at = now + granted
        self.service_route = tuple(response.header_values("service-route"))
        if self._lapse is not None:
            self._lapse.cancel()
        self._lapse = self._host.layer.alarms.schedule(now + granted, self._lapsed)
        # Some time between 80 and 90 % of it: not all of us at once, and time for a second try.
        share = 0.8 + self._host.ids.below(1000) / 10_000
        self._plan(now + granted * share)
        if self.standing is not Standing.REGISTERED:
            self.since = now
        self._stand(Standing.REGISTERED, "", now)

    def _granted(self, response: IncomingResponse, contact: str) -> float:
        """Return for how long our contact is bound (10.2.4), in seconds."""
        ours = contact.partition("<")[2].partition(">")[0].lower()
        told = None
        try:
            contacts = response.contacts
        except RemoteProtocolError:
            contacts = []
        for each in contacts:
            value = each.parameters.get("expires")
            if value and (told is None or each.uri_text.lower() == ours):
                told = seconds_of(value)
        if told is None:
            header = response.header("expires")
            told = float(self._expires) if header is None else seconds_of(header)
        return told

    # Pauses.

    def _round_failed(self, now: float) -> None:
        """RFC 5626 4.5: wait between half and all of base-time * 2 ^ failures."""
        self.failures += 1
        settings = self._settings
        longest = min(
            settings.longest_retry_seconds, settings.retry_seconds * 2 ** min(self.failures, 20)
        )
        wait = longest * (0.5 + self._host.ids.below(1000) / 2000)
        self._plan(now + max(wait, min(self._retry_after, settings.longest_retry_seconds)))
        self._retry_after = 0.0
        lapsed = self.expires_at is None or self.expires_at <= now
        self._stand(Standing.FAILED if lapsed else self.standing, self.problem, now, tell=True)

    def _lapsed(self, now: float) -> None:
        """The registrar has forgotten us."""
        self._lapse = self.expires_at = self._peer = None
        self.service_route = ()
        self._stand(Standing.FAILED, self.problem or "the registration was not renewed", now)

    def _plan(self, at: float) -> None:
        self._cancel()
        self._alarm = self._host.layer.alarms.schedule(at, self.start)

    def _cancel(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _stand(self, standing: Standing, problem: str, now: float, *, tell: bool = False) -> None:
        changed = standing is not self.standing
        self.standing, self.problem = standing, problem
        if standing is not Standing.REGISTERED:
            self.since = None
        if changed or tell:
            self._changed(now)


def seconds_of(value: str | None) -> float:
    """Read delta-seconds, perhaps with a comment or parameters behind (RFC 3261 20.33)."""
    digits = (value or "").strip().partition(" ")[0].partition(";")[0].partition("(")[0]
    return float(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0.0
