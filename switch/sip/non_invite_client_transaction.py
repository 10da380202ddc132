"""The non-INVITE client transaction: RFC 3261 17.1.2 and figure 6."""

from __future__ import annotations

from typing import ClassVar

from switch.sip.client_transaction import ClientTransaction
from switch.sip.incoming import IncomingResponse
from switch.sip.requests import OutgoingRequest
from switch.sip.timers import Timer
from switch.sip.transaction import Input, State, Surroundings, Table


class NonInviteClientTransaction(ClientTransaction):
    """A BYE, CANCEL, OPTIONS, INFO ... that we sent."""

    __slots__ = ("_interval",)

    def __init__(
        self, layer: Surroundings, request: OutgoingRequest, sent_by: str, branch: str = ""
    ) -> None:
        super().__init__(layer, request, sent_by, State.TRYING, branch)
        self._interval = layer.timers.t1_seconds

    def start(self, now: float) -> None:
        """Send the request."""
        self._start(Timer.F, now)
        if not self._reliable:
            self._start(Timer.E, now)
        self._send_first()

    # Actions.

    def _retransmit_trying(self, _: object, now: float) -> None:
        self._layer.send_again(self._data, self.request.peer)
        self._interval = min(2 * self._interval, self._layer.timers.t2_seconds)
        self._again(Timer.E, now, self._interval)

    def _retransmit_proceeding(self, _: object, now: float) -> None:
        self._layer.send_again(self._data, self.request.peer)
        self._again(Timer.E, now, self._layer.timers.t2_seconds)

    def _final(self, response: IncomingResponse, now: float) -> None:
        self._stop_all()
        self._pass_up(response, now)
        self._start(Timer.K, now)

    TABLE: ClassVar[Table] = {
        (State.TRYING, Timer.E): (State.TRYING, _retransmit_trying),
        (State.TRYING, Timer.F): (State.TERMINATED, ClientTransaction._timed_out),
        (State.TRYING, Input.TRANSPORT_ERROR): (
            State.TERMINATED,
            ClientTransaction._unreachable,
        ),
        (State.TRYING, Input.PROVISIONAL): (State.PROCEEDING, ClientTransaction._pass_up),
        (State.TRYING, Input.SUCCESS): (State.COMPLETED, _final),
        (State.TRYING, Input.FAILURE): (State.COMPLETED, _final),
        (State.PROCEEDING, Timer.E): (State.PROCEEDING, _retransmit_proceeding),
        (State.PROCEEDING, Timer.F): (State.TERMINATED, ClientTransaction._timed_out),
        (State.PROCEEDING, Input.TRANSPORT_ERROR): (
            State.TERMINATED,
            ClientTransaction._unreachable,
        ),
        (State.PROCEEDING, Input.PROVISIONAL): (State.PROCEEDING, ClientTransaction._pass_up),
        (State.PROCEEDING, Input.SUCCESS): (State.COMPLETED, _final),
        (State.PROCEEDING, Input.FAILURE): (State.COMPLETED, _final),
        (State.COMPLETED, Timer.K): (State.TERMINATED, None),
    }
