"""PURE: what the router tells whoever drives it."""

from __future__ import annotations

from switch.frozen import frozen
from switch.routing.agent import AgentState


@frozen()
class Offered:
    """The agent is reserved for the caller: ring the headset."""

    contact: str
    queue: str
    agent: str
    why: str
    """For a person: why this agent and this caller."""
    waited_seconds: float
    """Since the caller entered the queue."""


@frozen()
class OfferWithdrawn:
    """The offer no longer stands: stop ringing. The router has seen to everything else."""

    contact: str
    agent: str
    why: str
    """`no_answer`, `caller_left`, `agent_not_ready` or `agent_logged_out`."""


@frozen()
class ContactTimedOut:
    """The caller waited as long as allowed and is out of the queue."""

    contact: str
    queue: str
    waited_seconds: float


@frozen()
class ContactUnservable:
    """Nobody who is logged in could ever serve the caller, who is out of the queue."""

    contact: str
    queue: str
    waited_seconds: float


@frozen()
class AgentMoved:
    """An agent is in another state, or in the same one for another reason."""

    agent: str
    state: AgentState
    previous: AgentState
    reason: str
    contact: str = ""
    """The caller it is about; empty when none."""


RouterEvent = Offered | OfferWithdrawn | ContactTimedOut | ContactUnservable | AgentMoved
