"""Our registration with a carrier: held to our own registrar, and to answers by hand."""

from __future__ import annotations

import itertools

import pytest

from switch.sip.credentials import Credentials, DigestClient
from switch.sip.digest import ha1
from switch.sip.events import HeadsetBound, HeadsetUnbound
from switch.sip.incoming import IncomingRequest, parse_message
from switch.sip.peer import Peer
from switch.sip.registrar import ExpiryLimits
from switch.sip.registration import Registration, RegistrationSettings, Standing
from tests.support.sip_messages import UDP, response_to
from tests.support.sip_pair import CALLER, SWITCH, SipPair

ACCOUNTS = {"asha": {"SHA-256": ha1("asha", "freeline", "secret", "SHA-256")}}
HERE = Peer("udp", SWITCH, CALLER)
THERE = Peer("udp", ("198.51.100.2", 5060), CALLER)


class Registrant:
    """A registration of the caller's side, with everything it has told."""

    def __init__(
        self, pair: SipPair, *targets: Peer, password: str = "secret", expires: int = 300
    ) -> None:
        self.pair = pair
        self.told: list[tuple[float, Standing, str]] = []
        settings = RegistrationSettings(
            "sip:198.51.100.1",
            "sip:asha@198.51.100.1",
            contact_user="gate",
            expires_seconds=expires,
        )
        self.targets = list(targets)
        digest = DigestClient(Credentials("asha", password))
        self.registration = Registration(
            pair.caller.core, settings, digest, lambda: self.targets, self._changed
        )

    def _changed(self, now: float) -> None:
        registration = self.registration
        self.told.append((round(now - 1000, 1), registration.standing, registration.problem))

    def standing(self) -> Standing:
        return self.registration.standing

    def is_leaving(self) -> bool:
        return self.registration.is_leaving

    def start(self) -> None:
        self.registration.start(self.pair.now)

    def sent(self) -> tuple[bytes, Peer, IncomingRequest]:
        """Return the one REGISTER that waits to be sent."""
        ((data, peer),) = self.pair.caller.core.datagrams_to_send()
        message = parse_message(data, UDP)
        assert isinstance(message, IncomingRequest)
        assert message.method == "REGISTER"
        return data, peer, message

    def answers(self, data: bytes, code: int, *headers: str) -> None:
        self.pair.caller.core.receive(response_to(data, code, headers=headers), UDP, self.pair.now)


def at_our_registrar() -> tuple[SipPair, Registrant]:
    pair = SipPair(accounts=ACCOUNTS)
    return pair, Registrant(pair, HERE)


