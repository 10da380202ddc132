"""PURE: a flow walked by hand: a list of words said so far, and where they have led.

Everything follows from the words, so that taking the last one back is running the others
again from the start; and a walk can be written down as a scenario.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from switch.ivr.acts import HttpFailure, HttpResult, TransferEnd
from switch.ivr.models import Flow
from switch.ivr.prompt import Prompt
from switch.ivr.waiting import QueueEnd
from switch.rehearsal.call import Question, RehearsedCall
from switch.rehearsal.caller import (
    Caller,
    Faxes,
    HangsUp,
    Hears,
    Presses,
    Reaches,
    Speaks,
    Step,
    Waits,
)
from switch.rehearsal.performance import Performance
from switch.rehearsal.scenario_file import Dials
from switch.rehearsal.trail import End
from switch.rehearsal.world import (
    HttpAnswer,
    QueueAnswer,
    TransferAnswer,
    World,
    text_length,
)

HELP = (
    ("1, 12#", "press keys"),
    ("wait, wait 3", "be silent until the flow goes on, or for so many seconds"),
    ("speak 12", "say something for so many seconds"),
    ("fax", "send the tone of a fax machine"),
    ("hangup", "hang up"),
    (
        "agents free|none|timeout|full|closed",
        "what queues do from now on; `agents free 30`: after 30 s",
    ),
    ("http 200 {...}, http timeout", "what services answer from now on"),
    ("transfer busy", "what becomes of transfers from now on"),
    ("vars, path", "show variables, or the way so far"),
    ("back", "take the last word back"),
    ("save NAME", "write this walk down as a scenario"),
    ("quit", "leave"),
)

_AGENTS = {"free": QueueEnd.CONNECTED, "none": QueueEnd.NO_AGENTS}


class NotUnderstood(ValueError):
    """Words that mean nothing here; the message is for a person."""


@dataclass(slots=True)
class Walk:
    """One way through a flow. Input: words. Outputs: the call, its variables, a question."""

    flow: Flow
    dials: Dials
    length: Callable[[Prompt], float] = text_length
    words: list[str] = field(default_factory=list)
    question: Question | None = None
    """What may be said now; None: the call is over."""
    performance: Performance = field(init=False)
    _steps: list[Step] = field(default_factory=list)
    """What was said, as a scenario has it."""
    _heard: int = 0
    """How many prompts heard out stand before these steps' end."""
    _node: int = 0
    """How many nodes were entered before it."""
    _since: float = 0.0
    """When the last of these steps was done."""

    def __post_init__(self) -> None:
        self._start()

    @property
    def call(self) -> RehearsedCall:
        """The call so far."""
        return self.performance.call

    def say(self, words: str) -> None:
        """Go on.

        Raises:
            NotUnderstood: nothing was done.
        """
        self._apply(words)
        self.words.append(words)

    def back(self) -> bool:
        """Take the last word back; False if there is none."""
        if not self.words:
            return False
        words = self.words[:-1]
        self._start()
        for each in words:
            self._apply(each)
        self.words = words
        return True

    def _start(self) -> None:
        world = World(length=self.length)
        call = RehearsedCall(Caller(), world, self.dials.facts(), self.dials.at, asks=True)
        self.performance = Performance(self.flow, call)
        self.words, self._steps = [], []
        self._heard, self._node, self._since = 0, 0, 0.0
        self.question = self.performance.go_on()

    def _apply(self, words: str) -> None:
        verb, _, rest = words.strip().partition(" ")
        if verb in ("agents", "http", "transfer"):
            self._set_world(verb, rest.strip())
            goes_on = self.question is not None and (
                self.question.of_world
                if verb == "http"
                else self.question.text.startswith("waiting") and verb == "agents"
            )
        else:
            if self.question is None:
                raise NotUnderstood("the call is over: `back`, `save NAME` or `quit`")
            if self.question.of_world:
                raise NotUnderstood(f"the flow waits for {self.question.text}")
            step = _step(verb, rest.strip())
            self._note(step)
            if step is not None:
                self.call.caller.add(step, self.call.clock)
            goes_on = True
        if goes_on:
            self.question = self.performance.go_on()

    def _note(self, step: Step | None) -> None:
        """Keep what the caller did for the scenario: after which prompt, and how long after."""
        call = self.call
        if len(call.heard_out) > self._heard:
            self._heard = len(call.heard_out)
            title, self._since = call.heard_out[-1]
            self._steps.append(Hears(title))
        elif len(call.path) > self._node:
            self._since = call.entered_at
            self._steps.append(Reaches(call.path[-1]))
        self._node = len(call.path)
        if step is None or isinstance(step, Waits):
            return  # what comes next tells how long it was
        if call.clock - self._since > 1e-6:
            self._steps.append(Waits(round(call.clock - self._since, 3)))
        self._steps.append(step)
        self._since = call.clock + (step.seconds if isinstance(step, Speaks) else 0.0)

    def _set_world(self, verb: str, rest: str) -> None:
        world = self.call.world
        first, _, more = rest.partition(" ")
        try:
            if verb == "agents":
                end = _AGENTS.get(first) or QueueEnd(first)
                after = float(more.removesuffix("s")) if more else None
                world.queues = [QueueAnswer(end, after)]
            elif verb == "transfer":
                world.transfers = [TransferAnswer(TransferEnd(first))]
            elif first.isdigit():
                result = HttpResult(int(first), json.loads(more) if more else None)
                world.http = [HttpAnswer(result)]
            else:
                world.http = [HttpAnswer(HttpResult(failure=HttpFailure(first)))]
        except ValueError as error:
            known = next(words for words, _ in HELP if words.startswith(verb))
            raise NotUnderstood(f"{error}; say `{known}`") from None

    # Written down.

    def as_scenario(self, name: str) -> dict[str, Any]:
        """Return the walk as an entry of a scenario file."""
        call = self.call
        entry: dict[str, Any] = {"name": name}
        dials = self.dials.model_dump(mode="json", by_alias=True, exclude_unset=True)
        if dials:
            entry["dials"] = dials
        before = list(self._steps), self._heard, self._node, self._since
        if call.end is None:
            self._note(HangsUp())
        if self._steps:
            entry["steps"] = [_written(step) for step in self._steps]
        self._steps, self._heard, self._node, self._since = before
        queues: dict[str, list[dict[str, Any]]] = {}
        for request, answer in call.visits:
            told: dict[str, Any] = {"end": answer.end.value, "times": 1}
            if answer.after_seconds is not None:
                told["after_seconds"] = answer.after_seconds
            if answer.old_place:
                told["old_place"] = True
            queues.setdefault(request.queue, []).append(told)
        if queues:
            entry["queues"] = queues
        if call.requests:
            entry["http"] = [
                {"url": request.url, "method": request.method, **_answered(result), "times": 1}
                for request, result in call.requests
            ]
        if call.world.transfers:
            entry["transfers"] = [{"end": each.end.value} for each in call.world.transfers]
        expect: dict[str, Any] = {"path": list(call.path)}
        expect["ends"] = (call.end or End.CALLER).value
        entry["expect"] = expect
        return entry


