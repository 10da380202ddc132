"""A caller in memory: a `switch.ivr.call.Call` that acts as told and keeps what it heard."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from switch.errors import CallOver
from switch.ivr.call import (
    CollectDigits,
    Collected,
    CollectEnd,
    Facts,
    HangupCause,
    Prompt,
    QueueEnd,
    QueueOutcome,
    QueueRequest,
)


@dataclass(frozen=True, slots=True)
class Keys:
    """Press these keys when asked, without waiting for the end of the prompts."""

    keys: str


@dataclass(frozen=True, slots=True)
class Listen:
    """Hear the prompts to their end, then press these keys; none: stay silent."""

    keys: str = ""


@dataclass(frozen=True, slots=True)
class HangUp:
    """Go, when next asked for anything."""


Act = Keys | Listen | HangUp


class FakeCall:
    """Does one act at each question; a caller out of acts says nothing more."""

    def __init__(
        self,
        *acts: Act,
        outcomes: Iterable[QueueOutcome] = (),
        facts: Facts | None = None,
    ) -> None:
        self._facts = facts or Facts("call-1", "+12125550123", "+18005550100", "carrier")
        self._acts = deque(acts)
        self._outcomes = deque(outcomes)
        self._typed: deque[str] = deque()
        self.answered = False
        self.path: list[str] = []
        self.heard: list[str] = []
        """Titles of the prompts that began."""
        self.asked: list[CollectDigits] = []
        self.queued: list[QueueRequest] = []
        self.hung_up: HangupCause | None = None

    @property
    def facts(self) -> Facts:
        return self._facts

    def enter_node(self, flow: str, node: str, node_type: str) -> None:
        self.path.append(node)

    async def answer(self) -> None:
        self.answered = True

    async def play(self, prompts: Sequence[Prompt], *, barge_in: bool) -> None:
        if self._acts and isinstance(self._acts[0], HangUp):
            raise CallOver("the caller has gone")
        if barge_in and self._acts and isinstance(self._acts[0], Keys):
            return
        self.heard += [prompt.title for prompt in prompts]

    async def collect(self, prompts: Sequence[Prompt], how: CollectDigits) -> Collected:
        self.asked.append(how)
        if not self._typed:
            act = self._acts.popleft() if self._acts else Listen()
            if isinstance(act, HangUp):
                raise CallOver("the caller has gone")
            if isinstance(act, Listen) or not how.barge_in:
                self.heard += [prompt.title for prompt in prompts]
            self._typed += act.keys
        digits = ""
        while self._typed:
            key = self._typed.popleft()
            if key in how.terminators:
                return Collected(digits, CollectEnd.TERMINATED)
            digits += key
            if len(digits) == how.max_digits:
                return Collected(digits, CollectEnd.COMPLETE)
        end = CollectEnd.STOPPED_HALF_WAY if digits else CollectEnd.NO_INPUT
        return Collected(digits, end)

    async def queue(self, request: QueueRequest) -> QueueOutcome:
        self.queued.append(request)
        if self._outcomes:
            return self._outcomes.popleft()
        return QueueOutcome(QueueEnd.CONNECTED, agent="asha")

    async def hangup(self, cause: HangupCause) -> None:
        self.hung_up = cause
        raise CallOver("the flow hung up")
