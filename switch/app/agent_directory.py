"""Agents and their headsets: who is where, and how to ring them.

An agent's headset registers, or has a fixed contact in the configuration. This file
joins the two worlds: account names and contacts on the SIP side, agent ids on the
router's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from switch.app.caller_facts import name_of
from switch.app.routing_desk import RoutingDesk
from switch.calls.leg import Leg
from switch.calls.session import CallSession
from switch.calls.srtp_rule import USUAL, SrtpRule
from switch.events import Event, HeadsetRegistered, HeadsetUnregistered
from switch.log import get_logger
from switch.routing import AgentState
from switch.sdp.crypto import SrtpTerms
from switch.sip.core import SipCore
from switch.sip.events import HeadsetAnswers, HeadsetBound, HeadsetSilent, HeadsetUnbound
from switch.sip.invite_session import InviteSession
from switch.sip.peer import Peer, Way
from switch.sip.referral import Replaces
from switch.sip.registrar import Binding, Registrar
from switch.trunks.dial_guard import DialRules

_SILENT = "headset_silent"
"""The reason of agents who are not ready because their headsets do not answer."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to send the INVITE for a headset."""

    uri: str
    peer: Peer
    path: Sequence[str] = ()
    """Proxies on the way (RFC 3327)."""
    otherwise: Sequence[Way] = ()
    """Where else to try when there is no way to it."""


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent as the directory needs it."""

    id: str
    username: str
    """Headset account; empty for a fixed contact."""
    fixed: Target | None
    ready_at_start: bool
    srtp: SrtpRule = USUAL
    may_reach: frozenset[str] = frozenset()
    """What the headset may call and send callers to: `agents`, `queues`, `numbers`."""
    numbers: DialRules = field(default_factory=DialRules)
    """Which numbers, and how many."""


class AgentDirectory:
    """Finds an agent's headset and follows its registration."""

    def __init__(
        self,
        agents: Iterable[Agent],
        registrar: Registrar,
        core: SipCore,
        desk: RoutingDesk,
        publish: Callable[[Event], None],
        utc: Callable[[], datetime],
        domain: str,
        headset_changed: Callable[[str], None] = lambda username: None,
    ) -> None:
        self._agents: dict[str, Agent] = {}
        self._by_username: dict[str, str] = {}
        self._know(agents)
        self._registrar = registrar
        self._core = core
        self._desk = desk
        self._publish = publish
        self._utc = utc
        self._domain = domain
        self._headset_changed = headset_changed
        self.last_codecs: dict[str, str] = {}
        """The codec of the last call with each agent's headset."""
        self.pause_silent = False
        """Whether the agent of a headset that falls silent gets no calls until it answers."""
        self._log = get_logger()

    def _know(self, agents: Iterable[Agent]) -> None:
        self._agents = {agent.id: agent for agent in agents}
        self._by_username = {
            agent.username: agent.id for agent in self._agents.values() if agent.username
        }

    def take_over(self, agents: Iterable[Agent]) -> None:
        """Know changed agents from now on; those with a new fixed contact are logged in.

        What is registered with an account that is nobody's any more, or another one's, is not.
        """
        old, accounts = self._agents, self._by_username
        self._know(agents)
        for username, agent in accounts.items():
            if self._by_username.get(username) != agent:
                self._end_registrations(username, agent)
        known = {name for name, agent in self._agents.items() if agent.fixed is None}
        same = {name for name, agent in self._agents.items() if old.get(name) == agent}
        self._log_in_fixed(known | same)

    def _end_registrations(self, username: str, agent: str) -> None:
        bindings = self._registrar.bindings(username)
        for binding in bindings:
            self._registrar.drop(binding)
            self._publish(
                HeadsetUnregistered(
                    at=self._utc(), agent=agent, contact=binding.contact, expired=False
                )
            )
        if bindings:
            self._headset_changed(username)
            if agent in self._agents:
                self._desk.log_out(agent, "unregistered")

    def __contains__(self, agent: str) -> bool:
        return agent in self._agents

    def agent_of(self, username: str) -> str | None:
        """Return the id of the agent with this headset account."""
        return self._by_username.get(username)

    def may_reach(self, agent: str) -> frozenset[str]:
        """Return what an agent's headset may call and send callers to."""
        entry = self._agents.get(agent)
        return frozenset() if entry is None else entry.may_reach

    def number_rules(self, agent: str) -> DialRules:
        """Return which outside numbers an agent's headset may call."""
        entry = self._agents.get(agent)
        return DialRules() if entry is None else entry.numbers

    def session_of(self, replaces: Replaces) -> InviteSession | None:
        """Return the session whose dialog a headset names."""
        return self._core.session_of(replaces)

    def start(self, restored: Collection[str] = ()) -> None:
        """Log those with a fixed contact in, ready or not as configured.

        Args:
            restored: who is in the state of before a restart; those without a headset that
                could be rung are logged out.
        """
        for name in restored:
            agent = self._agents.get(name)
            if agent is not None and self.target(name) is None:
                self._desk.log_out(name, "headset_gone")
        self._log_in_fixed(restored)

    def _log_in_fixed(self, but: Collection[str]) -> None:
        for agent in self._agents.values():
            if agent.fixed is None or agent.id in but:
                continue
            if agent.ready_at_start:
                self._desk.set_ready(agent.id, "fixed_contact")
            else:
                self._desk.set_not_ready(agent.id, "fixed_contact")

    def srtp(self, agent: str, peer: Peer, contact: str = "") -> SrtpTerms:
        """Return whether the media of an agent's headset, reached so, is encrypted."""
        entry = self._agents.get(agent)
        return (USUAL if entry is None else entry.srtp).terms(peer, contact)

    def target(self, agent: str) -> Target | None:
        """Return where to ring the agent: the contact registered last, or the fixed one."""
        entry = self._agents.get(agent)
        if entry is None:
            return None  # not configured any more
        if entry.fixed is not None:
            return entry.fixed
        bindings = self._registrar.bindings(entry.username)
        if not bindings:
            return None
        if len(bindings) == 1:
            latest, others = bindings[0], bindings[1:]
        else:
            bindings.sort(key=lambda binding: binding.expires_at, reverse=True)
            latest, *others = bindings
            others.sort(key=lambda other: not _same_device(latest, other))
        ways = [Way(each.contact, each.peer, each.path) for each in others]
        return Target(latest.contact, latest.peer, latest.path, ways)

    def invite(
        self, target: Target, session: CallSession, caller: str, queue: str, sdp: bytes, owner: Leg
    ) -> InviteSession:
        """Ring a headset on behalf of a caller."""
        calling = session.inbound.session
        request = None if calling is None else calling.request
        return self._core.invite(
            target=target.uri,
            peer=target.peer,
            from_display=name_of(request, session.identity) if caller and request else "",
            from_uri=f"sip:{caller or 'anonymous'}@{self._domain}",
            to_uri=target.uri,
            sdp=sdp,
            headers=(
                ("X-Freeline-Call", session.id),
                *((("X-Freeline-Queue", queue),) if queue else ()),
            ),
            now=session.services.endpoint.now(),
            owner=owner,
            path=target.path,
            otherwise=target.otherwise,
        )

    def handle_bound(self, event: HeadsetBound) -> None:
        """A headset registered: its agent is at work."""
        agent = self._by_username.get(event.username)
        if agent is None:
            return
        self._headset_changed(event.username)
        self._publish(
            HeadsetRegistered(
                at=self._utc(),
                agent=agent,
                contact=event.contact,
                expires_seconds=event.expires_seconds,
                refreshed=event.refreshed,
            )
        )
        if not event.refreshed:
            self._desk.set_ready(agent, "registered")

    def handle_unbound(self, event: HeadsetUnbound) -> None:
        """A contact has gone; with the last one the agent has left."""
        agent = self._by_username.get(event.username)
        if agent is None:
            return
        self._headset_changed(event.username)
        self._publish(
            HeadsetUnregistered(
                at=self._utc(), agent=agent, contact=event.contact, expired=event.expired
            )
        )
        if not self._registrar.bindings(event.username):
            self._desk.log_out(agent, "expired" if event.expired else "unregistered")

    def handle_silent(self, event: HeadsetSilent) -> None:
        """A headset does not answer any more: perhaps its agent gets no calls until it does."""
        agent = self._by_username.get(event.username, "")
        contact = event.contact
        self._log.warning("headset_silent", headset=event.username, agent=agent, contact=contact)
        if not agent or not self.pause_silent or not event.answered_before:
            return
        silent = all(each.reach.silent for each in self._registrar.bindings(event.username))
        if silent and self._desk.state(agent) is not AgentState.LOGGED_OUT:
            self._desk.set_not_ready(agent, _SILENT)

    def handle_answers(self, event: HeadsetAnswers) -> None:
        """A silent headset answers again: its agent is back, unless away for another reason."""
        agent = self._by_username.get(event.username, "")
        contact = event.contact
        self._log.info("headset_answers", headset=event.username, agent=agent, contact=contact)
        if agent and self.pause_silent and self._desk.reason(agent) == _SILENT:
            self._desk.set_ready(agent, "headset_answers")


def _same_device(one: Binding, other: Binding) -> bool:
    """Whether two bindings are flows of one device (RFC 5626 5.3)."""
    return bool(one.flow and other.flow and one.flow.instance == other.flow.instance)
