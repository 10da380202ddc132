"""What the control socket answers about agents, queues and decisions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from switch.app.feature_codes import set_agent_state
from switch.app.routing_desk import RoutingDesk
from switch.clock import Clock
from switch.errors import RoutingError
from switch.routing import AgentState, AgentView, Need, QueueStatus, SiteGroup
from switch.routing.decisions import Explanation
from switch.routing.expected_wait import told_wait
from switch.routing.service_level import Tally
from switch.yaml_wording import did_you_mean

_AT_ONCE = 200
"""Agents looked at before calls have their turn."""


class RoutingAnswers:
    """Implements the handlers of the control socket that are about routing."""

    def __init__(self, desk: RoutingDesk, clock: Clock) -> None:
        self._desk = desk
        self._ask = desk.router.ask
        self._clock = clock

    async def agents(self, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """All agents, or one (`agent`), or those in a state (`state`)."""
        if name := parameters.get("agent"):
            return [self._agent(str(name))]
        state = parameters.get("state")
        states = [each.value for each in AgentState]
        if state and state not in states:
            raise RoutingError(f"no agent is ever {state!r}: {did_you_mean(str(state), states)}")
        found = []
        for number, name in enumerate(self._ask.agent_names):
            if number % _AT_ONCE == _AT_ONCE - 1:
                await asyncio.sleep(0)
            if self._ask.knows_agent(name):  # nobody left meanwhile
                view = self._agent(name)
                if not state or view["state"] == state:
                    found.append(view)
        return found

    async def queues(self, _parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """All queues."""
        now = self._clock.now()
        return [_queue(self._ask.queue_status(name, now)) for name in self._ask.queue_names]

    async def why(self, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The decisions about a caller (`call`), and why others were not chosen."""
        call = str(parameters.get("call", ""))
        found = self._ask.explain(call)
        if not found:
            known = self._ask.standing(call, self._clock.now())
            if known is not None:
                raise RoutingError(
                    f"nobody was found yet for {call}: it is {known.state} in {known.queue}, "
                    f"position {known.position}"
                )
            raise RoutingError(
                f"no decision about a call {call!r} is kept: the last "
                f"{self._ask.kept_decisions} calls are (see `freeline calls`)"
            )
        return [self._explained(each) for each in found]

    async def route(self, parameters: Mapping[str, Any]) -> Any:
        """What would happen to a caller: a dry run."""
        need = Need.of(
            parameters.get("skills"),
            preferred=parameters.get("preferred"),
            language=str(parameters.get("language") or ""),
            sites=[SiteGroup(frozenset([site])) for site in parameters.get("sites") or ()],
        )
        forecast = self._ask.forecast(
            str(parameters.get("queue", "")),
            self._clock.now(),
            need=need,
            waited_seconds=float(parameters.get("waited_seconds") or 0.0),
        )
        told: dict[str, Any] = msgspec.to_builtins(forecast)
        return told | {"expected_wait_seconds": told_wait(forecast.expected_wait_seconds)}

    async def agent(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Change an agent's state (`state`, `force`, `release`), or extend a wrap-up."""
        name = str(parameters.get("agent", ""))
        self._ask.agent(name, self._clock.now())  # or there is none of that name
        if (seconds := parameters.get("extend_seconds")) is not None:
            self._desk.extend_wrap_up(name, float(seconds))
        elif parameters.get("release"):
            self._desk.release(name)
        elif parameters.get("force"):
            self._desk.force(name, _state(parameters), str(parameters.get("reason") or "forced"))
        else:
            reason = str(parameters.get("reason") or "command")
            refused = set_agent_state(self._desk, name, _state(parameters).value, reason)
            if refused:
                raise RoutingError(f"agent {name!r} gets no calls for now: {refused}")
        return self._agent(name)

    def _agent(self, name: str) -> dict[str, Any]:
        now = self._clock.now()
        return _agent(self._ask.agent(name, now), now)

    def _explained(self, explanation: Explanation) -> dict[str, Any]:
        decision = explanation.decision
        return {
            "call": decision.contact,
            "queue": decision.queue,
            "agent": decision.agent,
            "why": decision.why,
            "rule": decision.rule,
            "need": explanation.need,
            "choice": decision.tier + 1,
            "priority": decision.priority,
            "waited_seconds": round(decision.waited_seconds, 3),
            "seconds_ago": round(self._clock.now() - decision.at, 1),
            "next": list(decision.runners_up),
            "counts": dict(explanation.counts),
            "candidates": [msgspec.to_builtins(each) for each in explanation.candidates],
            "not_named": explanation.not_named,
            "states_known": explanation.states_known,
        }


def _state(parameters: Mapping[str, Any]) -> AgentState:
    try:
        return AgentState(str(parameters.get("state", "")))
    except ValueError:
        raise RoutingError("`state` is ready, not_ready or logged_out") from None


def _agent(view: AgentView, now: float) -> dict[str, Any]:
    return {
        "agent": view.id,
        "name": view.name,
        "state": view.state.value,
        "reason": view.reason,
        "for_seconds": round(now - view.since, 1),
        "ends_in_seconds": None if view.until is None else round(view.until - now, 1),
        "call": view.contact,
        "wish": view.wish,
        "forced": view.forced,
        "off_shift": view.off_shift,
        "missed_calls": view.misses,
        "occupancy": round(view.occupancy, 3),
        "skills": dict(view.skills),
        "languages": dict(view.languages),
        "site": view.site,
    }


def _queue(status: QueueStatus) -> dict[str, Any]:
    expected = told_wait(status.expected_wait_seconds)
    return {
        "queue": status.name,
        "open": status.is_open,
        "waiting": status.waiting,
        "unanswered": status.unanswered,
        "oldest_wait_seconds": round(status.oldest_wait_seconds, 1),
        "expected_wait_seconds": None if expected is None else round(expected, 1),
        "ready_agents": status.ready_agents,
        "logged_in_agents": status.logged_in_agents,
        "since_start": _tally(status.since_start),
        "last_hour": _tally(status.last_hour),
        "last_quarter": _tally(status.last_quarter),
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "answered": tally.answered,
        "lost": tally.lost,
        "short_abandoned": tally.short_abandoned,
        "service_level": tally.service_level,
        "asa_seconds": tally.average_wait_seconds,
        "abandon_rate": tally.abandon_rate,
    }