class TestAtARegistrar:
    def test_it_registers_with_digest_and_renews_before_it_expires(self) -> None:
        pair, registrant = at_our_registrar()
        registrant.start()
        pair.run()
        assert pair.words == [">REGISTER", "<401", ">REGISTER", "<200"]
        assert registrant.standing() is Standing.REGISTERED
        bound = pair.switch.only(HeadsetBound)
        assert bound.contact == "sip:gate@192.0.2.7:5060"
        pair.run_for(1000)
        assert all(event.refreshed for event in pair.switch.of(HeadsetBound)[1:])
        assert pair.switch.of(HeadsetUnbound) == []
        times = pair.times_of("<200")
        assert len(times) >= 4
        gaps = [after - before for before, after in itertools.pairwise(times)]
        assert all(240 <= gap <= 270 for gap in gaps)

    def test_renewals_use_the_nonce_again_until_it_is_stale(self) -> None:
        pair, registrant = at_our_registrar()
        registrant.start()
        pair.run_for(260)
        assert pair.words.count("<401") == 1
        pair.run_for(1000)
        assert pair.words.count("<401") >= 2
        assert registrant.told == [(0.0, Standing.REGISTERED, "")]

    def test_it_is_taken_back_at_the_end(self) -> None:
        pair, registrant = at_our_registrar()
        registrant.start()
        pair.run()
        registrant.registration.stop(pair.now)
        pair.run()
        assert not pair.switch.only(HeadsetUnbound).expired
        pair.run_for(2000)
        assert pair.words.count(">REGISTER") == 3
        assert pair.caller.core.next_deadline() is None

    @pytest.mark.parametrize("renewed", [False, True])
    def test_a_registration_under_way_is_taken_back_when_it_is_answered(
        self, renewed: bool
    ) -> None:
        """RFC 3261 10.2: no new REGISTER before the last one is settled."""
        pair = SipPair()
        registrant = Registrant(pair, HERE)
        registrant.start()
        data, _, _ = registrant.sent()
        if renewed:
            registrant.answers(data, 200, "Expires: 60")
            registrant.start()
            data, _, _ = registrant.sent()
        replaced: list[float] = []
        registrant.registration.stop(pair.now, replaced.append)
        assert registrant.is_leaving()
        assert pair.caller.core.datagrams_to_send() == []
        assert replaced == []
        registrant.answers(data, 200, "Expires: 60")
        gone, _, request = registrant.sent()
        assert request.header("expires") == "0"
        assert replaced == [pair.now]
        registrant.answers(gone, 200)
        assert not registrant.is_leaving()
        assert pair.caller.core.datagrams_to_send() == []

    def test_nothing_is_taken_back_where_nothing_was_registered(self) -> None:
        pair = SipPair()
        registrant = Registrant(pair, HERE)
        registrant.start()
        data, _, _ = registrant.sent()
        registrant.registration.stop(pair.now)
        registrant.answers(data, 403)
        assert not registrant.is_leaving()
        assert pair.caller.core.datagrams_to_send() == []

    def test_too_short_a_time_is_asked_for_longer(self) -> None:
        """RFC 3261 10.2.8: 423 and Min-Expires."""
        pair = SipPair(accounts=ACCOUNTS, expiry=ExpiryLimits(90, 300, 3600))
        registrant = Registrant(pair, HERE, expires=60)
        registrant.start()
        pair.run()
        assert "<423" in pair.words
        assert registrant.standing() is Standing.REGISTERED
        assert pair.switch.only(HeadsetBound).expires_seconds == pytest.approx(90)

    def test_a_wrong_password_is_tried_ever_less_often(self) -> None:
        pair = SipPair(accounts=ACCOUNTS)
        registrant = Registrant(pair, HERE, password="wrong")
        registrant.start()
        pair.run_for(7200)
        at = [seconds for seconds, _, _ in registrant.told]
        assert registrant.told[0][1:] == (
            Standing.FAILED,
            "401 Unauthorized from udp:198.51.100.1:5060",
        )
        gaps = [after - before for before, after in itertools.pairwise(at)]
        assert 30 <= gaps[0] <= 60
        assert 60 <= gaps[1] <= 120
        assert 900 <= gaps[-1] <= 1800

    def test_a_registrar_that_comes_back_is_found(self) -> None:
        pair, registrant = at_our_registrar()
        pair.rule = lambda word, before: 0
        registrant.start()
        pair.run_for(40)
        assert registrant.standing() is Standing.FAILED
        assert "no answer" in registrant.registration.problem
        pair.rule = lambda word, before: 1
        pair.run_for(60)
        assert registrant.standing() is Standing.REGISTERED
        assert [standing for _, standing, _ in registrant.told] == [
            Standing.FAILED,
            Standing.REGISTERED,
        ]

    def test_a_renewal_in_vain_keeps_what_is_left_and_then_lapses(self) -> None:
        pair, registrant = at_our_registrar()
        registrant.start()
        pair.run()
        pair.rule = lambda word, before: 0
        pair.run_for(295)
        assert registrant.standing() is Standing.REGISTERED
        assert registrant.registration.problem
        pair.run_for(10)
        assert registrant.standing() is Standing.FAILED


