"""Which contacts of a 3xx are followed."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from switch.sip.incoming import IncomingResponse
from switch.trunks.dial_guard import DialGuard
from switch.trunks.last_hour import LastHour
from switch.trunks.redirect import Redirected, read_redirection
from tests.support.sip_messages import UDP

GUARD = DialGuard(["+1"], ["+1900"], 1, 1, LastHour())


def read(*contacts: str) -> Redirected:
    response = IncomingResponse(302, "Moved", {"contact": list(contacts)}, b"", UDP)
    networks = [ip_network("192.0.2.0/28"), ip_network("2001:db8::/64")]
    return read_redirection(response, networks, {"sip.carrier.example"}, GUARD.forbidden, "udp")


def test_the_preferred_one_comes_first() -> None:
    found = read(
        "<sip:+12125550101@192.0.2.1>;q=0.3, <sip:+12125550102@192.0.2.2>;q=0.9",
        "<sip:+12125550103@192.0.2.3>",
    )
    assert [each.number for each in found.to] == ["+12125550103", "+12125550102", "+12125550101"]
    assert found.refused == ()


@pytest.mark.parametrize(
    ("contact", "target"),
    [
        ("<sip:+12125550101@192.0.2.1>", "udp:192.0.2.1:5060"),
        ("<sip:+12125550101@192.0.2.1:5070;transport=tcp>", "tcp:192.0.2.1:5070"),
        ("<sip:+12125550101@192.0.2.1;transport=tls>", "tls:192.0.2.1:5061"),
        ("<sip:+12125550101;npdi@[2001:db8::7]>", "udp:[2001:db8::7]:5060"),
        ("<sip:+12125550101@SIP.carrier.example>", "None"),
    ],
)
def test_where_it_leads(contact: str, target: str) -> None:
    (found,) = read(contact).to
    assert str(found.target) == target


@pytest.mark.parametrize(
    ("contact", "why"),
    [
        ("<sip:+442079460000@192.0.2.1>", "begins with no prefix"),
        ("<sip:+19005550100@192.0.2.1>", "prefix under `deny`"),
        ("<sip:ann@192.0.2.1>", "is not an E.164 number"),
        ("<sip:+12125550101@198.51.100.1>", "none of the trunk's"),
        ("<sip:+12125550101@evil.example>", "none of the trunk's"),
        ("<tel:+12125550101>", "no place"),
        ("<mailto:ann@example.com>", "no URI like"),
    ],
)
def test_what_is_refused(contact: str, why: str) -> None:
    found = read(contact)
    assert found.to == ()
    assert why in found.refused[0]


def test_contacts_that_cannot_be_read_are_none() -> None:
    assert read("<<<").to == ()
