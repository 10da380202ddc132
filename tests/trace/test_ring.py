"""The ring: bounded in bytes, the newest stays."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from switch.trace.ring import Ring


@given(st.integers(1, 500), st.lists(st.integers(0, 200), max_size=50))
def test_holds_the_newest_frames_that_fit(budget: int, sizes: list[int]) -> None:
    ring = Ring(budget)
    for number, size in enumerate(sizes, 1):
        ring.append(number, bytes(size))
    kept = ring.after(0)
    assert [number for number, _ in kept] == list(range(len(sizes) - len(kept) + 1, len(sizes) + 1))
    assert ring.size == sum(len(frame) for _, frame in kept)
    assert ring.size <= budget or len(ring) == 1
    # No older one would have fitted as well.
    if len(kept) < len(sizes):
        assert ring.size + sizes[len(sizes) - len(kept) - 1] > budget


def test_tells_what_is_newer_than_a_number() -> None:
    ring = Ring(100)
    for number in (3, 5, 8):
        ring.append(number, b"x")
    assert [number for number, _ in ring.after(3)] == [5, 8]
    assert ring.after(8) == []
