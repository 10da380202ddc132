"""Registered headsets are asked by OPTIONS whether they are still there."""

from __future__ import annotations

from switch.sip.events import HeadsetAnswers, HeadsetSilent, HeadsetUnbound, SipEvent
from switch.sip.incoming import IncomingRequest, parse_message
from switch.sip.peer import Peer
from switch.sip.qualifier import QualifySettings
from switch.sip.registrar import Binding
from tests.support.core_bench import CONTACT, HEADSET, CoreBench
from tests.support.sip_messages import response_to


class Bench(CoreBench):
    """A core that asks, and a headset that answers as told."""

    def __init__(self, **qualify: object) -> None:
        settings = {"interval_seconds": 60.0, "failures": 2} | qualify
        super().__init__(qualify=QualifySettings(**settings))  # type: ignore[arg-type]
        self.asked: list[IncomingRequest] = []
        self.places: list[Peer] = []
        self.seen: list[SipEvent] = []
        self.answers = True
        self.delay = 0.0
        self.code = 200
        self.body = b""

    @property
    def binding(self) -> Binding:
        (found,) = self.core.registrar.bindings("asha")
        return found

    def run_for(self, seconds: float) -> None:
        """Let time pass; the headset answers each question that is not a repetition."""
        end = self.now + seconds
        while (due := self.core.next_deadline()) is not None and due <= end:
            self.now = max(self.now, due)
            self.core.handle_timer(self.now)
            self._answer_all()
        self.now = end
        self.seen += self.events()

    def _answer_all(self) -> None:
        for data, peer in self.core.datagrams_to_send():
            request = parse_message(data, peer)
            if not isinstance(request, IncomingRequest) or request.method != "OPTIONS":
                continue
            if request.call_id not in [each.call_id for each in self.asked]:
                self.asked.append(request)
                self.places.append(peer)
            if self.answers:
                headers = ["Content-Type: application/sdp"] if self.body else []
                answer = response_to(data, self.code, headers=headers, body=self.body)
                self.core.receive(answer, peer, self.now + self.delay)


def registered(**qualify: object) -> Bench:
    bench = Bench(**qualify)
    assert bench.register().code == 200
    bench.events()
    return bench


def test_it_is_asked_where_it_registered_soon_and_again_and_again() -> None:
    bench = registered()
    bench.run_for(150)
    assert len(bench.asked) == 3
    assert bench.asked[0].uri == "sip:asha@203.0.113.20:5062"
    assert {peer.remote for peer in bench.places} == {HEADSET.remote}
    assert bench.seen == []


def test_the_round_trip_is_that_of_the_last_answer() -> None:
    bench = registered()
    bench.delay = 0.037
    bench.run_for(10)
    assert bench.binding.reach.round_trip_seconds is not None
    assert round(bench.binding.reach.round_trip_seconds, 3) == 0.037
    assert bench.binding.reach.missed == 0


def test_a_refusal_is_an_answer_too() -> None:
    bench = registered()
    bench.code = 405
    bench.run_for(10)
    assert bench.binding.reach.answered_at is not None


def test_what_the_headset_says_that_it_can_do_is_kept() -> None:
    bench = registered()
    bench.body = b"v=0\r\nm=audio 0 RTP/AVP 0 8\r\n"
    bench.run_for(10)
    assert bench.binding.reach.description == bench.body


def test_a_refresh_changes_neither_its_turn_nor_what_is_known() -> None:
    bench = registered()
    bench.run_for(10)
    since = bench.binding.since
    for number in range(5):
        assert bench.register(number=100 + 2 * number).code == 200
        bench.run_for(10)
    assert len(bench.asked) == 1 + 50 // 60 + 0
    assert bench.binding.since == since
    assert bench.binding.reach.round_trip_seconds is not None


def test_a_headset_that_has_gone_is_asked_no_more() -> None:
    bench = registered()
    bench.run_for(10)
    bench.register(contact=f"{CONTACT};expires=0", expires=None)
    bench.run_for(300)
    assert len(bench.asked) == 1


def test_one_that_falls_silent_is_told_once_and_again_when_it_answers() -> None:
    bench = registered()
    bench.run_for(10)
    bench.answers = False
    bench.run_for(200)
    told = [each for each in bench.seen if isinstance(each, HeadsetSilent)]
    assert [(each.username, each.answered_before) for each in told] == [("asha", True)]
    assert bench.binding.reach.silent
    bench.register()
    bench.answers = True
    bench.run_for(100)
    assert any(isinstance(each, HeadsetAnswers) for each in bench.seen)
    assert not bench.binding.reach.silent


def test_one_unanswered_question_makes_nobody_silent() -> None:
    bench = registered()
    bench.answers = False
    bench.run_for(35)
    bench.answers = True
    bench.run_for(60)
    assert not any(isinstance(each, HeadsetSilent) for each in bench.seen)


def test_the_registration_of_a_silent_one_can_be_ended() -> None:
    bench = registered(unregister=True)
    bench.run_for(10)
    bench.answers = False
    bench.run_for(200)
    assert bench.core.registrar.bindings("asha") == []
    (gone,) = (each for each in bench.seen if isinstance(each, HeadsetUnbound))
    assert (gone.username, gone.expired) == ("asha", True)


def test_but_not_of_one_that_never_answered_because_it_may_ring_all_the_same() -> None:
    bench = registered(unregister=True)
    bench.answers = False
    bench.run_for(200)
    assert bench.core.registrar.bindings("asha") != []
    (told,) = (each for each in bench.seen if isinstance(each, HeadsetSilent))
    assert not told.answered_before


def test_without_an_interval_nobody_is_asked() -> None:
    bench = registered(interval_seconds=None)
    bench.run_for(290)
    assert bench.asked == []


def test_a_headset_behind_a_proxy_is_asked_through_it() -> None:
    bench = Bench()
    path = "Path: <sip:192.0.2.50;lr>"
    assert bench.register(contact=f"{CONTACT}\r\n{path}").code == 200
    bench.run_for(10)
    assert bench.asked[0].header("route") == "<sip:192.0.2.50;lr>"
    assert bench.places[0].remote == ("192.0.2.50", 5060)


def test_after_a_restart_they_are_asked_spread_over_the_interval() -> None:
    bench = Bench()
    for number in range(100):
        contact = f"sip:asha@203.0.113.{number}:5062"
        binding = Binding(f"user{number}", contact, HEADSET, HEADSET, bench.now + 3000, "", "c", 1)
        bench.core.registrar.restore(binding, bench.now)
    bench.run_for(20)
    assert 15 < len(bench.asked) < 55
    bench.run_for(40.5)
    assert len({each.uri for each in bench.asked}) == 100
