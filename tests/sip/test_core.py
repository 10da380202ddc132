"""The endpoint as others meet it: who gets in, what is refused, how answers travel."""

from __future__ import annotations

from typing import Any

import pytest

from switch.sip.access import Headset, Trunk
from switch.sip.events import IncomingInvite, StrangerRefused
from switch.sip.peer import Peer
from tests.support.core_bench import ASHA, CONTACT, HEADSET, CoreBench, credentials
from tests.support.sip_messages import TCP, UDP, request_bytes, response

STRANGER = Peer("udp", ("203.0.113.99", 5060), ("198.51.100.1", 5060))


class TestWhoGetsIn:
    def test_a_trunk_may_call(self) -> None:
        bench = CoreBench()
        bench.send(request_bytes(headers=["Contact: <sip:192.0.2.7>"]))
        (event,) = bench.events()
        assert isinstance(event, IncomingInvite)
        assert event.session.admitted_as == Trunk("carrier")

    def test_a_stranger_gets_403_and_nothing_is_kept(self) -> None:
        bench = CoreBench(accounts={})
        answer = bench.ask("INVITE", STRANGER, headers=["Contact: <sip:203.0.113.99>"])
        assert answer.code == 403
        assert len(bench.core.layer) == 0
        assert bench.core.next_deadline() is None
        (event,) = bench.events()
        assert isinstance(event, StrangerRefused)

    @pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
    def test_a_headset_must_prove_itself(self, algorithm: str) -> None:
        bench = CoreBench()
        headers = [CONTACT]
        answer = bench.ask("INVITE", HEADSET, headers=headers, **ASHA)
        assert answer.code == 401
        assert bench.events() == []
        headers.append(credentials(answer, "INVITE", "asha", "secret-asha", algorithm))
        bench.send(
            request_bytes("INVITE", headers=headers, branch="z9hG4bKagain", number=2, **ASHA),
            HEADSET,
        )
        (event,) = bench.events()
        assert isinstance(event, IncomingInvite)
        assert event.session.admitted_as == Headset("asha")

    def test_whoever_calls_from_a_headsets_address_is_that_headset(self) -> None:
        bench = CoreBench()
        bench.register()
        answer = bench.ask("INVITE", HEADSET, from_="<sip:+12125550000@x>;tag=1", headers=[CONTACT])
        assert answer.code == 401


class TestCancel:
    def test_its_answer_has_the_to_tag_of_the_invites_answer(self) -> None:
        """RFC 3261 9.2: a caller may build ACK and BYE from either."""
        bench = CoreBench()
        bench.send(request_bytes(headers=["Contact: <sip:192.0.2.7>"]))
        answers = bench.send(request_bytes("CANCEL"))
        assert sorted(answer.code for answer in answers) == [200, 487]
        assert len({answer.to_tag for answer in answers}) == 1


class TestRequests:
    def test_options_tells_what_we_understand(self) -> None:
        answer = CoreBench().ask("OPTIONS")
        assert answer.code == 200
        assert "INVITE" in (answer.header("allow") or "")
        assert answer.header("accept") == "application/sdp, multipart/mixed"
        assert answer.supported == {"100rel", "norefersub", "replaces", "timer"}

    def test_while_draining_options_says_503(self) -> None:
        bench = CoreBench()
        bench.core.draining = True
        assert bench.ask("OPTIONS").code == 503

    @pytest.mark.parametrize(
        ("method", "changes", "code"),
        [
            ("BYE", {"to": "<sip:x@y>;tag=gone"}, 481),
            ("INVITE", {"to": "<sip:x@y>;tag=gone"}, 481),
            ("BYE", {}, 481),
            ("REFER", {}, 403),
            ("SUBSCRIBE", {}, 405),
            ("DANCE", {}, 501),
            ("OPTIONS", {"headers": ["Require: teleportation"]}, 420),
            ("INVITE", {}, 400),  # no Contact
            (
                "INVITE",
                {"headers": ["Contact: <sip:a@b>", "Content-Type: text/plain"], "body": b"x"},
                415,
            ),
            ("OPTIONS", {"cseq": "1 INVITE"}, 400),
            ("OPTIONS", {"cseq": "4294967296 OPTIONS"}, 400),
            ("OPTIONS", {"uri": "http://example.com"}, 416),
            ("OPTIONS", {"from_": "<<nonsense"}, 400),
            ("OPTIONS", {"headers": ["To: <sip:second@x>"]}, 400),
        ],
    )
    def test_what_is_refused(self, method: str, changes: dict[str, Any], code: int) -> None:
        assert CoreBench().ask(method, **changes).code == code

    def test_the_same_request_by_another_path_is_482(self) -> None:
        """RFC 3261 8.2.2.2."""
        bench = CoreBench()
        contact = ["Contact: <sip:192.0.2.7>"]
        assert bench.send(request_bytes(headers=contact)) == []
        (answer,) = bench.send(request_bytes(headers=contact, branch="z9hG4bKother"))
        assert answer.code == 482
        assert len(bench.events()) == 1

    def test_the_version_must_be_ours(self) -> None:
        wrong = request_bytes("OPTIONS").replace(b" SIP/2.0\r\n", b" SIP/3.0\r\n", 1)
        (answer,) = CoreBench().send(wrong)
        assert answer.code == 505

    def test_too_short_a_body_is_400(self) -> None:
        data = request_bytes("OPTIONS", body=b"abc").replace(
            b"Content-Length: 3", b"Content-Length: 30"
        )
        (answer,) = CoreBench().send(data)
        assert answer.code == 400

    def test_nobody_answers_an_ack(self) -> None:
        bench = CoreBench()
        assert bench.send(request_bytes("ACK", cseq="1 INVITE")) == []
        assert bench.send(request_bytes("ACK")) == []


