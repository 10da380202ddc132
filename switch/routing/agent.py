"""PURE: an agent, the states an agent can be in, and what moves one to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING

from switch.deadlines import Timed
from switch.errors import RoutingError
from switch.frozen import frozen
from switch.routing.skill import check_levels

if TYPE_CHECKING:
    from switch.routing.queue import Contact, Line


@frozen()
class AgentProfile:
    """An agent as configured."""

    id: str
    name: str
    skills: Mapping[str, int] = field(default_factory=dict)
    """Skill to level, 1 to 10."""

    def __post_init__(self) -> None:
        check_levels(self.skills, f"agent {self.id!r}")


class AgentState(StrEnum):
    """What an agent is doing, as the router knows it."""

    LOGGED_OUT = "logged_out"
    NOT_READY = "not_ready"
    READY = "ready"
    """Waits for a call."""
    RESERVED = "reserved"
    """The headset rings with one call."""
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    """Finishes the work of the last call."""


class AgentInput(StrEnum):
    """What can happen to an agent."""

    SET_READY = "set_ready"
    SET_NOT_READY = "set_not_ready"
    LOG_OUT = "log_out"
    OFFER = "offer"
    """The router reserves the agent for a caller."""
    ANSWER = "answer"
    CALLER_LEFT = "caller_left"
    """The offer was withdrawn; not the agent's doing."""
    OFFER_FAILED = "offer_failed"
    """The agent did not take the call, for whatever reason."""
    PAUSE_OVER = "pause_over"
    """The rest after a failed offer has passed."""
    TALK_ENDED = "talk_ended"
    WRAP_UP_OVER = "wrap_up_over"


TRANSITIONS: Mapping[tuple[AgentState, AgentInput], AgentState] = {
    (AgentState.LOGGED_OUT, AgentInput.SET_READY): AgentState.READY,
    (AgentState.LOGGED_OUT, AgentInput.SET_NOT_READY): AgentState.NOT_READY,
    (AgentState.LOGGED_OUT, AgentInput.LOG_OUT): AgentState.LOGGED_OUT,
    (AgentState.NOT_READY, AgentInput.SET_READY): AgentState.READY,
    (AgentState.NOT_READY, AgentInput.SET_NOT_READY): AgentState.NOT_READY,
    (AgentState.NOT_READY, AgentInput.LOG_OUT): AgentState.LOGGED_OUT,
    (AgentState.NOT_READY, AgentInput.PAUSE_OVER): AgentState.READY,
    (AgentState.READY, AgentInput.SET_READY): AgentState.READY,
    (AgentState.READY, AgentInput.SET_NOT_READY): AgentState.NOT_READY,
    (AgentState.READY, AgentInput.LOG_OUT): AgentState.LOGGED_OUT,
    (AgentState.READY, AgentInput.OFFER): AgentState.RESERVED,
    (AgentState.RESERVED, AgentInput.SET_READY): AgentState.RESERVED,
    (AgentState.RESERVED, AgentInput.SET_NOT_READY): AgentState.NOT_READY,
    (AgentState.RESERVED, AgentInput.LOG_OUT): AgentState.LOGGED_OUT,
    (AgentState.RESERVED, AgentInput.ANSWER): AgentState.TALKING,
    (AgentState.RESERVED, AgentInput.CALLER_LEFT): AgentState.READY,
    (AgentState.RESERVED, AgentInput.OFFER_FAILED): AgentState.NOT_READY,
    # In a call, what the agent asks for becomes a wish for afterwards.
    (AgentState.TALKING, AgentInput.SET_READY): AgentState.TALKING,
    (AgentState.TALKING, AgentInput.SET_NOT_READY): AgentState.TALKING,
    (AgentState.TALKING, AgentInput.LOG_OUT): AgentState.TALKING,
    (AgentState.TALKING, AgentInput.TALK_ENDED): AgentState.WRAP_UP,
    (AgentState.WRAP_UP, AgentInput.SET_READY): AgentState.READY,
    (AgentState.WRAP_UP, AgentInput.SET_NOT_READY): AgentState.NOT_READY,
    (AgentState.WRAP_UP, AgentInput.LOG_OUT): AgentState.LOGGED_OUT,
    (AgentState.WRAP_UP, AgentInput.WRAP_UP_OVER): AgentState.READY,
}
"""All that may happen in each state. A pair that is missing would be our bug."""


def next_state(state: AgentState, happened: AgentInput) -> AgentState:
    """Return where an input leads.

    Raises:
        RoutingError: that cannot happen in this state.
    """
    try:
        return TRANSITIONS[state, happened]
    except KeyError:
        raise RoutingError(f"{happened} cannot happen to an agent who is {state}") from None


@frozen()
class Wish:
    """What an agent asked for during a call; granted after it."""

    input: AgentInput
    reason: str


class Agent(Timed):
    """An agent at work. Only the router changes it."""

    __slots__ = (
        "contact",
        "idle_since",
        "lines",
        "profile",
        "ready_ticket",
        "reason",
        "since",
        "state",
        "turn",
        "wish",
    )

    def __init__(self, profile: AgentProfile) -> None:
        super().__init__()
        self.profile = profile
        self.state = AgentState.LOGGED_OUT
        self.reason = ""
        self.since = 0.0
        """When `state` began."""
        self.contact: Contact | None = None
        """The caller being offered or talked to."""
        self.wish: Wish | None = None
        self.idle_since = 0.0
        """When the agent last became ready; an offer withdrawn keeps it."""
        self.turn = 0
        """Orders agents who became ready at the same instant."""
        self.ready_ticket = 0
        """Which entry in the lines' heaps is the valid one; 0 when not ready."""
        self.lines: dict[Line, None] = {}
        """Every line whose callers this agent may serve, in order of their making."""


@frozen()
class AgentView:
    """An agent as shown to others."""

    id: str
    name: str
    skills: Mapping[str, int]
    state: AgentState
    reason: str
    """Why the agent is in this state."""
    since: float
    contact: str
    """The caller offered or talked to; empty when none."""
    wish: str
    """`set_ready`, `set_not_ready` or `log_out`, to be granted after the call; or empty."""
