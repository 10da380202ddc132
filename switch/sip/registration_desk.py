"""Where headsets prove who they are, and register: RFC 3261 10.3 and 22.

`registrar.py` keeps the bindings and `digest.py` knows the arithmetic; this file speaks to
the headset and reports what changed.
"""

from __future__ import annotations

from collections.abc import Callable

from switch.errors import RemoteProtocolError
from switch.ids import Ids
from switch.sip.bans import Bans, BanSettings, Key
from switch.sip.capabilities import REGISTRAR_SUPPORTS
from switch.sip.digest import Authenticator, Verdict
from switch.sip.events import HeadsetBound, HeadsetUnbound, PasswordsGuessed, SipEvent
from switch.sip.incoming import IncomingRequest
from switch.sip.peer import Peer
from switch.sip.registrar import Binding, Changes, Registrar
from switch.sip.reply import Reply
from switch.sip.server_transaction import ServerTransaction
from switch.sip.source import source_of


class RegistrationDesk:
    """Challenges, and answers REGISTER."""

    def __init__(
        self,
        registrar: Registrar,
        authenticator: Authenticator,
        report: Callable[[SipEvent], None],
        ids: Ids,
        identity: tuple[str, str],
        keep_alive_seconds: int,
        bans: BanSettings,
    ) -> None:
        self.registrar = registrar
        self.bans = Bans(bans)
        registrar.on_expired = lambda binding: self._report_unbound(binding, expired=True)
        self._authenticator = authenticator
        self._report = report
        self._ids = ids
        self._identity = identity
        self._keep_alive_seconds = keep_alive_seconds
        self.on_bound: Callable[[Binding, float], None] = lambda binding, now: None
        """Gets each binding that was made or refreshed."""

    def challenge(
        self, request: IncomingRequest, username: str, now: float, *, trusted: bool, at_home: bool
    ) -> Reply | None:
        """Return the challenge to who has not proved to be this headset; None to who has.

        A wrong answer gets what no answer gets, be the name known or not, and counts.

        Args:
            trusted: the source is a trunk's or a registered headset's: it is never banned.
            at_home: the headset is registered at this very address: its account is not either.
        """
        values = request.headers.get("authorization", ())
        source = request.peer.remote[0]
        verdict, proved = self._authenticator.verify(tuple(values), request.method, source, now)
        account = ("account", username)
        held = not at_home and self.bans.is_banned(account, now)
        if verdict is Verdict.RIGHT and proved == username and not held:
            self.bans.lift(account)
            return None
        if verdict in (Verdict.WRONG, Verdict.RIGHT) and not held:
            if self._authenticator.knows(username):
                self._note_failure(account, now)
            if not trusted:
                self._note_failure(("source", source_of(source)), now)
        challenges = self._authenticator.challenges(source, now, stale=verdict is Verdict.STALE)
        return Reply(401, (*challenges, self._identity) if trusted else tuple(challenges))

    def _note_failure(self, key: Key, now: float) -> None:
        seconds = self.bans.failed(key, now)
        if seconds:
            self._report(PasswordsGuessed(*key, self.bans.failures(key), seconds))

    def register(self, transaction: ServerTransaction, now: float) -> None:
        """Answer a REGISTER of who has proved to be its headset.

        Raises:
            RemoteProtocolError: it cannot be read.
        """
        request = transaction.request
        username = request.to_address.uri.user or ""
        tag = self._ids.tag()
        try:
            changes = self.registrar.register(username, request, now)
        except RemoteProtocolError as error:
            if error.status_hint != 423:
                raise
            headers = [("Min-Expires", str(self.registrar.limits.minimum)), self._identity]
            transaction.respond(423, now, headers=headers, to_tag=tag)
            return
        headers = [*self.registrar.contact_headers(username, now), self._identity]
        headers.append(REGISTRAR_SUPPORTS)
        headers += [("Path", value) for value in request.header_values("path")]
        keep_alive = self._keep_alive_of(changes)
        if any(binding.flow is not None for binding, _ in changes.bound):
            headers.append(("Require", "outbound"))
            if keep_alive:
                headers.append(("Flow-Timer", str(keep_alive)))
        transaction.respond(200, now, headers=headers, to_tag=tag)
        for binding, refreshed in changes.bound:
            seconds = binding.expires_at - now
            self._report(
                HeadsetBound(
                    username, binding.contact, binding.source, seconds, refreshed, keep_alive
                )
            )
            self.on_bound(binding, now)
        for binding in changes.unbound:
            self._report_unbound(binding, expired=False)

    def _keep_alive_of(self, changes: Changes) -> int:
        """Return how often the headset is to say that it is there, in seconds; 0: as it likes.

        RFC 5626 4.4.1. Over UDP its keep-alives would be lost as any datagram may be, and a
        proxy between us would take them for itself.
        """
        promised = any(
            binding.flow is not None and binding.direct and binding.source.reliable
            for binding, _ in changes.bound
        )
        return self._keep_alive_seconds if promised else 0

    def drop(self, binding: Binding) -> None:
        """End a registration whose headset does not answer."""
        self.registrar.drop(binding)
        self._report_unbound(binding, expired=True)

    def forget_source(self, peer: Peer) -> None:
        """The connection is gone, and with it what was registered over it."""
        for binding in self.registrar.forget_source(peer):
            self._report_unbound(binding, expired=True)

    def _report_unbound(self, binding: Binding, *, expired: bool) -> None:
        self._report(HeadsetUnbound(binding.username, binding.contact, expired))
