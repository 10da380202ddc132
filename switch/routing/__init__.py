"""Who takes which call: queues, agents, skills. PURE: no clock, no task, no SIP.

Whoever drives the `Router` hands in the time and carries its events out. The package
imports leaves only, so that a simulation can run a day of calls in seconds.
"""

from switch.routing.agent import AgentProfile, AgentState, AgentView
from switch.routing.events import (
    AgentMoved,
    ChoiceOutcome,
    ContactMoved,
    ContactTurnedAway,
    DecisionWanted,
    Entry,
    Offered,
    OfferWithdrawn,
    RouterEvent,
)
from switch.routing.need import Need, Relaxation, SiteGroup
from switch.routing.queue import (
    OutsideDecision,
    Overflow,
    QueueProfile,
    QueueStatus,
    Resume,
    TurnedAway,
    WhenNoAgents,
)
from switch.routing.reconfiguration import Changes
from switch.routing.router import Router

__all__ = [
    "AgentMoved",
    "AgentProfile",
    "AgentState",
    "AgentView",
    "Changes",
    "ChoiceOutcome",
    "ContactMoved",
    "ContactTurnedAway",
    "DecisionWanted",
    "Entry",
    "Need",
    "OfferWithdrawn",
    "Offered",
    "OutsideDecision",
    "Overflow",
    "QueueProfile",
    "QueueStatus",
    "Relaxation",
    "Resume",
    "Router",
    "RouterEvent",
    "SiteGroup",
    "TurnedAway",
    "WhenNoAgents",
]
