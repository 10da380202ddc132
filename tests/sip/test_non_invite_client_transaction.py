"""RFC 3261 figure 6: timers E, F and K."""

from __future__ import annotations

import pytest

from switch.sip.transaction import State
from tests.support.sip_messages import TCP
from tests.support.transaction_bench import TransactionBench


def test_timer_e_doubles_up_to_t2_until_timer_f_gives_up() -> None:
    bench = TransactionBench()
    bench.send("BYE")
    bench.run_until(100)
    assert bench.times_of("BYE") == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert bench.told == [("failed", "timeout")]
    assert len(bench.layer) == 0


def test_over_tcp_it_is_sent_once() -> None:
    bench = TransactionBench(TCP)
    bench.send("BYE")
    bench.run_until(100)
    assert bench.times_of("BYE") == [0]
    assert bench.told == [("failed", "timeout")]


def test_after_a_provisional_response_it_is_repeated_every_t2() -> None:
    bench = TransactionBench()
    bench.send("BYE")
    bench.run_until(1.6)
    bench.answer(100)
    bench.run_until(100)
    assert bench.times_of("BYE") == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert bench.told == [("response", 100), ("failed", "timeout")]


@pytest.mark.parametrize("code", [200, 481])
def test_a_final_response_is_told_once_and_timer_k_absorbs_more(code: int) -> None:
    bench = TransactionBench()
    transaction = bench.send("BYE")
    bench.answer(code)
    bench.answer(code)
    assert bench.told == [("response", code)]
    assert transaction.state is State.COMPLETED
    bench.run_until(4.999)
    assert len(bench.layer) == 1
    bench.run_until(5)
    assert len(bench.layer) == 0
    assert bench.lines == ["BYE"]


def test_over_tcp_a_final_response_ends_it_at_once() -> None:
    bench = TransactionBench(TCP)
    bench.send("BYE")
    bench.answer(200)
    assert len(bench.layer) == 0


@pytest.mark.parametrize("provisional", [False, True])
def test_an_unreachable_peer_ends_it_at_once(provisional: bool) -> None:
    bench = TransactionBench()
    bench.send("BYE")
    if provisional:
        bench.answer(100)
    bench.layer.transport_failed(bench.peer, bench.now)
    assert bench.told[-1] == ("failed", "transport")
    assert bench.layer.next_deadline() is None


def test_cancel_means_nothing_to_it() -> None:
    bench = TransactionBench()
    bench.send("BYE").cancel(bench.now)
    bench.answer(100)
    assert bench.lines == ["BYE"]
