"""The call as a flow sees it, over a live one (`ivr.call.Call`)."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from switch.app.caller_sounds import CallerSounds
from switch.app.flow_services import FlowServices
from switch.app.queue_visit import Place
from switch.app.run_memory import IvrMemory
from switch.app.service_wait import ServiceWait
from switch.calls.digit_reader import DigitReader
from switch.calls.leg import LegState
from switch.calls.prompting import be_heard, play, read_digits, take_message
from switch.calls.session import CallSession
from switch.errors import CallOver
from switch.events import CallTagged, FlowEvent, LanguageChosen, NodeEntered, PromptStarted
from switch.events import NodeLeft as NodeLeftEvent
from switch.ivr.call import (
    CallbackEnd,
    CallbackRequest,
    CollectDigits,
    Collected,
    Delivery,
    Facts,
    HangupCause,
    HttpRequest,
    HttpResult,
    NodeLeft,
    Prompt,
    QueueEnd,
    QueueFigures,
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

_HANGUP_CODES = {
    HangupCause.NORMAL: (480, 0),
    HangupCause.BUSY: (486, 17),
    HangupCause.REJECTED: (603, 21),
    HangupCause.UNAVAILABLE: (480, 18),
}
"""The status that an unanswered caller is told, and the cause (ITU-T Q.850) that an answered one
is told with the BYE; as RFC 3398 8.2.6.1 has them belong together. 0: the usual one."""

_LONGEST_TEXT = 1000
"""Of a tag or in an event: longer texts are cut off."""
_MOST_IN_EVENT = 64
"""Members of an event's payload."""


