"""Ports: even, in turn, and rested."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from switch.media.port_pool import PortPool, ports_of_worker


def test_a_port_rests_before_it_is_taken_again() -> None:
    pool = PortPool([20_000, 20_002], quarantine_seconds=2)
    assert [pool.take(0), pool.take(0), pool.take(0)] == [20_000, 20_002, None]
    pool.put_back(20_002, 5)
    assert pool.take(6.9) is None
    assert pool.take(7) == 20_002


@given(st.integers(1024, 65_000), st.integers(4, 500), st.integers(1, 8))
def test_workers_share_the_range_without_overlap(low: int, size: int, workers: int) -> None:
    high = min(low + size, 65_535)
    shares = [ports_of_worker(low, high, number, workers) for number in range(workers)]
    together = sorted(port for share in shares for port in share)
    assert together == list(range(low + low % 2, high, 2))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert all(port + 1 <= high for port in together)
