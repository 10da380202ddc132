"""What an agent can dial from the headset to change state: `*71` for ready and so on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from switch.app.routing_desk import RoutingDesk
from switch.calls.prompting import play
from switch.calls.session import CallSession
from switch.ivr.call import Prompt
from switch.termination import Reason, Result, Termination

CONFIRMATIONS = {
    "ready": Prompt(text="You are ready for calls."),
    "not_ready": Prompt(text="You are not ready. No calls will come."),
    "logged_out": Prompt(text="You are logged out. Good bye."),
    "forced": Prompt(text="Your supervisor has put you on pause. No calls will come."),
    "off_shift": Prompt(text="Your shift has not begun. Calls will come when it does."),
    "hourly_limit": Prompt(text="You have taken enough calls for this hour. More will come later."),
}
"""Agent state asked for, or why it cannot be had -> what the headset hears."""


@dataclass(frozen=True, slots=True)
class FeatureCodes:
    """Dialled code -> agent state asked for, and how to carry it out."""

    states: Mapping[str, str]
    desk: RoutingDesk
    sound: Callable[[Prompt], str]

    def state_for(self, dialled: str) -> str | None:
        """Return the agent state that a dialled code asks for."""
        return self.states.get(dialled)

    async def conduct(self, session: CallSession, agent: str, state: str) -> None:
        """Change the agent's state, say so and hang up."""
        refused = set_agent_state(self.desk, agent, state, "feature_code")
        session.answer()
        await play(session, [self.sound(CONFIRMATIONS[refused or state])], barge_in=False)
        session.end(Termination(Result.COMPLETED, Reason.FEATURE_CODE))


def set_agent_state(desk: RoutingDesk, agent: str, state: str, reason: str) -> str:
    """Ask the router for one of the three states a person may choose.

    Returns:
        Empty, or why an agent who wants calls gets none: `forced`, `off_shift` or
        `hourly_limit`.
    """
    match state:
        case "ready":
            return desk.set_ready(agent, reason)
        case "not_ready":
            desk.set_not_ready(agent, reason)
        case "logged_out":
            desk.log_out(agent, reason)
        case _:
            raise ValueError(f"no agent state a person may choose: {state!r}")
    return ""
