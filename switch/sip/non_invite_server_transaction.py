"""The non-INVITE server transaction: RFC 3261 17.2.2 and figure 8."""

from __future__ import annotations

from typing import ClassVar

from switch.sip.incoming import IncomingRequest
from switch.sip.server_transaction import ServerTransaction
from switch.sip.timers import Timer
from switch.sip.transaction import Input, State, Surroundings, Table
from switch.sip.transaction_key import ServerKey


class NonInviteServerTransaction(ServerTransaction):
    """A BYE, CANCEL, REGISTER, OPTIONS, INFO ... that came."""

    __slots__ = ()

    def __init__(self, layer: Surroundings, request: IncomingRequest, key: ServerKey) -> None:
        super().__init__(layer, request, key, State.TRYING)

    # Actions.

    def _finish(self, data: bytes, now: float) -> None:
        self._send(data, now)
        self._start(Timer.J, now)

    TABLE: ClassVar[Table] = {
        (State.TRYING, Input.REQUEST): (State.TRYING, None),
        (State.TRYING, Input.PROVISIONAL): (State.PROCEEDING, ServerTransaction._send),
        (State.TRYING, Input.SUCCESS): (State.COMPLETED, _finish),
        (State.TRYING, Input.FAILURE): (State.COMPLETED, _finish),
        (State.PROCEEDING, Input.REQUEST): (State.PROCEEDING, ServerTransaction._send_again),
        (State.PROCEEDING, Input.PROVISIONAL): (State.PROCEEDING, ServerTransaction._send),
        (State.PROCEEDING, Input.SUCCESS): (State.COMPLETED, _finish),
        (State.PROCEEDING, Input.FAILURE): (State.COMPLETED, _finish),
        (State.COMPLETED, Input.REQUEST): (State.COMPLETED, ServerTransaction._send_again),
        (State.COMPLETED, Timer.J): (State.TERMINATED, None),
    }
