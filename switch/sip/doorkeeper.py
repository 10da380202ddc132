"""Who is heard at all, and what strangers are told: before there is any transaction. PURE.

A stranger sends from where neither a trunk nor a registered headset is. Nothing is kept for
strangers but how much they have sent: what answers them is stateless, never twice as long as
what they sent, and goes to where it came from. So there is nothing to fill, and nothing to
amplify. Requests and responses of calls in progress are heard from wherever they come.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container

from switch.frozen import frozen
from switch.sip.access import Access, Headset, Stranger
from switch.sip.capabilities import ALLOW, ALLOWED, KNOWN
from switch.sip.events import SipEvent, StrangerRefused
from switch.sip.incoming import IncomingRequest
from switch.sip.overload import OverloadControl
from switch.sip.peer import Peer
from switch.sip.registrar import Registrar
from switch.sip.registration_desk import RegistrationDesk
from switch.sip.reply import SILENCE, Reply
from switch.sip.source import source_of
from switch.sip.token_buckets import TokenBuckets

_CALL_ID = re.compile(rb"\n(?:call-id|i)[ \t]*+:[ \t]*+([^\r\n]++)", re.I)
_MOST_AMPLIFIED = 2
"""An answer over UDP is at most so many times as long as what it answers."""
_LOOKED_AT = 4096
"""Bytes in which the Call-ID of a message beyond the limit is looked for."""

_SCANNERS = re.compile(
    r"friendly-scanner|friendly-request|sipvicious|sundayddr|sip-?scan|smap|sipcli|vaxsipuseragent"
    r"|pplsip|siparmyknife|eyebeam release 3006o|cisco-sipgateway/probe|nmap|masscan|zgrab|iwar",
    re.I,
)
"""How tools call themselves that look for telephones to misuse."""


@frozen()
class StrangerSettings:
    """What strangers may do."""

    answer: bool = True
    """False: only REGISTER and what bears credentials is answered, and all else is not."""
    ignore_scanners: bool = True
    per_source_rate: float = 50.0
    """Messages a second from one address (IPv6: from one /64)."""
    per_source_burst: int = 500
    rate: float = 500.0
    """Messages a second from all strangers together."""
    burst: int = 2000


class Doorkeeper:
    """Decides by source and by what the request is, in a few dictionary look-ups."""

    def __init__(
        self,
        settings: StrangerSettings,
        access: Access,
        registrar: Registrar,
        desk: RegistrationDesk,
        overload: OverloadControl,
        report: Callable[[SipEvent], None],
        calls: Container[str],
        *,
        has_accounts: bool,
    ) -> None:
        """Take up work.

        Args:
            calls: Call-IDs of calls in progress.
            has_accounts: there are headsets, who might be found out.
        """
        self.unheard: Counter[str] = Counter()
        """Why they were not heard -> messages."""
        self._settings = settings
        self._access = access
        self._registrar = registrar
        self._desk = desk
        self._overload = overload
        self._report = report
        self._calls = calls
        self._has_accounts = has_accounts
        self.sources = TokenBuckets(settings.per_source_rate, settings.per_source_burst)
        self._all = TokenBuckets(settings.rate, settings.burst)
        self._told = TokenBuckets(1 / 60, 5)
        self._octets = 0
        """Length of the message that is looked at."""

    def knows(self, peer: Peer) -> bool:
        """Whether a trunk or a registered headset is at this address."""
        if self._access.trunk_at(peer.remote[0]) is not None:
            return True
        if peer.proved and self._access.trunk_of(peer) is not None:
            return True
        return self._registrar.username_at(peer) is not None

    def hears(self, data: bytes, peer: Peer, now: float) -> bool:
        """Whether a message is looked at. Called for every one."""
        if self._access.trunk_at(peer.remote[0]) is not None or self.knows(peer):
            return True
        self._octets = len(data)
        source = source_of(peer.remote[0])
        if self._desk.bans.is_banned(("source", source), now):
            why = "banned"
        elif self.sources.take(source, now) and self._all.take("", now):
            return True
        else:
            why = "flood"
        if self._is_of_a_call(data):
            return True
        self.unheard[why] += 1
        return False

    def blame(self, peer: Peer, why: str) -> str | None:
        """Return what to tell the sender of a malformed request; None to say nothing.

        A stranger is not told what is wrong: that would make the answer the longer one.
        """
        if self.knows(peer):
            return why
        if self._settings.answer:
            return ""
        self.unheard["stranger"] += 1
        return None

    def screen(self, request: IncomingRequest, now: float) -> Reply | None:
        """Return how to answer a new request without a transaction; None to go on with it.

        Raises:
            RemoteProtocolError: it cannot be read.
        """
        if request.to_tag:
            if request.call_id in self._calls or self.knows(request.peer):
                return None
            return self._stranger(request, Reply(481))
        if request.method == "INVITE":
            return self._screen_invite(request, now)
        if request.method == "REGISTER":
            return self._sift(request) or self._challenge(
                request, request.to_address.uri.user or "", now
            )
        if self.knows(request.peer):
            return None
        return self._stranger(request, _answer_of(request.method))

    def _screen_invite(self, request: IncomingRequest, now: float) -> Reply | None:
        if self._overload.refuses(request.peer.remote[0], now):
            return Reply(503, (("Retry-After", str(self._overload.settings.retry_after_seconds)),))
        caller = self._access.classify(request, self._registrar)
        if isinstance(caller, Headset):
            return self._sift(request) or self._challenge(request, caller.username, now)
        if not isinstance(caller, Stranger):
            return None
        sifted = self._sift(request)
        if sifted is not None:
            return sifted
        # Where there are headsets, an unknown name gets the same answer as a known one.
        reply = self._challenge(request, "", now) if self._has_accounts else None
        reply = reply or Reply(403)
        if self._told.take(source_of(request.peer.remote[0]), now):
            self._report(StrangerRefused(request.peer, request, reply.code))
        return reply

    def _challenge(self, request: IncomingRequest, username: str, now: float) -> Reply | None:
        """Have the sender prove who it is; what a stranger is told is not much longer."""
        known = self.knows(request.peer)
        at_home = known and self._registrar.username_at(request.peer) == username
        reply = self._desk.challenge(request, username, now, trusted=known, at_home=at_home)
        if reply is None or known or request.peer.reliable:
            return reply
        return Reply(reply.code, reply.headers, self._octets * _MOST_AMPLIFIED)

    def _stranger(self, request: IncomingRequest, reply: Reply) -> Reply:
        return self._sift(request) or reply

    def _sift(self, request: IncomingRequest) -> Reply | None:
        """Say nothing to scanners, nor to any stranger where that is wanted."""
        settings = self._settings
        if self.knows(request.peer):
            return None
        if settings.ignore_scanners and _SCANNERS.search(
            request.header("user-agent") or "", 0, 256
        ):
            self.unheard["scanner"] += 1
            return SILENCE
        if settings.answer or request.method == "REGISTER" or "authorization" in request.headers:
            return None
        self.unheard["stranger"] += 1
        return SILENCE

    def _is_of_a_call(self, data: bytes) -> bool:
        found = _CALL_ID.search(data, 0, _LOOKED_AT)
        return found is not None and found[1].rstrip().decode("utf-8", "replace") in self._calls


def _answer_of(method: str) -> Reply:
    """Return what a stranger's request gets, other than an INVITE or REGISTER."""
    match method:
        case "OPTIONS":
            return Reply(200)
        case "BYE" | "CANCEL" | "INFO" | "PRACK" | "UPDATE":
            return Reply(481)
        case "REFER":
            return Reply(403)
        case _:
            return Reply(405 if method in ALLOWED or method in KNOWN else 501, (ALLOW,))
