"""Who is offered media keyed by DTLS: web pages by themselves, others where the settings say so."""

from __future__ import annotations

import pytest

from switch.calls.srtp_rule import SrtpRule
from switch.sdp.crypto import SrtpPolicy
from switch.sip.peer import Peer

NEVER, OFFERED, REQUIRED, DTLS = SrtpPolicy


def peer(transport: str) -> Peer:
    return Peer(transport, ("192.0.2.7", 5060), ("198.51.100.1", 5060))


@pytest.mark.parametrize("transport", ["ws", "wss"])
@pytest.mark.parametrize(
    ("policy", "offered"), [(NEVER, False), (OFFERED, True), (REQUIRED, True), (DTLS, True)]
)
def test_pages_are_offered_it_unless_that_is_never_to_be(
    policy: SrtpPolicy, offered: bool, transport: str
) -> None:
    assert SrtpRule(policy).terms(peer(transport)).offers_dtls is offered


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
@pytest.mark.parametrize("policy", SrtpPolicy)
def test_others_where_it_is_asked_for(policy: SrtpPolicy, transport: str) -> None:
    assert SrtpRule(policy).terms(peer(transport)).offers_dtls is (policy is DTLS)


@pytest.mark.parametrize("contact", ["sip:x@a.invalid;transport=ws", "sip:x@a;Transport=WSS;ob"])
def test_a_page_behind_a_proxy_is_told_by_its_contact(contact: str) -> None:
    assert SrtpRule().terms(peer("udp"), contact).offers_dtls
    assert not SrtpRule().terms(peer("udp"), contact.replace("=", "=t")).offers_dtls
    assert not SrtpRule(NEVER).terms(peer("udp"), contact).offers_dtls


@pytest.mark.parametrize(
    ("transport", "in_clear", "may"),
    [("wss", False, True), ("tls", False, True), ("udp", False, False), ("udp", True, True)],
)
def test_keys_in_the_signalling_travel_where_nobody_reads_along(
    transport: str, in_clear: bool, may: bool
) -> None:
    assert SrtpRule(REQUIRED, in_clear).terms(peer(transport)).may_offer_keys is may
