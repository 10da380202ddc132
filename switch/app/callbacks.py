"""Ringing callers back: a place in the queue without anybody on the line.

When the router reserves an agent for such a place, an attempt is made: agent and caller are rung
and joined (`callback_attempt.py`). It is a call of its own, whose record names the call that
asked for the callback. A caller who did not answer is rung again later; a place whose agent did
not answer is kept. With a journal, callbacks outlive the switch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from switch.app.callback_attempt import CallbackAttempt, CallbackServices
from switch.app.callback_memory import CallbackMemory
from switch.app.queue_need import need_of
from switch.calls.session import CallSession
from switch.errors import RoutingError
from switch.events import CallbackEnded, CallbackRequested, CallEvent
from switch.ivr.call import CallbackEnd, CallbackRequest, Facts
from switch.log import get_logger
from switch.routing import ContactTurnedAway, Offered
from switch.termination import Reason
from switch.trunks.trunk import Trunk

_MOST_STANDING = 1000

_LOOK_SECONDS = 0.5
"""How often it is seen whether the caller has hung up."""
_PAUSE_SECONDS = 2.0
"""After an offer that no agent took, until the place is taken again: the one it had."""

Note = Callable[[str, CallbackMemory | None], None]
"""Keeps what must survive of the callback to a number; None forgets it."""


@dataclass(slots=True)
class _Callback:
    """One callback, over all its attempts."""

    id: str
    """Of the present attempt's call, or the next one's, and of its place in the router."""
    facts: Facts
    request: CallbackRequest
    trunk: Trunk
    since: float
    due: float = 0.0
    """Before which the place is not taken up again."""
    attempts: int = 0
    """How often the caller's phone has rung."""
    is_ringing: bool = False
    """An attempt is under way."""


