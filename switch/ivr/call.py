"""PURE: the call as a flow sees it, and nothing more of telephony than that.

The interpreter awaits these methods; whoever implements them owns time, media, SIP and
the network. What needs the caller raises `CallOver` once the caller has gone, which ends
the flow or leads to its `on_hangup`. What needs no caller (`http`, `lookup`, `tag`,
`send_event`, `deliver_recording`, `breathe`) works after that too and never raises it.
Tests implement it in memory (`tests/support/fake_call.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from switch.collect_end import CollectEnd
from switch.frozen import frozen
from switch.ivr.acts import (
    CollectDigits,
    Collected,
    Delivery,
    HangupCause,
    HttpFailure,
    HttpRequest,
    HttpResult,
    NodeLeft,
    Recorded,
    RecordEnd,
    RecordMessage,
    Scalar,
    TransferEnd,
    TransferRequest,
)
from switch.ivr.prompt import Prompt
from switch.ivr.waiting import (
    Announce,
    CallbackEnd,
    CallbackRequest,
    QueueEnd,
    QueueFigures,
    QueueOutcome,
    QueueRequest,
    RelaxStep,
    Render,
    RingFirst,
)

__all__ = [
    "Announce",
    "Call",
    "CallbackEnd",
    "CallbackRequest",
    "CollectDigits",
    "CollectEnd",
    "Collected",
    "Delivery",
    "Facts",
    "HangupCause",
    "HttpFailure",
    "HttpRequest",
    "HttpResult",
    "NodeLeft",
    "Prompt",
    "QueueEnd",
    "QueueFigures",
    "QueueOutcome",
    "QueueRequest",
    "RecordEnd",
    "RecordMessage",
    "Recorded",
    "RelaxStep",
    "Render",
    "RingFirst",
    "Scalar",
    "TransferEnd",
    "TransferRequest",
]


@frozen()
class Facts:
    """What is known of the call when the flow starts; `call.*` in expressions."""

    id: str
    caller: str
    """E.164, as received, or empty when withheld; `call.from` in expressions."""
    dialled: str
    trunk: str
    language: str = ""
    """The dialled number's language, for example `mr`; empty: the flow's own. What callers
    choose later is told by `Call.set_language`."""
    withheld: bool = False
    """The caller does not want to be known; `caller` is empty then."""
    diverted_from: str = ""
    """The number that was dialled before somebody diverted the call to us; empty if it was not."""
    verstat: str = "none"
    """The carrier's verdict on the caller's number: `passed`, `failed` or `none` (not judged)."""
    attestation: str = ""
    """How far the caller's carrier vouches for the number: `A`, `B`, `C` or empty."""


class Call(Protocol):
    """What a flow can do with a call."""

    # What is known.

    @property
    def facts(self) -> Facts: ...

    def now(self) -> datetime:
        """Return the wall-clock time, aware, in the site's time zone: `now` in expressions."""
        ...

    def offers_place(self, queue: str, *, asked: bool) -> bool:
        """Return whether the caller has an old place in a queue, and shall be asked about it.

        Args:
            asked: whatever the queue's own settings say; otherwise only where they say so.
        """
        ...

    def queue_figures(self, queue: str) -> QueueFigures:
        """Return how a queue stands now; one that is not there any more is closed."""
        ...

    # What is told, at once and without waiting.

    def enter_node(self, flow: str, node: str, node_type: str) -> None:
        """Note that the flow stepped to this node.

        Each entry has its `leave_node`; the nodes of a sub-flow lie between the two of the
        `call` node that went there.
        """
        ...

    def leave_node(self, left: NodeLeft) -> None:
        """Note what came of the node that was entered last and not yet left."""
        ...

    def set_language(self, language: str) -> None:
        """Note the caller's language, for the record and for whoever talks with the caller."""
        ...

    def set_recorded(self, on: bool) -> None:
        """Keep nothing of the call in a recording from now on, or keep it again."""
        ...

    def set_secret_ahead(self, on: bool) -> None:
        """Begin, or end, a time in which keys may be pressed for a secret that is asked for later.

        Meanwhile recordings have silence instead.
        """
        ...

    def set_sensitive(self, on: bool) -> None:
        """Begin, or end, a time in which the caller keys in secrets.

        Meanwhile recordings have silence instead and keys are in no log, event or record.
        """
        ...

    def tag(self, name: str, value: Scalar) -> None:
        """Write on the call's record. The last value of a name stands."""
        ...

    def send_event(self, name: str, payload: Mapping[str, Scalar]) -> None:
        """Publish `payload` under the call's own topic."""
        ...

    def deliver_recording(self, delivery: Delivery) -> None:
        """Put a message into its box, and mail it where that is asked for. Returns at once."""
        ...

    def prepare(self, prompts: Sequence[Prompt]) -> None:
        """Have prompts made ready that may be heard soon, and may not. Returns at once."""
        ...

    # What takes time.

    def hear_fax(self) -> None:
        """Listen for a fax machine from now on.

        When the caller turns out to be one, whatever waits for the caller raises `FaxHeard`,
        once. Nobody listens any more once the caller talks with somebody.
        """
        ...

    async def breathe(self) -> None:
        """Let other calls run. The interpreter calls it in long stretches of computing."""
        ...

    async def answer(self) -> None:
        """Answer if that has not been done; media can flow afterwards."""
        ...

    async def be_heard(self) -> None:
        """Let the caller hear us and press keys before the answer; answer where that cannot be."""
        ...

    async def play(self, prompts: Sequence[Prompt], *, barge_in: bool) -> None:
        """Play to the end, or until a key is pressed if that may interrupt.

        The interrupting key stays buffered and is read by the next `collect`; with a key
        buffered, prompts that may be interrupted do not begin. Keys during prompts that may
        not be interrupted are thrown away. An empty list returns at once.
        """
        ...

    async def collect(self, prompts: Sequence[Prompt], how: CollectDigits) -> Collected:
        """Play prompts and read keys, buffered ones first."""
        ...

    async def record(self, prompts: Sequence[Prompt], how: RecordMessage) -> Recorded:
        """Play prompts, then take the caller's message.

        A caller who goes during the message has left one (`RecordEnd.HUNG_UP`); one who goes
        during the prompts has not, and `CallOver` is raised.
        """
        ...

    async def queue(self, request: QueueRequest) -> QueueOutcome:
        """Wait for an agent, be connected, and return when the agent's side is gone."""
        ...

    async def request_callback(self, request: CallbackRequest) -> CallbackEnd:
        """Have the caller rung back when an agent is free."""
        ...

    async def transfer(self, request: TransferRequest) -> TransferEnd:
        """Connect with an agent or an outside number; return when the far side is gone."""
        ...

    async def http(self, request: HttpRequest) -> HttpResult:
        """Ask a service and return its answer, or why there is none. Raises nothing."""
        ...

    async def lookup(self, table: str, key: str) -> Mapping[str, Scalar] | None:
        """Return the row of a local table whose key column is `key`; None: there is none.

        Raises:
            FlowRunError: the table cannot be read just now.
        """
        ...

    async def hangup(self, cause: HangupCause) -> None:
        """End the call. Raises `CallOver`."""
        ...
