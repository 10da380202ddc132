"""Strangers: nothing is kept for them, nothing is amplified, nobody is found out."""

from __future__ import annotations

from typing import Any

import pytest

from switch.sip.bans import BanSettings
from switch.sip.doorkeeper import StrangerSettings
from switch.sip.events import IncomingInvite, PasswordsGuessed, StrangerRefused
from switch.sip.incoming import IncomingResponse
from switch.sip.peer import Peer
from switch.sip.source import source_of
from tests.support.core_bench import ASHA, CONTACT, HEADSET, CoreBench, credentials
from tests.support.sip_messages import UDP, request_bytes, response

STRANGER = Peer("udp", ("203.0.113.99", 5060), UDP.local)
FEW = StrangerSettings(per_source_rate=1, per_source_burst=3, rate=100, burst=1000)
REALISTIC = [
    CONTACT,
    "User-Agent: Grandstream GXP1625 1.0.7.13",
    "Expires: 300",
    "Allow: INVITE, ACK, OPTIONS, CANCEL, BYE, SUBSCRIBE, NOTIFY, INFO, REFER, UPDATE",
]


def guess(bench: CoreBench, user: str = "asha", peer: Peer = STRANGER) -> IncomingResponse | None:
    """Answer a challenge with a wrong password; return the answer, if there is one."""
    identity = {key: value.replace("asha", user) for key, value in ASHA.items()}
    challenge = bench.ask("REGISTER", peer, headers=REALISTIC, **identity)
    signed = credentials(challenge, "REGISTER", user, "wrong", "SHA-256")
    answers = bench.send(
        request_bytes(
            "REGISTER", headers=[*REALISTIC, signed], branch=f"z9hG4bK{signed[-90:-60]}", **identity
        ),
        peer,
    )
    return answers[0] if answers else None


class TestNothingIsKept:
    @pytest.mark.parametrize(
        ("method", "code"),
        [
            *(("INVITE", 401), ("REGISTER", 401), ("OPTIONS", 200), ("BYE", 481)),
            *(("CANCEL", 481), ("REFER", 403), ("SUBSCRIBE", 405), ("DANCE", 501)),
        ],
    )
    def test_every_answer_is_stateless(self, method: str, code: int) -> None:
        bench = CoreBench()
        assert bench.ask(method, STRANGER, headers=[CONTACT], **ASHA).code == code
        assert len(bench.core.layer) == 0
        assert bench.core.next_deadline() is None

    def test_inside_a_dialog_that_is_not_theirs(self) -> None:
        bench = CoreBench()
        assert bench.ask("BYE", STRANGER, to="<sip:x@y>;tag=guessed").code == 481
        assert len(bench.core.layer) == 0

    def test_a_thousand_sources_leave_a_bounded_memory(self) -> None:
        settings = StrangerSettings(rate=1e5, burst=100_000)
        bench = CoreBench(strangers=settings)
        for number in range(20_000):
            peer = Peer(
                "udp", (f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 5060), UDP.local
            )
            assert bench.core.door.hears(b"x", peer, bench.now)
        assert len(bench.core.door.sources) == 10_000


class TestAmplification:
    @pytest.mark.parametrize(
        "method", ["INVITE", "REGISTER", "OPTIONS", "BYE", "SUBSCRIBE", "DANCE"]
    )
    @pytest.mark.parametrize("headers", [[], REALISTIC], ids=["tiny", "realistic"])
    def test_an_answer_is_never_twice_as_long_as_the_request(
        self, method: str, headers: list[str]
    ) -> None:
        bench = CoreBench()
        data = request_bytes(method, headers=headers, **ASHA)
        bench.core.receive(data, STRANGER, bench.now)
        ((answer, to),) = bench.core.datagrams_to_send()
        assert to.remote[0] == STRANGER.remote[0]
        assert len(answer) <= (1.35 if headers else 2) * len(data)

    @pytest.mark.parametrize(
        "fault",
        [
            {"from_": "<<nonsense"},
            {"cseq": "1 INVITE"},
            {"uri": "http://x"},
            {"headers": ["Content-Length: 99"]},
            {"call_id": "x\r\nCall-ID: y"},
        ],
    )
    def test_nor_is_that_to_a_malformed_one(self, fault: dict[str, Any]) -> None:
        bench = CoreBench()
        data = request_bytes("OPTIONS", **fault)
        bench.core.receive(data, STRANGER, bench.now)
        ((answer, _),) = bench.core.datagrams_to_send()
        assert len(answer) <= 1.35 * len(data)
        silent = CoreBench(strangers=StrangerSettings(answer=False))
        assert silent.send(data, STRANGER) == []

    def test_a_challenge_is_not_sent_again_by_itself(self) -> None:
        """An INVITE's refusal would be, eleven times, by a transaction."""
        bench = CoreBench()
        bench.ask("INVITE", STRANGER, headers=[CONTACT], **ASHA)
        bench.core.handle_timer(bench.now + 60)
        assert list(bench.core.datagrams_to_send()) == []

    def test_a_via_does_not_lead_it_elsewhere(self) -> None:
        bench = CoreBench()
        via = "SIP/2.0/UDP 198.51.100.200:53;branch=z9hG4bKx;maddr=198.51.100.201"
        bench.core.receive(request_bytes("OPTIONS", via=via), STRANGER, bench.now)
        ((_, to),) = bench.core.datagrams_to_send()
        assert to.remote[0] == STRANGER.remote[0]


