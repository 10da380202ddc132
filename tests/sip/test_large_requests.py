"""INVITEs that are too large for UDP (RFC 3261 18.1.1)."""

from __future__ import annotations

import pytest

from switch.sip.events import SessionFailed
from switch.sip.incoming import IncomingRequest, parse_message
from switch.sip.peer import Peer
from tests.support.core_bench import CoreBench
from tests.support.sip_messages import UDP

TCP_WAY = Peer("tcp", UDP.remote, ("198.51.100.1", 5070))


@pytest.fixture
def bench() -> CoreBench:
    bench = CoreBench()
    bench.core.layer.large.way = lambda peer: Peer("tcp", peer.remote, TCP_WAY.local)
    return bench


def invite(bench: CoreBench, size: int, *, carrier: bool = True) -> None:
    bench.core.invite(
        target="sip:+12125550123@192.0.2.7",
        peer=UDP,
        from_uri="sip:+18005550100@198.51.100.1",
        sdp=b"v" * size,
        now=bench.now,
        follow_contact=carrier,
    )


def sent(bench: CoreBench) -> tuple[IncomingRequest, Peer]:
    ((data, peer),) = bench.core.datagrams_to_send()
    message = parse_message(data, peer)
    assert isinstance(message, IncomingRequest)
    return message, peer


@pytest.mark.parametrize(("size", "transport"), [(100, "udp"), (1300, "tcp")])
def test_size_decides(bench: CoreBench, size: int, transport: str) -> None:
    invite(bench, size)
    request, peer = sent(bench)
    assert peer.transport == transport
    assert request.vias[0].startswith(f"SIP/2.0/{transport.upper()} ")


def test_headsets_get_them_over_udp_all_the_same(bench: CoreBench) -> None:
    """Behind a NAT nothing but the way they came leads to them."""
    invite(bench, 1300, carrier=False)
    assert sent(bench)[1] == UDP


def test_without_a_tcp_listener_they_go_over_udp() -> None:
    bench = CoreBench()
    invite(bench, 1300)
    assert sent(bench)[1] == UDP


def test_who_takes_no_tcp_gets_them_over_udp_for_a_while(bench: CoreBench) -> None:
    invite(bench, 1300)
    first, _ = sent(bench)
    bench.core.transport_failed(TCP_WAY, bench.now)
    second, peer = sent(bench)
    assert peer == UDP
    assert second.cseq_number == first.cseq_number + 1
    assert bench.events() == []
    invite(bench, 1300)
    assert sent(bench)[1] == UDP
    bench.now += 601
    invite(bench, 1300)
    assert sent(bench)[1] == TCP_WAY


def test_who_takes_neither_is_unreachable(bench: CoreBench) -> None:
    invite(bench, 1300)
    sent(bench)
    bench.core.transport_failed(TCP_WAY, bench.now)
    sent(bench)
    bench.core.transport_failed(UDP, bench.now)
    (event,) = bench.events()
    assert isinstance(event, SessionFailed)
    assert event.why == "transport"
