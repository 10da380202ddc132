"""Finds whom a call may be sent to, and reserves the way there: agents, queues, outside numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from switch.app.agent_directory import AgentDirectory
from switch.app.destination import Destination, Refusal
from switch.app.dialled_number import normalise, uri_user
from switch.app.ringing import Reservation
from switch.app.routing_desk import RoutingDesk
from switch.calls.session import CallSession
from switch.errors import RoutingError
from switch.ivr.call import TransferEnd
from switch.routing.agent import AgentState
from switch.trunks.desk import TrunkDesk
from switch.trunks.dial_guard import DialGuard, DialRules
from switch.trunks.presentation import Caller

KEPT_FREE = "direct_call"
"""Why an agent who is rung directly gets no other calls meanwhile."""


def free(desk: RoutingDesk, agent: str) -> None:
    """Let an agent have calls again who was kept free of them."""
    if desk.state(agent) is AgentState.NOT_READY:
        desk.set_ready(agent, KEPT_FREE)


class Destinations:
    """Finds and reserves."""

    def __init__(
        self, agents: AgentDirectory, desk: RoutingDesk, trunks: TrunkDesk, region: str
    ) -> None:
        """Prepare.

        Args:
            region: whose national way of writing numbers is meant without a `+`.
        """
        self._agents = agents
        self._desk = desk
        self._trunks = trunks
        self._region = region
        self._guards: dict[str, tuple[DialRules, DialGuard]] = {}
        """Of agents who have called numbers."""

    def find(self, dialled: str, agent: str, now: float) -> Destination | Refusal:
        """Return whom an agent means by what was dialled, or why that may not be.

        An agent is named by id or headset account, a queue by its name.
        """
        may = self._agents.may_reach(agent)
        called = self._agents.agent_of(dialled) or dialled
        if called in self._agents:
            if "agents" not in may:
                return Refusal(403, "This headset may not call agents")
            return Refusal(486, "That is you") if called == agent else Destination(agent=called)
        if self._is_queue(dialled):
            if "queues" not in may:
                return Refusal(403, "This headset may not send callers to queues")
            return Destination(queue=dialled)
        number = normalise(dialled, self._region)
        if not number:
            return Refusal(404, "Neither an agent nor a queue nor a number")
        if "numbers" not in may:
            return Refusal(403, "This headset may not call outside numbers")
        trunk = self._trunks.only("")
        if trunk is None:
            return Refusal(403, "No trunk may be dialled through")
        if why := trunk.guard.refusal(number, now) or self._guard(agent).refusal(number, now):
            return Refusal(403, why)
        return Destination(number=number, trunk=trunk.name)

    def _guard(self, agent: str) -> DialGuard:
        """Return what limits the numbers that an agent calls, by the rules in force."""
        rules = self._agents.number_rules(agent)
        known = self._guards.get(agent)
        if known is not None and known[0] == rules:
            return known[1]
        guard = rules.guard(self._trunks.hours.of(f"agent:{agent}"))
        if known is not None:
            guard.go_on_from(known[1])
        self._guards[agent] = rules, guard
        return guard

    def _is_queue(self, name: str) -> bool:
        try:
            self._desk.service_level_seconds(name)
        except (RoutingError, KeyError):
            return False
        return True

    def reserve(
        self,
        session: CallSession,
        destination: Destination,
        caller: str,
        dialled: str = "",
        *,
        by: str = "",
        shows: bool = True,
    ) -> Reservation | TransferEnd:
        """Keep an agent free of other calls, or a place on a trunk; else why there is none.

        Args:
            caller: the number to show.
            dialled: the number of ours that the caller has called.
            by: the agent who wants it; empty: the flow.
            shows: an outside party is told who calls, as far as its trunk lets us.
        """
        if destination.agent:
            return self._reserve_agent(session, destination.agent, caller)
        identity = session.identity
        known = uri_user(identity.asserted) if identity.withheld else ""
        asserted = normalise(known, self._region) if known else ""
        shown = Caller(caller, dialled, asserted, identity) if shows else Caller("", dialled)
        reserved = self._reserve_trunk(session, destination, shown)
        if not by or isinstance(reserved, TransferEnd):
            return reserved
        return replace(reserved, release=self._counted(by, session, reserved.release))

    def _counted(
        self, agent: str, session: CallSession, release: Callable[[], None]
    ) -> Callable[[], None]:
        """Count a call as the agent's; return how that, and the rest, is undone."""
        self._guard(agent).began(session.services.endpoint.now())

        def over() -> None:
            self._guard(agent).ended()
            release()

        return over

    def _reserve_agent(
        self, session: CallSession, agent: str, caller: str
    ) -> Reservation | TransferEnd:
        if agent not in self._agents:
            session.log.error("transfer_failed", why=f"there is no agent {agent[:64]!r}")
            return TransferEnd.FAILED
        target = self._agents.target(agent)
        state = self._desk.state(agent)
        if state is AgentState.LOGGED_OUT or target is None:
            return TransferEnd.UNREACHABLE
        if state is not AgentState.READY:
            return TransferEnd.BUSY
        return Reservation(
            lambda sdp, leg: self._agents.invite(target, session, caller, "", sdp, leg),
            self._agents.srtp(agent, target.peer, target.uri),
            self.keep_free(agent),
            address=target.peer.remote[0],
        )

    def keep_free(self, agent: str) -> Callable[[], None]:
        """Keep an agent who is ready free of other calls; return how that is undone."""
        if self._desk.state(agent) is not AgentState.READY:
            return lambda: None
        self._desk.set_not_ready(agent, KEPT_FREE)
        return lambda: free(self._desk, agent)

    def dialled_before(self, trunk: str, by: str) -> Callable[[], None]:
        """Count a call that another core has dialled; return how that is undone.

        Args:
            by: the agent who wanted it; empty: nobody did.
        """
        found = self._trunks.only(trunk) if trunk else None
        if found is None:
            return lambda: None
        found.guard.live += 1
        if by:
            self._guard(by).live += 1

        def over() -> None:
            found.guard.ended()
            if by:
                self._guard(by).ended()

        return over

    def _reserve_trunk(
        self, session: CallSession, destination: Destination, caller: Caller
    ) -> Reservation | TransferEnd:
        named = (destination.trunk, *destination.or_else) if destination.trunk else ()
        trunks = self._trunks.choose(named)
        if not trunks:
            why = f"nothing can be dialled through the trunk {', '.join(named)!r}"
            session.log.error("transfer_failed", why=why)
            return TransferEnd.FAILED
        dialling = self._trunks.dialling(
            *(trunks, destination.number, caller, session.id, session.log),
            session.inbound.hops_left,
        )
        if dialling.begin():
            return Reservation(
                dialling.invite,
                dialling.srtp,
                dialling.ended,
                dialling.again,
                lambda: dialling.trunk,
                address=dialling.address,
            )
        if dialling.unreachable:
            why = "none of its servers is up"
            session.log.warning("trunk_unreachable", trunk=trunks[0].name, why=why)
            return TransferEnd.UNREACHABLE
        session.log.warning("dialling_refused", trunk=trunks[0].name, why=dialling.refusal)
        return TransferEnd.FAILED
