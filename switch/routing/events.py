"""PURE: what the router tells whoever drives it."""

from __future__ import annotations

from enum import StrEnum

from switch.frozen import frozen
from switch.routing.agent import AgentState
from switch.routing.queue import TurnedAway


@frozen()
class Entry:
    """What became of a caller who entered a queue, right after that."""

    queue: str
    """Where the caller is now: an overflow may have led to another one."""
    position: int
    """1 is next; 0: not in the router any more, an event says why."""
    expected_wait_seconds: float
    """0 when an agent is being rung."""
    resumed: bool
    """The caller has the old place of an earlier call."""


@frozen()
class Offered:
    """The agent is reserved for the caller: ring the headset."""

    contact: str
    queue: str
    agent: str
    why: str
    """For a person: why this agent and this caller."""
    rule: str
    """As in `Decision`."""
    choice: int
    """1: the agent is of the first tier; higher: of a later one."""
    overflowed: bool
    """Another queue has sent the caller on."""
    waited_seconds: float
    """Since the caller entered the queue."""
    callback: bool = False
    """Nobody is on the line: the caller is to be rung back."""


@frozen()
class OfferWithdrawn:
    """The offer no longer stands: stop ringing. The router has seen to everything else."""

    contact: str
    agent: str
    why: str
    """`no_answer`, `caller_left`, `agent_not_ready` or `agent_logged_out`."""


@frozen()
class ContactTurnedAway:
    """The caller is out of the queue, and not connected."""

    contact: str
    queue: str
    why: TurnedAway
    waited_seconds: float


@frozen()
class ContactMoved:
    """The caller waits in another queue now, with the time waited already."""

    contact: str
    queue: str
    """The one left."""
    to: str
    why: TurnedAway
    """What would have turned the caller away."""


@frozen()
class AgentMoved:
    """An agent is in another state; or in the same one, for another reason or caller."""

    agent: str
    state: AgentState
    previous: AgentState
    reason: str
    contact: str = ""
    """The caller it is about; empty when none."""


class ChoiceOutcome(StrEnum):
    """What became of an outside program's choice."""

    FOLLOWED = "followed"
    TOO_LATE = "too_late"
    """Nothing is asked any more: the built-in rule was followed, or there is nobody to serve."""
    IMPOSSIBLE = "impossible"
    """It names nobody who was listed and is free: the built-in rule was followed."""


@frozen()
class DecisionWanted:
    """An outside program may decide until the deadline: `Router.decide`."""

    number: int
    """Names the decision in the answer."""
    queue: str
    contact: str
    """The caller to be served; empty when an agent is free and a caller is to be chosen."""
    agent: str
    """The agent who is free; empty when a caller has come and an agent is to be chosen."""
    candidates: tuple[str, ...]
    """Agents, or callers, in the order of the built-in rule; the first is taken if there is
    no answer in time."""
    deadline: float


RouterEvent = (
    Offered | OfferWithdrawn | ContactTurnedAway | ContactMoved | AgentMoved | DecisionWanted
)
