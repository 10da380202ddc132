"""Whether registered headsets answer: OPTIONS to each binding now and then (RFC 3261 11).

A registration only tells that a headset was there minutes ago. Any answer counts, also a
refusal; the time that it took is the round trip. Each binding is asked on its own, some
seconds after it was made, so that headsets are asked as spread as they came.
"""

from __future__ import annotations

from collections.abc import Callable
from zlib import crc32

from switch.frozen import frozen
from switch.ids import Ids
from switch.sip.capabilities import SDP
from switch.sip.events import HeadsetAnswers, HeadsetSilent, SipEvent
from switch.sip.incoming import IncomingResponse
from switch.sip.own_address import OwnAddresses
from switch.sip.registrar import Binding, Registrar
from switch.sip.requests import MAX_FORWARDS, OutgoingRequest
from switch.sip.session_host import Outcome
from switch.sip.transaction_table import TransactionLayer

_FIRST_SECONDS = 2.0
_AGAIN_SECONDS = 5.0
"""After a question that was not answered: until the next."""


@frozen()
class QualifySettings:
    """How headsets are asked."""

    interval_seconds: float | None = None
    """None: never."""
    failures: int = 2
    """Unanswered questions in a row that make a headset silent."""
    unregister: bool = False
    """Drop the binding of a headset that answered before and is silent now."""


class Qualifier:
    """Asks the headset of each binding, again and again, as long as the binding lives."""

    def __init__(
        self,
        layer: TransactionLayer,
        registrar: Registrar,
        addresses: OwnAddresses,
        ids: Ids,
        report: Callable[[SipEvent], None],
        drop: Callable[[Binding], None],
        settings: QualifySettings,
    ) -> None:
        """Prepare.

        Args:
            drop: takes a binding away whose headset is silent.
        """
        self._layer = layer
        self._registrar = registrar
        self._addresses = addresses
        self._ids = ids
        self._report = report
        self._drop = drop
        self._settings = settings

    def watch(self, binding: Binding, now: float) -> None:
        """Ask this binding's headset from now on, unless that is done already."""
        if self._settings.interval_seconds is not None and not binding.reach.watched:
            binding.reach.watched = True
            self._ask_later(binding, now + _FIRST_SECONDS)

    def watch_restored(self, binding: Binding, now: float) -> None:
        """Ask it from some time within the interval on: many come at once after a restart."""
        if self._settings.interval_seconds is not None:
            binding.reach.watched = True
            share = crc32(binding.contact.encode()) % 1000 / 1000
            self._ask_later(binding, now + self._settings.interval_seconds * share)

    def _ask_later(self, binding: Binding, at: float) -> None:
        username, key = binding.username, binding.key

        def ask(now: float) -> None:
            current = self._registrar.binding(username, key)
            if current is not None:
                self._ask(current, now)

        self._layer.alarms.schedule(at, ask)

    def _ask(self, binding: Binding, now: float) -> None:
        contact = self._addresses.contact(binding.peer)
        request = OutgoingRequest(
            "OPTIONS",
            binding.contact,
            binding.peer,
            [
                MAX_FORWARDS,
                *(("Route", proxy) for proxy in binding.path),
                ("From", f"{contact};tag={self._ids.tag()}"),
                ("To", f"<{binding.contact}>"),
                ("Call-ID", self._ids.sip_call_id()),
                ("CSeq", "1 OPTIONS"),
                ("Contact", contact),
                ("Accept", SDP),
            ],
        )

        def on_response(response: IncomingResponse, at: float) -> None:
            if response.code >= 200:
                self._answered(binding, response, now, at)

        def on_failure(_why: str, at: float) -> None:
            self._missed(binding, at)

        self._layer.send_request(request, now, Outcome(on_response, on_failure))

    def _answered(
        self, asked: Binding, response: IncomingResponse, asked_at: float, now: float
    ) -> None:
        binding = self._registrar.binding(asked.username, asked.key)
        if binding is None:
            return
        reach = binding.reach
        reach.round_trip_seconds = now - asked_at
        reach.answered_at = now
        reach.missed = 0
        if response.body and response.content_type == SDP:
            reach.description = response.body
        if reach.silent:
            reach.silent = False
            self._report(HeadsetAnswers(binding.username, binding.contact))
        assert self._settings.interval_seconds is not None
        self._ask_later(binding, asked_at + self._settings.interval_seconds)

    def _missed(self, asked: Binding, now: float) -> None:
        binding = self._registrar.binding(asked.username, asked.key)
        if binding is None:
            return
        reach = binding.reach
        reach.missed += 1
        if reach.missed >= self._settings.failures and not reach.silent:
            reach.silent = True
            # Who never answered may be one that takes no OPTIONS, and rings all the same.
            answered_before = reach.answered_at is not None
            self._report(HeadsetSilent(binding.username, binding.contact, answered_before))
            if self._settings.unregister and answered_before:
                self._drop(binding)
                return
        assert self._settings.interval_seconds is not None
        pause = min(_AGAIN_SECONDS, self._settings.interval_seconds)
        self._ask_later(binding, now + pause)