class TestFloods:
    def test_beyond_its_limit_a_source_is_not_heard(self) -> None:
        bench = CoreBench(strangers=FEW)
        codes = [
            len(bench.send(request_bytes("OPTIONS", branch=f"z9hG4bK{i}"), STRANGER))
            for i in range(9)
        ]
        assert codes == [1, 1, 1, 0, 0, 0, 0, 0, 0]
        assert bench.core.door.unheard["flood"] == 6
        bench.now += 1.01
        assert len(bench.send(request_bytes("OPTIONS", branch="z9hG4bKlater"), STRANGER)) == 1

    def test_others_are_heard_meanwhile(self) -> None:
        bench = CoreBench(strangers=FEW)
        for number in range(10):
            bench.send(request_bytes("OPTIONS", branch=f"z9hG4bK{number}"), STRANGER)
        assert bench.ask("REGISTER", HEADSET, headers=[CONTACT], **ASHA).code == 401

    def test_strangers_together_have_a_limit_too(self) -> None:
        bench = CoreBench(strangers=StrangerSettings(rate=1, burst=5))
        heard = [
            bench.core.door.hears(
                b"x", Peer("udp", (f"10.0.0.{number}", 5060), UDP.local), bench.now
            )
            for number in range(10)
        ]
        assert heard == [True] * 5 + [False] * 5

    def test_trunks_and_registered_headsets_have_none(self) -> None:
        bench = CoreBench(strangers=StrangerSettings(per_source_burst=2, per_source_rate=0.01))
        bench.register()
        for peer in (UDP, HEADSET):
            for _ in range(50):
                assert bench.ask("OPTIONS", peer).code == 200

    def test_messages_of_calls_in_progress_are_heard(self) -> None:
        """A carrier may send a BYE from another of its machines than it told us of."""
        bench = CoreBench(strangers=FEW)
        bench.send(request_bytes(headers=["Contact: <sip:ann@192.0.2.7>"]))
        (event,) = bench.events()
        assert isinstance(event, IncomingInvite)
        tag = event.session.dialog.local_tag  # type: ignore[attr-defined]
        event.session.answer(b"v=0\r\n", bench.now)
        bench.core.datagrams_to_send()
        for number in range(10):
            bench.send(request_bytes("OPTIONS", branch=f"z9hG4bK{number}"), STRANGER)
        (answer,) = bench.send(
            request_bytes("BYE", to=f"<sip:x@y>;tag={tag}", number=2, branch="z9hG4bKbye"), STRANGER
        )
        assert answer.code == 200

    @pytest.mark.parametrize(
        ("host", "source"),
        [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ],
    )
    def test_what_counts_as_one_source(self, host: str, source: str) -> None:
        assert source_of(host) == source


