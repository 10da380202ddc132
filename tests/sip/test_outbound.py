"""Headsets with several flows (RFC 5626), and behind proxies that ask to be passed (RFC 3327)."""

from __future__ import annotations

import pytest

from switch.sip.events import HeadsetBound, HeadsetUnbound, SessionFailed
from switch.sip.incoming import IncomingRequest, parse_message
from switch.sip.peer import Peer, Way
from tests.support.core_bench import HEADSET, CoreBench
from tests.support.sip_messages import UDP, request_bytes, response_to

DEVICE = '"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>"'
OUTBOUND = "Supported: path, outbound"
PROXY = Peer("udp", ("203.0.113.80", 5060), HEADSET.local)
PATH = "Path: <sip:203.0.113.80;lr>"
BEHIND = "Via: SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bKphone"


def connection(number: int) -> Peer:
    return Peer("tcp", ("203.0.113.20", 41_000 + number), HEADSET.local, connection=number)


def flow(reg_id: int, port: int = 5060) -> str:
    return (
        f"Contact: <sip:asha@10.0.0.5:{port};transport=tcp>;+sip.instance={DEVICE};reg-id={reg_id}"
    )


class TestFlows:
    def test_stand_beside_each_other(self) -> None:
        bench = CoreBench(keep_alive_seconds=120)
        for number in (1, 2):
            answer = bench.register(
                contact=flow(number), peer=connection(number), more=[OUTBOUND], call_id=str(number)
            )
        assert answer.required("require") == "outbound"
        assert answer.required("flow-timer") == "120"
        listed = answer.header_values("contact")
        assert [
            each.endswith(f";+sip.instance={DEVICE};reg-id={number}")
            for number, each in enumerate(listed, 1)
        ] == [True, True]
        peers = [binding.peer for binding in bench.core.registrar.bindings("asha")]
        assert peers == [connection(1), connection(2)]

    def test_are_replaced_by_the_same_flow_from_elsewhere(self) -> None:
        """The device came back over another connection, with another contact."""
        bench = CoreBench()
        bench.register(contact=flow(1), peer=connection(1), more=[OUTBOUND])
        bench.register(contact=flow(1, 5070), peer=connection(2), more=[OUTBOUND])
        (binding,) = bench.core.registrar.bindings("asha")
        assert binding.peer == connection(2)
        assert "5070" in binding.contact
        refreshed = [each.refreshed for each in bench.events() if isinstance(each, HeadsetBound)]
        assert refreshed == [False, True]

    def test_that_are_gone_leave_the_others(self) -> None:
        bench = CoreBench()
        for number in (1, 2):
            bench.register(
                contact=flow(number), peer=connection(number), more=[OUTBOUND], call_id=str(number)
            )
        bench.events()
        bench.core.transport_failed(connection(1), bench.now)
        (event,) = bench.events()
        assert isinstance(event, HeadsetUnbound)
        (binding,) = bench.core.registrar.bindings("asha")
        assert binding.peer == connection(2)

    def test_are_asked_for_keep_alives_on_connections_alone(self) -> None:
        bench = CoreBench(keep_alive_seconds=120)
        answer = bench.register(contact=flow(1), more=[OUTBOUND])
        assert answer.header("flow-timer") is None
        bench.register(contact=flow(2), peer=connection(2), more=[OUTBOUND], call_id="2")
        promised = [each.keep_alive_seconds for each in bench.events()]  # type: ignore[attr-defined]
        assert promised == [0, 120]

    @pytest.mark.parametrize(
        ("contact", "supported"),
        [
            (flow(1), "Supported: gruu"),
            ("Contact: <sip:asha@10.0.0.5:5060;transport=tcp>;reg-id=1", OUTBOUND),
            (f"Contact: <sip:asha@10.0.0.5;transport=tcp>;+sip.instance={DEVICE}", OUTBOUND),
        ],
    )
    def test_need_all_three_words(self, contact: str, supported: str) -> None:
        """RFC 5626 6; and who asks for a GRUU (RFC 5627) gets a plain binding."""
        bench = CoreBench()
        answer = bench.register(contact=contact, peer=connection(1), more=[supported])
        assert answer.code == 200
        assert answer.header("require") is None
        assert "gruu" not in (answer.header("contact") or "")
        (binding,) = bench.core.registrar.bindings("asha")
        assert binding.flow is None

    def test_through_a_proxy_that_does_not_know_them_are_refused(self) -> None:
        bench = CoreBench()
        answer = bench.register(contact=flow(1), peer=PROXY, more=[OUTBOUND, BEHIND, PATH])
        assert answer.code == 439
        answer = bench.register(
            contact=flow(1), peer=PROXY, more=[OUTBOUND, BEHIND, PATH.replace(";lr", ";lr;ob")]
        )
        assert answer.code == 200

    def test_a_device_may_insist(self) -> None:
        bench = CoreBench()
        more = [OUTBOUND, "Require: outbound"]
        assert bench.register(contact=flow(1), peer=connection(1), more=more).code == 200


