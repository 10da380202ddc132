"""Requests inside a dialog: route sets, targets, numbers (RFC 3261 12)."""

from __future__ import annotations

import pytest

from switch.errors import RemoteProtocolError
from switch.sip.dialog import Dialog, peer_of_uri
from switch.sip.peer import Peer
from tests.support.sip_messages import TCP, TLS, UDP, UDP6, request


def dialog(*headers: str, follow_contact: bool = True, peer: Peer = UDP) -> Dialog:
    invite = request(peer=peer, headers=["Contact: <sip:ann@192.0.2.8:5066>", *headers])
    return Dialog.of_request(invite, "us", "<sip:198.51.100.1>", follow_contact=follow_contact)


def test_without_routes_it_goes_to_the_contact() -> None:
    it = dialog().build("BYE")
    assert it.uri == "sip:ann@192.0.2.8:5066"
    assert it.peer.remote == ("192.0.2.8", 5066)
    assert it.header("Route") == ""
    assert it.header("From").endswith(";tag=us")
    assert it.header("To").endswith(";tag=ann")


@pytest.mark.parametrize("method", ["INVITE", "UPDATE", "NOTIFY"])
def test_who_may_change_where_we_are_tells_where_that_is(method: str) -> None:
    assert dialog().build(method).header("Contact") == "<sip:198.51.100.1>"


@pytest.mark.parametrize("method", ["BYE", "PRACK", "INFO", "ACK"])
def test_other_requests_have_no_contact(method: str) -> None:
    """RFC 3261 20, table 2, and RFC 3262 9: not applicable there."""
    assert dialog().build(method, cseq=1).header("Contact") == ""


def test_towards_a_headset_it_goes_back_to_the_source() -> None:
    assert dialog(follow_contact=False).build("BYE").peer == UDP


def test_loose_routers_stand_in_route_and_the_first_is_next() -> None:
    """RFC 3261 12.2.1.1; as UAS in the order of Record-Route."""
    it = dialog("Record-Route: <sip:192.0.2.1:5080;lr>, <sip:192.0.2.2;lr>").build("BYE")
    assert it.uri == "sip:ann@192.0.2.8:5066"
    assert [value for name, value in it.headers if name == "Route"] == [
        "<sip:192.0.2.1:5080;lr>",
        "<sip:192.0.2.2;lr>",
    ]
    assert it.peer.remote == ("192.0.2.1", 5080)


def test_a_strict_router_becomes_the_request_uri() -> None:
    it = dialog("Record-Route: <sip:192.0.2.1>, <sip:192.0.2.2;lr>").build("BYE")
    assert it.uri == "sip:192.0.2.1"
    assert [value for name, value in it.headers if name == "Route"] == [
        "<sip:192.0.2.2;lr>",
        "<sip:ann@192.0.2.8:5066>",
    ]


def test_numbers_grow_but_an_ack_keeps_its_invites() -> None:
    it = dialog()
    assert [it.build("INFO").header("CSeq"), it.build("BYE").header("CSeq")] == ["1 INFO", "2 BYE"]
    assert it.build("ACK", cseq=1).header("CSeq") == "1 ACK"


def test_a_lower_number_of_the_peer_is_out_of_order() -> None:
    it = dialog()
    assert it.accept_cseq(request("INFO", number=5))
    assert not it.accept_cseq(request("INFO", number=4))


def test_a_new_contact_is_followed() -> None:
    it = dialog()
    it.refresh_target(request("INVITE", headers=["Contact: <sip:ann@192.0.2.9>"]))
    assert it.build("BYE").peer.remote == ("192.0.2.9", 5060)


@pytest.mark.parametrize("contact", ["", "Contact: <sip:a@b>, <sip:c@d>", "Contact: *"])
def test_one_contact_is_needed(contact: str) -> None:
    invite = request(headers=[contact] if contact else [])
    with pytest.raises(RemoteProtocolError):
        Dialog.of_request(invite, "us", "<sip:us>", follow_contact=True)


