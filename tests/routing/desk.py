"""Drives a router in tests: a clock that is a number, and the events so far as short words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from switch.routing import (
    AgentMoved,
    AgentProfile,
    ContactTurnedAway,
    Offered,
    OfferWithdrawn,
    Router,
    RouterEvent,
)
from switch.routing.agent import AgentState
from switch.routing.need import Need
from switch.routing.queue import QueueProfile, TurnedAway

ORDERS = QueueProfile(
    "orders", Need.of({"orders": 1}), ring_seconds=20, wrap_up_seconds=10, service_level_seconds=20
)


_WORDS = {TurnedAway.NO_AGENTS: "unservable"}


class Desk:
    """A router, the time, and what it said."""

    def __init__(
        self,
        agents: Mapping[str, Mapping[str, int]] | Sequence[str] = ("asha", "ben"),
        *queues: QueueProfile,
        ready: bool = True,
    ) -> None:
        if not isinstance(agents, Mapping):
            agents = {name: {"orders": 5} for name in agents}
        self.router = Router(
            [AgentProfile(name, name.title(), skills) for name, skills in agents.items()],
            queues or (ORDERS,),
        )
        self.now = 0.0
        self.events: list[RouterEvent] = []
        if ready:
            for name in agents:
                self.ready(name)
                self.now += 1
            self.told()

    # Time.

    def wait(self, seconds: float) -> None:
        """Let time pass, doing what is due when it is due."""
        end = self.now + seconds
        while (due := self.router.next_deadline()) is not None and due <= end:
            self.now = max(self.now, due)
            self.router.handle_timer(self.now)
        self.now = end

    # Callers.

    def enter(
        self,
        contact: str,
        queue: str = "orders",
        *,
        skills: Mapping[str, Any] | None = None,
        **how: Any,
    ) -> int:
        """Let a caller enter; return the position, 0 when turned away at once."""
        if skills:
            how["need"] = Need.of(skills, preferred=how.pop("preferred", None))
        return self.router.enter(contact, queue, self.now, **how).position

    def leave(self, contact: str) -> bool:
        return self.router.leave(contact, self.now)

    def answer(self, contact: str, agent: str) -> bool:
        return self.router.offer_answered(contact, agent, self.now)

    def fail(self, contact: str, agent: str, outcome: str = "busy") -> bool:
        return self.router.offer_failed(contact, agent, outcome, self.now)

    def end(self, contact: str) -> bool:
        return self.router.talk_ended(contact, self.now)

    # Agents.

    def ready(self, agent: str, reason: str = "asked") -> None:
        self.router.set_ready(agent, self.now, reason)

    def not_ready(self, agent: str, reason: str = "break") -> None:
        self.router.set_not_ready(agent, self.now, reason)

    def log_out(self, agent: str, reason: str = "home") -> None:
        self.router.log_out(agent, self.now, reason)

    def state(self, agent: str) -> AgentState:
        return self.router.ask.agent(agent, self.now).state

    # What was said.

    def told(self) -> list[str]:
        """Return what happened since the last time, in words."""
        words = []
        while (event := self.router.next_event()) is not None:
            self.events.append(event)
            match event:
                case Offered(contact=contact, agent=agent):
                    words.append(f"offer {contact} {agent}")
                case OfferWithdrawn(contact=contact, agent=agent, why=why):
                    words.append(f"withdraw {contact} {agent} {why}")
                case ContactTurnedAway(contact=contact, why=why):
                    words.append(f"{_WORDS.get(why, why.value)} {contact}")
                case AgentMoved(agent=agent, state=state, reason=reason):
                    words.append(f"{agent} {state} {reason}")
        return words

    def offers(self) -> list[str]:
        """Return only who was offered whom since the last time."""
        return [word.removeprefix("offer ") for word in self.told() if word.startswith("offer ")]
