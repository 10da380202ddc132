"""The call as a flow sees it, over a live one (`ivr.call.Call`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from switch.app.queue_visit import QueueVisit
from switch.calls.digit_reader import DigitReader, ReadEnd
from switch.calls.prompting import play, read_digits
from switch.calls.session import CallSession
from switch.errors import CallOver, FlowRunError
from switch.events import NodeEntered, PromptStarted
from switch.events import NodeLeft as NodeLeftEvent
from switch.ivr.call import (
    CallbackEnd,
    CallbackRequest,
    CollectDigits,
    Collected,
    CollectEnd,
    Delivery,
    Facts,
    HangupCause,
    HttpFailure,
    HttpRequest,
    HttpResult,
    NodeLeft,
    Prompt,
    QueueOutcome,
    QueueRequest,
    Recorded,
    RecordEnd,
    RecordMessage,
    Scalar,
    TransferEnd,
    TransferRequest,
)
from switch.termination import Reason, Result, Termination

_COLLECT_END = {
    ReadEnd.COMPLETE: CollectEnd.COMPLETE,
    ReadEnd.TERMINATED: CollectEnd.TERMINATED,
    ReadEnd.NO_INPUT: CollectEnd.NO_INPUT,
    ReadEnd.STOPPED_HALF_WAY: CollectEnd.STOPPED_HALF_WAY,
}

_HANGUP_STATUS = {
    HangupCause.NORMAL: 480,
    HangupCause.BUSY: 486,
    HangupCause.REJECTED: 603,
    HangupCause.UNAVAILABLE: 480,
}
"""What an unanswered caller is told; an answered one gets a BYE."""


class IvrCall:
    """Implements `ivr.call.Call` with the caller's leg, the router and the headsets."""

    def __init__(
        self,
        session: CallSession,
        facts: Facts,
        sound: Callable[[Prompt], str],
        visit: Callable[[CallSession, QueueRequest], QueueVisit],
    ) -> None:
        self._session = session
        self._facts = facts
        self._sound = sound
        self._visit = visit
        self._node = ""
        self._entered: list[float] = []
        """When the nodes were entered that are not left yet: sub-flows lie within their node."""

    @property
    def facts(self) -> Facts:
        return self._facts

    def enter_node(self, flow: str, node: str, node_type: str) -> None:
        self._node = node
        self._entered.append(self._session.services.endpoint.now())
        self._session.publish(NodeEntered, flow=flow, node=node, node_type=node_type)

    def now(self) -> datetime:
        return self._session.services.utc().astimezone()

    def leave_node(self, left: NodeLeft) -> None:
        entered = self._entered.pop()
        self._session.publish(
            NodeLeftEvent,
            flow=left.flow,
            node=left.node,
            node_type=left.node_type,
            exit=left.exit,
            seconds=round(self._session.services.endpoint.now() - entered, 3),
            no_input=left.no_input,
            no_match=left.no_match,
            incomplete=left.incomplete,
        )

    def set_language(self, language: str) -> None:
        self._session.log.info("language", language=language)

    def set_sensitive(self, on: bool) -> None:
        self._session.log.info("sensitive", on=on)

    def tag(self, name: str, value: Scalar) -> None:
        self._session.log.info("tag", name=name, value=value)

    def send_event(self, name: str, payload: Mapping[str, Scalar]) -> None:
        self._session.log.info("flow_event", name=name, payload=dict(payload))

    def deliver_recording(self, delivery: Delivery) -> None:
        self._session.log.info("message", box=delivery.box, path=delivery.path)

    async def breathe(self) -> None:
        await asyncio.sleep(0)

    async def answer(self) -> None:
        self._still_there()
        self._session.answer()

    async def play(self, prompts: Sequence[Prompt], *, barge_in: bool) -> None:
        self._still_there()
        await play(self._session, self._start(prompts, barge_in), barge_in=barge_in)

    async def collect(self, prompts: Sequence[Prompt], how: CollectDigits) -> Collected:
        self._still_there()
        reader = DigitReader(
            how.max_digits,
            how.terminators,
            how.first_digit_timeout_seconds,
            how.inter_digit_timeout_seconds,
        )
        files = self._start(prompts, how.barge_in)
        await read_digits(self._session, files, reader, barge_in=how.barge_in)
        assert reader.end is not None
        return Collected(reader.digits, _COLLECT_END[reader.end])

    async def queue(self, request: QueueRequest) -> QueueOutcome:
        self._still_there()
        self._session.keys.clear()
        return await self._visit(self._session, request).run()

    async def record(self, prompts: Sequence[Prompt], how: RecordMessage) -> Recorded:
        self._still_there()
        self._session.log.warning("not_available", what="record")
        return Recorded(RecordEnd.FAILED)

    async def request_callback(self, request: CallbackRequest) -> CallbackEnd:
        self._still_there()
        self._session.log.warning("not_available", what="callback")
        return CallbackEnd.FAILED

    async def transfer(self, request: TransferRequest) -> TransferEnd:
        self._still_there()
        self._session.log.warning("not_available", what="transfer")
        return TransferEnd.FAILED

    async def http(self, request: HttpRequest) -> HttpResult:
        self._session.log.warning("not_available", what="http")
        return HttpResult(failure=HttpFailure.REFUSED)

    async def lookup(self, table: str, key: str) -> Mapping[str, Scalar] | None:
        raise FlowRunError(f"the table `{table}` cannot be read: this site has none")

    async def hangup(self, cause: HangupCause) -> None:
        reason = Reason.AGENT_HUNG_UP if self._session.talked else Reason.FLOW_ENDED
        self._session.end(Termination(Result.COMPLETED, reason, self._status(cause)))
        raise CallOver("the flow hung up")

    def _status(self, cause: HangupCause) -> int:
        return 0 if self._session.inbound.negotiated is not None else _HANGUP_STATUS[cause]

    def _start(self, prompts: Sequence[Prompt], barge_in: bool) -> list[str]:
        """Return the files to play, and tell what the caller begins to hear."""
        if not (barge_in and self._session.keys):
            for prompt in prompts:
                self._session.publish(PromptStarted, node=self._node, prompt=prompt.title)
        return [self._sound(prompt) for prompt in prompts]

    def _still_there(self) -> None:
        if self._session.mailbox.closed:
            raise CallOver("the call is over")
