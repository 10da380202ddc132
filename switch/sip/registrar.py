"""Bindings of addresses of record to contacts: RFC 3261 10.3, without authentication.

A binding remembers where it was registered from, so that a headset behind a NAT is
reached all the same (RFC 5626 5.3 calls this the flow), and the proxies on the way (RFC 3327).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from switch.errors import RemoteProtocolError
from switch.frozen import frozen
from switch.sip.dialog import bare_uri, peer_of_uri
from switch.sip.header_values import Address
from switch.sip.incoming import IncomingRequest, number
from switch.sip.peer import Peer
from switch.sip.reach import Reach
from switch.sip.timers import Alarm, Alarms

MAX_CONTACTS = 10
"""Contacts of one headset account at the same time."""


@frozen()
class ExpiryLimits:
    """How long registrations may last, in seconds."""

    minimum: int = 60
    default: int = 300
    maximum: int = 3600


@frozen()
class Flow:
    """One of several ways to the same device (RFC 5626 4.2): what a binding is known by."""

    instance: str
    """`+sip.instance`: the device, over restarts."""
    reg_id: int


@dataclass(slots=True)
class Binding:
    """One contact of a headset account."""

    username: str
    contact: str
    """The contact URI, as registered."""
    peer: Peer
    """Where to send what is for this contact."""
    source: Peer
    """Where it registered from."""
    expires_at: float
    q: str
    """Preference as told, empty if untold (RFC 3261 20.10)."""
    call_id: str
    cseq: int
    path: tuple[str, ...] = ()
    """Proxies to pass on the way to the contact, in this order (RFC 3327)."""
    flow: Flow | None = None
    """None from devices that know nothing of RFC 5626."""
    direct: bool = True
    """No proxy stands between: what comes from `source` is from the headset itself."""
    since: float = 0.0
    """When it was made; refreshes do not change that."""
    user_agent: str = ""
    """As its last REGISTER told."""
    reach: Reach = field(default_factory=Reach)
    alarm: Alarm | None = field(default=None, repr=False)

    @property
    def key(self) -> str | Flow:
        """What the binding is replaced by: another of the same flow, or of the same contact."""
        return self.flow or self.contact


@dataclass(slots=True)
class Changes:
    """What a REGISTER did."""

    bound: list[tuple[Binding, bool]] = field(default_factory=list)
    """Each new or refreshed binding, and whether it was only refreshed."""
    unbound: list[Binding] = field(default_factory=list)


class Registrar:
    """All bindings. An expired one is removed by its alarm and told to `on_expired`."""

    def __init__(self, alarms: Alarms, limits: ExpiryLimits | None = None) -> None:
        self._alarms = alarms
        self.limits = limits or ExpiryLimits()
        self._bindings: dict[str, dict[str | Flow, Binding]] = {}
        self._by_place: dict[tuple[str, tuple[str, int]], str] = {}
        self.on_expired: Callable[[Binding], None] = lambda binding: None
        self.on_restored: Callable[[Binding, float], None] = lambda binding, now: None

    def bindings(self, username: str) -> list[Binding]:
        """Return the live contacts of an account."""
        return list(self._bindings.get(username, {}).values())

    def binding(self, username: str, key: str | Flow) -> Binding | None:
        """Return the live binding with this key."""
        return self._bindings.get(username, {}).get(key)

    def usernames(self) -> list[str]:
        """Return the accounts that have bindings."""
        return list(self._bindings)

    def username_at(self, peer: Peer) -> str | None:
        """Return the account that registered from exactly this address and port."""
        return self._by_place.get((peer.transport, peer.remote))

    def forget_source(self, peer: Peer) -> list[Binding]:
        """Drop and return what was registered over a connection that is gone (RFC 5626 4.2)."""
        place = peer.transport, peer.remote
        username = self._by_place.get(place)
        if username is None:
            return []
        lost = [each for each in self.bindings(username) if each.direct and _place(each) == place]
        for binding in lost:
            self._remove(binding)
        return lost

    def register(self, username: str, request: IncomingRequest, now: float) -> Changes:
        """Carry out an authenticated REGISTER; it works as a whole or not at all.

        Raises:
            RemoteProtocolError: with 400, 423, 439 or, for a request out of order, 500.
        """
        contacts = request.header_values("contact")
        if contacts == ["*"]:
            if _expires(request.header("expires")) != 0:
                raise RemoteProtocolError("Contact: * needs Expires: 0")
            removed = self.bindings(username)
            self._check_order(removed, request)
            return self._apply(Changes(unbound=removed))
        if "*" in contacts:
            raise RemoteProtocolError("Contact: * stands beside other contacts")
        known = self._bindings.get(username, {})
        changes = Changes()
        path = tuple(request.header_values("path"))
        direct = not path and len(request.vias) == 1
        for address in request.contacts:
            uri = address.uri.text
            flow = _flow(address, request, path)
            before = known.get(flow or uri)
            if before is not None:
                self._check_order([before], request)
            seconds = self._seconds(address, request)
            if seconds == 0:
                if before is not None:
                    changes.unbound.append(before)
                continue
            binding = Binding(
                username,
                uri,
                _way_along(path, uri, request.peer),
                request.peer,
                now + seconds,
                address.parameters.get("q") or "",
                request.call_id,
                request.cseq_number,
                path,
                flow,
                direct,
                now if before is None else before.since,
                request.header("user-agent") or "",
                Reach() if before is None else before.reach,
            )
            changes.bound.append((binding, before is not None))
        new = sum(1 for _, refreshed in changes.bound if not refreshed)
        if len(known) - len(changes.unbound) + new > MAX_CONTACTS:
            raise RemoteProtocolError(f"more than {MAX_CONTACTS} contacts", 403)
        return self._apply(changes)

    def drop(self, binding: Binding) -> None:
        """Take a binding away whose headset is gone."""
        self._remove(binding)

    def restore(self, binding: Binding, now: float) -> None:
        """Take in a binding of before a restart."""
        self._apply(Changes(bound=[(binding, False)]))
        self.on_restored(binding, now)

    def contact_headers(self, username: str, now: float) -> list[tuple[str, str]]:
        """Return the Contact headers that list all bindings (RFC 3261 10.3 step 8)."""
        return [
            (
                "Contact",
                f"<{binding.contact}>;expires={max(1, round(binding.expires_at - now))}"
                + (f";q={binding.q}" if binding.q else "")
                + _flow_parameters(binding.flow),
            )
            for binding in self.bindings(username)
        ]

    def _seconds(self, address: Address, request: IncomingRequest) -> int:
        told = _expires(address.parameters.get("expires"))
        if told is None:
            told = _expires(request.header("expires"))
        if told is None:
            return self.limits.default
        if 0 < told < self.limits.minimum:
            raise RemoteProtocolError(
                f"a registration of {told} s is shorter than {self.limits.minimum} s", 423
            )
        return min(told, self.limits.maximum)

    def _check_order(self, bindings: list[Binding], request: IncomingRequest) -> None:
        """RFC 3261 10.3 step 7: within one Call-ID a lower CSeq is late and aborts."""
        for binding in bindings:
            if binding.call_id == request.call_id and request.cseq_number <= binding.cseq:
                raise RemoteProtocolError("this REGISTER comes after a later one", 500)

    def _apply(self, changes: Changes) -> Changes:
        for binding in changes.unbound:
            self._remove(binding)
        for binding, _ in changes.bound:
            before = self._bindings.get(binding.username, {}).get(binding.key)
            if before is not None:
                self._remove(before)
            self._bindings.setdefault(binding.username, {})[binding.key] = binding
            if binding.direct:
                self._by_place[_place(binding)] = binding.username
            expire = partial(self._expire, binding)
            binding.alarm = self._alarms.schedule(binding.expires_at, expire)
        return changes

    def _remove(self, binding: Binding) -> None:
        of_account = self._bindings.get(binding.username, {})
        if of_account.get(binding.key) is binding:
            del of_account[binding.key]
        if not of_account:
            self._bindings.pop(binding.username, None)
        if binding.alarm is not None:
            binding.alarm.cancel()
            binding.alarm = None  # which knows the binding: the circle would outlive both
        place = _place(binding)
        if binding.direct and not any(
            each.direct and _place(each) == place for each in of_account.values()
        ):
            self._by_place.pop(place, None)

    def _expire(self, binding: Binding, _now: float) -> None:
        self._remove(binding)
        self.on_expired(binding)


def _place(binding: Binding) -> tuple[str, tuple[str, int]]:
    return binding.source.transport, binding.source.remote


def _way_along(path: tuple[str, ...], contact: str, source: Peer) -> Peer:
    """Return where requests for a contact go: to the first proxy, or to the contact."""
    if not path:
        return _way_to(contact, source)
    return peer_of_uri(bare_uri(path[0]), source) or source


def _way_to(contact: str, source: Peer) -> Peer:
    """Return how to reach a contact: at its address, or back the way its REGISTER came.

    A contact that names another host than it comes from stands behind a NAT, and a
    connection is the only way back to who opened it (RFC 5626).
    """
    if source.reliable:
        return source
    named = peer_of_uri(contact, source)
    return source if named is None or named.remote[0] != source.remote[0] else named


def _flow(address: Address, request: IncomingRequest, path: tuple[str, ...]) -> Flow | None:
    """Return which flow a contact is (RFC 5626 6).

    Raises:
        RemoteProtocolError: with 439, the first proxy on the way knows nothing of flows.
    """
    reg_id, instance = address.parameters.get("reg-id"), address.parameters.get("+sip.instance")
    if not reg_id or not instance or "outbound" not in request.supported:
        return None
    known_as = number(reg_id)
    if known_as is None or not 0 < known_as < 2**31:
        raise RemoteProtocolError(f"reg-id is not 1 or more: {reg_id[:20]!r}")
    if len(request.vias) > 1 and not any(_OB.search(proxy) for proxy in path):
        raise RemoteProtocolError("the first proxy does not do outbound", 439)
    return Flow(instance.strip('"'), known_as)


_OB = re.compile(r";ob(?:[;=>]|$)", re.I)


def _flow_parameters(flow: Flow | None) -> str:
    return "" if flow is None else f';+sip.instance="{flow.instance}";reg-id={flow.reg_id}'


def _expires(value: str | None) -> int | None:
    """Return seconds; a malformed value counts as untold (RFC 3261 20.19 says 3600)."""
    seconds = None if value is None else number(value)
    return None if seconds is None else min(seconds, 2**32 - 1)