@pytest.mark.parametrize(
    ("uri", "near", "remote"),
    [
        ("sip:192.0.2.8", UDP, ("udp", ("192.0.2.8", 5060))),
        ("sip:a@192.0.2.8:5099;transport=udp", UDP, ("udp", ("192.0.2.8", 5099))),
        ("sip:carrier.example.com", UDP, None),
        ("sip:192.0.2.8;transport=tcp", UDP, None),
        ("sip:192.0.2.7:5060;transport=tcp", TCP, ("tcp", ("192.0.2.7", 5060))),
        ("sip:192.0.2.7", TLS, ("tls", ("192.0.2.7", 5061))),
        ("sips:ann@192.0.2.7:5063", TLS, ("tls", ("192.0.2.7", 5063))),
        ("sips:ann@192.0.2.7;transport=tcp", TLS, ("tls", ("192.0.2.7", 5061))),
        ("sip:ann@192.0.2.7;transport=TLS", TLS, ("tls", ("192.0.2.7", 5061))),
        ("sip:192.0.2.7;transport=sctp", UDP, ("udp", ("192.0.2.7", 5060))),
        ("sip:ann@[2001:db8::7]:5070", UDP6, ("udp", ("2001:db8::7", 5070))),
    ],
)
def test_the_way_to_a_uri(uri: str, near: Peer, remote: object) -> None:
    found = peer_of_uri(uri, near)
    assert (None if found is None else (found.transport, found.remote)) == remote


@pytest.mark.parametrize(
    ("uri", "near", "remote"),
    [
        ("sip:192.0.2.8;transport=tcp", UDP, ("tcp", ("192.0.2.8", 5060))),
        ("sip:192.0.2.8:5080;transport=udp", TCP, ("udp", ("192.0.2.8", 5080))),
        ("sips:ann@192.0.2.8", UDP, ("tls", ("192.0.2.8", 5061))),
        ("sip:192.0.2.8;transport=tls", TCP, ("tls", ("192.0.2.8", 5061))),
        ("sip:192.0.2.8", TCP, ("tcp", ("192.0.2.8", 5060))),
        ("sip:192.0.2.8;transport=udp", TLS, None),
        ("sip:192.0.2.8;transport=ws", UDP, None),
        ("sip:192.0.2.8;transport=sctp", UDP, ("udp", ("192.0.2.7", 5060))),
        ("sip:carrier.example;transport=tcp", UDP, None),
    ],
)
def test_a_uri_may_lead_to_another_transport(uri: str, near: Peer, remote: object) -> None:
    """RFC 3263 4.1; but nothing that came over TLS goes on where others can read it."""
    found = peer_of_uri(uri, near, way)
    assert (None if found is None else (found.transport, found.remote)) == remote


def test_where_we_cannot_go_the_source_is_called() -> None:
    invite = request(headers=["Contact: <sip:carrier@192.0.2.8;transport=tcp>"])
    dialog = Dialog.of_request(
        invite, "us", "<sip:us>", follow_contact=True, way=lambda transport, host, port: None
    )
    assert dialog.peer == UDP
    followed = Dialog.of_request(invite, "us", "<sip:us>", follow_contact=True, way=way)
    assert followed.peer == way("tcp", "192.0.2.8", 5060)
    kept = Dialog.of_request(invite, "us", "<sip:us>", follow_contact=False, way=way)
    assert kept.peer == UDP


def way(transport: str, host: str, port: int) -> Peer:
    return Peer(transport, (host, port), ("198.51.100.1", 5060))


def test_the_way_to_a_contact_keeps_to_the_connection_while_it_lives() -> None:
    """RFC 5923: the transport opens another one, to the contact, only when this one is gone."""
    found = peer_of_uri("sip:192.0.2.7:5080;transport=tcp", TCP)
    assert found == Peer("tcp", ("192.0.2.7", 5080), TCP.local, TCP.connection)
    elsewhere = peer_of_uri("sip:192.0.2.8:5080;transport=tcp", TCP)
    assert elsewhere == Peer("tcp", ("192.0.2.8", 5080), TCP.local)
