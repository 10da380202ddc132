"""OPTIONS again and again: what counts as an answer, and when the next one is sent."""

from __future__ import annotations

import itertools

import pytest

from switch.sip.credentials import Credentials, DigestClient
from switch.sip.peer import Peer
from switch.sip.probe import Probe, ProbeResult
from tests.support.sip_messages import UDP, response_to
from tests.support.sip_pair import CALLER, SWITCH, SipPair


class Prober:
    """A probe of the caller's side towards the switch's."""

    def __init__(self, pair: SipPair, digest: DigestClient | None = None) -> None:
        self.results: list[tuple[float, ProbeResult]] = []
        self.probe = Probe(
            pair.caller.core,
            "sip:198.51.100.1",
            Peer("udp", SWITCH, CALLER),
            digest,
            lambda result, now: self.results.append((now - 1000, result)),
            interval_seconds=30,
            timeout_seconds=4,
        )
        self.probe.start(pair.now)

    @property
    def problems(self) -> list[str]:
        return [result.problem for _, result in self.results]


def test_an_answer_is_told_with_its_round_trip() -> None:
    pair = SipPair()
    pair.delay = lambda word: 0.05
    prober = Prober(pair)
    pair.run_for(100)
    assert prober.problems == ["", "", "", ""]
    assert prober.results[0][1].round_trip_seconds == pytest.approx(0.1, abs=0.01)
    times = [at for at, _ in prober.results]
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert all(27 <= gap <= 33 for gap in gaps)


def test_silence_is_told_in_time_and_what_comes_late_is_not_told() -> None:
    pair = SipPair()
    pair.delay = lambda word: 10.0 if word == "<200" else 0.0
    prober = Prober(pair)
    pair.run_for(20)
    assert prober.problems == ["no answer"]
    assert prober.results[0][1].round_trip_seconds == pytest.approx(4)


def test_a_server_that_drains_is_not_well() -> None:
    pair = SipPair()
    pair.switch.core.draining = True
    prober = Prober(pair)
    pair.run_for(5)
    assert prober.problems == ["503 Service Unavailable"]


@pytest.mark.parametrize("code", [401, 403, 404, 405, 481, 500])
def test_any_other_answer_says_that_it_is_there(code: int) -> None:
    pair = SipPair()
    prober = Prober(pair)
    pair.caller.core.handle_timer(pair.now + 3)
    ((data, _),) = pair.caller.core.datagrams_to_send()
    pair.caller.core.receive(response_to(data, code), UDP, pair.now + 3)
    assert prober.problems == [""]


def test_a_challenge_is_answered() -> None:
    pair = SipPair()
    prober = Prober(pair, DigestClient(Credentials("us", "secret")))
    core = pair.caller.core
    core.handle_timer(pair.now + 3)
    ((data, _),) = core.datagrams_to_send()
    challenge = 'WWW-Authenticate: Digest realm="carrier", nonce="abc", qop="auth"'
    core.receive(response_to(data, 401, headers=[challenge]), UDP, pair.now + 3)
    ((again, _),) = core.datagrams_to_send()
    assert again.startswith(b"OPTIONS")
    assert b'Authorization: Digest username="us"' in again
    assert b"CSeq: 2 OPTIONS" in again
    assert prober.problems == []
    core.receive(response_to(again, 200), UDP, pair.now + 3)
    assert prober.problems == [""]


def test_an_icmp_error_is_told_at_once() -> None:
    pair = SipPair()
    prober = Prober(pair)
    pair.caller.core.handle_timer(pair.now + 3)
    pair.caller.core.transport_failed(Peer("udp", SWITCH, CALLER), pair.now + 3)
    assert prober.problems == ["cannot be reached"]


def test_a_stopped_probe_leaves_nothing() -> None:
    pair = SipPair()
    prober = Prober(pair)
    pair.run_for(40)
    asked = pair.words.count(">OPTIONS")
    prober.probe.stop()
    pair.run_for(200)
    assert pair.words.count(">OPTIONS") == asked
    assert pair.caller.core.next_deadline() is None