def _step(verb: str, rest: str) -> Step | None:
    """Return what the caller does; None for silence until the flow goes on."""
    if verb == "press":
        verb, rest = rest, ""
    if re.fullmatch(r"[0-9*#]+", verb) and not rest:
        return Presses(verb)
    try:
        if verb == "wait":
            return Waits(float(rest.removesuffix("s"))) if rest else None
        if verb == "speak":
            return Speaks(float(rest.removesuffix("s")) if rest else 10.0)
    except ValueError:
        raise NotUnderstood(f"`{rest}` is not a number of seconds") from None
    if verb in ("hangup", "hang") and rest in ("", "up"):
        return HangsUp()
    if verb == "fax" and not rest:
        return Faxes()
    raise NotUnderstood(f"`{verb}` is not understood here: `help` tells what is")


def _written(step: Step) -> dict[str, Any] | str:
    match step:
        case Hears(text=text):
            return {"hears": text}
        case Reaches(node=node):
            return {"reaches": node}
        case Presses(keys=keys):
            return {"presses": keys}
        case Waits(seconds=seconds):
            return {"waits": seconds}
        case Speaks(seconds=seconds):
            return {"speaks": seconds}
        case Faxes():
            return "fax"
        case _:
            return "hangs_up"


def _answered(result: HttpResult) -> dict[str, Any]:
    if result.failure is not HttpFailure.NONE:
        return {"fails": result.failure.value}
    return {"status": result.status, "json": result.json}
