"""The endpoint as others meet it: who gets in, what is refused, what is registered."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest

from switch.ids import Ids
from switch.sip.access import Access, Headset, Trunk
from switch.sip.core import CoreSettings, SipCore
from switch.sip.digest import HASHES, ha1
from switch.sip.events import (
    HeadsetBound,
    HeadsetUnbound,
    IncomingInvite,
    SipEvent,
    StrangerRefused,
)
from switch.sip.incoming import IncomingResponse, parse_credentials
from switch.sip.peer import Peer
from switch.sip.registrar import ExpiryLimits
from tests.support.sip_messages import TCP, UDP, request_bytes, response

HEADSET = Peer("udp", ("203.0.113.20", 5062), ("198.51.100.1", 5060))
STRANGER = Peer("udp", ("203.0.113.99", 5060), ("198.51.100.1", 5060))
REALM = "freeline"
ASHA: dict[str, Any] = {
    "from_": "<sip:asha@198.51.100.1>;tag=h",
    "to": "<sip:asha@198.51.100.1>",
    "uri": "sip:198.51.100.1",
}
CONTACT = "Contact: <sip:asha@203.0.113.20:5062>"


class Bench:
    """One core, its output and its events."""

    def __init__(self, **settings: object) -> None:
        accounts = {
            name: {each: ha1(name, REALM, f"secret-{name}", each) for each in HASHES}
            for name in ("asha", "ravi")
        }
        values: dict[str, object] = {"realm": REALM, "accounts": accounts}
        core_settings = CoreSettings(**(values | settings))  # type: ignore[arg-type]
        access = Access([("carrier", [ip_network("192.0.2.0/24")])], core_settings.accounts)
        self.core = SipCore(core_settings, access, Ids())
        self.now = 1000.0
        self._number = 0

    def send(self, data: bytes, peer: Peer = UDP) -> list[IncomingResponse]:
        """Give the core a message and return what it answers, without 100."""
        self.core.receive(data, peer, self.now)
        answers = [response(data) for data, _ in self.core.datagrams_to_send()]
        return [answer for answer in answers if answer.code != 100]

    def ask(self, method: str, peer: Peer = UDP, **changes: Any) -> IncomingResponse:
        """Send a request in a transaction of its own and return its only answer."""
        self._number += 1
        changes.setdefault("branch", f"z9hG4bK{self._number}")
        changes.setdefault("number", self._number)
        (answer,) = self.send(request_bytes(method, **changes), peer)
        return answer

    def events(self) -> list[SipEvent]:
        found = []
        while (event := self.core.next_event()) is not None:
            found.append(event)
        return found

    def register(
        self,
        *,
        contact: str = CONTACT,
        password: str = "secret-asha",
        user: str = "asha",
        algorithm: str = "SHA-256",
        expires: int | None = 300,
        peer: Peer = HEADSET,
        call_id: str = "reg",
        number: int | None = None,
    ) -> IncomingResponse:
        """REGISTER, be challenged, and answer the challenge."""
        headers = [contact] if contact else []
        if expires is not None:
            headers.append(f"Expires: {expires}")
        identity = {key: value.replace("asha", user) for key, value in ASHA.items()}
        challenge = self.ask(
            "REGISTER", peer, headers=headers, call_id=call_id, **identity, **_number(number)
        )
        assert challenge.code == 401
        headers.append(credentials(challenge, "REGISTER", user, password, algorithm))
        return self.ask(
            "REGISTER",
            peer,
            headers=headers,
            call_id=call_id,
            **identity,
            **_number(None if number is None else number + 1),
        )


def _number(number: int | None) -> dict[str, object]:
    return {} if number is None else {"number": number}


def credentials(
    challenge: IncomingResponse, method: str, user: str, password: str, algorithm: str = "MD5"
) -> str:
    """Return the Authorization header that answers a challenge (RFC 7616 3.4.1)."""
    for value in challenge.headers["www-authenticate"]:
        _, given = parse_credentials(value)
        if given["algorithm"] == algorithm:
            break
    hash_ = HASHES[algorithm]
    secret = ha1(user, given["realm"], password, algorithm)
    ha2 = hash_(f"{method}:sip:198.51.100.1".encode())
    proof = hash_(f"{secret}:{given['nonce']}:00000001:abc:auth:{ha2}".encode())
    return (
        f'Authorization: Digest username="{user}", realm="{given["realm"]}", '
        f'nonce="{given["nonce"]}", uri="sip:198.51.100.1", response="{proof}", '
        f'algorithm={algorithm}, qop=auth, nc=00000001, cnonce="abc"'
    )


class TestWhoGetsIn:
    def test_a_trunk_may_call(self) -> None:
        bench = Bench()
        bench.send(request_bytes(headers=["Contact: <sip:192.0.2.7>"]))
        (event,) = bench.events()
        assert isinstance(event, IncomingInvite)
        assert event.session.admitted_as == Trunk("carrier")

    def test_a_stranger_gets_403_and_nothing_is_kept(self) -> None:
        bench = Bench()
        answer = bench.ask("INVITE", STRANGER, headers=["Contact: <sip:203.0.113.99>"])
        assert answer.code == 403
        assert len(bench.core.layer) == 0
        assert bench.core.next_deadline() is None
        (event,) = bench.events()
        assert isinstance(event, StrangerRefused)

    @pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
    def test_a_headset_must_prove_itself(self, algorithm: str) -> None:
        bench = Bench()
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
        bench = Bench()
        bench.register()
        answer = bench.ask("INVITE", HEADSET, from_="<sip:+12125550000@x>;tag=1", headers=[CONTACT])
        assert answer.code == 401


class TestRegister:
    def test_sha_256_is_offered_before_md5(self) -> None:
        """RFC 8760 2.4."""
        answer = Bench().ask("REGISTER", HEADSET, headers=[CONTACT], **ASHA)
        offered = [parse_credentials(v)[1]["algorithm"] for v in answer.headers["www-authenticate"]]
        assert offered == ["SHA-256", "MD5"]

    @pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
    def test_a_contact_is_bound_and_listed(self, algorithm: str) -> None:
        bench = Bench()
        answer = bench.register(algorithm=algorithm)
        assert answer.code == 200
        assert answer.header("contact") == "<sip:asha@203.0.113.20:5062>;expires=300"
        (event,) = bench.events()
        assert isinstance(event, HeadsetBound)
        assert (event.username, event.refreshed, event.expires_seconds) == ("asha", False, 300)
        (binding,) = bench.core.registrar.bindings("asha")
        assert binding.peer == HEADSET

    @pytest.mark.parametrize(
        ("user", "password"), [("asha", "wrong"), ("nobody", "x"), ("ravi", "secret-asha")]
    )
    def test_wrong_and_unknown_get_the_same_answer(self, user: str, password: str) -> None:
        bench = Bench()
        answer = bench.register(user=user, password=password)
        assert answer.code == 401
        assert "stale" not in (answer.header("www-authenticate") or "")
        assert bench.events() == []

    def test_one_cannot_register_another(self) -> None:
        bench = Bench()
        challenge = bench.ask("REGISTER", HEADSET, headers=[CONTACT], **ASHA)
        proof = credentials(challenge, "REGISTER", "ravi", "secret-ravi")
        assert bench.ask("REGISTER", HEADSET, headers=[CONTACT, proof], **ASHA).code == 401

    def test_a_replayed_request_is_challenged_again(self) -> None:
        bench = Bench()
        challenge = bench.ask("REGISTER", HEADSET, headers=[CONTACT], **ASHA)
        proof = credentials(challenge, "REGISTER", "asha", "secret-asha")
        assert bench.ask("REGISTER", HEADSET, headers=[CONTACT, proof], **ASHA).code == 200
        again = bench.ask("REGISTER", HEADSET, headers=[CONTACT, proof], **ASHA)
        assert again.code == 401
        assert "stale=true" in (again.header("www-authenticate") or "")

    def test_a_nonce_is_for_one_source_and_one_time(self) -> None:
        bench = Bench()
        challenge = bench.ask("REGISTER", HEADSET, headers=[CONTACT], **ASHA)
        proof = credentials(challenge, "REGISTER", "asha", "secret-asha")
        elsewhere = Peer("udp", ("203.0.113.21", 5062), HEADSET.local)
        assert bench.ask("REGISTER", elsewhere, headers=[CONTACT, proof], **ASHA).code == 401
        bench.now += 301
        late = bench.ask("REGISTER", HEADSET, headers=[CONTACT, proof], **ASHA)
        assert late.code == 401
        assert "stale=true" in (late.header("www-authenticate") or "")

    def test_a_registration_expires_by_itself(self) -> None:
        bench = Bench()
        bench.register(expires=100)
        bench.events()
        bench.now += 99.9
        bench.core.handle_timer(bench.now)
        assert bench.events() == []
        bench.now += 0.2
        bench.core.handle_timer(bench.now)
        assert bench.events() == [HeadsetUnbound("asha", "sip:asha@203.0.113.20:5062", True)]
        assert bench.core.registrar.bindings("asha") == []
        assert bench.core.registrar.username_at(HEADSET) is None

    def test_a_refresh_is_told_as_one_and_moves_the_end(self) -> None:
        bench = Bench()
        bench.register(expires=100)
        bench.now += 90
        bench.register(expires=100)
        _, second = bench.events()
        assert isinstance(second, HeadsetBound)
        assert second.refreshed
        bench.now += 90
        bench.core.handle_timer(bench.now)
        assert bench.events() == []

    def test_several_contacts_and_the_wildcard(self) -> None:
        bench = Bench()
        bench.register()
        answer = bench.register(contact="Contact: <sip:asha@203.0.113.20:5070>;q=0.5")
        assert len(answer.headers["contact"]) == 2
        assert any(value.endswith(";q=0.5") for value in answer.headers["contact"])
        bench.events()
        answer = bench.register(contact="Contact: *", expires=0)
        assert answer.code == 200
        assert len(bench.events()) == 2
        assert "contact" not in answer.headers

    def test_one_contact_may_go_alone(self) -> None:
        bench = Bench()
        bench.register()
        bench.register(contact="Contact: <sip:asha@203.0.113.20:5070>")
        answer = bench.register(contact=CONTACT + ";expires=0", expires=None)
        assert answer.headers["contact"] == ["<sip:asha@203.0.113.20:5070>;expires=300"]

    def test_asking_without_contact_lists_them(self) -> None:
        bench = Bench()
        bench.register()
        assert len(bench.register(contact="").headers["contact"]) == 1

    @pytest.mark.parametrize(
        ("contact", "expires", "code"),
        [
            ("Contact: *", 300, 400),
            ("Contact: *, <sip:a@b>", 0, 400),
            (CONTACT, 5, 423),
            ("Contact: nonsense", 300, 400),
            ("Contact: " + ", ".join(f"<sip:a@192.0.2.1:{n}>" for n in range(1, 12)), 300, 403),
        ],
    )
    def test_what_cannot_be_registered(self, contact: str, expires: int, code: int) -> None:
        bench = Bench()
        answer = bench.register(contact=contact, expires=expires)
        assert answer.code == code
        assert bench.events() == []
        if code == 423:
            assert answer.header("min-expires") == "60"

    def test_a_late_register_of_the_same_call_is_refused(self) -> None:
        """RFC 3261 10.3 step 7."""
        bench = Bench()
        bench.register(number=10)
        assert bench.register(number=7).code == 500
        assert bench.register(number=7, call_id="after a restart").code == 200

    def test_the_longest_expiry_is_ours(self) -> None:
        bench = Bench(expiry=ExpiryLimits(60, 120, 600))
        assert (bench.register(expires=9999).header("contact") or "").endswith("expires=600")
        assert (bench.register(expires=None).header("contact") or "").endswith("expires=120")

    def test_behind_a_nat_the_way_back_is_the_way_it_came(self) -> None:
        bench = Bench()
        bench.register(contact="Contact: <sip:asha@10.0.0.5:5060>")
        assert bench.core.registrar.bindings("asha")[0].peer == HEADSET

    def test_on_a_connection_the_way_back_is_the_connection(self) -> None:
        bench = Bench()
        peer = Peer("tcp", ("203.0.113.20", 41_000), HEADSET.local, connection=7)
        bench.register(contact="Contact: <sip:asha@203.0.113.20:5060;transport=tcp>", peer=peer)
        assert bench.core.registrar.bindings("asha")[0].peer == peer


class TestRequests:
    def test_options_tells_what_we_understand(self) -> None:
        answer = Bench().ask("OPTIONS")
        assert answer.code == 200
        assert "INVITE" in (answer.header("allow") or "")
        assert answer.header("accept") == "application/sdp"
        assert answer.supported == {"100rel"}

    def test_while_draining_options_says_503(self) -> None:
        bench = Bench()
        bench.core.draining = True
        assert bench.ask("OPTIONS").code == 503

    @pytest.mark.parametrize(
        ("method", "changes", "code"),
        [
            ("BYE", {"to": "<sip:x@y>;tag=gone"}, 481),
            ("INVITE", {"to": "<sip:x@y>;tag=gone"}, 481),
            ("BYE", {}, 481),
            ("REFER", {}, 405),
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
        assert Bench().ask(method, **changes).code == code

    def test_the_same_request_by_another_path_is_482(self) -> None:
        """RFC 3261 8.2.2.2."""
        bench = Bench()
        contact = ["Contact: <sip:192.0.2.7>"]
        assert bench.send(request_bytes(headers=contact)) == []
        (answer,) = bench.send(request_bytes(headers=contact, branch="z9hG4bKother"))
        assert answer.code == 482
        assert len(bench.events()) == 1

    def test_the_version_must_be_ours(self) -> None:
        wrong = request_bytes("OPTIONS").replace(b" SIP/2.0\r\n", b" SIP/3.0\r\n", 1)
        (answer,) = Bench().send(wrong)
        assert answer.code == 505

    def test_too_short_a_body_is_400(self) -> None:
        data = request_bytes("OPTIONS", body=b"abc").replace(
            b"Content-Length: 3", b"Content-Length: 30"
        )
        (answer,) = Bench().send(data)
        assert answer.code == 400

    def test_nobody_answers_an_ack(self) -> None:
        bench = Bench()
        assert bench.send(request_bytes("ACK", cseq="1 INVITE")) == []
        assert bench.send(request_bytes("ACK")) == []


class TestResponses:
    def test_rport_and_received_are_filled_in(self) -> None:
        """RFC 3581 4."""
        bench = Bench()
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
        bench = Bench()
        peer = Peer("udp", ("192.0.2.7", 6666), UDP.local)
        via = "SIP/2.0/UDP 10.0.0.1:5070;maddr=203.0.113.1;branch=z9hG4bKx"
        bench.core.receive(request_bytes("OPTIONS", via=via), peer, 0.0)
        ((data, sent_to),) = bench.core.datagrams_to_send()
        assert sent_to.remote == ("192.0.2.7", 5070)
        assert response(data).vias[0].endswith(";received=192.0.2.7")

    def test_over_tcp_they_go_back_on_the_connection(self) -> None:
        bench = Bench()
        bench.core.receive(request_bytes("OPTIONS", transport="TCP"), TCP, 0.0)
        ((_, sent_to),) = bench.core.datagrams_to_send()
        assert sent_to == TCP

    def test_what_makes_a_dialog_repeats_record_route(self) -> None:
        bench = Bench()
        routes = ["Record-Route: <sip:192.0.2.1;lr>", "Record-Route: <sip:192.0.2.2;lr>"]
        bench.send(request_bytes(headers=["Contact: <sip:192.0.2.7>", *routes]))
        (event,) = bench.events()
        assert isinstance(event, IncomingInvite)
        event.session.answer(b"v=0\r\n", 1000.0)
        ((data, _),) = bench.core.datagrams_to_send()
        assert response(data).record_routes == ["<sip:192.0.2.1;lr>", "<sip:192.0.2.2;lr>"]
