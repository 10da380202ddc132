"""The tap: messages of those we know and of strangers go into rings of their own."""

from __future__ import annotations

import pytest

from switch.sip.peer import Peer
from switch.trace.frame import RECEIVED, SENT, Frame, Kind, Note, decode
from switch.trace.tap import Acquaintance, RingSizes, Tap, is_upkeep
from tests.trace.messages import request, response

LOCAL = ("198.51.100.1", 5060)
TRUNK = Peer("udp", ("192.0.2.7", 5060), LOCAL)
HEADSET = Peer("udp", ("203.0.113.20", 5062), LOCAL)
STRANGER = Peer("udp", ("203.0.113.66", 5060), LOCAL)
INVITE = b"INVITE sip:x SIP/2.0\r\n\r\n"
REGISTER = b"REGISTER sip:x SIP/2.0\r\nCSeq: 1 REGISTER\r\n\r\n"
OK = b"SIP/2.0 200 OK\r\n\r\n"
ROOM = RingSizes(100_000, 50_000, 50_000)


def tap(room: RingSizes = ROOM) -> Tap:
    return Tap(room, who_is)


def who_is(peer: Peer) -> Acquaintance:
    return {TRUNK.remote: "trunk", HEADSET.remote: "headset"}.get(peer.remote, "stranger")  # type: ignore[return-value]


def frames(tap: Tap, kind: Kind) -> list[Frame]:
    return [frame for _, data in tap.rings[kind].after(0) for frame in decode(data)]


def heard(tap: Tap, kind: Kind) -> list[tuple[str, bytes]]:
    return [
        (message.remote[0], message.data)
        for frame in frames(tap, kind)
        for message in frame.messages
    ]


def test_nothing_came_nothing_is_sealed() -> None:
    quiet = tap()
    quiet.seal()
    assert len(quiet.rings["calls"]) == 0


def test_a_trunk_and_a_stranger_are_kept_apart() -> None:
    both = tap()
    for peer in (TRUNK, STRANGER, TRUNK):
        both.inbox.append((1.0, RECEIVED, INVITE, peer))
    both.seal()
    assert heard(both, "calls") == [("192.0.2.7", INVITE)] * 2
    assert heard(both, "strangers") == [("203.0.113.66", INVITE)]


def test_whom_we_call_is_no_stranger_but_whom_we_answer_may_be_one() -> None:
    carrier = Peer("udp", ("203.0.113.1", 5060), LOCAL)
    one = tap()
    one.inbox.append((1.0, RECEIVED, INVITE, STRANGER))
    one.inbox.append((1.1, SENT, OK, STRANGER))
    one.inbox.append((1.2, SENT, INVITE, carrier))
    one.inbox.append((1.3, RECEIVED, OK, carrier))
    one.seal()
    assert heard(one, "strangers") == [("203.0.113.66", INVITE), ("203.0.113.66", OK)]
    assert heard(one, "calls") == [("203.0.113.1", INVITE), ("203.0.113.1", OK)]


def test_the_upkeep_of_headsets_pushes_no_call_out() -> None:
    office = tap()
    office.inbox.append((0.0, SENT, request("INVITE", "leg2"), HEADSET))
    office.inbox.append((0.1, RECEIVED, response(200, "OK", "INVITE", "leg2"), HEADSET))
    office.seal()
    for _ in range(300):
        office.inbox.append((1.0, SENT, request("OPTIONS", "o"), HEADSET))
        office.inbox.append((1.1, RECEIVED, response(200, "OK", "OPTIONS", "o"), HEADSET))
        office.inbox.append((1.2, RECEIVED, request("REGISTER", "r"), HEADSET))
        office.inbox.append((1.3, SENT, response(200, "OK", "REGISTER", "r"), HEADSET))
        office.inbox.append((1.4, RECEIVED, b"\r\n\r\n", HEADSET))
        office.seal()
    assert len(heard(office, "calls")) == 2
    assert office.rings["upkeep"].size <= ROOM.upkeep
    assert heard(office, "strangers") == []


