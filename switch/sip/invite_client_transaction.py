"""The INVITE client transaction: RFC 3261 17.1.1 and figure 5, with RFC 6026 8.4."""

from __future__ import annotations

from typing import ClassVar

from switch.sip.client_transaction import ClientTransaction
from switch.sip.incoming import IncomingResponse
from switch.sip.requests import OutgoingRequest, build_ack_of_failure, build_cancel
from switch.sip.timers import Timer
from switch.sip.transaction import Input, State, Surroundings, Table


class InviteClientTransaction(ClientTransaction):
    """An INVITE we sent. It acknowledges failures itself and passes every 2xx up."""

    __slots__ = ("_ack", "_cancel_reason", "_interval")

    def __init__(self, layer: Surroundings, request: OutgoingRequest, sent_by: str) -> None:
        super().__init__(layer, request, sent_by, State.CALLING)
        self._interval = layer.timers.t1_seconds
        self._ack: bytes | None = None
        self._cancel_reason: str | None = None
        """Set when the INVITE is to be cancelled, or has been."""

    def start(self, now: float) -> None:
        """Send the request."""
        self._start(Timer.B, now)
        if not self._reliable:
            self._start(Timer.A, now)
        self._send_first()

    def cancel(self, now: float, reason: str = "") -> None:
        """Ask the peer to stop: CANCEL now, or once a provisional response came.

        RFC 3261 9.1: "If no provisional response has been received, the CANCEL request
        MUST NOT be sent". After a final response there is nothing to cancel.
        """
        if self._cancel_reason is not None:
            return
        self._cancel_reason = reason
        if self.state is State.PROCEEDING:
            self._send_cancel(now)

    # Actions.

    def _retransmit(self, _: object, now: float) -> None:
        self._layer.send_again(self._data, self.request.peer)
        self._interval *= 2
        self._again(Timer.A, now, self._interval)

    def _first_provisional(self, response: IncomingResponse, now: float) -> None:
        self._stop(Timer.A, Timer.B)
        if self._cancel_reason is not None:
            self._send_cancel(now)
        self._pass_up(response, now)

    def _success(self, response: IncomingResponse, now: float) -> None:
        self._stop_all()
        self._start(Timer.M, now)
        self._pass_up(response, now)

    def _failure(self, response: IncomingResponse, now: float) -> None:
        self._stop_all()
        ack = build_ack_of_failure(self.request, response)
        self._ack = ack.encode(self.branch, self.sent_by)
        self._layer.count_out("ACK")
        self._layer.send(self._ack, self.request.peer)
        self._pass_up(response, now)
        self._start(Timer.D, now)

    def _acknowledge_again(self, _: object, now: float) -> None:
        if self._ack is not None:
            self._layer.send_again(self._ack, self.request.peer)

    def _send_cancel(self, now: float) -> None:
        """Send CANCEL on the branch of the INVITE, in a transaction of its own."""
        cancel = build_cancel(self.request, self._cancel_reason or "")
        self._layer.send_cancel(cancel, self.branch, now)
        # RFC 3261 9.1: without a final response "in 64*T1 seconds ... the client SHOULD
        # then consider the original transaction cancelled". Timer B is free by now.
        self._stop(Timer.B)
        wait = self._layer.timers.wait_seconds(Timer.B, reliable=self._reliable)
        self._alarms[Timer.B] = self._layer.alarms.schedule(now + wait, self._give_up)

    def _give_up(self, now: float) -> None:
        self.handle(Input.GIVE_UP, None, now)

    TABLE: ClassVar[Table] = {
        (State.CALLING, Timer.A): (State.CALLING, _retransmit),
        (State.CALLING, Timer.B): (State.TERMINATED, ClientTransaction._timed_out),
        (State.CALLING, Input.TRANSPORT_ERROR): (
            State.TERMINATED,
            ClientTransaction._unreachable,
        ),
        (State.CALLING, Input.PROVISIONAL): (State.PROCEEDING, _first_provisional),
        (State.CALLING, Input.SUCCESS): (State.ACCEPTED, _success),
        (State.CALLING, Input.FAILURE): (State.COMPLETED, _failure),
        (State.PROCEEDING, Input.PROVISIONAL): (State.PROCEEDING, ClientTransaction._pass_up),
        (State.PROCEEDING, Input.SUCCESS): (State.ACCEPTED, _success),
        (State.PROCEEDING, Input.FAILURE): (State.COMPLETED, _failure),
        (State.PROCEEDING, Input.GIVE_UP): (State.TERMINATED, ClientTransaction._timed_out),
        (State.ACCEPTED, Input.SUCCESS): (State.ACCEPTED, ClientTransaction._pass_up),
        (State.ACCEPTED, Timer.M): (State.TERMINATED, None),
        (State.COMPLETED, Input.FAILURE): (State.COMPLETED, _acknowledge_again),
        (State.COMPLETED, Input.TRANSPORT_ERROR): (State.TERMINATED, None),
        (State.COMPLETED, Timer.D): (State.TERMINATED, None),
    }
