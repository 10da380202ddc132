"""One trunk that runs: its servers, their health, our registration, what may be dialled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Protocol

from switch.sip.credentials import DigestClient
from switch.sip.outside_request import OutsideHost
from switch.sip.peer import Peer
from switch.sip.probe import Probe, ProbeResult
from switch.sip.registration import Registration, Standing
from switch.sip.target_order import Srv, Target, by_weight
from switch.trunks.dial_guard import DialGuard
from switch.trunks.health import ServerHealth
from switch.trunks.last_hour import HourBook
from switch.trunks.plans import TrunkPlan


class Names(Protocol):
    """Addresses of names, as `transport.resolver.Resolver` knows them."""

    def targets(self, uri: str) -> Sequence[Target]:
        """Return where a URI leads, in the order to try now; empty while unknown."""
        ...


class Surroundings(Protocol):
    """What trunks need of the switch."""

    host: OutsideHost
    names: Names
    hours: HourBook

    def near(self, target: Target) -> Peer | None:
        """Return how a target is reached from here; None without a listener for it."""
        ...

    def server_changed(self, trunk: Trunk, server: Server, now: float) -> None:
        """A server has gone up or down."""
        ...

    def registration_changed(self, trunk: Trunk, now: float) -> None:
        """We are registered, or no longer."""
        ...


class Server:
    """One address of one of the carrier's servers."""

    __slots__ = ("health", "peer", "probe", "target", "uri")

    def __init__(self, uri: str, target: Target, peer: Peer, health: ServerHealth) -> None:
        self.uri = uri
        """As configured."""
        self.target = target
        self.peer = peer
        self.health = health
        self.probe: Probe | None = None