class TestResponses:
    def test_rport_and_received_are_filled_in(self) -> None:
        """RFC 3581 4."""
        bench = CoreBench()
        peer = Peer("udp", ("192.0.2.7", 6666), UDP.local)
        via = "SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bKx, SIP/2.0/UDP 10.0.0.2;branch=y"
        bench.core.receive(request_bytes("OPTIONS", via=via), peer, 0.0)
        ((data, sent_to),) = bench.core.datagrams_to_send()
        assert sent_to == peer
        assert response(data).vias == [
            "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKx;rport=6666;received=192.0.2.7",
            "SIP/2.0/UDP 10.0.0.2;branch=y",
        ]

    def test_without_rport_they_go_to_the_port_in_via(self) -> None:
        """RFC 3261 18.2.2; to the source address, whatever Via and maddr say."""
        bench = CoreBench()
        peer = Peer("udp", ("192.0.2.7", 6666), UDP.local)
        via = "SIP/2.0/UDP 10.0.0.1:5070;maddr=203.0.113.1;branch=z9hG4bKx"
        bench.core.receive(request_bytes("OPTIONS", via=via), peer, 0.0)
        ((data, sent_to),) = bench.core.datagrams_to_send()
        assert sent_to.remote == ("192.0.2.7", 5070)
        assert response(data).vias[0].endswith(";received=192.0.2.7")

    def test_over_tcp_they_go_back_on_the_connection(self) -> None:
        bench = CoreBench()
        bench.core.receive(request_bytes("OPTIONS", transport="TCP"), TCP, 0.0)
        ((_, sent_to),) = bench.core.datagrams_to_send()
        assert (sent_to.transport, sent_to.connection) == ("tcp", TCP.connection)

    def test_if_it_is_gone_they_go_to_where_the_sender_listens(self) -> None:
        """RFC 3261 18.2.2: the source's address, the port of its Via."""
        bench = CoreBench()
        via = "SIP/2.0/TCP 192.0.2.99:5070;branch=z9hG4bKfirst;rport"
        bench.core.receive(request_bytes("OPTIONS", via=via), TCP, 0.0)
        ((_, sent_to),) = bench.core.datagrams_to_send()
        assert sent_to.remote == (TCP.remote[0], 5070)

    def test_what_makes_a_dialog_repeats_record_route(self) -> None:
        bench = CoreBench()
        routes = ["Record-Route: <sip:192.0.2.1;lr>", "Record-Route: <sip:192.0.2.2;lr>"]
        bench.send(request_bytes(headers=["Contact: <sip:192.0.2.7>", *routes]))
        (event,) = bench.events()
        assert isinstance(event, IncomingInvite)
        event.session.answer(b"v=0\r\n", 1000.0)
        ((data, _),) = bench.core.datagrams_to_send()
        assert response(data).record_routes == ["<sip:192.0.2.1;lr>", "<sip:192.0.2.2;lr>"]
