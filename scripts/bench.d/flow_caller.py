"""The least that a flow can be run against: who is asked answers at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from switch.errors import CallOver
from switch.ivr.call import (
    CallbackEnd,
    CallbackRequest,
    CollectDigits,
    Collected,
    CollectEnd,
    Delivery,
    Facts,
    HangupCause,
    HttpRequest,
    HttpResult,
    NodeLeft,
    Prompt,
    QueueEnd,
    QueueOutcome,
    QueueRequest,
    Recorded,
    RecordEnd,
    RecordMessage,
    Scalar,
    TransferEnd,
    TransferRequest,
)

_FACTS = Facts("call-1", "+12125550123", "+18005550100", "carrier")


class Caller:
    """Presses 1, then 412345, and waits in queues; counts the nodes."""

    def __init__(self) -> None:
        self.steps = 0

    @property
    def facts(self) -> Facts:
        return _FACTS

    def now(self) -> datetime:
        return datetime(2026, 10, 12, 12, tzinfo=UTC)

    def enter_node(self, flow: str, node: str, node_type: str) -> None:
        self.steps += 1

    def leave_node(self, left: NodeLeft) -> None:
        pass

    def set_language(self, language: str) -> None:
        pass

    def set_sensitive(self, on: bool) -> None:
        pass

    def tag(self, name: str, value: Scalar) -> None:
        pass

    def send_event(self, name: str, payload: Mapping[str, Scalar]) -> None:
        pass

    def deliver_recording(self, delivery: Delivery) -> None:
        pass

    async def breathe(self) -> None:
        pass

    async def answer(self) -> None:
        pass

    async def play(self, prompts: Sequence[Prompt], *, barge_in: bool) -> None:
        pass

    async def collect(self, prompts: Sequence[Prompt], how: CollectDigits) -> Collected:
        return Collected(
            "412345"[: how.max_digits] if how.max_digits > 1 else "1", CollectEnd.COMPLETE
        )

    async def record(self, prompts: Sequence[Prompt], how: RecordMessage) -> Recorded:
        return Recorded(RecordEnd.SILENCE, "/message.wav", 5.0)

    async def queue(self, request: QueueRequest) -> QueueOutcome:
        return QueueOutcome(QueueEnd.CONNECTED, "asha")

    async def request_callback(self, request: CallbackRequest) -> CallbackEnd:
        return CallbackEnd.ACCEPTED

    async def transfer(self, request: TransferRequest) -> TransferEnd:
        return TransferEnd.CONNECTED

    async def http(self, request: HttpRequest) -> HttpResult:
        return HttpResult(200, {"days": 3})

    async def lookup(self, table: str, key: str) -> Mapping[str, Scalar] | None:
        return {"status": "packed"}

    async def hangup(self, cause: HangupCause) -> None:
        raise CallOver("the flow hung up")
