"""RFC 4733: each press is told once, whatever is lost or repeated."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from switch.media.dtmf_event import KEYS, DtmfReceiver


def packets(key: str, count: int = 5) -> list[bytes]:
    """One press: some packets, the last three with the end bit."""
    code = KEYS.index(key)
    going = [bytes((code, 10)) + (160 * n).to_bytes(2, "big") for n in range(1, count + 1)]
    end = bytes((code, 0x80 | 10)) + (160 * (count + 1)).to_bytes(2, "big")
    return [*going, end, end, end]


@given(st.lists(st.tuples(st.sampled_from(KEYS), st.sets(st.integers(0, 6))), max_size=20))
def test_every_press_is_told_once(presses: list[tuple[str, set[int]]]) -> None:
    """Any packets of a press may be lost, but not all."""
    receiver = DtmfReceiver()
    told = ""
    for number, (key, lost) in enumerate(presses):
        for index, payload in enumerate(packets(key)):
            if index not in lost:
                told += receiver.receive(number * 4000 + 2**32 - 8000, payload)
    assert told == "".join(key for key, _ in presses)


def test_a_late_packet_of_an_earlier_press_is_no_press() -> None:
    receiver = DtmfReceiver()
    one, two = packets("1"), packets("2")
    assert receiver.receive(1000, one[0]) == "1"
    assert receiver.receive(5000, two[0]) == "2"
    assert receiver.receive(1000, one[-1]) == ""
    assert receiver.receive(5000, two[-1]) == ""


def test_what_is_no_key_is_nothing() -> None:
    receiver = DtmfReceiver()
    assert receiver.receive(1, b"") == ""
    assert receiver.receive(1, bytes((16, 0, 0, 0))) == ""


def test_a_new_source_may_count_anew() -> None:
    receiver = DtmfReceiver()
    assert receiver.receive(5000, packets("1")[0]) == "1"
    receiver.restart()
    assert receiver.receive(5000, packets("1")[0]) == "1"
