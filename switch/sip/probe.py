"""Whether a server is there, asked by OPTIONS again and again: RFC 3261 11, RFC 6357."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from switch.frozen import frozen
from switch.sip.authorized import send_authorized
from switch.sip.credentials import DigestClient
from switch.sip.incoming import IncomingResponse
from switch.sip.outside_request import OutsideHost, build_outside
from switch.sip.peer import Peer
from switch.sip.session_host import Outcome
from switch.sip.timers import Alarm

NOT_WELL = (408, 503)
"""Answers that count as none."""


@frozen()
class ProbeResult:
    """What came of one probe."""

    problem: str
    """Empty: it answered."""
    round_trip_seconds: float


class Probe:
    """Asks one server until it is stopped."""

    def __init__(
        self,
        host: OutsideHost,
        uri: str,
        peer: Peer,
        digest: DigestClient | None,
        heard: Callable[[ProbeResult, float], None],
        *,
        interval_seconds: float,
        timeout_seconds: float,
    ) -> None:
        """Prepare.

        Args:
            uri: the Request-URI.
            heard: gets each result, and `now`.
        """
        self._host = host
        self._uri = uri
        self._peer = peer
        self._digest = digest
        self._heard = heard
        self._interval = interval_seconds
        self._timeout = timeout_seconds
        self._alarm: Alarm | None = None
        self._number = 0
        """Of the probe under way: what comes for an older one is late."""

    def start(self, now: float) -> None:
        """Ask, some time within the first tenth of the interval."""
        self._wait(self._interval * self._host.ids.below(1000) / 10_000, self._ask, now)

    def stop(self) -> None:
        """Ask no more."""
        self._number += 1
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _ask(self, now: float) -> None:
        host = self._host
        self._number += 1
        number = self._number
        contact = host.addresses.contact(self._peer)
        cseq = count(1)
        request = build_outside(
            "OPTIONS",
            self._uri,
            self._peer,
            from_address=f"{contact};tag={host.ids.tag()}",
            to_address=f"<{self._uri}>",
            call_id=host.ids.sip_call_id(),
            cseq=next(cseq),
            headers=(
                ("Contact", contact),
                ("Accept", "application/sdp"),
                ("User-Agent", host.identity[1]),
            ),
        )

        def on_response(response: IncomingResponse, at: float) -> None:
            if response.code >= 200:
                bad = response.code in NOT_WELL
                problem = f"{response.code} {response.phrase}".strip() if bad else ""
                self._settle(number, ProbeResult(problem, at - now), at)

        def on_failure(why: str, at: float) -> None:
            problem = "no answer" if why == "timeout" else "cannot be reached"
            self._settle(number, ProbeResult(problem, at - now), at)

        self._wait(
            self._timeout,
            lambda at: self._settle(number, ProbeResult("no answer", at - now), at),
            now,
        )
        outcome = Outcome(on_response, on_failure)
        if self._digest is None:
            host.layer.send_request(request, now, outcome)
        else:
            send_authorized(host, request, now, outcome, self._digest, lambda: next(cseq))

    def _settle(self, number: int, result: ProbeResult, now: float) -> None:
        if number != self._number:
            return
        self._number += 1
        share = 0.9 + self._host.ids.below(1000) / 5000
        self._wait(max(0.0, self._interval * share - result.round_trip_seconds), self._ask, now)
        self._heard(result, now)

    def _wait(self, seconds: float, fire: Callable[[float], None], now: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._host.layer.alarms.schedule(now + seconds, fire)
