"""STUN keep-alives on the port of SIP (RFC 5626 4.4.2), with the test vectors of RFC 5769."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.sip.peer import Peer
from switch.sip.stun import answer_binding_request
from tests.support.core_bench import CoreBench
from tests.support.sip_messages import UDP

TRANSACTION = bytes.fromhex("b7e7a701bc34d686fa87dfae")
REQUEST = bytes.fromhex("00010000 2112a442") + TRANSACTION


def test_an_ipv4_sender_learns_its_address() -> None:
    """RFC 5769 2.2: 192.0.2.1 port 32853."""
    answer = answer_binding_request(REQUEST, ("192.0.2.1", 32853))
    mapped = bytes.fromhex("00200008 0001a147 e112a643")
    assert answer == bytes.fromhex("0101000c 2112a442") + TRANSACTION + mapped


def test_an_ipv6_sender_learns_its_address() -> None:
    """RFC 5769 2.3: 2001:db8:1234:5678:11:2233:4455:6677 port 32853."""
    answer = answer_binding_request(REQUEST, ("2001:db8:1234:5678:11:2233:4455:6677", 32853))
    mapped = bytes.fromhex("00200014 0002a147 0113a9faa5d3f179bc25f4b5bed2b9d9")
    assert answer == bytes.fromhex("01010018 2112a442") + TRANSACTION + mapped


def test_what_must_be_understood_and_is_not_is_told() -> None:
    """RFC 8489 6.3.1: 420 with the list; CHANGE-REQUEST of RFC 3489 is such a one."""
    request = bytes.fromhex("00010008 2112a442") + TRANSACTION + bytes.fromhex("0003000400000006")
    answer = answer_binding_request(request, ("192.0.2.1", 32853))
    assert answer is not None
    assert answer[:2] == b"\x01\x11"
    assert len(answer) == 20 + int.from_bytes(answer[2:4], "big")
    assert b"\x00\x00\x04\x14Unknown Attribute" in answer
    assert answer.endswith(bytes.fromhex("000a0002 00030000"))


def test_what_may_be_passed_over_is() -> None:
    request = bytes.fromhex("00010008 2112a442") + TRANSACTION + b"\x80\x22\x00\x03abc\0"
    answer = answer_binding_request(request, ("192.0.2.1", 32853))
    assert answer is not None
    assert answer[:2] == b"\x01\x01"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        REQUEST[:19],
        REQUEST + b"\0",
        REQUEST[:4] + b"\0\0\0\0" + TRANSACTION,
        b"\x01\x01" + REQUEST[2:],
        bytes.fromhex("00010004 2112a442") + TRANSACTION + b"\0\x06\0\x09",
    ],
)
def test_what_is_something_else_gets_no_answer(data: bytes) -> None:
    assert answer_binding_request(data, ("192.0.2.1", 32853)) is None


@given(st.binary(max_size=200))
def test_no_datagram_breaks_it(data: bytes) -> None:
    answer_binding_request(REQUEST[:2] + data[:2] + REQUEST[4:] + data[2:], ("192.0.2.1", 1))


class TestTheCore:
    def test_answers_over_udp(self) -> None:
        bench = CoreBench()
        bench.core.receive(REQUEST, UDP, 0.0)
        ((data, peer),) = bench.core.datagrams_to_send()
        assert data == answer_binding_request(REQUEST, UDP.remote)
        assert peer == UDP
        assert bench.core.layer.bad_datagrams == {}

    def test_not_on_streams(self) -> None:
        """There CRLF is the keep-alive (RFC 5626 3.5.1)."""
        bench = CoreBench()
        bench.core.receive(REQUEST, Peer("tcp", UDP.remote, UDP.local, 1), 0.0)
        assert list(bench.core.datagrams_to_send()) == []
