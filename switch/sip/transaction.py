"""What the four transaction state machines share: a table, a state, timers.

Rule 1: everything that changes a transaction's state stands in its `TABLE`, which maps
(state, input) to (next state, action). An input that the table does not know in a state
is ignored, as the figures of RFC 3261 ignore it.
Rule 2: the state is changed before the action runs.
Rule 3: reaching TERMINATED drops the transaction; nothing happens to it afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from functools import partial
from typing import Any, ClassVar, Protocol

from switch.ids import Ids
from switch.sip.incoming import IncomingRequest, IncomingResponse
from switch.sip.peer import Peer
from switch.sip.reply import Reply
from switch.sip.requests import OutgoingRequest
from switch.sip.timers import Alarm, Alarms, Timer, TimerSettings


class State(Enum):
    """As drawn in RFC 3261 figures 5 to 8 and RFC 6026."""

    CALLING = "calling"
    TRYING = "trying"
    PROCEEDING = "proceeding"
    ACCEPTED = "accepted"
    COMPLETED = "completed"
    CONFIRMED = "confirmed"
    TERMINATED = "terminated"

    __hash__ = object.__hash__  # Enum's own is Python code, and tables are read all the time


class Input(Enum):
    """What happens to a transaction, besides its timers."""

    REQUEST = "the request came again"
    ACK = "an ACK came"
    PROVISIONAL = "a response of 101 to 199, or 100"
    SUCCESS = "a response of 200 to 299"
    FAILURE = "a response of 300 to 699"
    TRANSPORT_ERROR = "the transport cannot reach the peer"
    GIVE_UP = "no final response came after CANCEL"

    __hash__ = object.__hash__


Action = Callable[[Any, Any, float], None]
"""Method of the transaction; gets what came with the input, and `now`."""

Table = Mapping[tuple[State, Input | Timer], tuple[State, Action | None]]


class TransactionUser(Protocol):
    """Who stands above the transactions (RFC 3261 5: the transaction user)."""

    def screen(self, request: IncomingRequest, now: float) -> Reply | None:
        """Return how to answer a new request without a transaction; None to go on.

        Raises:
            RemoteProtocolError: it cannot be read.
        """
        ...

    def blame(self, peer: Peer, why: str) -> str | None:
        """Return what to tell the sender of a malformed request; None to say nothing."""
        ...

    def request_received(self, transaction: Any, now: float) -> None:
        """A new, well-formed request other than ACK and CANCEL came."""
        ...

    def ack_received(self, request: IncomingRequest, now: float) -> None:
        """An ACK came that belongs to a 2xx, or to nothing."""
        ...

    def cancel_received(self, transaction: Any, request: IncomingRequest, now: float) -> None:
        """A CANCEL came for this INVITE; it has been answered with 200."""
        ...

    def response_received(self, transaction: Any, response: IncomingResponse, now: float) -> None:
        """A response came; of those to an INVITE, each 2xx but each other final once."""
        ...

    def transaction_failed(self, transaction: Any, why: str, now: float) -> None:
        """A client transaction ended without response; `why`: `timeout` or `transport`."""
        ...

    def server_transaction_failed(self, transaction: Any, why: str, now: float) -> None:
        """No ACK came for our final response; `why`: `no_ack`."""
        ...


class Surroundings(Protocol):
    """What a transaction needs of the table that holds it."""

    ids: Ids
    user: TransactionUser
    alarms: Alarms
    timers: TimerSettings

    def send(self, data: bytes, peer: Peer) -> None:
        """Send a message for the first time."""
        ...

    def send_again(self, data: bytes, peer: Peer) -> None:
        """Send a message again."""
        ...

    def send_cancel(self, request: OutgoingRequest, branch: str, now: float) -> None:
        """Send a CANCEL on the branch of its INVITE."""
        ...

    def count_out(self, method: str, code: int = 0) -> None:
        """Count a message that is sent for the first time."""
        ...

    def forget(self, transaction: Any) -> None:
        """Drop a terminated transaction."""
        ...


class Transaction:
    """Base of the four. `context` is free for the transaction user."""

    __slots__ = ("_alarms", "_layer", "_reliable", "context", "state")

    TABLE: ClassVar[Table]

    def __init__(self, layer: Surroundings, state: State, *, reliable: bool) -> None:
        self._layer = layer
        self._reliable = reliable
        self._alarms: dict[Timer, Alarm] = {}
        self.state = state
        self.context: Any = None

    def handle(self, input_: Input | Timer, argument: object, now: float) -> None:
        """Make the step that the table says; nothing where it says nothing."""
        step = self.TABLE.get((self.state, input_))
        if step is None:
            return
        self.state, action = step
        if action is not None:
            action(self, argument, now)
        if self.state is State.TERMINATED:
            self._stop_all()
            self._layer.forget(self)

    def _start(self, timer: Timer, now: float) -> None:
        """Start a timer for as long as RFC 3261 table 4 says."""
        seconds = self._layer.timers.wait_seconds(timer, reliable=self._reliable)
        if seconds == 0:
            self.handle(timer, None, now)
            return
        fire = partial(self.handle, timer, None)
        self._alarms[timer] = self._layer.alarms.schedule(now + seconds, fire)

    def _again(self, timer: Timer, now: float, seconds: float) -> None:
        """Let a timer that has just fired run once more."""
        self._layer.alarms.repeat(self._alarms[timer], seconds, now)

    def _stop(self, *timers: Timer) -> None:
        for timer in timers:
            alarm = self._alarms.pop(timer, None)
            if alarm is not None:
                alarm.cancel()

    def _stop_all(self) -> None:
        for alarm in self._alarms.values():
            alarm.cancel()
        self._alarms.clear()