class TestScanners:
    @pytest.mark.parametrize(
        "agent", ["friendly-scanner", "sipvicious", "SIPCLI/1.8", "VaxSIPUserAgent/3"]
    )
    @pytest.mark.parametrize("method", ["INVITE", "REGISTER", "OPTIONS"])
    def test_get_no_answer(self, agent: str, method: str) -> None:
        bench = CoreBench()
        data = request_bytes(method, headers=[CONTACT, f"User-Agent: {agent}"], **ASHA)
        assert bench.send(data, STRANGER) == []
        assert bench.events() == []
        assert bench.core.door.unheard["scanner"] == 1

    def test_get_one_where_that_is_wanted(self) -> None:
        bench = CoreBench(strangers=StrangerSettings(ignore_scanners=False))
        headers = ["User-Agent: friendly-scanner"]
        assert bench.ask("OPTIONS", STRANGER, headers=headers).code == 200

    @pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "BYE", "SUBSCRIBE"])
    def test_strangers_can_be_met_with_silence(self, method: str) -> None:
        bench = CoreBench(strangers=StrangerSettings(answer=False))
        assert bench.send(request_bytes(method, headers=[CONTACT]), STRANGER) == []
        assert bench.register().code == 200


class TestEnumeration:
    @pytest.mark.parametrize("method", ["INVITE", "REGISTER"])
    @pytest.mark.parametrize("signed", [False, True], ids=["without", "with a wrong password"])
    def test_a_known_name_and_an_unknown_one_get_the_same(self, method: str, signed: bool) -> None:
        shapes = []
        for user in ("asha", "zoya"):
            bench = CoreBench()
            identity = {key: value.replace("asha", user) for key, value in ASHA.items()}
            answer = bench.ask(method, STRANGER, headers=REALISTIC, **identity)
            if signed:
                wrong = credentials(answer, method, user, "wrong", "SHA-256")
                answer = bench.ask(method, STRANGER, headers=[*REALISTIC, wrong], **identity)
            names = [(name, len(values)) for name, values in answer.headers.items()]
            challenge = [len(value) for value in answer.headers["www-authenticate"]]
            shapes.append((answer.code, answer.phrase, names, challenge))
        assert shapes[0] == shapes[1]

    def test_both_are_worked_on_alike(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Not the time is measured, but the hashes that take it."""
        from switch.sip import digest

        hashed: list[int] = []
        plain = digest.HASHES["SHA-256"]

        def noting(data: bytes) -> str:
            hashed.append(len(data))
            return plain(data)

        monkeypatch.setitem(digest.HASHES, "SHA-256", noting)
        counts = []
        for user in ("asha", "zoya"):
            bench = CoreBench()
            hashed.clear()
            guess(bench, user)
            counts.append(list(hashed))
        assert counts[0] == counts[1]


class TestGuessing:
    BANS = BanSettings(free_failures=3, first_seconds=10, longest_seconds=3600)

    def test_a_source_is_banned_for_longer_each_time(self) -> None:
        bench = CoreBench(bans=self.BANS)
        for _ in range(3):
            assert guess(bench) is not None
        assert bench.events() == []
        guess(bench)
        told = [event for event in bench.events() if isinstance(event, PasswordsGuessed)]
        assert {(event.kind, event.name, event.seconds) for event in told} == {
            ("source", "203.0.113.99", 10.0),
            ("account", "asha", 10.0),
        }
        assert bench.send(request_bytes("OPTIONS"), STRANGER) == []
        assert bench.core.door.unheard["banned"] == 1
        bench.now += 10.1
        guess(bench)
        assert {
            event.seconds for event in bench.events() if isinstance(event, PasswordsGuessed)
        } == {20}

    def test_from_many_sources_the_account_is_held(self) -> None:
        bench = CoreBench(bans=self.BANS)
        for number in range(6):
            guess(bench, peer=Peer("udp", (f"203.0.113.{100 + number}", 5060), UDP.local))
        answer = bench.register(peer=Peer("udp", ("203.0.113.77", 5060), UDP.local))
        assert answer.code == 401
        bench.now += 10.1
        assert bench.register(peer=Peer("udp", ("203.0.113.78", 5060), UDP.local)).code == 200

    def test_the_headset_at_home_goes_on(self) -> None:
        bench = CoreBench(bans=self.BANS)
        assert bench.register().code == 200
        for number in range(6):
            guess(bench, peer=Peer("udp", (f"203.0.113.{100 + number}", 5060), UDP.local))
        assert bench.register(number=100, call_id="again").code == 200

    def test_a_trunk_is_never_banned(self) -> None:
        """A proxy of ours may bring everybody's registrations."""
        bench = CoreBench(bans=self.BANS)
        for _ in range(10):
            guess(bench, "zoya", UDP)
        assert bench.core.desk.bans.in_force(bench.now) == []
        assert bench.ask("OPTIONS", UDP).code == 200

    def test_a_missing_or_stale_answer_is_no_guess(self) -> None:
        bench = CoreBench(bans=self.BANS)
        for _ in range(20):
            bench.ask("REGISTER", STRANGER, headers=REALISTIC, **ASHA)
        challenge = bench.ask("REGISTER", STRANGER, headers=REALISTIC, **ASHA)
        signed = credentials(challenge, "REGISTER", "asha", "secret-asha", "SHA-256")
        bench.now += 400
        answer = bench.ask("REGISTER", STRANGER, headers=[*REALISTIC, signed], **ASHA)
        assert answer.code == 401
        assert "stale=true" in answer.headers["www-authenticate"][0]
        assert len(bench.core.desk.bans) == 0


class TestNonces:
    def signed(self, bench: CoreBench, peer: Peer = HEADSET) -> str:
        challenge = bench.ask("REGISTER", peer, headers=REALISTIC, **ASHA)
        return credentials(challenge, "REGISTER", "asha", "secret-asha", "SHA-256")

    def test_credentials_are_good_once(self) -> None:
        bench = CoreBench()
        signed = self.signed(bench)
        codes = [
            bench.ask(
                "REGISTER", HEADSET, headers=[*REALISTIC, signed], call_id=f"r{n}", **ASHA
            ).code
            for n in range(3)
        ]
        assert codes == [200, 401, 401]

    def test_a_nonce_is_good_only_where_it_was_sent(self) -> None:
        bench = CoreBench()
        signed = self.signed(bench)
        assert bench.ask("REGISTER", STRANGER, headers=[*REALISTIC, signed], **ASHA).code == 401

    def test_a_nonce_expires(self) -> None:
        bench = CoreBench()
        signed = self.signed(bench)
        bench.now += 301
        assert bench.ask("REGISTER", HEADSET, headers=[*REALISTIC, signed], **ASHA).code == 401

    def test_credentials_for_one_method_are_none_for_another(self) -> None:
        bench = CoreBench()
        signed = self.signed(bench)
        assert bench.ask("INVITE", HEADSET, headers=[*REALISTIC, signed], **ASHA).code == 401

    def test_one_account_cannot_register_another(self) -> None:
        bench = CoreBench()
        challenge = bench.ask("REGISTER", HEADSET, headers=REALISTIC, **ASHA)
        ravi = credentials(challenge, "REGISTER", "ravi", "secret-ravi", "SHA-256")
        assert bench.ask("REGISTER", HEADSET, headers=[*REALISTIC, ravi], **ASHA).code == 401
        assert bench.core.registrar.bindings("asha") == []


class TestNoRelay:
    @pytest.mark.parametrize(
        "uri", ["sip:+442071234567@example.com", "sip:x@203.0.113.1", "tel:+1900"]
    )
    def test_a_stranger_gets_no_call_whatever_it_dials(self, uri: str) -> None:
        bench = CoreBench()
        bench.send(request_bytes(uri=uri, headers=[CONTACT]), STRANGER)
        assert not [event for event in bench.events() if isinstance(event, IncomingInvite)]

    def test_a_route_leads_nowhere(self) -> None:
        bench = CoreBench()
        headers = [CONTACT, "Route: <sip:203.0.113.1;lr>"]
        bench.core.receive(request_bytes("OPTIONS", headers=headers), STRANGER, bench.now)
        assert [to.remote[0] for _, to in bench.core.datagrams_to_send()] == ["203.0.113.99"]

    def test_of_a_flood_only_the_first_are_told(self) -> None:
        bench = CoreBench(accounts={})
        for number in range(100):
            bench.ask("INVITE", STRANGER, headers=[CONTACT], call_id=f"c{number}")
        told = [event for event in bench.events() if isinstance(event, StrangerRefused)]
        assert len(told) == 5


def test_answers_are_as_they_were_for_who_is_known() -> None:
    """A trunk's OPTIONS says what we can do; a stranger's only that we are there."""
    bench = CoreBench()
    assert bench.ask("OPTIONS").header("allow")
    bench.core.receive(request_bytes("OPTIONS"), STRANGER, bench.now)
    ((data, _),) = bench.core.datagrams_to_send()
    assert response(data).header("allow") is None
    assert response(data).header("server") is None
