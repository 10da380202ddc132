"""How we appear to a carrier, by policy and by what the caller wants."""

from __future__ import annotations

from dataclasses import replace

import pytest

from switch.sip.identity import CallerIdentity
from switch.trunks.plans import DialPlan, PeerPlan
from switch.trunks.presentation import Caller, present

TARGET = "sip:+442079460000@192.0.2.1"
PLAN = DialPlan((PeerPlan("sip:192.0.2.1"),), ("+1",), (), "+18005550100")
SHOWS = replace(PLAN, show_caller=True)
ANN = Caller("+14155550123", "+18005550100", identity=CallerIdentity())
HIDDEN = Caller("", "+18005550100", "+14155550123", CallerIdentity(withheld=True))


def told(plan: DialPlan, caller: Caller) -> tuple[str, dict[str, str]]:
    shown = present(plan, caller, "198.51.100.1", TARGET)
    return shown.from_uri, dict(shown.headers)


@pytest.mark.parametrize(
    ("plan", "caller", "number"),
    [
        (PLAN, ANN, "+18005550100"),
        (SHOWS, ANN, "+14155550123"),
        (SHOWS, Caller("asha"), "+18005550100"),
        (SHOWS, Caller(""), "+18005550100"),
        (SHOWS, HIDDEN, "+18005550100"),
    ],
    ids=["not_allowed", "allowed", "no_number", "nobody", "withheld"],
)
def test_which_number_is_shown(plan: DialPlan, caller: Caller, number: str) -> None:
    assert told(plan, caller) == (f"sip:{number}@198.51.100.1", {})


@pytest.mark.parametrize(
    ("how", "header"),
    [("asserted", "P-Asserted-Identity"), ("preferred", "P-Preferred-Identity")],
)
def test_the_number_in_a_header_too(how: str, header: str) -> None:
    plan = replace(SHOWS, assert_identity=how)
    uri, headers = told(plan, ANN)
    assert uri == "sip:+14155550123@198.51.100.1"
    assert headers == {header: "<sip:+14155550123@198.51.100.1;user=phone>"}


def test_a_withheld_caller_is_anonymous_and_only_asserted() -> None:
    """RFC 3325 9.3: the assertion goes to a trusted carrier, `Privacy: id` keeps it there."""
    uri, headers = told(replace(SHOWS, assert_identity="asserted"), HIDDEN)
    assert uri == "sip:anonymous@anonymous.invalid"
    assert headers["Privacy"] == "id"
    assert headers["P-Asserted-Identity"] == "<sip:+14155550123@198.51.100.1;user=phone>"


def test_nothing_of_a_caller_who_must_not_be_shown_leaves_us() -> None:
    for plan in (PLAN, SHOWS, replace(PLAN, assert_identity="asserted", divert="diversion")):
        shown = present(plan, HIDDEN, "198.51.100.1", TARGET)
        assert "4155550123" not in f"{shown}"


def test_an_unknown_withheld_number_is_replaced_by_ours() -> None:
    unknown = replace_asserted(HIDDEN, "")
    _, headers = told(replace(SHOWS, assert_identity="asserted"), unknown)
    assert headers["P-Asserted-Identity"].startswith("<sip:+18005550100@")


def replace_asserted(caller: Caller, asserted: str) -> Caller:
    return Caller(caller.number, caller.dialled, asserted, caller.identity)


@pytest.mark.parametrize(
    ("divert", "header"),
    [
        (
            "diversion",
            (
                "Diversion",
                "<sip:+18005550100@198.51.100.1;user=phone>;reason=unconditional;counter=1",
            ),
        ),
        (
            "history_info",
            (
                "History-Info",
                "<sip:+18005550100@198.51.100.1;user=phone>;index=1, "
                "<sip:+442079460000@192.0.2.1;cause=302>;index=1.1;mp=1",
            ),
        ),
    ],
)
def test_through_which_number_the_caller_came(divert: str, header: tuple[str, str]) -> None:
    assert header in present(replace(SHOWS, divert=divert), ANN, "198.51.100.1", TARGET).headers
    assert header not in present(replace(PLAN, divert=divert), ANN, "198.51.100.1", TARGET).headers


def test_passports_are_passed_on_by_policy_and_with_the_callers_number_alone() -> None:
    signed = Caller(
        "+14155550123", identity=CallerIdentity(passports=("one.two.three;ppt=shaken", "x.y.z"))
    )
    given = [("Identity", "one.two.three;ppt=shaken"), ("Identity", "x.y.z")]
    assert list(present(replace(SHOWS, pass_passports=True), signed, "d", TARGET).headers) == given
    assert present(SHOWS, signed, "d", TARGET).headers == ()
    assert present(replace(PLAN, pass_passports=True), signed, "d", TARGET).headers == ()