class Trunk:
    """A carrier as we deal with it."""

    def __init__(self, plan: TrunkPlan, around: Surroundings) -> None:
        self.plan = plan
        self.name = plan.name
        self.digest = None if plan.login is None else DigestClient(plan.login)
        """Answers the carrier's challenges, in and out of calls."""
        self.guard = _guard(plan, around.hours)
        self.registration: Registration | None = None
        self.failovers: Counter[str] = Counter()
        """`timeout`, `transport` or `unavailable` -> calls that went to another server."""
        self._around = around
        self._servers: dict[tuple[str, Target], Server] = {}

    # Its life.

    def start(self, now: float) -> None:
        """Register and probe, as far as addresses are known."""
        self.addresses_changed(now)
        self._register(now)

    def addresses_changed(self, now: float, uri: str = "") -> None:
        """Know the servers that the names of the plan lead to now.

        Args:
            uri: whose addresses have changed; empty: all may have.
        """
        wanted: dict[tuple[str, Target], Peer] = {}
        dial = self.plan.dial
        for peer in dial.peers if dial is not None else ():
            for target in self._around.names.targets(peer.uri):
                near = self._around.near(target)
                if near is not None:
                    wanted[peer.uri, target] = near
        for key in self._servers.keys() - wanted.keys():
            self._forget(self._servers.pop(key))
        for key, near in wanted.items():
            if key not in self._servers:
                self._servers[key] = self._new_server(*key, near, now)
        registration = self.registration
        waits = registration is not None and registration.standing is not Standing.REGISTERED
        if registration is not None and waits and uri and uri == self.plan.register_uri:
            registration.start(now)

    def take_over(self, plan: TrunkPlan, now: float) -> None:
        """Follow a changed plan; calls that are up go on as they are."""
        old, self.plan = self.plan, plan
        if plan.dial is not None:
            live = self.guard
            self.guard = _guard(plan, self._around.hours)
            self.guard.go_on_from(live)
        if plan.login != old.login:
            self.digest = None if plan.login is None else DigestClient(plan.login)
        same_health = plan.health == old.health and plan.login == old.login
        if not same_health:
            for server in self._servers.values():
                self._forget(server)
            self._servers.clear()
        if plan.register != old.register or plan.register_login != old.register_login:
            self._register(now)
        self.addresses_changed(now)

    def stop(self, now: float) -> None:
        """Take the registration back and probe no more."""
        if self.registration is not None:
            self.registration.stop(now)
        for server in self._servers.values():
            self._forget(server)

    def _register(self, now: float) -> None:
        """Register as the plan says; what stands is taken back before."""
        old, new = self.registration, self._new_registration()

        def begin(at: float) -> None:
            if new is not None and self._registrars():
                new.start(at)

        if old is None:
            begin(now)
        else:
            old.stop(now, begin)
        self.registration = new

    def _new_registration(self) -> Registration | None:
        plan, login = self.plan, self.plan.register_login
        if plan.register is None:
            return None
        digest = self.digest if login == plan.login else None
        if digest is None and login is not None:
            digest = DigestClient(login)
        return Registration(
            self._around.host,
            plan.register,
            digest,
            self._registrars,
            lambda at: self._around.registration_changed(self, at),
        )

    # Its servers.

    @property
    def servers(self) -> Sequence[Server]:
        """All that are known."""
        return tuple(self._servers.values())

    def servers_to_try(self, now: float) -> list[Server]:
        """Return the servers that are up, in the order to try a call."""
        dial = self.plan.dial
        if dial is None:
            return []
        entries = [
            Srv(peer.priority, peer.weight, index, peer.uri)
            for index, peer in enumerate(dial.peers)
        ]
        ordered = by_weight(entries, self._around.host.ids.below)
        found = [server for entry in ordered for server in self._of(entry.target)]
        return sorted(found, key=lambda server: server.health.avoid_until > now)

    def note_failure(self, server: Server, problem: str, now: float, avoid: float = 0.0) -> None:
        """A call could not be placed there."""
        if server.health.failed(problem, now, max(avoid, 30.0)):
            self._around.server_changed(self, server, now)

    def note_answer(self, server: Server, now: float) -> None:
        """A call got an answer from there, whatever it was."""
        if server.health.answered(now):
            self._around.server_changed(self, server, now)

    @property
    def routes(self) -> Sequence[str]:
        """Route values for calls, as the registrar wants them (RFC 3608)."""
        registration = self.registration
        return () if registration is None else registration.service_route

    def _of(self, uri: str) -> Iterator[Server]:
        for target in self._around.names.targets(uri):
            server = self._servers.get((uri, target))
            if server is not None and server.health.up:
                yield server

    def _new_server(self, uri: str, target: Target, peer: Peer, now: float) -> Server:
        health = self.plan.health
        if health is None:
            judged = ServerHealth(None)
        else:
            judged = ServerHealth(health.down_after, health.up_after)
        server = Server(uri, target, peer, judged)
        if health is not None:
            server.probe = Probe(
                self._around.host,
                uri,
                peer,
                self.digest,
                lambda result, at: self._probed(server, result, at),
                interval_seconds=health.interval_seconds,
                timeout_seconds=health.timeout_seconds,
            )
            server.probe.start(now)
        return server

    def _probed(self, server: Server, result: ProbeResult, now: float) -> None:
        if result.problem:
            changed = server.health.failed(result.problem, now)
        else:
            changed = server.health.answered(now, result.round_trip_seconds)
        if changed:
            self._around.server_changed(self, server, now)

    def _forget(self, server: Server) -> None:
        if server.probe is not None:
            server.probe.stop()

    def _registrars(self) -> list[Peer]:
        found = [
            self._around.near(each) for each in self._around.names.targets(self.plan.register_uri)
        ]
        return [each for each in found if each is not None]


def _guard(plan: TrunkPlan, hours: HourBook) -> DialGuard:
    dial, last_hour = plan.dial, hours.of(f"trunk:{plan.name}")
    if dial is None:
        return DialGuard((), (), 0, 0, last_hour)
    return DialGuard(dial.allow, dial.deny, dial.max_calls, dial.max_calls_per_hour, last_hour)
