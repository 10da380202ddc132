"""Which messages belong together, and finding what somebody looks for."""

from __future__ import annotations

import pytest

from switch.trace.frame import UNREACHABLE, Frame, Message, Note
from switch.trace.index import Affair, Index, collect, matches
from tests.trace.messages import (
    CALL,
    CALLER,
    DIALLED,
    HEADSET,
    LOCAL,
    TRUNK,
    frame,
    received,
    request,
    response,
    sent,
    whole_call,
)

STRANGER = ("203.0.113.66", 5060)


def affairs(frames: list[Frame]) -> list[Affair]:
    index = Index()
    for each in frames:
        index.add(each)
    return list(index)


class TestCalls:
    def test_both_legs_are_one_call_the_callers_first(self) -> None:
        (call,) = affairs(whole_call())
        assert (call.kind, call.call, call.call_ids) == ("call", CALL, ["leg1@carrier", "leg2"])
        assert (call.caller, call.dialled, call.messages) == (CALLER, DIALLED, 11)
        assert (call.result, call.reason, call.failed) == ("completed", "caller_hung_up", False)
        assert (call.began_at, call.ended_at) == (1.0, 9.003)

    def test_the_headset_may_be_rung_in_the_frame_of_the_arrival(self) -> None:
        first, second, third = whole_call()
        together = frame(1, *first.messages, *second.messages, notes=tuple(first.notes))
        (call,) = affairs([together, third])
        assert call.call_ids == ["leg1@carrier", "leg2"]

    def test_a_call_whose_beginning_is_gone_is_still_one(self) -> None:
        (call,) = affairs(whole_call()[1:2])
        assert (call.call, call.call_ids) == (CALL, ["leg2"])

    def test_a_refused_one_failed_with_its_reason(self) -> None:
        note = Note(1.0, "rejected", "", "x", CALLER, "+1800", "rejected", "unknown_number", 404)
        (call,) = affairs(
            [
                frame(
                    1,
                    received(1.0, request("INVITE", "x"), TRUNK),
                    sent(1.1, response(404, "Not Found", "INVITE", "x"), TRUNK),
                    notes=(note,),
                )
            ]
        )
        assert call.failed
        assert (call.outcome, call.dialled) == ("rejected: unknown_number 404", "+1800")

    @pytest.mark.parametrize(("code", "failed"), [(200, False), (487, False), (503, True)])
    def test_without_a_note_its_status_tells(self, code: int, failed: bool) -> None:
        (call,) = affairs(
            [
                frame(
                    1,
                    received(1.0, request("INVITE", "x"), TRUNK),
                    sent(1.1, response(401, "Unauthorized", "INVITE", "x"), TRUNK),
                    sent(1.2, response(code, "...", "INVITE", "x"), TRUNK),
                    sent(1.3, response(404, "...", "INFO", "x"), TRUNK),
                )
            ]
        )
        assert (call.code, call.failed) == (code, failed)


class TestOthers:
    def test_a_registration(self) -> None:
        data = request("REGISTER", "reg", caller="asha", to="asha", uri="sip:198.51.100.1")
        (one,) = affairs(
            [
                frame(
                    1,
                    received(1.0, data, HEADSET),
                    sent(1.1, response(401, "Unauthorized", "REGISTER", "reg"), HEADSET),
                    sent(1.2, response(200, "OK", "REGISTER", "reg"), HEADSET),
                )
            ]
        )
        assert (one.kind, one.caller, one.code, one.failed) == ("register", "asha", 200, False)

    def test_a_stranger(self) -> None:
        invite = request("INVITE", "x", caller="1000")
        (one,) = affairs([frame(1, received(1.0, invite, STRANGER), kind="strangers")])
        assert one.stranger

    def test_keep_alives_are_nobodys(self) -> None:
        assert affairs([frame(1, received(1.0, b"\r\n\r\n", HEADSET, "tcp"))]) == []

    def test_affairs_are_told_in_the_order_of_their_beginnings(self) -> None:
        first = frame(1, received(5.0, request("INVITE", "b"), TRUNK))
        second = frame(2, received(4.0, request("OPTIONS", "a"), TRUNK))
        assert [each.call_ids[0] for each in affairs([first, second])] == ["a", "b"]


class TestFinding:
    @pytest.mark.parametrize(
        "words",
        [
            CALL,
            "4f0c",
            "leg1@carrier",
            "leg1@car",
            CALLER,
            "12125550123",
            "5550123",
            "(212) 555-0123",
            "0100",
            "asha",
            "ASHA",
        ],
    )
    def test_what_is_meant_is_found(self, words: str) -> None:
        (call,) = affairs(whole_call())
        assert matches(call, words)

    @pytest.mark.parametrize("words", ["4f0", "leg1", "123", "+442071234567", "ash", "2125550124"])
    def test_and_nothing_else(self, words: str) -> None:
        (call,) = affairs(whole_call())
        assert not matches(call, words)


class TestCollecting:
    def test_a_calls_messages_in_the_order_of_time(self) -> None:
        other = frame(9, received(2.2, request("OPTIONS", "o"), TRUNK))
        frames = [*whole_call(), other]
        (call,) = (each for each in affairs(frames) if each.kind == "call")
        (messages,) = collect(frames[::-1], [call])
        assert [each.at for each in messages] == sorted(each.at for each in messages)
        assert len(messages) == 11
        assert {each.call_id for each in messages} == {"leg1@carrier", "leg2"}

    def test_what_the_network_says_of_a_peer_stands_with_what_was_sent_there(self) -> None:
        gone = Message(2.1, UNREACHABLE, b"", "udp", HEADSET, LOCAL, 0)
        elsewhere = Message(2.1, UNREACHABLE, b"", "udp", STRANGER, LOCAL, 0)
        frames = [*whole_call()[:2], frame(3, gone, elsewhere)]
        (call,) = affairs(frames)
        (messages,) = collect(frames, [call])
        assert [each.message.remote for each in messages if not each.message.data] == [HEADSET]
