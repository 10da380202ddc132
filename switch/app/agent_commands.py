"""Carries out what stations and supervisors ask over MQTT."""

from __future__ import annotations

from switch.app.feature_codes import set_agent_state
from switch.app.routing_desk import RoutingDesk
from switch.errors import RoutingError
from switch.routing import AgentState
from switch.telemetry import AgentCommand, Command, ForceCommand, ReleaseCommand

_WHY_NOT = {
    "forced": "a supervisor has put the agent into another state",
    "off_shift": "the agent's shift has not begun",
    "hourly_limit": "the agent has taken as many calls as allowed in an hour",
}


def carry_out(desk: RoutingDesk, agent: str, command: Command) -> None:
    """Do what a command asks.

    Raises:
        RoutingError: that cannot be done, and why, for a person.
    """
    match command:
        case AgentCommand(heartbeat=True):
            desk.heartbeat(agent)
        case AgentCommand(extend_wrap_up_seconds=float() as seconds):
            desk.extend_wrap_up(agent, seconds)
        case AgentCommand(state=str() as state, reason=reason):
            refused = set_agent_state(desk, agent, state, reason or "command")
            if refused:
                raise RoutingError(f"no calls for now: {_WHY_NOT[refused]}")
        case ForceCommand(state=state, reason=reason):
            desk.force(agent, AgentState(state), reason or "forced")
        case ReleaseCommand():
            desk.release(agent)
