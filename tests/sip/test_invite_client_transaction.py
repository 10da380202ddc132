"""RFC 3261 figure 5 with RFC 6026: timers A, B, D and M, ACK and CANCEL."""

from __future__ import annotations

import pytest

from switch.sip.incoming import parse_message
from switch.sip.transaction import State
from tests.support.sip_messages import TCP, response_to
from tests.support.transaction_bench import TransactionBench


def test_timer_a_doubles_until_timer_b_gives_up_after_64_t1() -> None:
    bench = TransactionBench()
    bench.send()
    bench.run_until(100)
    assert bench.times_of("INVITE") == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert bench.told == [("failed", "timeout")]
    assert len(bench.layer) == 0


def test_timer_b_fires_at_32_seconds_exactly() -> None:
    bench = TransactionBench()
    bench.send()
    bench.run_until(31.999)
    assert bench.told == []
    bench.run_until(32)
    assert bench.told == [("failed", "timeout")]


def test_over_tcp_nothing_is_retransmitted() -> None:
    bench = TransactionBench(TCP)
    bench.send()
    bench.run_until(100)
    assert bench.times_of("INVITE") == [0]
    assert bench.told == [("failed", "timeout")]


def test_a_provisional_response_stops_timers_a_and_b() -> None:
    bench = TransactionBench()
    transaction = bench.send()
    bench.answer(180)
    bench.run_until(200)
    assert bench.lines == ["INVITE"]
    assert transaction.state is State.PROCEEDING
    assert bench.told == [("response", 180)]


@pytest.mark.parametrize(("peer_is_tcp", "gone_after"), [(False, 32), (True, 0)])
def test_a_failure_is_acknowledged_and_waited_out_by_timer_d(
    peer_is_tcp: bool, gone_after: float
) -> None:
    bench = TransactionBench(TCP) if peer_is_tcp else TransactionBench()
    bench.send()
    bench.answer(486)
    assert bench.lines == ["INVITE", "ACK"]
    assert bench.told == [("response", 486)]
    if gone_after:
        bench.run_until(gone_after - 0.001)
        assert len(bench.layer) == 1
        bench.run_until(gone_after)
    assert len(bench.layer) == 0


def test_a_repeated_failure_is_acknowledged_again_but_told_once() -> None:
    bench = TransactionBench()
    bench.send()
    bench.answer(486)
    bench.answer(486)
    assert bench.lines == ["INVITE", "ACK", "ACK"]
    assert bench.told == [("response", 486)]
    assert bench.layer.retransmissions["out"] == 1


def test_the_ack_of_a_failure_is_part_of_the_transaction() -> None:
    """RFC 3261 17.1.1.3."""
    bench = TransactionBench()
    bench.send(headers=[("Route", "<sip:192.0.2.9;lr>")])
    bench.answer(486, tag="agent")
    invite, ack = (parse_message(data, bench.peer) for _, data in bench.sent)
    assert ack.vias == invite.vias
    assert ack.required("from") == invite.required("from")
    assert ack.to_tag == "agent"
    assert ack.routes == ["<sip:192.0.2.9;lr>"]
    assert ack.required("cseq") == "7 ACK"
    assert ack.call_id == invite.call_id


def test_every_2xx_is_passed_up_until_timer_m() -> None:
    """RFC 6026 7.2: the user acknowledges, each fork and each retransmission."""
    bench = TransactionBench()
    bench.send()
    bench.answer(200, tag="one")
    bench.answer(200, tag="two")
    bench.run_until(31.9)
    bench.answer(200, tag="one")
    assert bench.told == [("response", 200)] * 3
    assert bench.lines == ["INVITE"]
    bench.run_until(32)
    bench.answer(200, tag="one")
    assert bench.told == [("response", 200)] * 3
    assert bench.layer.bad_datagrams["stray_response"] == 1


def test_an_unreachable_peer_ends_it_at_once() -> None:
    bench = TransactionBench()
    bench.send()
    bench.layer.transport_failed(bench.peer, bench.now)
    assert bench.told == [("failed", "transport")]
    assert len(bench.layer) == 0
    assert bench.layer.next_deadline() is None


def test_an_icmp_error_after_ringing_does_not_end_it() -> None:
    bench = TransactionBench()
    bench.send()
    bench.answer(180)
    bench.layer.transport_failed(bench.peer, bench.now)
    assert bench.told == [("response", 180)]


class TestCancel:
    """RFC 3261 9.1."""

    def test_it_waits_for_a_provisional_response(self) -> None:
        bench = TransactionBench()
        bench.send().cancel(bench.now)
        assert bench.lines == ["INVITE"]
        bench.answer(100)
        assert bench.lines == ["INVITE", "CANCEL"]

    def test_it_goes_at_once_when_the_phone_rings(self) -> None:
        bench = TransactionBench()
        transaction = bench.send()
        bench.answer(180)
        transaction.cancel(bench.now, "SIP;cause=200")
        transaction.cancel(bench.now)
        assert bench.lines == ["INVITE", "CANCEL"]
        invite, cancel = (parse_message(data, bench.peer) for _, data in bench.sent)
        assert cancel.vias == invite.vias
        assert cancel.required("to") == invite.required("to")
        assert cancel.required("cseq") == "7 CANCEL"
        assert cancel.header("reason") == "SIP;cause=200"

    def test_the_487_ends_it(self) -> None:
        bench = TransactionBench()
        transaction = bench.send()
        bench.answer(180)
        transaction.cancel(bench.now)
        bench.answer(200, which=1)
        bench.answer(487)
        assert bench.lines == ["INVITE", "CANCEL", "ACK"]
        assert bench.told == [("response", 180), ("response", 200), ("response", 487)]

    def test_without_a_final_response_it_is_over_after_64_t1(self) -> None:
        bench = TransactionBench()
        transaction = bench.send()
        bench.answer(180)
        transaction.cancel(bench.now)
        bench.answer(200, which=1)
        bench.run_until(32)
        assert bench.told[-1] == ("failed", "timeout")
        bench.run_until(40)
        assert len(bench.layer) == 0

    def test_after_the_2xx_there_is_nothing_to_cancel(self) -> None:
        bench = TransactionBench()
        transaction = bench.send()
        bench.answer(200)
        transaction.cancel(bench.now)
        assert bench.lines == ["INVITE"]


def test_a_response_to_another_sender_is_not_ours() -> None:
    """RFC 3261 18.1.2: a foreign sent-by is discarded."""
    bench = TransactionBench()
    bench.send()
    foreign = response_to(bench.sent[0][1], 200).replace(b"198.51.100.1:5060", b"203.0.113.5:5060")
    bench.receive(foreign)
    assert bench.told == []
