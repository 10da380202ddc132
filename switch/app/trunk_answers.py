"""How trunks stand, for `freeline trunks` and for the metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from switch.sip.registration import Standing
from switch.telemetry.trunk_metrics import PeerSnapshot, TrunkSnapshot, TrunksSnapshot
from switch.transport.resolver import Resolver
from switch.trunks.desk import TrunkDesk
from switch.trunks.trunk import Server, Trunk


class TrunkAnswers:
    """Looks at the trunks when asked."""

    def __init__(
        self,
        desk: TrunkDesk,
        resolver: Resolver,
        calls_in: Mapping[str, int],
        now: Callable[[], float],
        utc: Callable[[], datetime],
    ) -> None:
        """Prepare.

        Args:
            calls_in: trunk -> calls from there that are up.
            now: the time that the trunks are driven with.
        """
        self._desk = desk
        self._resolver = resolver
        self._calls_in = calls_in
        self._now = now
        self._utc = utc

    async def trunks(self, _parameters: dict[str, Any]) -> Any:
        """Answer `freeline trunks`."""
        return [self._trunk(trunk) for trunk in self._desk]

    def snapshot(self) -> TrunksSnapshot:
        """Return what the metrics show."""
        return TrunksSnapshot(
            trunks=tuple(self._snapshot(trunk) for trunk in self._desk),
            lookups=dict(self._resolver.lookups),
            names_failing=len(self._resolver.failing),
        )

    def _trunk(self, trunk: Trunk) -> dict[str, Any]:
        most, most_per_hour = trunk.guard.limits
        dials = trunk.plan.dial is not None
        return {
            "trunk": trunk.name,
            "networks": [str(network) for network in trunk.plan.networks],
            "certificates": list(trunk.plan.certificates),
            "calls_in": self._calls_in.get(trunk.name, 0),
            "calls_out": trunk.guard.live,
            "calls_last_hour": trunk.guard.begun_within_hour(self._now()),
            "max_calls": most if dials else None,
            "max_calls_per_hour": most_per_hour if dials else None,
            "failovers": sum(trunk.failovers.values()),
            "registration": self._registration(trunk),
            "peers": self._peers(trunk),
        }

    def _registration(self, trunk: Trunk) -> dict[str, Any] | None:
        registration, register = trunk.registration, trunk.plan.register
        if registration is None or register is None:
            return None
        left = None if registration.expires_at is None else registration.expires_at - self._now()
        return {
            "registrar": trunk.plan.register_uri,
            "address": register.address,
            "standing": registration.standing.value,
            "since": self._at(registration.since),
            "expires_in_seconds": None if left is None else round(max(0.0, left), 1),
            "problem": registration.problem,
        }

    def _peers(self, trunk: Trunk) -> list[dict[str, Any]]:
        """Return each configured server with its addresses; a name not yet known has none."""
        dial = trunk.plan.dial
        return [
            {
                "peer": peer.uri,
                "priority": peer.priority,
                "weight": peer.weight,
                "up": any(server.health.up for server in servers),
                "dns_failing": peer.uri in self._resolver.failing,
                "addresses": [self._address(server) for server in servers],
            }
            for peer in (dial.peers if dial is not None else ())
            for servers in [_servers(trunk, peer.uri)]
        ]

    def _address(self, server: Server) -> dict[str, Any]:
        health = server.health
        return {
            "address": str(server.target),
            "up": health.up,
            "since": self._at(health.since),
            "probed": server.probe is not None,
            "round_trip_ms": None
            if health.round_trip_seconds is None
            else round(health.round_trip_seconds * 1000, 1),
            "last_answer": self._at(health.heard_at),
            "problem": health.problem,
        }

    def _snapshot(self, trunk: Trunk) -> TrunkSnapshot:
        dial, registration = trunk.plan.dial, trunk.registration
        peers = {}
        for peer in dial.peers if dial is not None else ():
            servers = _servers(trunk, peer.uri)
            trips = [each.health.round_trip_seconds for each in servers if each.health.up]
            known = [trip for trip in trips if trip is not None]
            peers[peer.uri] = PeerSnapshot(
                up=any(each.health.up for each in servers),
                round_trip_seconds=min(known, default=None),
            )
        return TrunkSnapshot(
            name=trunk.name,
            registered=None
            if registration is None
            else registration.standing is Standing.REGISTERED,
            calls_out=trunk.guard.live,
            calls_in=self._calls_in.get(trunk.name, 0),
            peers=peers,
            failovers=dict(trunk.failovers),
        )

    def _at(self, when: float | None) -> str | None:
        """Return a time of the trunks' clock as UTC."""
        if when is None:
            return None
        at = self._utc() - timedelta(seconds=self._now() - when)
        return at.isoformat(timespec="seconds")


def _servers(trunk: Trunk, uri: str) -> list[Server]:
    return [server for server in trunk.servers if server.uri == uri]
