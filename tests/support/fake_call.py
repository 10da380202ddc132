"""A caller in memory: a `switch.ivr.call.Call` that acts as told and keeps what it heard."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from switch.errors import CallOver, FaxHeard
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

NOON = datetime(2026, 10, 12, 12, 0, tzinfo=UTC)
"""A Monday."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Press these keys when asked, without waiting for the end of the prompts."""

    keys: str


@dataclass(frozen=True, slots=True)
class Listen:
    """Hear the prompts to their end, then press these keys; none: stay silent."""

    keys: str = ""


@dataclass(frozen=True, slots=True)
class Speak:
    """Leave a message of so many seconds; 0: say nothing."""

    seconds: float
    end: RecordEnd = RecordEnd.SILENCE


@dataclass(frozen=True, slots=True)
class HangUp:
    """Go, when next asked for anything."""


@dataclass(frozen=True, slots=True)
class Fax:
    """Turn out to be a fax machine, when next asked for anything; told once to who listens."""


Act = Keys | Listen | Speak | HangUp | Fax


class FakeCall:
    """Does one act at each question; a caller out of acts says nothing more.

    Args:
        outcomes: what comes of the queues, in turn; then everybody is connected.
        answers: what services answer, in turn; then 200 with an empty object.
        tables: table -> key -> row.
        callbacks: what comes of asking for callbacks, in turn; then they are accepted.
        transfers: what comes of transfers, in turn; then they are connected.
        old_places: queues -> whether they offer by themselves the old place that is there.
        figures: queues -> how they stand; the others are closed.
    """

    def __init__(
        self,
        *acts: Act,
        outcomes: Iterable[QueueOutcome] = (),
        facts: Facts | None = None,
        answers: Iterable[HttpResult] = (),
        tables: Mapping[str, Mapping[str, Mapping[str, Scalar]]] | None = None,
        callbacks: Iterable[CallbackEnd] = (),
        transfers: Iterable[TransferEnd] = (),
        old_places: Mapping[str, bool] | None = None,
        figures: Mapping[str, QueueFigures] | None = None,
        now: Callable[[], datetime] = lambda: NOON,
    ) -> None:
        self._facts = facts or Facts("call-1", "+12125550123", "+18005550100", "carrier")
        self._acts = deque(acts)
        self._outcomes = deque(outcomes)
        self._answers = deque(answers)
        self._tables = tables or {}
        self._callbacks = deque(callbacks)
        self._transfers = deque(transfers)
        self._old_places = old_places or {}
        self._figures = figures or {}
        self.set_to_record: list[bool] = []
        self._typed: deque[str] = deque()
        self._gone = False
        self.now = now
        self.answered = False
        self.heard_early = False
        self.path: list[str] = []
        self.left: list[NodeLeft] = []
        self.heard: list[str] = []
        """Titles of the prompts that began."""
        self.played: list[Prompt] = []
        """The prompts that began."""
        self.asked: list[CollectDigits] = []
        self.recorded: list[RecordMessage] = []
        self.delivered: list[Delivery] = []
        self.queued: list[QueueRequest] = []
        self.called_back: list[CallbackRequest] = []
        self.transferred: list[TransferRequest] = []
        self.requested: list[HttpRequest] = []
        self.languages: list[str] = []
        self.tags: dict[str, Scalar] = {}
        self.events: list[tuple[str, dict[str, Scalar]]] = []
        self.secret_ahead: list[bool] = []
        self.sensitive: list[bool] = []
        """Every change."""
        self.prepared: list[str] = []
        """Texts that were to be made ahead."""
        self.breaths = 0
        self.hears_fax = False
        self.hung_up: HangupCause | None = None

    @property
    def facts(self) -> Facts:
        return self._facts

    def offers_place(self, queue: str, *, asked: bool) -> bool:
        return queue in self._old_places and (asked or self._old_places[queue])

    def queue_figures(self, queue: str) -> QueueFigures:
        return self._figures.get(queue, QueueFigures(is_open=False))

    def set_recorded(self, on: bool) -> None:
        self.set_to_record.append(on)

    def enter_node(self, flow: str, node: str, node_type: str) -> None:
        self.path.append(node)

    def leave_node(self, left: NodeLeft) -> None:
        self.left.append(left)

    def set_language(self, language: str) -> None:
        self.languages.append(language)

    def set_secret_ahead(self, on: bool) -> None:
        self.secret_ahead.append(on)

    def set_sensitive(self, on: bool) -> None:
        self.sensitive.append(on)

    def tag(self, name: str, value: Scalar) -> None:
        self.tags[name] = value

    def send_event(self, name: str, payload: Mapping[str, Scalar]) -> None:
        self.events.append((name, dict(payload)))

    def deliver_recording(self, delivery: Delivery) -> None:
        self.delivered.append(delivery)

    def prepare(self, prompts: Sequence[Prompt]) -> None:
        self.prepared += [prompt.text for prompt in prompts]

    def hear_fax(self) -> None:
        self.hears_fax = True

    async def breathe(self) -> None:
        self.breaths += 1

    async def answer(self) -> None:
        if self._gone:
            raise CallOver("the caller has gone")
        self.answered = True

    async def be_heard(self) -> None:
        if self._gone:
            raise CallOver("the caller has gone")
        self.heard_early = self.heard_early or not self.answered

    async def play(self, prompts: Sequence[Prompt], *, barge_in: bool) -> None:
        self._still_there()
        if not (barge_in and self._impatient()):
            self._hear(prompts)

    async def collect(self, prompts: Sequence[Prompt], how: CollectDigits) -> Collected:
        self._still_there()
        self.asked.append(how)
        if not self._typed:
            act = self._acts.popleft() if self._acts else Listen()
            if isinstance(act, Listen) or not how.barge_in:
                self._hear(prompts)
            self._typed += "" if isinstance(act, Speak | HangUp | Fax) else act.keys
        digits = ""
        while self._typed:
            key = self._typed.popleft()
            if key in how.terminators:
                return Collected(digits, CollectEnd.TERMINATED)
            digits += key
            if len(digits) == how.max_digits:
                return self._complete(digits, how)
        end = CollectEnd.STOPPED_HALF_WAY if digits else CollectEnd.NO_INPUT
        return Collected(digits, end)

    async def record(self, prompts: Sequence[Prompt], how: RecordMessage) -> Recorded:
        self._still_there()
        self._hear(prompts)
        self.recorded.append(how)
        act = self._acts.popleft() if self._acts else Speak(0)
        if not isinstance(act, Speak) or not act.seconds:
            return Recorded(RecordEnd.NOTHING_SAID)
        self._gone = act.end is RecordEnd.HUNG_UP
        if act.seconds >= how.max_seconds:
            return Recorded(RecordEnd.MAX_SECONDS, "/voicemail/1.wav", how.max_seconds)
        return Recorded(act.end, "/voicemail/1.wav", act.seconds)

    async def queue(self, request: QueueRequest) -> QueueOutcome:
        self._still_there()
        self.queued.append(request)
        if self._outcomes:
            return self._outcomes.popleft()
        return QueueOutcome(QueueEnd.CONNECTED, agent="asha")

    async def request_callback(self, request: CallbackRequest) -> CallbackEnd:
        self._still_there()
        self.called_back.append(request)
        return self._callbacks.popleft() if self._callbacks else CallbackEnd.ACCEPTED

    async def transfer(self, request: TransferRequest) -> TransferEnd:
        self._still_there()
        self.transferred.append(request)
        return self._transfers.popleft() if self._transfers else TransferEnd.CONNECTED

    async def http(self, request: HttpRequest) -> HttpResult:
        self.requested.append(request)
        return self._answers.popleft() if self._answers else HttpResult(200, {})

    async def lookup(self, table: str, key: str) -> Mapping[str, Scalar] | None:
        return self._tables.get(table, {}).get(key)

    async def hangup(self, cause: HangupCause) -> None:
        self._gone = True
        self.hung_up = cause
        raise CallOver("the flow hung up")

    def _impatient(self) -> bool:
        return bool(self._typed or (self._acts and isinstance(self._acts[0], Keys)))

    def _hear(self, prompts: Sequence[Prompt]) -> None:
        self.played += prompts
        self.heard += [prompt.title for prompt in prompts]

    def _complete(self, digits: str, how: CollectDigits) -> Collected:
        """Swallow the terminator that follows, if it is waited for."""
        if how.terminator_timeout_seconds and self._typed and self._typed[0] in how.terminators:
            self._typed.popleft()
            return Collected(digits, CollectEnd.TERMINATED)
        return Collected(digits, CollectEnd.COMPLETE)

    def _still_there(self) -> None:
        while self._acts and isinstance(self._acts[0], Fax):
            self._acts.popleft()
            if self.hears_fax:
                self.hears_fax = False
                raise FaxHeard("the caller is a fax machine")
        self._gone = self._gone or bool(self._acts and isinstance(self._acts[0], HangUp))
        if self._gone:
            raise CallOver("the caller has gone")