class TestPath:
    def test_is_kept_and_told(self) -> None:
        bench = CoreBench()
        far = "Path: <sip:198.51.100.99;lr>"
        answer = bench.register(
            contact="Contact: <sip:asha@10.0.0.5:5060>", peer=PROXY, more=[BEHIND, PATH, far]
        )
        assert answer.headers["path"] == ["<sip:203.0.113.80;lr>", "<sip:198.51.100.99;lr>"]
        (binding,) = bench.core.registrar.bindings("asha")
        assert binding.path == ("<sip:203.0.113.80;lr>", "<sip:198.51.100.99;lr>")
        assert binding.peer == PROXY
        assert binding.contact == "sip:asha@10.0.0.5:5060"

    def test_is_the_route_of_calls(self) -> None:
        bench = CoreBench()
        invite(bench, Way("sip:asha@10.0.0.5:5060", PROXY, ("<sip:203.0.113.80;lr>", "<sip:b;lr>")))
        (sent, peer) = sent_request(bench)
        assert peer == PROXY
        assert sent.uri == "sip:asha@10.0.0.5:5060"
        assert sent.routes == ["<sip:203.0.113.80;lr>", "<sip:b;lr>"]

    @pytest.mark.parametrize("more", [[BEHIND, PATH], [BEHIND]])
    def test_the_proxy_is_not_the_headset(self, more: list[str]) -> None:
        """Others come through it too, carriers perhaps."""
        bench = CoreBench()
        bench.register(contact="Contact: <sip:asha@10.0.0.5>", peer=PROXY, more=more)
        assert bench.core.registrar.username_at(PROXY) is None

    def test_the_proxys_connection_is_not_the_headsets(self) -> None:
        bench = CoreBench()
        peer = connection(1)
        path = "Path: <sip:203.0.113.80;transport=tcp;lr>"
        bench.register(contact="Contact: <sip:asha@10.0.0.5>", peer=peer, more=[BEHIND, path])
        bench.core.transport_failed(peer, bench.now)
        (binding,) = bench.core.registrar.bindings("asha")
        assert binding.peer.remote == ("203.0.113.80", 5060)


def invite(bench: CoreBench, *ways: Way) -> None:
    first, *others = ways
    bench.core.invite(
        target=first.target,
        peer=first.peer,
        path=first.path,
        otherwise=others,
        from_uri="sip:+12125550123@198.51.100.1",
        to_uri="sip:asha@198.51.100.1",
        sdp=b"v=0\r\n",
        now=bench.now,
    )


def sent_request(bench: CoreBench) -> tuple[IncomingRequest, Peer]:
    *_, (data, peer) = bench.core.datagrams_to_send()
    message = parse_message(data, peer)
    assert isinstance(message, IncomingRequest)
    return message, peer


FIRST = Way("sip:asha@10.0.0.5:1;transport=tcp", connection(1))
SECOND = Way("sip:asha@10.0.0.5:2;transport=tcp", connection(2), ("<sip:203.0.113.80;lr>",))


class TestAnotherWay:
    def test_is_taken_when_the_connection_is_gone(self) -> None:
        bench = CoreBench()
        invite(bench, FIRST, SECOND)
        before, _ = sent_request(bench)
        bench.core.transport_failed(connection(1), bench.now)
        after, peer = sent_request(bench)
        assert peer == connection(2)
        assert (after.uri, after.routes) == (SECOND.target, ["<sip:203.0.113.80;lr>"])
        assert after.cseq_number == before.cseq_number + 1
        assert (after.call_id, after.branch != before.branch) == (before.call_id, True)
        assert bench.events() == []

    def test_is_taken_when_a_proxy_has_lost_the_flow(self) -> None:
        """RFC 5626 11.5: 430."""
        bench = CoreBench()
        invite(bench, FIRST, SECOND)
        ((data, _),) = bench.core.datagrams_to_send()
        bench.core.receive(response_to(data, 430), connection(1), bench.now)
        after, peer = sent_request(bench)
        assert (after.method, peer) == ("INVITE", connection(2))

    def test_there_may_be_none_left(self) -> None:
        bench = CoreBench()
        invite(bench, FIRST, SECOND)
        for number in (1, 2):
            bench.core.transport_failed(connection(number), bench.now)
        (event,) = bench.events()
        assert isinstance(event, SessionFailed)
        assert (event.code, event.why) == (503, "transport")

    @pytest.mark.parametrize("code", [486, 603, 480])
    def test_is_not_taken_when_the_party_refuses(self, code: int) -> None:
        bench = CoreBench()
        invite(bench, FIRST, SECOND)
        ((data, _),) = bench.core.datagrams_to_send()
        bench.core.receive(response_to(data, code), connection(1), bench.now)
        (event,) = bench.events()
        assert isinstance(event, SessionFailed)
        assert event.code == code


def test_options_of_a_proxy_need_no_registration() -> None:
    """A dispatcher in front probes with OPTIONS."""
    bench = CoreBench()
    (answer,) = bench.send(request_bytes("OPTIONS", headers=[BEHIND]), UDP)
    assert answer.code == 200
