"""PURE: waiting for an agent in a rehearsed call, and talking with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from switch.ivr.waiting import QueueEnd, QueueOutcome, QueueRequest
from switch.rehearsal.caller import Presses
from switch.rehearsal.trail import Kind
from switch.rehearsal.world import QueueAnswer

if TYPE_CHECKING:
    from switch.rehearsal.call import RehearsedCall

CONNECTED_AFTER_SECONDS = 5.0
MAX_WAIT_SECONDS = 600.0
"""Where neither the flow nor the scenario says how long a caller waits."""


async def visit(call: RehearsedCall, request: QueueRequest) -> QueueOutcome:
    """Wait, be connected, and return when the agent has hung up, as `Call.queue` says."""
    call.note(Kind.QUEUE, f"enters {request.queue}", _wishes(call, request))
    await call.ask(f"waiting in {request.queue}: `agents free`, `agents none`, `wait`, `hangup`")
    answer = call.world.queue(request.queue) or QueueAnswer()
    call.visits.append((request, answer))
    began = call.clock
    outcome = _wait(call, request, answer)
    waited = call.clock - began
    if outcome is not None:
        call.note(Kind.QUEUE, f"leaves {request.queue}", f"{outcome.end}, after {waited:g} s")
        return outcome
    call.note(Kind.QUEUE, f"{answer.agent} answers", f"after {waited:g} s")
    for prompt in request.whisper:
        call.note(Kind.QUEUE, f'tells {answer.agent} "{prompt.title}"')
    await talk(call, answer.talks_seconds)
    call.typed.clear()
    return QueueOutcome(QueueEnd.CONNECTED, answer.agent, waited)


async def talk(call: RehearsedCall, seconds: float) -> None:
    """Let time go by until the far side hangs up; raises CallOver if the caller does."""
    call.hears_fax = False
    await call.ask("talking: `wait` until the other hangs up, or `hangup`")
    call.act_until(call.clock + seconds)
    call.typed.clear()


def _wait(call: RehearsedCall, request: QueueRequest, answer: QueueAnswer) -> QueueOutcome | None:
    """Return why waiting ended, or None if an agent has answered."""
    began = call.clock
    longest = MAX_WAIT_SECONDS if request.max_wait_seconds is None else request.max_wait_seconds
    after = answer.after_seconds
    if after is None:
        by_default = {QueueEnd.CONNECTED: CONNECTED_AFTER_SECONDS, QueueEnd.TIMEOUT: longest}
        after = by_default.get(answer.end, 0.0)
    end = answer.end
    if after > longest:
        after, end = longest, QueueEnd.TIMEOUT
    until = began + after
    messages = sorted(_messages(request, after))
    while True:
        due = messages[0][0] + began if messages else until
        act = call.act_until(min(due, until), once=True)
        if act is not None:
            outcome = _pressed(call, request, began) if isinstance(act, Presses) else None
            if outcome is not None:
                return outcome
            continue
        if not messages or due >= until:
            break
        _, announce, turn = messages.pop(0)
        render = request.announce[announce].messages
        world = call.world
        for prompt in render[turn % len(render)](world.position, world.expected_wait_seconds):
            call.hear_message(prompt)
    if end is QueueEnd.CONNECTED:
        return None
    return QueueOutcome(end, waited_seconds=call.clock - began)


def _pressed(call: RehearsedCall, request: QueueRequest, began: float) -> QueueOutcome | None:
    """Return what the keys pressed while waiting lead to; those without a meaning are lost."""
    while call.typed:
        key = call.typed.popleft()
        waited = call.clock - began
        if key == request.callback_key:
            return QueueOutcome(QueueEnd.CALLBACK, waited_seconds=waited, key=key)
        if key in request.leave_keys:
            return QueueOutcome(QueueEnd.KEY, waited_seconds=waited, key=key)
    return None


def _messages(request: QueueRequest, within: float) -> list[tuple[float, int, int]]:
    """Return when which announcement is due, and for which time; lengths are left out."""
    due = []
    for index, announce in enumerate(request.announce):
        at, turn = announce.first_after_seconds, 0
        while at < within:
            due.append((at, index, turn))
            if announce.every_seconds <= 0:
                break
            at, turn = at + announce.every_seconds, turn + 1
    return due


def _wishes(call: RehearsedCall, request: QueueRequest) -> str:
    parts = []
    if request.skills:
        parts.append(f"skills {dict(request.skills)}")
    if request.priority is not None:
        parts.append(f"priority {request.priority}")
    if request.resume is not None and call.world.has_old_place(request.queue):
        parts.append("at the old place" if request.resume else "at the end of the line")
    return ", ".join(parts)
