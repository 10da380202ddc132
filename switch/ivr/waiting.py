"""PURE: what a flow asks of queues, and what came of it. Plain data: no routing is known here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from typing import Any

from switch.frozen import frozen
from switch.ivr.prompt import Prompt

Render = Callable[[int, float | None], Sequence[Prompt]]
"""Place in the queue (1 is next) and expected wait in seconds (None: not known yet)
-> what the caller hears. Cheap, pure, in the caller's language; raises FlowRunError."""


@frozen()
class Announce:
    """Messages to those who wait, one at a time, over the music."""

    messages: tuple[Render, ...]
    """Heard in turn, from the first again after the last; never empty.
    Each is rendered when it is due, with the values of that moment."""
    first_after_seconds: float
    """From the entry into the queue to the first message; 0: at once."""
    every_seconds: float
    """From the end of a message to the next; 0: it is said once."""
    has_values: bool = True
    """Any of them holds values of the call; otherwise all are ready before any call."""


@frozen()
class RelaxStep:
    """What is asked for less strictly after some time. Steps are in the order of time;
    what a step does not name stays as it was."""

    after_seconds: float
    """Since the entry into the queue."""
    skills: Mapping[str, Any] | None = None
    """Instead of the request's `skills`, in the same form; None: as before."""
    sites: tuple[str, ...] | None = None
    """Instead of the request's `sites`; empty: any site; None: as before."""
    add_priority: int = 0
    """On top of the priority so far."""


@frozen()
class QueueRequest:
    """How to wait for an agent."""

    queue: str
    skills: Mapping[str, Any] = field(default_factory=dict)
    """Required on top of the queue's own, as written in YAML and checked for form at load:
    `{orders: 5}` (skill -> lowest level), or `{all: [...], any: [...], not: ...}` of such,
    nested. Empty: nothing more."""
    priority: int | None = None
    """0 to 100, higher is served first; None for the queue's own."""
    max_wait_seconds: float | None = None
    """None for the queue's own."""
    music: Prompt | None = None
    """None for the queue's or the site's."""
    whisper: tuple[Prompt, ...] = ()
    """Said to the agent alone who answers, before the two hear each other."""
    preferred: Mapping[str, int] = field(default_factory=dict)
    """Skill -> level: among the agents who may take the call, those who have these first."""
    language: str = ""
    """The caller's, as in `Facts.language`."""
    sites: tuple[str, ...] = ()
    """Agents of these sites only; empty: of any."""
    relax: tuple[RelaxStep, ...] = ()
    sticky: bool = False
    """The agent whom this caller talked with last, if free, before all others."""
    resume: bool | None = None
    """Whether an old place of an earlier call is taken up again; None: as the queue says, which
    keeps it where callers would be asked."""
    leave_keys: frozenset[str] = frozenset()
    """A key that ends the waiting with `QueueEnd.KEY`."""
    callback_key: str = ""
    """The key that ends the waiting with `QueueEnd.CALLBACK`; empty: none."""
    announce: tuple[Announce, ...] = ()
    """Each keeps its own time; when two are due at once the first in the list is heard first."""


class QueueEnd(StrEnum):
    """How waiting ended; each is an exit of the queue node."""

    CONNECTED = "connected"
    """An agent answered, they talked, and the agent's side has hung up."""
    TIMEOUT = "timeout"
    """`max_wait_seconds` passed."""
    NO_AGENTS = "no_agents"
    """Nobody who is logged in could ever take this call."""
    FULL = "full"
    """As many wait as the queue lets; the caller was not let in."""
    CLOSED = "closed"
    """Outside the queue's opening hours, on entry or while waiting."""
    KEY = "key"
    """The caller pressed one of `leave_keys`; `QueueOutcome.key` is which."""
    CALLBACK = "callback"
    """The caller pressed `callback_key`. The place in the queue is kept for this call until
    it asks for a callback, enters a queue, or ends."""
    FAILED = "failed"
    """The queue could not be used; the log says why."""


@frozen()
class QueueOutcome:
    """What came of `Call.queue`."""

    end: QueueEnd
    agent: str = ""
    waited_seconds: float = 0.0
    key: str = ""
    """The key, when `end` is KEY or CALLBACK."""


@frozen()
class QueueFigures:
    """How a queue stands, for who has not entered it."""

    is_open: bool = True
    """It takes callers in, as far as its hours go."""
    is_full: bool = False
    """No more may wait."""
    waiting: int = 0
    """Callers not yet connected."""
    longest_wait_seconds: float = 0.0
    """Of these; 0 when there is nobody."""
    expected_wait_seconds: float | None = 0.0
    """Of who would enter now; None: nobody can tell."""
    agents: int = 0
    """Logged in, of those who serve the queue."""
    agents_free: int = 0
    """Of these, those who would be rung at once."""


class RingFirst(StrEnum):
    """Whose telephone a callback rings first, when it is its turn."""

    AGENT = "agent"
    """The caller's rings once an agent has answered: nobody who picks up has to wait."""
    CALLER = "caller"
    """The agent's rings once the caller has answered: no agent waits for an unanswered phone."""


@frozen()
class CallbackRequest:
    """Ring the caller back when an agent is free."""

    request: QueueRequest
    """How to wait; `announce`, `music` and the keys mean nothing here."""
    number: str
    """E.164, to ring back: the caller's own, or one that was keyed in."""
    keep_place: bool = True
    """Wait at the place that the call has, or had, in this queue; otherwise at the end."""
    trunk: str = ""
    """Through which to ring; empty: the trunk that the site rings back through."""
    attempts: int = 2
    """How often to ring in all, when busy or unanswered."""
    retry_after_seconds: float = 300.0
    """From one attempt to the next."""
    prompts: tuple[Prompt, ...] = ()
    """Said to whoever answers, before the agent is connected."""
    ring_first: RingFirst = RingFirst.AGENT
    recorded: bool = True
    """The talk may be recorded; false: the caller's flow said no."""


class CallbackEnd(StrEnum):
    """What came of asking for a callback; each is an exit of the callback node."""

    ACCEPTED = "accepted"
    """It stands in the queue and lasts beyond this call."""
    REFUSED = "refused"
    """This number may not be rung, or has a callback standing already."""
    FULL = "full"
    """No more callbacks are taken for this queue."""
    FAILED = "failed"
    """The queue or the trunk could not be used; the log says why."""
