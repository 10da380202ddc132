"""Overload: new calls are refused while messages wait, calls in progress are not hurt."""

from __future__ import annotations

import pytest

from switch.sip.events import IncomingInvite, SessionEnded
from switch.sip.overload import OverloadControl, OverloadSettings
from switch.sip.peer import Peer
from tests.support.core_bench import CoreBench
from tests.support.sip_messages import TCP, UDP, request_bytes, response

CONTACT = ["Contact: <sip:ann@192.0.2.7:5060>"]


def invite(number: int, transport: str = "UDP") -> bytes:
    return request_bytes(
        headers=CONTACT,
        branch=f"z9hG4bKn{number}",
        call_id=f"n{number}",
        from_=f"<sip:ann@192.0.2.7>;tag={number}",
        transport=transport,
    )


def overloaded(bench: CoreBench, seconds: float = 0.1) -> None:
    """Let messages wait for so long, and not only for a moment."""
    bench.core.overload.note_delay(seconds, bench.now - 1)
    bench.core.overload.note_delay(seconds, bench.now)


class TestDecision:
    def test_a_burst_that_empties_at_once_refuses_nobody(self) -> None:
        control = OverloadControl(OverloadSettings())
        control.note_delay(0.5, 10.0)
        assert not control.refuses("192.0.2.7", 10.001)
        control.note_delay(0.0, 10.01)
        assert not control.refuses("192.0.2.7", 11.0)

    @pytest.mark.parametrize(
        ("delay", "refused"), [(0.009, 0), (0.025, 50), (0.040, 100), (3, 100)]
    )
    def test_the_longer_the_queue_the_more_are_refused(self, delay: float, refused: int) -> None:
        control = OverloadControl(OverloadSettings())
        control.note_delay(delay, 10.0)
        assert sum(control.refuses("192.0.2.7", 10.1) for _ in range(100)) == pytest.approx(
            refused, abs=1
        )

    def test_a_late_loop_counts_when_it_is_late_twice(self) -> None:
        """One pause of the machine is no overload."""
        control = OverloadControl(OverloadSettings())
        control.note_lag(0.2)
        assert not control.refuses("192.0.2.7", 10.0)
        control.note_lag(0.2)
        assert control.refuses("192.0.2.7", 10.0)
        control.note_lag(0.0)
        assert not control.refuses("192.0.2.7", 10.0)


class TestRates:
    def test_one_source_may_begin_so_many_calls_and_others_go_on(self) -> None:
        bench = CoreBench(overload=OverloadSettings(per_source_rate=1, per_source_burst=2))
        codes = [[answer.code for answer in bench.send(invite(number))] for number in range(4)]
        assert codes == [[], [], [503], [503]]
        other = Peer("udp", ("192.0.2.8", 5060), UDP.local)
        assert bench.send(invite(10), other) == []
        bench.now += 1.01
        assert bench.send(invite(11)) == []
        assert [answer.code for answer in bench.send(invite(3))] == [503]  # the same as before

    def test_all_together_may_begin_so_many(self) -> None:
        bench = CoreBench(overload=OverloadSettings(rate=1, burst=3))
        peers = [Peer("udp", (f"192.0.2.{10 + number}", 5060), UDP.local) for number in range(5)]
        refused = [bool(bench.send(invite(number), peer)) for number, peer in enumerate(peers)]
        assert refused == [False] * 3 + [True] * 2


class TestNewCalls:
    def test_get_503_with_retry_after_and_leave_nothing_behind(self) -> None:
        bench = CoreBench()
        overloaded(bench)
        (answer,) = bench.send(invite(1))
        assert (answer.code, answer.header("retry-after")) == (503, "5")
        assert bench.events() == []
        assert len(bench.core.layer) == 0
        assert bench.core.next_deadline() is None

    def test_the_same_refused_again_gets_the_same_without_being_read(self) -> None:
        bench = CoreBench()
        overloaded(bench)
        (first,) = bench.send(invite(1))
        bench.core.overload.note_delay(0.0, bench.now)
        read = dict(bench.core.layer.messages)
        (again,) = bench.send(invite(1))
        assert again.headers == first.headers
        assert dict(bench.core.layer.messages) == read
        assert bench.events() == []
        bench.send(invite(2))
        assert [type(event) for event in bench.events()] == [IncomingInvite]

    def test_the_answer_to_one_sender_is_not_given_to_another(self) -> None:
        bench = CoreBench()
        overloaded(bench)
        bench.send(invite(1))
        bench.core.overload.note_delay(0.0, bench.now)
        bench.send(invite(1), Peer("udp", ("192.0.2.8", 5060), UDP.local))
        assert [type(event) for event in bench.events()] == [IncomingInvite]

    def test_what_is_remembered_is_bounded_and_forgotten(self) -> None:
        bench = CoreBench()
        overloaded(bench)
        for number in range(5000):
            bench.core.receive(invite(number), UDP, bench.now)
        assert bench.core.overload.remembered == 4096
        bench.core.overload.note_delay(0.0, bench.now)
        bench.now += 33
        bench.send(request_bytes("OPTIONS"))
        assert bench.core.overload.remembered == 0

    def test_over_a_stream_nothing_is_remembered(self) -> None:
        bench = CoreBench()
        overloaded(bench)
        bench.send(invite(1, "TCP"), TCP)
        assert bench.core.overload.remembered == 0


def test_calls_in_progress_are_not_hurt() -> None:
    bench = CoreBench()
    bench.send(request_bytes(headers=CONTACT))
    (event,) = bench.events()
    assert isinstance(event, IncomingInvite)
    overloaded(bench)
    event.session.answer(b"v=0\r\n", bench.now)
    ((answer, _),) = bench.core.datagrams_to_send()
    tag = response(answer).to_tag
    inside = {"to": f"<sip:+18005550100@198.51.100.1>;tag={tag}"}
    bench.send(request_bytes("ACK", **inside))  # type: ignore[arg-type]
    (info,) = bench.send(request_bytes("INFO", number=2, branch="z9hG4bKi", **inside))  # type: ignore[arg-type]
    (bye,) = bench.send(request_bytes("BYE", number=3, branch="z9hG4bKb", **inside))  # type: ignore[arg-type]
    assert (info.code, bye.code) == (200, 200)
    assert isinstance(bench.events()[-1], SessionEnded)
