"""The table of agent states: everything that may happen, and nothing else."""

from __future__ import annotations

from itertools import product

import pytest

from switch.errors import RoutingError
from switch.routing.agent import TRANSITIONS, AgentInput, AgentState, next_state

ASKED = (AgentInput.SET_READY, AgentInput.SET_NOT_READY, AgentInput.LOG_OUT)


@pytest.mark.parametrize(("state", "happened"), list(product(AgentState, AgentInput)))
def test_every_pair_leads_somewhere_or_is_refused(state: AgentState, happened: AgentInput) -> None:
    if (state, happened) in TRANSITIONS:
        assert next_state(state, happened) is TRANSITIONS[state, happened]
    else:
        with pytest.raises(RoutingError, match=f"{happened} cannot happen"):
            next_state(state, happened)


@pytest.mark.parametrize(("state", "asked"), list(product(AgentState, ASKED)))
def test_a_person_may_ask_for_anything_at_any_time(state: AgentState, asked: AgentInput) -> None:
    assert (state, asked) in TRANSITIONS


def test_every_state_can_be_reached_and_left() -> None:
    reached = {AgentState.LOGGED_OUT}
    while True:
        further = {to for (origin, _), to in TRANSITIONS.items() if origin in reached}
        if further <= reached:
            break
        reached |= further
    assert reached == set(AgentState)
    for state in AgentState:
        assert any(origin is state and to is not state for (origin, _), to in TRANSITIONS.items())


def test_a_call_is_offered_to_the_ready_only() -> None:
    assert [state for state, happened in TRANSITIONS if happened is AgentInput.OFFER] == [
        AgentState.READY
    ]