class TestByHand:
    def test_the_next_server_is_tried_when_one_is_not_well(self) -> None:
        pair = SipPair()
        registrant = Registrant(pair, HERE, THERE)
        registrant.start()
        data, peer, _ = registrant.sent()
        assert peer == HERE
        registrant.answers(data, 503)
        data, peer, request = registrant.sent()
        assert peer == THERE
        assert request.cseq_number == 2
        registrant.answers(data, 200, "Contact: <sip:gate@192.0.2.7:5060>;expires=120")
        assert registrant.standing() is Standing.REGISTERED
        assert registrant.registration.expires_at == pair.now + 120

    def test_a_server_that_cannot_be_reached_is_passed_over(self) -> None:
        pair = SipPair()
        registrant = Registrant(pair, HERE, THERE)
        registrant.start()
        registrant.sent()
        pair.caller.core.transport_failed(HERE, pair.now)
        assert registrant.sent()[1] == THERE

    def test_the_service_route_is_kept(self) -> None:
        """RFC 3608 6.1."""
        pair = SipPair()
        registrant = Registrant(pair, HERE)
        registrant.start()
        data, _, _ = registrant.sent()
        registrant.answers(
            data,
            200,
            "Service-Route: <sip:edge.carrier.example;lr>, <sip:core.carrier.example;lr>",
            "Expires: 60",
        )
        assert registrant.registration.service_route == (
            "<sip:edge.carrier.example;lr>",
            "<sip:core.carrier.example;lr>",
        )
        assert registrant.registration.expires_at == pair.now + 60

    def test_our_own_contact_among_others_counts(self) -> None:
        pair = SipPair()
        registrant = Registrant(pair, HERE)
        registrant.start()
        data, _, _ = registrant.sent()
        registrant.answers(
            data,
            200,
            "Contact: <sip:desk@192.0.2.99>;expires=3600",
            "Contact: <sip:gate@192.0.2.7:5060>;expires=77",
        )
        assert registrant.registration.expires_at == pair.now + 77

    def test_retry_after_is_waited_for(self) -> None:
        pair = SipPair()
        registrant = Registrant(pair, HERE)
        registrant.start()
        data, _, _ = registrant.sent()
        registrant.answers(data, 503, "Retry-After: 500 (maintenance)")
        pair.run_for(499)
        assert pair.words.count(">REGISTER") == 0
        pair.run_for(2)
        assert pair.words.count(">REGISTER") >= 1

    def test_without_an_address_it_waits_for_one(self) -> None:
        pair = SipPair()
        registrant = Registrant(pair)
        registrant.start()
        assert registrant.registration.problem == "no address of the registrar is known"
        registrant.targets = [HERE]
        registrant.start()
        registrant.sent()

    def test_addresses_that_become_known_meanwhile_wait_for_the_answer(self) -> None:
        """RFC 3261 10.2: no new REGISTER before the answer to the one before."""
        pair = SipPair()
        registrant = Registrant(pair, HERE)
        registrant.start()
        data, _, _ = registrant.sent()
        registrant.targets = [THERE]
        registrant.start()
        assert pair.caller.core.datagrams_to_send() == []
        registrant.answers(data, 503)
        data, peer, request = registrant.sent()
        assert peer == THERE
        assert request.cseq_number == 2
        registrant.answers(data, 200, "Contact: <sip:gate@192.0.2.7:5060>;expires=120")
        assert registrant.standing() is Standing.REGISTERED

    def test_an_answer_that_accepts_us_makes_another_start_needless(self) -> None:
        pair = SipPair()
        registrant = Registrant(pair, HERE)
        registrant.start()
        data, _, _ = registrant.sent()
        registrant.targets = [THERE, HERE]
        registrant.start()
        registrant.answers(data, 200, "Contact: <sip:gate@192.0.2.7:5060>;expires=120")
        assert registrant.standing() is Standing.REGISTERED
        assert pair.caller.core.datagrams_to_send() == []
        pair.run_for(90)
        assert pair.words == []


class TestOverAConnection:
    """RFC 5626 4.4: where calls would come on it, its end is the end of the registration."""

    TCP = Peer("tcp", ("198.51.100.1", 5060), CALLER)

    def registered(self) -> Registrant:
        pair = SipPair("tcp", accounts=ACCOUNTS)
        registrant = Registrant(pair, self.TCP)
        layer = registrant.pair.caller.core.layer
        layer.on_connection_lost = registrant.registration.connection_lost
        registrant.start()
        pair.run()
        assert registrant.standing() is Standing.REGISTERED
        return registrant

    def lose(self, registrant: Registrant, peer: Peer) -> None:
        registrant.pair.caller.core.transport_failed(peer, registrant.pair.now)

    def test_it_is_renewed_at_once_when_the_connection_is_lost(self) -> None:
        registrant = self.registered()
        registrant.pair.run_for(10)
        self.lose(registrant, self.TCP)
        _, peer, request = registrant.sent()
        assert peer == self.TCP
        assert request.header("expires") == "300"

    def test_but_not_for_the_connection_of_somebody_else(self) -> None:
        registrant = self.registered()
        self.lose(registrant, Peer("tcp", ("198.51.100.1", 5070), CALLER))
        assert registrant.pair.caller.core.datagrams_to_send() == []

    def test_while_there_is_no_new_one_the_pauses_hold(self) -> None:
        registrant = self.registered()
        self.lose(registrant, self.TCP)
        registrant.sent()
        self.lose(registrant, self.TCP)  # it cannot be opened
        assert registrant.pair.caller.core.datagrams_to_send() == []
        assert registrant.registration.failures == 1
        assert "cannot be reached" in registrant.registration.problem
        registrant.pair.run_for(61)
        assert registrant.standing() is Standing.REGISTERED
        assert registrant.registration.problem == ""

    def test_a_renewal_under_way_on_the_lost_connection_is_begun_anew(self) -> None:
        registrant = self.registered()
        registration = registrant.registration
        registration.start(registrant.pair.now)
        _, _, before = registrant.sent()
        self.lose(registrant, self.TCP)
        _, peer, request = registrant.sent()
        assert peer == self.TCP
        assert request.cseq_number > before.cseq_number