@pytest.mark.parametrize("method", ["INVITE", "ACK", "BYE", "INFO", "PRACK", "REFER", "NOTIFY"])
def test_what_is_of_a_call_is_no_upkeep(method: str) -> None:
    allow = "Allow: INVITE, REGISTER, OPTIONS"
    assert not is_upkeep(request(method, "a", allow))
    assert not is_upkeep(response(200, "OK", method, "a", allow))
    assert not is_upkeep(request("BYE", "a").replace(b"CSeq:", b"cseq :"))


def test_a_flood_of_strangers_pushes_no_call_out() -> None:
    flooded = tap()
    flooded.inbox.append((0.0, RECEIVED, INVITE, TRUNK))
    flooded.seal()
    for second in range(200):
        for number in range(100):
            peer = Peer("udp", (f"203.0.113.{number % 5}", 5060), LOCAL)
            flooded.inbox.append((float(second), RECEIVED, INVITE * 10, peer))
        flooded.seal()
    assert heard(flooded, "calls") == [("192.0.2.7", INVITE)]
    assert flooded.rings["strangers"].size <= ROOM.strangers


def test_of_one_stranger_at_once_only_the_first_are_kept_and_the_rest_is_counted() -> None:
    flooded = tap()
    for _ in range(1000):
        flooded.inbox.append((1.0, RECEIVED, INVITE, STRANGER))
    flooded.inbox.append((1.0, RECEIVED, INVITE, Peer("udp", ("203.0.113.5", 1), LOCAL)))
    flooded.seal()
    kept = heard(flooded, "strangers")
    assert kept[-1][0] == "203.0.113.5"
    assert flooded.left_out == 1001 - len(kept) > 900
    assert sum(frame.left_out for frame in frames(flooded, "strangers")) == flooded.left_out


def test_a_headset_that_registers_is_known_once_it_has() -> None:
    registered: set[tuple[str, int]] = set()
    one = Tap(ROOM, lambda peer: "headset" if peer.remote in registered else "stranger")
    one.inbox.append((1.0, RECEIVED, REGISTER, STRANGER))
    one.seal()
    registered.add(STRANGER.remote)
    one.inbox.append((2.0, RECEIVED, REGISTER, STRANGER))
    one.seal()
    assert len(heard(one, "strangers")) == len(heard(one, "upkeep")) == 1


def test_notes_lie_beside_the_messages() -> None:
    one = tap()
    note = Note(1.0, "ended", "4f0c", "", result="failed", reason="no_ack")
    one.note(note)
    one.seal()
    assert [frame.notes for frame in frames(one, "calls")] == [[note]]


def test_frames_are_numbered_upward_and_given_to_sinks() -> None:
    one = tap()
    got: list[tuple[bytes, Kind, int]] = []
    one.add_sink(lambda frame, kind, messages, _offset: got.append((frame, kind, len(messages))))
    for _ in range(3):
        one.inbox.append((1.0, RECEIVED, INVITE, TRUNK))
        one.inbox.append((1.0, RECEIVED, INVITE, STRANGER))
        one.seal()
    numbers = [next(decode(frame)).id for frame, _, _ in got]
    assert numbers == sorted(set(numbers))
    assert [(kind, count) for _, kind, count in got] == [("strangers", 1), ("calls", 1)] * 3


def test_a_key_that_a_caller_presses_is_kept_nowhere() -> None:
    one = tap()
    seen: list[bytes] = []
    one.add_sink(lambda frame, _kind, messages, _offset: seen.extend((frame, messages[0][2])))
    info = request("INFO", "a@b", "Content-Type: application/dtmf-relay", body="Signal=4\r\n")
    one.inbox.append((1.0, RECEIVED, info, TRUNK))
    one.seal()
    ((_, kept),) = heard(one, "calls")
    for each in (kept, *seen):
        assert b"Signal=x" in each
        assert b"Signal=4" not in each
