"""What we tell others of where we are (RFC 3261 8.1.1.8, 18.1.1; RFC 7118)."""

from __future__ import annotations

import pytest

from switch.sip.own_address import OwnAddresses
from switch.sip.peer import Peer


def peer(transport: str, local: tuple[str, int] = ("198.51.100.1", 5060)) -> Peer:
    remote = ("2001:db8::9", 5060) if ":" in local[0] else ("192.0.2.9", 5060)
    return Peer(transport, remote, local)


@pytest.mark.parametrize(
    ("transport", "contact"),
    [
        ("udp", "<sip:198.51.100.1:5060>"),
        ("tcp", "<sip:198.51.100.1:5060;transport=tcp>"),
        ("tls", "<sip:198.51.100.1:5060;transport=tls>"),
        ("ws", "<sip:198.51.100.1:5060;transport=ws>"),
        ("wss", "<sip:198.51.100.1:5060;transport=ws>"),
    ],
)
def test_a_contact_names_its_transport(transport: str, contact: str) -> None:
    assert OwnAddresses().contact(peer(transport)) == contact


@pytest.mark.parametrize(
    ("transport", "contact"),
    [
        ("udp", "<sip:198.51.100.1:5060>"),
        ("tls", "<sips:198.51.100.1:5060>"),
        ("wss", "<sips:198.51.100.1:5060;transport=ws>"),
    ],
)
def test_sips_is_answered_with_sips_where_that_is_true(transport: str, contact: str) -> None:
    assert OwnAddresses().contact(peer(transport), secure=True) == contact


def test_ipv6_stands_in_brackets() -> None:
    assert OwnAddresses().sent_by(peer("udp", ("2001:db8::1", 5060))) == "[2001:db8::1]:5060"


class TestAdvertised:
    def test_one_address_holds_for_all_of_its_kind(self) -> None:
        own = OwnAddresses("203.0.113.5")
        assert own.sent_by(peer("udp", ("10.0.0.1", 5062))) == "203.0.113.5:5062"
        assert own.sent_by(peer("tcp", ("10.0.0.1", 5060))) == "203.0.113.5:5060"
        assert own.sent_by(peer("udp", ("2001:db8::1", 5060))) == "[2001:db8::1]:5060"

    def test_a_listener_may_have_its_own(self) -> None:
        own = OwnAddresses("203.0.113.5")
        inside = ("10.0.0.1", 5060)
        assert own.sent_by(peer("udp", inside)) == "203.0.113.5:5060"
        own.advertise("udp", inside, ("198.51.100.7", 5080))
        assert own.sent_by(peer("udp", inside)) == "198.51.100.7:5080"
        assert own.sent_by(peer("tcp", inside)) == "203.0.113.5:5060"
