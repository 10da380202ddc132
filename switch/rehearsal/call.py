"""PURE: a call in memory with a clock that jumps: `switch.ivr.call.Call` for rehearsals.

It keeps a trail of all that happens. Keys follow the rules of a live call, to the reader of
digits itself: those that come during prompts which keys do not stop are thrown away, others
are kept for the next question. Nothing here waits: with `asks` set, a caller out of steps
suspends the flow until whoever drives it has added one; otherwise the caller stays silent.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from datetime import datetime, timedelta

from switch.calls.digit_reader import DigitReader
from switch.errors import CallOver, FaxHeard
from switch.ivr.call import (
    CallbackEnd,
    CallbackRequest,
    CollectDigits,
    Collected,
    Delivery,
    Facts,
    HangupCause,
    HttpFailure,
    HttpRequest,
    HttpResult,
    NodeLeft,
    Prompt,
    QueueFigures,
    QueueOutcome,
    QueueRequest,
    Recorded,
    RecordMessage,
    Scalar,
    TransferEnd,
    TransferRequest,
)
from switch.rehearsal.caller import Act, Caller, Faxes, HangsUp, Presses, Speaks
from switch.rehearsal.message import take_message
from switch.rehearsal.trail import End, Kind, Moment
from switch.rehearsal.visit import talk, visit
from switch.rehearsal.world import HttpAnswer, QueueAnswer, World


class Question:
    """What suspends a flow: the caller is asked for a step, or the world for an answer."""

    def __init__(self, text: str, *, of_world: bool = False) -> None:
        self.text = text
        """For a person: what may be said now."""
        self.of_world = of_world
        """Only the world can answer: the caller can do nothing."""

    def __await__(self) -> Generator[Question, None, None]:
        yield self


class RehearsedCall:
    """One call. Inputs: a caller and a world. Outputs: `trail` and what stands beside it."""

    def __init__(
        self,
        caller: Caller,
        world: World,
        facts: Facts,
        begins_at: datetime,
        *,
        asks: bool = False,
    ) -> None:
        self.caller = caller
        self.world = world
        self.clock = 0.0
        """Seconds since the call came in."""
        self.asks = asks
        self.trail: list[Moment] = []
        self.path: list[str] = []
        """Nodes entered; those of other flows as `flow.node`."""
        self.left: list[NodeLeft] = []
        self.heard: list[str] = []
        """Titles of the prompts that began."""
        self.heard_out: list[tuple[str, float]] = []
        """Titles of the prompts that were heard to their end, and when that was."""
        self.entered_at = 0.0
        """When the present node was entered."""
        self.tags: dict[str, Scalar] = {}
        self.events: list[tuple[str, dict[str, Scalar]]] = []
        self.messages: list[Delivery] = []
        self.visits: list[tuple[QueueRequest, QueueAnswer]] = []
        """Queues entered, and what each one did."""
        self.requests: list[tuple[HttpRequest, HttpResult]] = []
        """What services were asked and answered."""
        self.language = facts.language
        self.problems: list[str] = []
        """What the scenario did not foresee."""
        self.end: End | None = None
        self.typed: deque[str] = deque()
        self.callbacks = 0
        self._facts = facts
        self._begins_at = begins_at
        self._answered = False
        self._heard_early = False
        self.hears_fax = False
        """The flow wants to know of fax machines."""
        self._flow = ""

    # What is known and told.

    @property
    def facts(self) -> Facts:
        return self._facts

    def now(self) -> datetime:
        return self._begins_at + timedelta(seconds=self.clock)

    def offers_place(self, queue: str, *, asked: bool) -> bool:
        # The queue's own settings are not known here: a scenario that tells of a place means it.
        return self.world.has_old_place(queue)

    def queue_figures(self, queue: str) -> QueueFigures:
        found = self.world.figures(queue)
        state = "" if found.is_open else "closed, "
        told = f"{state}{found.waiting} wait, {found.agents_free} of {found.agents} agents free"
        self.note(Kind.QUEUE, f"looks at {queue}", told)
        return found

    def enter_node(self, flow: str, node: str, node_type: str) -> None:
        self._flow = self._flow or flow
        self.path.append(node if flow == self._flow else f"{flow}.{node}")
        self.entered_at = self.clock
        self.note(Kind.ENTERS, self.path[-1], node_type)
        self.caller.reached(self.path[-1], self.clock)

    def leave_node(self, left: NodeLeft) -> None:
        self.left.append(left)
        if left.error:
            self.note(Kind.FAILS, left.node, left.error)

    def set_language(self, language: str) -> None:
        self.language = language
        self.note(Kind.LANGUAGE, language)

    def set_recorded(self, on: bool) -> None:
        self.note(Kind.RECORDING, "on" if on else "off")

    def set_secret_ahead(self, on: bool) -> None:
        """Nothing is recorded here."""

    def set_sensitive(self, on: bool) -> None:
        """Nothing is recorded or logged here, so there is nothing to keep a secret from."""

    def tag(self, name: str, value: Scalar) -> None:
        self.tags[name] = value
        self.note(Kind.TAG, f"{name} = {value}")

    def send_event(self, name: str, payload: Mapping[str, Scalar]) -> None:
        self.events.append((name, dict(payload)))
        self.note(Kind.EVENT, name, json.dumps(dict(payload), ensure_ascii=False))

    def deliver_recording(self, delivery: Delivery) -> None:
        self.messages.append(delivery)
        mailed = f", mailed to {', '.join(delivery.mail_to)}" if delivery.mail_to else ""
        self.note(Kind.MESSAGE, f"for {delivery.box}", f"{delivery.seconds:.1f} s{mailed}")

    def prepare(self, prompts: Sequence[Prompt]) -> None:
        """Nothing is spoken here."""

    def note(self, kind: Kind, text: str, detail: str = "") -> None:
        """Add to the trail."""
        self.trail.append(Moment(round(self.clock, 3), kind, text, detail))

    def complain(self, text: str) -> None:
        """Note what the scenario did not foresee."""
        self.problems.append(text)
        self.note(Kind.PROBLEM, text)

    # What takes time.

    def hear_fax(self) -> None:
        self.hears_fax = True

    async def breathe(self) -> None:
        """There are no other calls."""

    async def answer(self) -> None:
        self.still_there()
        if not self._answered:
            self._answered = True
            self.note(Kind.ANSWERED, "")

    async def be_heard(self) -> None:
        self.still_there()
        if not (self._answered or self._heard_early):
            self._heard_early = True
            self.note(Kind.EARLY, "")

    async def play(self, prompts: Sequence[Prompt], *, barge_in: bool) -> None:
        self.still_there()
        for prompt in prompts:
            if barge_in and self._listens_no_more():
                break
            self._hear(prompt, barge_in)
        if not barge_in:
            self._throw_away()

    async def collect(self, prompts: Sequence[Prompt], how: CollectDigits) -> Collected:
        await self.play(prompts, barge_in=how.barge_in)
        reader = DigitReader(
            how.max_digits,
            how.terminators,
            how.first_digit_timeout_seconds,
            how.inter_digit_timeout_seconds,
            how.terminator_timeout_seconds,
        )
        reader.prompts_ended(self.clock)
        while True:
            self.act_until(self.clock)
            while self.typed and reader.end is None:
                if reader.receive_digit(self.typed[0], self.clock):
                    self.typed.popleft()
            if reader.end is not None:
                break
            assert reader.deadline is not None
            until = reader.deadline
            if len(reader.digits) < how.max_digits:  # else only a terminator is waited for
                await self.ask(f"keys, for {until - self.clock:g} s: `1`, `wait`, `hangup`")
                until = self.pause_ends(until)
            self.act_until(until, once=True)
            if not self.typed:
                reader.handle_timer(self.clock)
        return Collected(reader.digits, reader.end)

    async def record(self, prompts: Sequence[Prompt], how: RecordMessage) -> Recorded:
        await self.play(prompts, barge_in=False)
        return await take_message(self, how)

    async def queue(self, request: QueueRequest) -> QueueOutcome:
        self.still_there()
        self.typed.clear()
        return await visit(self, request)

    async def request_callback(self, request: CallbackRequest) -> CallbackEnd:
        self.still_there()
        end = self.world.callback(self.callbacks)
        self.callbacks += 1
        how = f"{request.request.queue}, {request.ring_first} first: {end}"
        self.note(Kind.CALLBACK, f"to {request.number}", how)
        return end

    async def transfer(self, request: TransferRequest) -> TransferEnd:
        self.still_there()
        to = request.agent or request.number
        answer = self.world.transfer(to)
        if answer.end is TransferEnd.NO_ANSWER:
            self.act_until(self.clock + request.ring_seconds)
        self.note(Kind.TRANSFER, f"to {to}", answer.end.value)
        if answer.end is TransferEnd.CONNECTED:
            await self.answer()
            await talk(self, answer.talks_seconds)
        return answer.end

    async def http(self, request: HttpRequest) -> HttpResult:
        answer = self.world.service(request)
        named = f"{request.method} {request.url}"
        while answer is None and self.asks:
            told = f"{named}: `http 200 {{...}}` or `http timeout`"
            await Question(told, of_world=True)
            answer = self.world.service(request)
        if answer is None:
            self.complain(f"{named} was asked for, and there is no answer under `http`")
            answer = HttpAnswer(HttpResult(failure=HttpFailure.UNREACHABLE))
        result = answer.result
        self.requests.append((request, result))
        timed_out = result.failure is HttpFailure.TIMEOUT
        attempts = 1 + request.retries if timed_out else 1
        took = request.timeout_seconds * attempts if timed_out else answer.takes_seconds
        if self.end is None:
            for prompt in request.wait_prompts:
                self._begin(prompt)
            self.act_until(self.clock + took)
        else:
            self.clock += took
        self.note(Kind.HTTP, named, result.failure.value or str(result.status))
        return result

    async def lookup(self, table: str, key: str) -> Mapping[str, Scalar] | None:
        row = self.world.tables.get(table, {}).get(key)
        self.note(Kind.LOOKUP, f"{key} in {table}", "there" if row is not None else "not there")
        return row

    async def hangup(self, cause: HangupCause) -> None:
        self.over(End.HANGUP if cause is HangupCause.NORMAL else End(cause.value))
        raise CallOver("the flow hung up")

    # Time and the caller.

    def still_there(self) -> None:
        """Raise CallOver if the call is over."""
        if self.end is not None:
            raise CallOver("the call is over")

    def over(self, end: End, why: str = "") -> None:
        """Note how the call ended, once."""
        if self.end is None:
            self.end = end
            self.note(Kind.ENDS, end.value, why)

    async def ask(self, what: str) -> None:
        """Suspend the flow if the caller is out of steps and somebody is there to ask."""
        if self.asks and self.caller.is_done:
            await Question(what)

    def pause_ends(self, latest: float) -> float:
        """Return when the caller must be asked again; `latest` where nobody is to be asked."""
        free_at = self.caller.free_at if self.asks else None
        return latest if free_at is None else min(latest, free_at)

    def act_until(self, until: float, *, once: bool = False) -> Act | None:
        """Let the caller act and time go by; return the last act.

        Args:
            until: where the clock stands afterwards, unless `once` is set and an act came.
            once: stop after the first act.

        Raises:
            CallOver: the caller hung up.
            FaxHeard: the caller is a fax machine, and the flow listens for one.
        """
        last: Act | None = None
        while (due := self.caller.due) is not None and due <= until:
            self.clock = max(self.clock, due)
            last = self._do(self.caller.act())
            if once:
                return last
        self.clock = max(self.clock, until)
        self.caller.past(self.clock)
        return last

    def _do(self, act: Act) -> Act:
        match act:
            case HangsUp():
                self.over(End.CALLER)
                raise CallOver("the caller has gone")
            case Faxes():
                self.note(Kind.FAXES, "" if self.hears_fax else "nobody listens for it")
                if self.hears_fax:
                    self.hears_fax = False  # it is told once
                    raise FaxHeard("the caller is a fax machine")
            case Presses(keys=keys):
                self.typed += keys
                self.note(Kind.PRESSES, keys)
            case Speaks(seconds=seconds):
                self.note(Kind.SPEAKS, f"for {seconds:g} s")
        return act

    # Prompts.

    def _listens_no_more(self) -> bool:
        """Return whether a key is there that keeps prompts from beginning."""
        self.act_until(self.clock)
        return bool(self.typed)

    def _hear(self, prompt: Prompt, barge_in: bool) -> None:
        self._begin(prompt)
        end = self.clock + self.world.length(prompt)
        while True:
            act = self.act_until(end, once=True)
            if act is None:
                self._end(prompt)
                return
            if barge_in and self.typed:
                return

    def _begin(self, prompt: Prompt) -> None:
        self.heard.append(prompt.title)
        self.note(Kind.HEARS, f'"{prompt.title}"')

    def hear_message(self, prompt: Prompt) -> None:
        """Hear a prompt during which time and the caller go on as before."""
        self._begin(prompt)
        self._end(prompt)

    def _end(self, prompt: Prompt) -> None:
        self.heard_out.append((prompt.title, self.clock))
        self.caller.heard(prompt, self.clock)

    def _throw_away(self) -> None:
        if self.typed:
            keys = "".join(self.typed)
            self.note(Kind.PROBLEM, f"the keys {keys} are thrown away", "keys do not stop this")
            self.typed.clear()
