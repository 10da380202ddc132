"""Scripts of a phone: read, printed, and refused with the column."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.errors import PhoneError
from switch.phone.script import (
    Drop,
    Dtmf,
    Hangup,
    Hold,
    Join,
    Resume,
    Step,
    Wait,
    format_script,
    parse_script,
)


def test_a_script() -> None:
    assert parse_script("wait 2; dtmf 1 2#;hold ; wait 0.5;resume;hangup;") == [
        *(Wait(2), Dtmf("12#"), Hold(), Wait(0.5), Resume(), Hangup())
    ]
    assert parse_script("") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("wait 2; sing", "column 9: `sing` is not known"),
        ("wait", "column 1: `wait` needs seconds"),
        ("wait two", "column 1: `two` is not seconds"),
        ("wait 99999", "longer than a day"),
        (" dtmf", "column 2: `dtmf` needs keys"),
        ("dtmf 1x", "`1X` has keys no telephone has"),
        ("hangup now", "`hangup` takes nothing behind it"),
    ],
)
def test_what_is_wrong_is_told_with_its_column(text: str, message: str) -> None:
    with pytest.raises(PhoneError, match=message.replace("`", ".")):
        parse_script(text)


_steps = st.one_of(
    st.builds(Wait, st.integers(0, 80_000_000).map(lambda thousandths: thousandths / 1000)),
    st.builds(Dtmf, st.text("0123456789*#ABCD", min_size=1, max_size=10)),
    st.sampled_from([Hold(), Resume(), Hangup(), Join(), Drop()]),
)


@given(st.lists(_steps, max_size=8))
def test_what_is_printed_is_read_back(steps: list[Step]) -> None:
    assert parse_script(format_script(steps)) == steps
