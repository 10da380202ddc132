"""The messages of RFC 4475 and RFC 5118, and loops: each with its right outcome."""

from __future__ import annotations

import pytest

from switch.sip.core import SipCore
from switch.sip.events import IncomingInvite, SessionAnswered, SessionRinging
from switch.sip.incoming import parse_message
from switch.sip.peer import Peer
from tests.support.core_bench import CoreBench, credentials
from tests.support.sip_messages import UDP
from tests.support.torture import Torture, all_torture, expand

ALL = all_torture()


def test_every_section_has_its_message() -> None:
    sections = {each.section for each in ALL}
    valid = {f"RFC 4475 3.1.1.{number}" for number in range(1, 14)}
    invalid = {f"RFC 4475 3.1.2.{number}" for number in range(1, 20)}
    application = {f"RFC 4475 3.3.{number}" for number in range(1, 16)}
    addresses = {f"RFC 5118 4.{number}" for number in (*range(1, 5), *range(6, 11))}
    others = {"RFC 4475 3.2.1", "RFC 4475 3.4.1", "RFC 5118 4.5.1", "RFC 5118 4.5.2"}
    assert valid | invalid | application | addresses | others <= sections


def _calling(bench: CoreBench) -> bytes:
    """Have the switch call someone, and return its INVITE."""
    bench.core.invite(
        target="sip:+442071234567@192.0.2.7",
        peer=Peer("udp", UDP.remote, UDP.local),
        from_uri="sip:freeline@198.51.100.1",
        sdp=b"v=0\r\n",
        now=bench.now,
    )
    ((data, _),) = bench.core.datagrams_to_send()
    return data


def _signed(data: bytes, bench: CoreBench, account: str) -> bytes:
    """Send a request, and return it with the credentials that its challenge asks for."""
    (challenge,) = bench.send(data)
    assert challenge.code == 401
    line = credentials(challenge, "REGISTER", account, f"secret-{account}", "SHA-256")
    head, end, body = data.partition(b"\r\n\r\n")
    again = head.replace(b"branch=z9hG4bK", b"branch=z9hG4bKsigned-")
    return again + b"\r\n" + line.encode() + end + body


@pytest.mark.parametrize("torture", ALL, ids=lambda each: each.name)
def test_outcome(torture: Torture) -> None:
    bench = CoreBench()
    data = torture.data(_calling(bench) if "<ours" in torture.message else b"")
    if torture.after:
        bench.send(expand(torture.after))
        bench.events()
    if torture.account:
        data = _signed(data, bench, torture.account)
    if torture.outcome in ("answered", "provisional"):
        bench.core.receive(data, UDP, bench.now)
        kinds = [type(event) for event in bench.events()]
        assert kinds == [SessionAnswered if torture.outcome == "answered" else SessionRinging]
        return
    core: SipCore = bench.core
    core.receive(data, UDP, bench.now)
    sent = [each for each, _ in core.datagrams_to_send()]
    events = bench.events()
    if torture.outcome == "accepted":
        assert [type(event) for event in events] == [IncomingInvite]
        assert not sent
    elif torture.outcome == "dropped":
        assert (events, sent) == ([], [])
        assert sum(core.layer.bad_datagrams.values()) == 1
    else:
        assert not [event for event in events if isinstance(event, IncomingInvite)]
        (answer,) = (parse_message(each, UDP) for each in sent)
        first = sent[0].split(b"\r\n", 1)[0].decode()
        assert first.startswith(f"SIP/2.0 {torture.outcome} {torture.phrase}")
        for name, value in torture.headers.items():
            assert answer.header(name) == value
    if torture.contact:
        assert [each.contact for each in core.registrar.bindings(torture.account)] == [
            torture.contact
        ]
    if torture.reads:
        message = parse_message(data, UDP)
        assert {name: getattr(message, name) for name in torture.reads} == torture.reads
