"""Reason headers: what is passed on, and how they read for a person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.calls.ending import ended_by_flow, heard_reason, reason_header, told_reason
from switch.termination import Reason, Result, Termination


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ('Q.850;cause=16;text="Normal call clearing"', "Q.850 16 (Normal call clearing)"),
        ("Q.850 ;cause=17", "Q.850 17"),
        ('SIP;cause=200;text="Call completed elsewhere"', "SIP 200 (Call completed elsewhere)"),
        (
            'SIP;cause=580, Q.850;cause=31;text="Normal, unspecified"',
            "SIP 580, Q.850 31 (Normal, unspecified)",
        ),
        ("Preemption;cause=1;x=y", "Preemption 1"),
    ],
)
def test_whole_ones_are_passed_on_and_told(value: str, told: str) -> None:
    assert heard_reason(value) == value
    assert told_reason(value) == told


@pytest.mark.parametrize(
    "value",
    ["", "Q.850;cause=16\r\nX: y", 'SIP;text="never closed', "\u00fc;cause=1", "Q" * 300, ";;"],
)
def test_others_are_not(value: str) -> None:
    assert heard_reason(value) == ""
    assert told_reason(value) == ""


@given(st.text(max_size=300))
def test_nothing_that_could_end_a_header_line_is_ever_passed_on(value: str) -> None:
    heard = heard_reason(value)
    assert heard.isprintable()
    assert heard.isascii()


def test_a_flow_ends_a_call_unless_an_agent_has_talked_and_may_have_said_why() -> None:
    assert ended_by_flow("", talked=False).reason is Reason.FLOW_ENDED
    ended = ended_by_flow("Q.850;cause=17", talked=True)
    assert (ended.reason, ended.detail) == (Reason.AGENT_HUNG_UP, "Q.850 17")


@pytest.mark.parametrize(
    ("reason", "cause", "told"),
    [
        (Reason.FLOW_ENDED, 0, 'Q.850;cause=16;text="Normal call clearing"'),
        (Reason.FLOW_ENDED, 17, 'Q.850;cause=17;text="User busy"'),
        (Reason.AGENT_HUNG_UP, 21, 'Q.850;cause=21;text="Call rejected"'),
        (Reason.MEDIA_LOST, 0, 'Q.850;cause=41;text="Temporary failure"'),
    ],
)
def test_a_bye_tells_the_cause_of_the_reason_or_the_one_that_was_asked_for(
    reason: Reason, cause: int, told: str
) -> None:
    assert reason_header(Termination(Result.COMPLETED, reason, cause=cause)) == told
