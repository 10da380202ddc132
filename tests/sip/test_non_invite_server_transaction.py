"""RFC 3261 figure 8: timer J."""

from __future__ import annotations

import pytest

from tests.support.sip_messages import TCP, request_bytes
from tests.support.transaction_bench import TransactionBench

OPTIONS = request_bytes("OPTIONS")


def test_a_repeated_request_is_absorbed_until_there_is_an_answer() -> None:
    bench = TransactionBench()
    bench.receive(OPTIONS)
    bench.receive(OPTIONS)
    assert bench.lines == []
    assert bench.told == [("request", "OPTIONS")]


@pytest.mark.parametrize("code", [200, 405])
def test_a_repeated_request_gets_the_same_answer_until_timer_j(code: int) -> None:
    bench = TransactionBench()
    bench.receive(OPTIONS)
    bench.servers[0].respond(code, bench.now, to_tag="us")
    bench.receive(OPTIONS)
    bench.run_until(31.999)
    bench.receive(OPTIONS)
    assert bench.lines == [str(code)] * 3
    assert len({data for _, data in bench.sent}) == 1
    bench.run_until(32)
    assert len(bench.layer) == 0


def test_over_tcp_the_answer_ends_it_at_once() -> None:
    bench = TransactionBench(TCP)
    bench.receive(OPTIONS)
    bench.servers[0].respond(200, bench.now)
    assert len(bench.layer) == 0


def test_a_provisional_answer_is_repeated_too() -> None:
    bench = TransactionBench()
    bench.receive(OPTIONS)
    bench.servers[0].respond(182, bench.now)
    bench.receive(OPTIONS)
    bench.servers[0].respond(200, bench.now)
    assert bench.lines == ["182", "182", "200"]
