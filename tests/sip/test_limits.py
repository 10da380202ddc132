"""How large a request may be, and what becomes of a larger one: nothing of it is kept."""

from __future__ import annotations

import pytest

from switch.sip.events import IncomingInvite
from switch.sip.header_lines import MAX_HEADER_LINES
from switch.sip.header_values import MAX_VALUE_CHARACTERS
from switch.sip.uri import MAX_URI_CHARACTERS
from tests.support.core_bench import CoreBench
from tests.support.sip_messages import request_bytes

CONTACT = "Contact: <sip:ann@192.0.2.7:5060>"
OF_ANY_REQUEST = request_bytes(headers=[CONTACT]).count(b"\r\n") - 2
"""Header lines, without the start line and the empty one."""


def uri(characters: int) -> str:
    return "sip:" + "1" * (characters - len("sip:@198.51.100.1")) + "@198.51.100.1"


def test_so_many_header_lines_are_heard_and_a_flood_of_them_is_dropped_unread() -> None:
    bench = CoreBench()
    lines = ["X: y"] * (MAX_HEADER_LINES - OF_ANY_REQUEST)
    assert bench.send(request_bytes(headers=[CONTACT, *lines])) == []
    assert [type(event) for event in bench.events()] == [IncomingInvite]
    bench = CoreBench()
    assert bench.send(request_bytes(headers=[CONTACT, *lines, "X: y"])) == []
    assert bench.events() == []
    assert dict(bench.core.layer.bad_datagrams) == {"not_sip": 1}
    assert len(bench.core.layer) == 0


@pytest.mark.parametrize(("characters", "code"), [(MAX_URI_CHARACTERS, 0), (5000, 414)])
def test_a_uri_that_is_too_long_is_told_so(characters: int, code: int) -> None:
    bench = CoreBench()
    answers = bench.send(request_bytes(uri=uri(characters), headers=[CONTACT]))
    assert [answer.code for answer in answers] == ([code] if code else [])
    assert bool(bench.events()) is not bool(code)


def test_an_address_that_is_too_long_is_told_so() -> None:
    bench = CoreBench()
    contact = f"Contact: <sip:{'a' * MAX_VALUE_CHARACTERS}@192.0.2.7>"
    assert [answer.code for answer in bench.send(request_bytes(headers=[contact]))] == [400]
    assert bench.events() == []