class IvrCall:
    """Implements `ivr.call.Call` with the caller's leg, the router and the headsets."""

    def __init__(self, session: CallSession, facts: Facts, services: FlowServices) -> None:
        self._session = session
        self._facts = facts
        self._services = services
        self._sounds = CallerSounds(session, services.sounds, services.speech)
        self._node = ""
        self._sensitive = False
        """The flow has said that secrets are keyed in."""
        self._secret_ahead = self._hushed = False
        """A key may belong to a secret asked for later; recordings are silent."""
        self._messages = 0
        self._place: Place | None = None
        """In a queue that the caller left for a callback."""
        self._entered: list[float] = []
        """When the nodes were entered that are not left yet: sub-flows lie within their node."""

    @property
    def facts(self) -> Facts:
        return self._facts

    def remember(self) -> IvrMemory:
        """Return what must survive while the parties talk."""
        services = self._session.services
        shift = services.utc().timestamp() - services.endpoint.now()
        entered = tuple(each + shift for each in self._entered)
        return IvrMemory(
            *(self._facts, entered, self._node, self._messages, self._sensitive),
            unrecorded=self._session.unrecorded,
        )

    def go_on(self, memory: IvrMemory) -> None:
        """Be where another one was."""
        services = self._session.services
        shift = services.endpoint.now() - services.utc().timestamp()
        self._entered = [each + shift for each in memory.entered]
        self._node, self._messages = memory.node, memory.messages
        self._sensitive = self._session.keys.sensitive = memory.sensitive
        self._session.unrecorded = memory.unrecorded
        self._hush()

    def now(self) -> datetime:
        return self._session.services.utc().astimezone(self._services.zone)

    # Told.

    def enter_node(self, flow: str, node: str, node_type: str) -> None:
        self._node = node
        self._session.heard = ""  # the flow goes on: why somebody has gone is past
        self._entered.append(self._session.services.endpoint.now())
        self._session.publish(NodeEntered, flow=flow, node=node, node_type=node_type)

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
            error=left.error,
        )
        if left.error:
            self._session.log.warning(
                "node_failed", flow=left.flow, node=left.node, error=left.error
            )

    def set_language(self, language: str) -> None:
        self._session.publish(LanguageChosen, language=language)

    def set_recorded(self, on: bool) -> None:
        self._session.unrecorded = not on
        self._hush()

    def set_secret_ahead(self, on: bool) -> None:
        self._secret_ahead = on
        self._hush()

    def set_sensitive(self, on: bool) -> None:
        self._sensitive = on
        self._keep_secret(on)

    def tag(self, name: str, value: Scalar) -> None:
        self._session.publish(CallTagged, name=name, value=_short(value))

    def send_event(self, name: str, payload: Mapping[str, Scalar]) -> None:
        told = dict(list(payload.items())[:_MOST_IN_EVENT])
        short = {key: _short(value) for key, value in told.items()}
        self._session.publish(FlowEvent, name=name, payload=short)

    def deliver_recording(self, delivery: Delivery) -> None:
        self._services.voicemail.deliver(self._session, self._facts, delivery)

    def hear_fax(self) -> None:
        if not self._session.talked:
            self._session.inbound.hear_fax(True)

    def prepare(self, prompts: Sequence[Prompt]) -> None:
        self._sounds.prepare(prompts)

    def part(self) -> None:
        """Want nothing more: the flow is over."""
        self._sounds.part()

    async def breathe(self) -> None:
        await self._services.turns.wait()

    # Heard and keyed in.

    async def answer(self) -> None:
        self._still_there()
        self._session.answer()

    async def be_heard(self) -> None:
        self._still_there()
        be_heard(self._session)

    async def play(self, prompts: Sequence[Prompt], *, barge_in: bool) -> None:
        self._still_there()
        await play(self._session, await self._start(prompts, barge_in), barge_in=barge_in)

    async def collect(self, prompts: Sequence[Prompt], how: CollectDigits) -> Collected:
        self._still_there()
        reader = DigitReader(
            how.max_digits,
            how.terminators,
            how.first_digit_timeout_seconds,
            how.inter_digit_timeout_seconds,
            how.terminator_timeout_seconds,
        )
        if how.sensitive:
            self._keep_secret(True)
        try:
            files = await self._start(prompts, how.barge_in)
            await read_digits(self._session, files, reader, barge_in=how.barge_in)
        finally:
            if how.sensitive:
                self._keep_secret(self._sensitive)
        assert reader.end is not None
        return Collected(reader.digits, reader.end)

    async def record(self, prompts: Sequence[Prompt], how: RecordMessage) -> Recorded:
        session = self._session
        await self.play(prompts, barge_in=True)
        session.keys.clear()
        if how.beep:
            await play(session, [self._services.beep], barge_in=False)
        self._messages += 1
        path = self._services.voicemail.new_path(session, self._messages)
        taken, end = await take_message(
            session, path, how.max_seconds, how.silence_seconds, how.terminators
        )
        if taken is None or taken.error:
            why = "the media worker is gone" if taken is None else taken.error
            session.log.error("message_failed", path=path, error=why)
            return Recorded(RecordEnd.FAILED)
        if not taken.path:
            return Recorded(RecordEnd.NOTHING_SAID)
        return Recorded(RecordEnd(end), taken.path, taken.seconds)

    # Connected with others.

    def offers_place(self, queue: str, *, asked: bool) -> bool:
        return self._services.offers_place(self._facts.caller, queue, asked=asked)

    def queue_figures(self, queue: str) -> QueueFigures:
        return self._services.desk.figures(queue)

    async def queue(self, request: QueueRequest) -> QueueOutcome:
        self._still_there()
        self._session.keys.clear()
        place, self._place = self._place, None
        since = place.since if place is not None and place.queue == request.queue else None
        visit = self._services.visit(self._session, request, self._facts, since)
        outcome = await visit.run()
        if outcome.end is QueueEnd.CALLBACK:
            self._place = visit.place
        return outcome

    async def request_callback(self, request: CallbackRequest) -> CallbackEnd:
        self._still_there()
        place, self._place = self._place, None
        queue = request.request.queue
        keeps = request.keep_place and place is not None and place.queue == queue
        since = place.since if keeps and place is not None else None
        if self._session.unrecorded:
            request = replace(request, recorded=False)
        return self._services.request_callback(self._session, self._facts, request, since)

    async def transfer(self, request: TransferRequest) -> TransferEnd:
        self._still_there()
        self._session.keys.clear()
        try:
            return await self._services.transfers.conduct(self._session, self._facts, request)
        finally:
            self._session.keys.clear()  # also those pressed while it rang in vain

    # Asked of others.

    async def http(self, request: HttpRequest) -> HttpResult:
        meanwhile = ServiceWait(self._session, self._services.sounds, request.wait_prompts)
        meanwhile.start()
        try:
            result = await self._services.http(request)
        finally:
            meanwhile.stop()
        if result.failure or result.status >= 500:
            why = result.failure or f"status {result.status}"
            self._session.log.warning("http_failed", node=self._node, why=str(why))
        return result

    async def lookup(self, table: str, key: str) -> Mapping[str, Scalar] | None:
        return await self._services.lookup(table, key)

    async def hangup(self, cause: HangupCause) -> None:
        reason = Reason.AGENT_HUNG_UP if self._session.talked else Reason.FLOW_ENDED
        status, told = _HANGUP_CODES[cause]
        if self._session.inbound.state is LegState.ANSWERED:
            status = 0
        detail = "" if cause is HangupCause.NORMAL else f"the flow hung up as {cause}"
        self._session.end(Termination(Result.COMPLETED, reason, status, detail, told))
        raise CallOver("the flow hung up")

    def _start(self, prompts: Sequence[Prompt], barge_in: bool) -> Awaitable[Sequence[str]]:
        """Return the files to play, once the caller has heard what goes before them."""
        return self._sounds.lead(prompts, barge_in=barge_in, begin=self._tell)

    def _tell(self, prompts: Sequence[Prompt]) -> None:
        for prompt in prompts:
            self._session.publish(PromptStarted, node=self._node, prompt=prompt.title)

    def _keep_secret(self, on: bool) -> None:
        self._session.keys.sensitive = on
        self._hush()

    def _hush(self) -> None:
        session = self._session
        on = self._secret_ahead or session.keys.sensitive or session.unrecorded
        if self._hushed != on:
            self._hushed = on
            session.inbound.silence_recording(on)

    def _still_there(self) -> None:
        if self._session.mailbox.closed:
            raise CallOver("the call is over")


def _short(value: Scalar) -> Scalar:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else value
