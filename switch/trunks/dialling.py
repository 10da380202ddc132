"""One number being dialled: trunk after trunk, server after server, until one takes the call.

The next one is tried only while nobody has heard anything: after a time-out, a transport error
or a 503. Whatever else a server says is the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from switch.sdp.crypto import SrtpTerms
from switch.sip.core import SipCore
from switch.sip.dialog import peer_of_uri
from switch.sip.events import SessionFailed
from switch.sip.invite_session import InviteSession
from switch.sip.peer import Peer
from switch.sip.registration import seconds_of
from switch.sip.requests import MOST_HOPS
from switch.trunks.presentation import Caller, present
from switch.trunks.redirect import Redirection, read_redirection
from switch.trunks.trunk import Server, Surroundings, Trunk

Invite = Callable[[bytes, object], InviteSession]
"""Sends an INVITE; gets the offer and the session's owner."""


@dataclass(slots=True)
class _Attempt:
    """Where the call is tried."""

    trunk: Trunk
    server: Server
    uri: str
    peer: Peer


class Dialling:
    """A call out, until it is answered or nobody is left to be asked.

    Use: `begin`; then `invite` to send the first INVITE, `again` with each failure; `ended`
    when the call is over, or was never begun.
    """

    def __init__(
        self,
        trunks: Iterable[Trunk],
        number: str,
        caller: Caller,
        call: str,
        *,
        core: SipCore,
        around: Surroundings,
        domain: str,
        clock: Callable[[], float],
        log: FilteringBoundLogger,
        max_forwards: int = MOST_HOPS,
    ) -> None:
        """Prepare.

        Args:
            max_forwards: what is left of the caller's.
        """
        self.refusal = ""
        """Why no trunk may dial this number now; empty: one may."""
        self.unreachable = False
        """A trunk may, but none of its servers is up."""
        self._trunks = sorted(trunks, key=lambda trunk: -trunk.guard.fits(number))
        self._number = number
        self._caller = caller
        self._call = call
        self._core = core
        self._around = around
        self._domain = domain
        self._clock = clock
        self._log = log
        self._max_forwards = max_forwards
        self._servers: list[Server] = []
        self._attempt: _Attempt | None = None
        self._counted: Trunk | None = None
        """Whose guard counts this call."""
        self._redirects = 0

    @property
    def trunk(self) -> str:
        """The trunk that is tried, or was tried last."""
        return self._attempt.trunk.name if self._attempt is not None else ""

    @property
    def srtp(self) -> SrtpTerms:
        """What holds for the media of whom `invite` calls."""
        assert self._attempt is not None, "`begin` has found a server"
        return self._attempt.trunk.plan.srtp.terms(self._attempt.peer)

    @property
    def address(self) -> str:
        """Where the server is that `invite` calls next."""
        assert self._attempt is not None, "`begin` has found a server"
        return self._attempt.peer.remote[0]

    def begin(self) -> bool:
        """Find the first server; False when there is none, and `refusal` may say why."""
        return self._advance(self._clock())

    def invite(self, sdp: bytes, owner: object) -> InviteSession:
        """Send the INVITE to the server whose turn it is."""
        attempt = self._attempt
        assert attempt is not None, "`begin` has found a server"
        dial = attempt.trunk.plan.dial
        assert dial is not None, "a trunk without `dial` has no servers"
        shown = present(dial, self._caller, self._domain, attempt.uri)
        return self._core.invite(
            target=attempt.uri,
            peer=attempt.peer,
            from_uri=shown.from_uri,
            from_display=shown.from_display,
            sdp=sdp,
            path=attempt.trunk.routes,
            headers=(*shown.headers, ("X-Freeline-Call", self._call)),
            now=self._clock(),
            owner=owner,
            digest=attempt.trunk.digest,
            max_forwards=self._max_forwards,
            follow_contact=True,
            patience_seconds=dial.first_response_seconds,
        )

    def again(self, failed: SessionFailed) -> tuple[str, Invite, SrtpTerms] | None:
        """Return where and how to try on after a failure; None when it is final."""
        return (self.address, self.invite, self.srtp) if self._tries_on(failed) else None

    def _tries_on(self, failed: SessionFailed) -> bool:
        """Turn to who is to be tried next; False when there is nobody."""
        attempt, now = self._attempt, self._clock()
        if attempt is None:
            return False
        why = _why(failed)
        if not why:
            attempt.trunk.note_answer(attempt.server, now)
            return 300 <= failed.code < 400 and self._follow(failed, attempt)
        retry_after = failed.response.header("retry-after") if failed.response else None
        problem = f"{failed.code} {failed.phrase}" if why == "unavailable" else _PROBLEMS[why]
        attempt.trunk.note_failure(attempt.server, problem, now, seconds_of(retry_after))
        if failed.alerted or not self._advance(now):
            return False
        attempt.trunk.failovers[why] += 1
        self._log.warning(
            "dialling_failed_over",
            trunk=attempt.trunk.name,
            server=str(attempt.server.target),
            why=problem,
            next_trunk=self.trunk,
            next_server=str(self._attempt.server.target) if self._attempt is not None else "",
        )
        return True

    def ended(self) -> None:
        """The call is over."""
        if self._counted is not None:
            self._counted.guard.ended()
            self._counted = None

    def _advance(self, now: float) -> bool:
        """Turn to the next server of this trunk, or of the next one that may dial the number."""
        while not self._servers:
            self.ended()
            if not self._trunks:
                return False
            trunk = self._trunks.pop(0)
            refusal = trunk.guard.refusal(self._number, now)
            if refusal:
                self.refusal = self.refusal or f"{trunk.name}: {refusal}"
                continue
            self._servers = trunk.servers_to_try(now)
            if not self._servers:
                self.unreachable = True
                continue
            trunk.guard.began(now)
            self._counted = trunk
        assert self._counted is not None
        self._turn_to(self._counted, self._servers.pop(0))
        return True

    def _turn_to(self, trunk: Trunk, server: Server) -> None:
        scheme, _, rest = server.uri.partition(":")
        uri = f"{scheme}:{self._number}@{rest}"
        peer = server.peer
        for route in trunk.routes[:1]:
            # RFC 3608 6.1: the first one is the next hop, where we know its address.
            peer = peer_of_uri(route.partition("<")[2].partition(">")[0], peer) or peer
        self._attempt = _Attempt(trunk, server, uri, peer)

    def _follow(self, failed: SessionFailed, attempt: _Attempt) -> bool:
        """Turn to the best contact of a 3xx that may be followed."""
        dial, response = attempt.trunk.plan.dial, failed.response
        if dial is None or response is None or self._redirects >= dial.redirects:
            return False
        hosts = {server.target.name for server in attempt.trunk.servers}
        redirected = read_redirection(
            response,
            attempt.trunk.plan.networks,
            hosts,
            attempt.trunk.guard.forbidden,
            attempt.peer.transport,
        )
        for why in redirected.refused:
            self._log.warning("redirection_refused", trunk=attempt.trunk.name, why=why)
        for each in redirected.to:
            peer = self._peer_of(each, attempt)
            if peer is not None:
                self._redirects += 1
                self._attempt = _Attempt(attempt.trunk, attempt.server, each.uri, peer)
                self._log.info("redirected", trunk=attempt.trunk.name, number=each.number)
                return True
        return False

    def _peer_of(self, redirection: Redirection, attempt: _Attempt) -> Peer | None:
        if redirection.target is None:
            return attempt.peer
        return self._around.near(redirection.target)


_PROBLEMS = {"timeout": "no answer", "transport": "cannot be reached"}


def _why(failed: SessionFailed) -> str:
    """Return why another server is to be tried; empty when this one has answered."""
    if failed.why in _PROBLEMS:
        return failed.why
    return "unavailable" if failed.code == 503 else ""
