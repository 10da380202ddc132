"""The INVITE server transaction: RFC 3261 17.2.1 and figure 7, with RFC 6026 8.5.

A 2xx is retransmitted by the session, which knows when its ACK came (13.3.1.4): it calls
`send_success_again`.
"""

from __future__ import annotations

from typing import ClassVar

from switch.sip.incoming import IncomingRequest
from switch.sip.server_transaction import ServerTransaction
from switch.sip.timers import Timer
from switch.sip.transaction import Input, State, Surroundings, Table
from switch.sip.transaction_key import ServerKey


class InviteServerTransaction(ServerTransaction):
    """An INVITE that came."""

    __slots__ = ("_interval",)

    def __init__(self, layer: Surroundings, request: IncomingRequest, key: ServerKey) -> None:
        super().__init__(layer, request, key, State.PROCEEDING)
        self._interval = layer.timers.t1_seconds

    @property
    def is_invite(self) -> bool:
        return True

    def start(self, now: float) -> None:
        """Say 100 when nothing else has been said in 200 ms (RFC 3261 17.2.1).

        Most calls are answered at once, and an INVITE is not repeated before 500 ms.
        """
        self._start(Timer.TRYING, now)

    def send_success_again(self) -> None:
        """Send the 2xx once more, for as long as the transaction is ACCEPTED."""
        if self.state is State.ACCEPTED and self._last_response is not None:
            self._layer.send_again(self._last_response, self._peer)

    def send_provisional_again(self) -> None:
        """Send the provisional response once more (RFC 3262 3)."""
        if self.state is State.PROCEEDING:
            self._send_again(None, 0.0)

    # Actions.

    def _try(self, _: object, now: float) -> None:
        self.respond(100, now)

    def _inform(self, data: bytes, now: float) -> None:
        self._stop(Timer.TRYING)
        self._send(data, now)

    def _repeat(self, _: object, now: float) -> None:
        if self._last_response is None:
            self.respond(100, now)
        else:
            self._send_again(None, now)

    def _accept(self, data: bytes, now: float) -> None:
        self._inform(data, now)
        self._start(Timer.L, now)

    def _refuse(self, data: bytes, now: float) -> None:
        self._inform(data, now)
        self._start(Timer.H, now)
        if not self._reliable:
            self._start(Timer.G, now)

    def _refuse_again(self, _: object, now: float) -> None:
        self._send_again(None, now)
        self._interval = min(2 * self._interval, self._layer.timers.t2_seconds)
        self._again(Timer.G, now, self._interval)

    def _acknowledged(self, _: object, now: float) -> None:
        self._stop_all()
        self._start(Timer.I, now)

    def _pass_ack_up(self, ack: IncomingRequest, now: float) -> None:
        """An ACK for a 2xx that wrongly repeats the INVITE's branch is good all the same."""
        self._layer.user.ack_received(ack, now)

    def _unacknowledged(self, _: object, now: float) -> None:
        self._layer.user.server_transaction_failed(self, "no_ack", now)

    TABLE: ClassVar[Table] = {
        (State.PROCEEDING, Timer.TRYING): (State.PROCEEDING, _try),
        (State.PROCEEDING, Input.REQUEST): (State.PROCEEDING, _repeat),
        (State.PROCEEDING, Input.PROVISIONAL): (State.PROCEEDING, _inform),
        (State.PROCEEDING, Input.SUCCESS): (State.ACCEPTED, _accept),
        (State.PROCEEDING, Input.FAILURE): (State.COMPLETED, _refuse),
        # RFC 6026 8.5: a retransmitted INVITE is absorbed; the 2xx has its own timer.
        (State.ACCEPTED, Input.REQUEST): (State.ACCEPTED, None),
        (State.ACCEPTED, Input.ACK): (State.ACCEPTED, _pass_ack_up),
        (State.ACCEPTED, Timer.L): (State.TERMINATED, None),
        (State.COMPLETED, Input.REQUEST): (State.COMPLETED, ServerTransaction._send_again),
        (State.COMPLETED, Timer.G): (State.COMPLETED, _refuse_again),
        (State.COMPLETED, Timer.H): (State.TERMINATED, _unacknowledged),
        (State.COMPLETED, Input.ACK): (State.CONFIRMED, _acknowledged),
        (State.CONFIRMED, Input.ACK): (State.CONFIRMED, None),
        (State.CONFIRMED, Timer.I): (State.TERMINATED, None),
    }