class Callbacks:
    """All callbacks that stand. Gets the router's events about them by `deliver`."""

    def __init__(self, services: CallbackServices, note: Note | None) -> None:
        """Make it.

        Args:
            note: None: callbacks end with the switch.
        """
        self._attempts = services
        self._services = services.calls
        self._desk = services.desk
        self._trunks = services.trunks
        self._note = note
        self._standing: dict[str, _Callback] = {}
        """By the id of the present attempt."""
        self._numbers: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._holding = False
        self._log = get_logger()

    def request(
        self, session: CallSession, facts: Facts, request: CallbackRequest, since: float | None
    ) -> CallbackEnd:
        """Take a callback in."""
        now = self._services.endpoint.now()
        trunk = self._trunks.only(request.trunk)
        if trunk is None:
            session.log.error("callback_failed", why="nothing can be dialled here")
            return CallbackEnd.FAILED
        refused = trunk.guard.refusal(request.number, now)
        if refused and not _is_of_the_moment(refused):
            session.log.warning("callback_refused", why=refused)
            return CallbackEnd.REFUSED
        if request.number in self._numbers:
            return CallbackEnd.REFUSED
        if len(self._standing) >= _MOST_STANDING:
            return CallbackEnd.FULL
        began = now if since is None else since
        callback = _Callback(self._services.ids.switch_call_id(), facts, request, trunk, began)
        try:
            self._desk.priority(request.request.queue, None)
        except RoutingError as error:
            session.log.error("callback_failed", why=str(error))
            return CallbackEnd.FAILED
        self._stand(callback)
        session.publish(
            CallbackRequested,
            callback=callback.id,
            queue=request.request.queue,
            number=request.number,
        )
        return CallbackEnd.ACCEPTED

    def deliver(self, contact: str, event: object) -> None:
        """Take an event of the router about a place with nobody on the line."""
        callback = self._standing.get(contact)
        if callback is None:
            return
        match event:
            case Offered():
                self._ring_back(callback, event)
            case ContactTurnedAway():
                self._try_later(callback)
            case _:
                pass  # an offer that was taken back: the place is in the queue again

    # The end of this switch, and the beginning of the next.

    def hold(self) -> None:
        """Ring nobody any more, if what stands survives: the next switch shall."""
        if self._note is None:
            return
        self._holding = True
        self._cancel_timers()
        for callback in list(self._standing.values()):
            if not callback.is_ringing:
                self._desk.leave(callback.id, "stopped")

    def stop(self) -> None:
        """End what does not survive."""
        self._cancel_timers()
        if self._note is None:
            for callback in list(self._standing.values()):
                self._end(callback, "stopped")

    def restore(self, memories: Iterable[CallbackMemory]) -> None:
        """Let callbacks stand again, at the places they had in the last switch."""
        for memory in sorted(memories, key=lambda each: each.since):
            request = memory.request()
            trunk = self._trunks.only(request.trunk)
            if trunk is None:
                self.give_up(memory, "refused")
                continue
            callback = _Callback(
                memory.id or self._services.ids.switch_call_id(),
                memory.facts,
                request,
                trunk,
                memory.since,
                memory.due,
                memory.attempts,
            )
            self._stand(callback)

    def give_up(self, memory: CallbackMemory, outcome: str) -> None:
        """Tell that a callback of the last switch ends."""
        self._log.warning("callback_given_up", call=memory.facts.id, why=outcome)
        if self._note is not None:
            self._note(memory.number, None)
        self._publish_ended(memory.facts, outcome, memory.attempts)

    # A place in the queue.

    def _stand(self, callback: _Callback) -> None:
        self._standing[callback.id] = callback
        self._numbers.add(callback.request.number)
        self._remember(callback)
        self._take_place(callback)

    def _take_place(self, callback: _Callback) -> None:
        """Take the place when it is time, and the caller has hung up: until then the line is
        busy."""
        self._timers.pop(callback.id, None)
        if self._holding:
            return
        delay = callback.due - self._services.endpoint.now()
        if delay <= 0 and self._services.registry.call(callback.facts.id) is None:
            self._enter(callback)
            return
        loop = asyncio.get_running_loop()
        timer = loop.call_later(max(delay, _LOOK_SECONDS), self._take_place, callback)
        self._timers[callback.id] = timer

    def _enter(self, callback: _Callback) -> None:
        request = callback.request.request
        try:
            self._desk.enter(
                callback.id,
                request.queue,
                need=need_of(request, self._desk.router.ask.anybody_has),
                priority=request.priority,
                max_wait=None,
                caller="",
                since=callback.since,
                callback=True,
            )
        except RoutingError as error:
            self._log.error("callback_failed", queue=request.queue, error=str(error))
            self._end(callback, "refused")

    # An agent is there.

    def _ring_back(self, callback: _Callback, offer: Offered) -> None:
        """Ring agent and caller, with this agent reserved."""
        number = callback.request.number
        refused = callback.trunk.guard.refusal(number, self._services.endpoint.now())
        if refused:
            self._desk.leave(callback.id, "not_dialled")
            if _is_of_the_moment(refused):
                self._try_later(callback)
            else:
                self._log.warning("callback_refused", call=callback.facts.id, why=refused)
                self._end(callback, "refused")
            return
        self._remember(callback, begun=True)
        callback.is_ringing = True
        attempt = CallbackAttempt(
            self._attempts,
            callback.id,
            callback.request,
            callback.facts,
            callback.trunk,
            offer,
            lambda: self._connected(callback),
        )
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._conduct(attempt, callback), name=f"call-{callback.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _conduct(self, attempt: CallbackAttempt, callback: _Callback) -> None:
        try:
            await attempt.run()
        finally:
            callback.is_ringing = False
            if not attempt.connected:
                self._not_connected(attempt, callback)

    def _connected(self, callback: _Callback) -> None:
        """What was promised is done: the talk is a call like others, and survives like them."""
        callback.attempts += 1
        self._end(callback, "connected")

    def _not_connected(self, attempt: CallbackAttempt, callback: _Callback) -> None:
        callback.attempts += attempt.rung
        if self._is_cut_short(attempt.call):
            pass
        elif attempt.rung:
            self._try_later(callback)
        else:
            self._again(callback, _PAUSE_SECONDS)

    def _is_cut_short(self, call: CallSession) -> bool:
        """Whether the switch's end was the attempt's, which then does not count."""
        end = call.termination
        return self._note is not None and end is not None and end.reason is Reason.SWITCH_STOPPED

    # After an attempt.

    def _try_later(self, callback: _Callback) -> None:
        """Take a place in the queue again after some time, or give up."""
        if callback.attempts >= callback.request.attempts:
            self._end(callback, "no_answer")
            return
        self._again(callback, callback.request.retry_after_seconds)

    def _again(self, callback: _Callback, seconds: float) -> None:
        """Take the place after so long, under an id for the next attempt's call."""
        self._standing.pop(callback.id, None)
        callback.id = self._services.ids.switch_call_id()
        callback.due = self._services.endpoint.now() + seconds
        self._stand(callback)

    def _end(self, callback: _Callback, outcome: str) -> None:
        self._standing.pop(callback.id, None)
        self._numbers.discard(callback.request.number)
        self._forget(callback)
        self._publish_ended(callback.facts, outcome, callback.attempts)

    def _publish_ended(self, facts: Facts, outcome: str, attempts: int) -> None:
        services = self._services
        event: CallEvent = CallbackEnded(
            at=services.utc(), call=facts.id, outcome=outcome, attempts=attempts
        )
        services.publish(event)

    def _cancel_timers(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    # What survives.

    def _remember(self, callback: _Callback, *, begun: bool = False) -> None:
        """Note how a callback stands.

        Args:
            begun: an attempt begins, which counts when it has failed.
        """
        if self._note is not None:
            memory = CallbackMemory.of(
                "" if begun else callback.id,
                callback.facts,
                callback.request,
                since=callback.since,
                due=callback.due,
                attempts=callback.attempts,
            )
            self._note(callback.request.number, memory)

    def _forget(self, callback: _Callback) -> None:
        if self._note is not None:
            self._note(callback.request.number, None)


def _is_of_the_moment(refusal: str) -> bool:
    """Whether it is a limit of the trunk that may be over later."""
    return refusal.endswith(")")
