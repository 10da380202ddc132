"""Loss and jitter, as RFC 3550 appendix A counts them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from switch.media.reception import Reception


def receive(reception: Reception, *numbers: int, ssrc: int = 1, late: float = 0.0) -> None:
    for number in numbers:
        reception.receive(number % 2**16, number * 160 % 2**32, ssrc, number * 0.02 + late)


def test_a_steady_stream_has_neither_loss_nor_jitter() -> None:
    reception = Reception()
    receive(reception, *range(65_000, 66_000))
    assert (reception.received, reception.lost, reception.jitter) == (1000, 0, 0)


@given(st.sets(st.integers(1, 98)), st.integers(0, 2**16 - 1), st.randoms())
def test_every_missing_packet_is_lost_once(missing: set[int], first: int, random: object) -> None:
    reception = Reception()
    receive(reception, *(first + number for number in range(100) if number not in missing))
    assert reception.lost == len(missing)
    assert reception.received == 100 - len(missing)


def test_a_late_packet_is_lost_no_more() -> None:
    reception = Reception()
    receive(reception, 1, 2, 4, 5)
    assert reception.lost == 1
    receive(reception, 3)
    assert reception.lost == 0


def test_a_new_source_keeps_what_was_counted() -> None:
    reception = Reception()
    receive(reception, 1, 2, 5)
    receive(reception, 30_000, 30_001, 30_003, ssrc=2)
    assert (reception.received, reception.lost) == (6, 3)


def test_jitter_follows_the_formula() -> None:
    """A.8: J += (|D| - J) / 16."""
    reception = Reception()
    receive(reception, 1)
    receive(reception, 2, late=0.010)  # 80 samples late
    assert reception.jitter_ms == 10 / 16


def test_the_fraction_lost_is_of_the_time_since_it_was_asked() -> None:
    reception = Reception()
    receive(reception, *range(100))
    assert reception.take_fraction_lost() == 0
    receive(reception, *range(100, 200, 2))
    assert reception.take_fraction_lost() == (49 << 8) // 99
    assert reception.take_fraction_lost() == 0


def test_key_presses_count_but_tell_no_jitter() -> None:
    reception = Reception()
    receive(reception, 1, 2, 3)
    for number in range(4, 20):
        reception.receive_event(number, 1)
    assert (reception.received, reception.lost, reception.jitter) == (19, 0, 0)
