"""RFC 3261 figure 7 with RFC 6026: timers G, H, I and L."""

from __future__ import annotations

import pytest

from switch.errors import LocalProtocolError
from switch.sip.invite_server_transaction import InviteServerTransaction
from switch.sip.transaction import State
from tests.support.sip_messages import TCP, request_bytes, response
from tests.support.transaction_bench import TransactionBench

INVITE = request_bytes("INVITE")
ACK = request_bytes("ACK", to="<sip:+18005550100@198.51.100.1>;tag=us")


def bench_with_invite(tcp: bool = False) -> tuple[TransactionBench, InviteServerTransaction]:
    bench = TransactionBench(TCP) if tcp else TransactionBench()
    bench.receive(INVITE)
    transaction = bench.servers[0]
    assert isinstance(transaction, InviteServerTransaction)
    return bench, transaction


def test_100_trying_goes_out_after_200_ms_when_nothing_else_has() -> None:
    bench, _ = bench_with_invite()
    bench.run_until(1)
    assert bench.times_of("100") == [0.2]
    assert b"tag=" not in bench.sent[0][1].split(b"To:")[1].split(b"\r\n")[0]


@pytest.mark.parametrize("code", [180, 200, 486])
def test_what_is_said_sooner_stands_for_it(code: int) -> None:
    bench, transaction = bench_with_invite()
    transaction.respond(code, bench.now, to_tag="us")
    bench.run_until(0.4)
    assert bench.lines == [str(code)]


def test_an_invite_repeated_before_any_response_gets_100() -> None:
    bench, _ = bench_with_invite()
    bench.receive(INVITE)
    bench.run_until(1)
    assert bench.times_of("100") == [0]


def test_a_repeated_invite_gets_the_last_provisional_response() -> None:
    bench, transaction = bench_with_invite()
    bench.receive(INVITE)
    transaction.respond(180, bench.now, to_tag="us")
    bench.receive(INVITE)
    assert bench.lines == ["100", "180", "180"]
    assert bench.told == [("request", "INVITE")]
    assert bench.layer.retransmissions == {"in": 2, "out": 1}


def test_timer_g_repeats_a_failure_until_timer_h_gives_up() -> None:
    bench, transaction = bench_with_invite()
    transaction.respond(404, bench.now, to_tag="us")
    bench.run_until(100)
    assert bench.times_of("404") == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert bench.told[-1] == ("server failed", "no_ack")
    assert len(bench.layer) == 0


def test_over_tcp_a_failure_is_sent_once_but_its_ack_is_awaited() -> None:
    bench, transaction = bench_with_invite(tcp=True)
    transaction.respond(404, bench.now, to_tag="us")
    bench.run_until(31.9)
    assert bench.times_of("404") == [0]
    assert len(bench.layer) == 1
    bench.run_until(32)
    assert bench.told[-1] == ("server failed", "no_ack")


def test_the_ack_ends_retransmissions_and_timer_i_absorbs_more() -> None:
    bench, transaction = bench_with_invite()
    transaction.respond(404, bench.now, to_tag="us")
    bench.receive(ACK)
    assert transaction.state is State.CONFIRMED
    bench.receive(ACK)
    bench.receive(INVITE)
    bench.run_until(4.999)
    assert bench.lines == ["404"]
    assert len(bench.layer) == 1
    bench.run_until(5)
    assert len(bench.layer) == 0
    assert bench.told == [("request", "INVITE")]


def test_over_tcp_the_ack_ends_it_at_once() -> None:
    bench, transaction = bench_with_invite(tcp=True)
    transaction.respond(404, bench.now, to_tag="us")
    bench.receive(ACK)
    assert len(bench.layer) == 0


def test_a_2xx_leaves_it_accepted_until_timer_l() -> None:
    """RFC 6026 8.5: retransmitted INVITEs are absorbed, the session repeats the 2xx."""
    bench, transaction = bench_with_invite()
    transaction.respond(200, bench.now, to_tag="us")
    bench.receive(INVITE)
    assert bench.lines == ["200"]
    transaction.send_success_again()
    assert bench.lines == ["200", "200"]
    bench.run_until(31.9)
    assert transaction.state is State.ACCEPTED
    bench.run_until(32)
    transaction.send_success_again()
    assert bench.lines == ["200", "200"]
    assert len(bench.layer) == 0


def test_the_ack_of_a_2xx_goes_to_the_user() -> None:
    bench, transaction = bench_with_invite()
    transaction.respond(200, bench.now, to_tag="us")
    bench.receive(request_bytes("ACK", branch="z9hG4bKother"))
    bench.receive(ACK)
    assert bench.told == [("request", "INVITE"), *[("ack", "call-1@192.0.2.7")] * 2]


def test_there_is_one_final_response() -> None:
    bench, transaction = bench_with_invite()
    transaction.respond(486, bench.now)
    with pytest.raises(LocalProtocolError, match="answered 486 already"):
        transaction.respond(200, bench.now)


def test_a_cancel_finds_its_invite() -> None:
    bench, transaction = bench_with_invite()
    bench.receive(request_bytes("CANCEL"))
    assert bench.told == [("request", "INVITE"), ("cancel", "INVITE")]
    assert bench.lines == ["200"]
    assert response(bench.sent[0][1]).cseq_method == "CANCEL"
    transaction.respond(487, bench.now)
    assert bench.lines == ["200", "487"]


def test_a_cancel_of_nothing_gets_481() -> None:
    bench = TransactionBench()
    bench.receive(request_bytes("CANCEL"))
    assert bench.lines == ["481"]
    assert bench.told == []


def test_a_client_of_rfc_2543_is_matched_without_branch() -> None:
    bench = TransactionBench()
    old = "SIP/2.0/UDP 192.0.2.7:5060"
    bench.receive(request_bytes("INVITE", via=old))
    bench.receive(request_bytes("INVITE", via=old))
    bench.servers[0].respond(404, bench.now, to_tag="us")
    bench.receive(request_bytes("ACK", via=old, to="<sip:x@198.51.100.1>;tag=us"))
    bench.receive(request_bytes("INVITE", via=old, number=2))
    assert bench.told == [("request", "INVITE"), ("request", "INVITE")]
    assert bench.lines == ["100", "404"]
