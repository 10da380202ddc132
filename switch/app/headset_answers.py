"""What the control socket answers about headsets: registrations, and whether they answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from switch.app.agent_directory import AgentDirectory
from switch.app.routing_desk import RoutingDesk
from switch.clock import Clock
from switch.errors import FreelineError
from switch.sdp.codecs import ENCODINGS, formats
from switch.sdp.description import parse_description
from switch.sip.peer import socket_name
from switch.sip.registrar import Binding, Registrar

_AT_ONCE = 200
"""Accounts looked at before calls have their turn."""


class HeadsetAnswers:
    """Implements the handler `headsets`."""

    def __init__(
        self, registrar: Registrar, agents: AgentDirectory, desk: RoutingDesk, clock: Clock
    ) -> None:
        self._registrar = registrar
        self._agents = agents
        self._desk = desk
        self._clock = clock

    async def headsets(self, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """All registrations, or those of one account or agent (`headset`), or silent ones."""
        wanted = str(parameters.get("headset") or "")
        only_silent = bool(parameters.get("silent"))
        found = []
        for number, username in enumerate(self._registrar.usernames()):
            if number % _AT_ONCE == _AT_ONCE - 1:
                await asyncio.sleep(0)
            agent = self._agents.agent_of(username) or ""
            if wanted and wanted not in (username, agent):
                continue
            for binding in self._registrar.bindings(username):
                if binding.reach.silent or not only_silent:
                    found.append(self._told(binding, agent))
        return sorted(found, key=lambda each: (each["headset"], each["contact"]))

    def _told(self, binding: Binding, agent: str) -> dict[str, Any]:
        now = self._clock.now()
        reach = binding.reach
        trip, answered_at = reach.round_trip_seconds, reach.answered_at
        since = self._clock.utc() - timedelta(seconds=now - binding.since)
        return {
            "headset": binding.username,
            "agent": agent,
            "state": self._desk.state(agent).value if agent else "",
            "contact": binding.contact,
            "transport": binding.source.transport,
            "source": socket_name(*binding.source.remote),
            "path": list(binding.path),
            "instance": binding.flow.instance if binding.flow is not None else "",
            "since": since.isoformat(timespec="seconds"),
            "for_seconds": round(now - binding.since, 1),
            "expires_in_seconds": round(binding.expires_at - now, 1),
            "user_agent": binding.user_agent,
            "round_trip_ms": None if trip is None else round(trip * 1000, 1),
            "answered_seconds_ago": None if answered_at is None else round(now - answered_at, 1),
            "unanswered": reach.missed,
            "silent": reach.silent,
            "codecs": codecs_of(reach.description),
            "last_codec": self._agents.last_codecs.get(agent, ""),
        }


def codecs_of(description: bytes) -> list[str]:
    """Return the codecs of ours that a headset says it has; none if it says nothing of them."""
    try:
        media = parse_description(description).media if description else []
    except FreelineError:
        return []
    found = (each.name for line in media if line.kind == "audio" for each in formats(line))
    return [name for name in dict.fromkeys(found) if name in ENCODINGS]
