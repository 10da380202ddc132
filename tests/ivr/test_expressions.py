"""Expressions: what they compute, what is refused at load, and that they stay small."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from switch.errors import FlowRunError
from switch.ivr.bounded import MAX_ITEMS, MAX_TEXT
from switch.ivr.expressions import Expression, Template

SCOPE: dict[str, Any] = {
    "call": {"id": "c", "from": "+12125550123", "language": "en", "queue": {"position": 2}},
    "vars": {
        "order": "412345",
        "n": 3,
        "items": [1, 2],
        "row": {"items": "x", "deep": {"a": 1}},
        "long": "é" * MAX_TEXT,
        "pin": "1234",
        "card": "4111111111111111",
    },
    "result": {"json": {"list": [{"a": "b"}], "null": None}},
    "now": {"weekday": "mon", "hour": 12},
    "tongue": "en",
}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("vars.n + 1", 4),
        ("vars.n > 2 and call.from.startswith('+1')", True),
        ("vars.order[0] ~ vars.n", "43"),
        ("vars.row.items", "x"),
        ("vars.row.deep.a", 1),
        ("result.json.list[0].a", "b"),
        ("result.json.none.at.all | default('-')", "-"),
        ("result.json.null | default(7) > 6", True),
        ("vars.n | default(7)", 3),
        ("'' | default('-', true)", "-"),
        ("'yes' if now.hour < 18 else 'no'", "yes"),
        ("call.queue.position", 2),
        ("vars.order | spoken_digits", "4 1 2, 3 4 5"),
        ("'12.345' | float | round(1)", 12.3),
        ("7.5 | round(0, 'floor')", 7.0),
        ("vars.card | last4", "1111"),
        ("vars.card | masked", "************1111"),
        ("vars.pin | last4", ""),
        ("vars.pin | masked", "****"),
        ("' x ' | trim | upper", "X"),
        ("'a-b'.replace('-', '')", "ab"),
    ],
)
def test_what_they_compute(source: str, value: object) -> None:
    if source == "vars.order | spoken_digits":
        assert Expression(source).evaluate(SCOPE).replace(",", "").split() == list("412345")
    else:
        assert Expression(source).evaluate(SCOPE) == value


@pytest.mark.parametrize(
    "source",
    [
        *("vars", "call", "now", "vars['order']", "call.form", "call.queue.size", "now.era"),
        *("vars.n ** 9", "[x for x in vars.items]", "range(9)", "vars.row.__class__", "().a"),
        *("call.id.format(1)", "vars.items.append(1)", "call.id.join([])", "vars.n | pprint"),
        *("vars.n is sameas 1", "call.id.strip(*vars.items)", "joined", "1 | joined", "foo"),
        *("a " * 1500, "(" * 200 + "1" + ")" * 200, "+".join("1" * 200), "not " * 200 + "1"),
        *("[" * 200, "-" * 500 + "1", "vars.n }} {{ vars.n", "'a' in"),
    ],
)
def test_what_is_refused_when_the_flow_is_loaded(source: str) -> None:
    with pytest.raises(PydanticCustomError):
        Expression(source)


@pytest.mark.parametrize("source", ["{% for x in vars.items %}a{% endfor %}", "{{ x", "{# c"])
def test_texts_hold_nothing_but_expressions(source: str) -> None:
    with pytest.raises(PydanticCustomError):
        Template(source)


@pytest.mark.parametrize(
    "source",
    [
        *("'a' * 9", "'%99999d' % 1", "vars.items * 9", "vars.long ~ vars.long", "1 / 0"),
        *("vars.long + vars.long", "vars.long | replace('é', vars.long)", "vars.row | string"),
        *("vars.long.replace('é', 'ab')", "vars.long.strip(vars.long)", "vars.row ~ 'x'"),
        *("9223372036854775807 + 9223372036854775807", "1 | round(99)", "vars.absent"),
        *("vars.long | trim(vars.long)", "1 | round(1, 'up')", "result.json.nothing.x"),
        *("'x' | spoken_currency('INR')", "vars.n.upper()"),
    ],
)
def test_what_goes_wrong_during_a_call_is_told(source: str) -> None:
    with pytest.raises(FlowRunError, match="cannot be computed"):
        Expression(source).evaluate(SCOPE)


def test_values_that_double_are_stopped() -> None:
    scope = {**SCOPE, "vars": {"x": [1]}}
    double = Template("{{ [vars.x, vars.x] }}")
    for _ in range(8):
        scope["vars"]["x"] = double.evaluate(scope)
    with pytest.raises(FlowRunError, match=f"more than {MAX_ITEMS} members"):
        double.evaluate(scope)


def test_what_they_read_is_known() -> None:
    template = Template(
        "{{ vars.a.b }} {{ vars.c | default(1) }} {{ vars.d | last4 }} {{ now.hour }}"
    )
    assert template.reads == {"vars.a.b", "vars.c", "vars.d", "now.hour"}
    assert template.variables == {"a", "d"}
    assert template.exposed == {"a", "c"}
    assert template.reads_now


def test_one_expression_keeps_its_type() -> None:
    assert Template("{{ vars.n + 1 }}").evaluate(SCOPE) == 4
    assert Template("{{ vars.n }}{{ vars.n }}").evaluate(SCOPE) == "33"
    assert Template(7).evaluate(SCOPE) == 7


@given(st.text(alphabet="varscl.o{}[]()|'\"+-*/%~ 1nowif=<>&!_,:#\n", max_size=60))
def test_any_text_is_an_expression_or_a_complaint(source: str) -> None:
    try:
        template = Template(source)
    except PydanticCustomError:
        return
    try:
        value = template.evaluate(SCOPE)
    except FlowRunError:
        return
    assert not isinstance(value, str) or len(value) <= MAX_TEXT
