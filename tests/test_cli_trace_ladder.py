"""The ladder: a column for each party, an arrow for each message."""

from __future__ import annotations

from switch.cli_trace_ladder import Ladder
from switch.cli_trace_shapes import message_json
from switch.trace.frame import UNREACHABLE, Message
from switch.trace.index import Index, collect
from switch.trace.sip_text import SipText
from tests.trace.messages import HEADSET, LOCAL, TRUNK, received, request, response, whole_call


def texts_of_the_call() -> list[SipText]:
    index = Index()
    for frame in whole_call():
        index.add(frame)
    (messages,) = collect(whole_call(), list(index))
    return messages


def drawn(messages: list[SipText], ladder: Ladder | None = None) -> list[str]:
    """Return the lines without their times."""
    lines = (ladder or Ladder()).draw(messages)
    return [line.plain[24:].rstrip() for line in lines]


def test_a_call_with_both_legs() -> None:
    names = {"leg1@carrier": "+12125550123", "leg2": "asha"}
    shown = drawn(texts_of_the_call(), Ladder(names))
    assert shown == [
        "         +12125550123                    Freeline                        asha",
        "      udp:192.0.2.7:5060                                        udp:203.0.113.20:5062",
        "               │ ────── INVITE (SDP) ──────▶ │                             │",
        "               │ ◀────── 200 OK (SDP) ────── │                             │",
        "               │ ────────── ACK ───────────▶ │                             │",
        "               │                             │ ────── INVITE (SDP) ──────▶ │",
        "               │                             │ ─── INVITE (SDP) again ───▶ │",
        "               │                             │ ◀────── 200 OK (SDP) ────── │",
        "               │                             │ ────────── ACK ───────────▶ │",
        "               │ ────────── BYE ───────────▶ │                             │",
        "               │ ◀───────── 200 OK ───────── │                             │",
        "               │                             │ ────────── BYE ───────────▶ │",
        "               │                             │ ◀───────── 200 OK ───────── │",
    ]


def test_who_cannot_be_reached_is_shown() -> None:
    gone = Message(1.0, UNREACHABLE, b"", "udp", HEADSET, LOCAL, 0)
    assert "╳ unreachable ╳" in drawn([SipText(gone, 1.0)])[1]


def test_whose_connection_has_ended_is_shown() -> None:
    gone = Message(1.0, UNREACHABLE, b"", "tls", HEADSET, LOCAL, 7)
    assert "╳ disconnected ╳" in drawn([SipText(gone, 1.0)])[1]
    assert message_json(SipText(gone, 1.0), full=False)["direction"] == "disconnected"


def test_a_third_party_lies_beyond_the_second() -> None:
    other = SipText(received(20.0, request("BYE", "leg1@carrier"), ("192.0.2.8", 5060)), 20.0)
    shown = drawn([*texts_of_the_call(), other])
    assert shown[-1].index("◀") > shown[-2].index("│")
    assert shown[-1].count("│") == 3  # the arrow crosses one line


def test_the_time_since_the_message_before_is_told() -> None:
    lines = [line.plain for line in Ladder().draw(texts_of_the_call())]
    assert [line[13:24].strip() for line in lines[1:5]] == ["", "+1.0 ms", "+1.0 ms", "+1.00 s"]


def test_a_party_who_appears_late_makes_a_new_heading() -> None:
    ladder = Ladder()
    counts = [len(ladder.add(text)) for text in texts_of_the_call()]
    assert counts == [2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1]


def test_whole_messages_below_their_arrows_without_what_steers_a_terminal() -> None:
    evil = request("INVITE", "a", "Subject: \x1b[2J\x07")
    shown = "\n".join(drawn([SipText(received(1.0, evil, TRUNK), 1.0)], Ladder(full=True)))
    assert "Call-ID: a" in shown
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_colours_by_leg_and_red_for_what_failed() -> None:
    busy = SipText(received(3.0, response(486, "Busy Here", "INVITE", "leg2"), HEADSET), 3.0)
    lines = list(Ladder().draw([*texts_of_the_call()[:5], busy]))
    styles = [str(line.spans[-1].style) for line in lines[1:]]
    assert styles[0] == styles[1] == "not dim cyan"
    assert styles[3] == "not dim magenta"
    assert styles[-1] == "not dim bold red"
