"""Whose trunk a peer is of: by its certificate, else by its address."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

import pytest

from switch.sip.access import Access
from switch.sip.peer import Peer

PEER = Peer("tls", ("192.0.2.1", 40_000), ("198.51.100.1", 5061), 7)
NETWORKS = [("near", [ip_network("192.0.2.0/24")]), ("one", [ip_network("192.0.2.9")])]


@pytest.mark.parametrize(
    ("host", "proved", "trunk"),
    [
        ("192.0.2.1", (), "near"),
        ("192.0.2.9", (), "one"),
        ("203.0.113.1", (), None),
        ("203.0.113.1", ("carrier.example",), "far"),
        ("203.0.113.1", ("other.example", "carrier.example"), "far"),
        ("203.0.113.1", ("sub.carrier.example",), None),
        ("192.0.2.1", ("carrier.example",), "far"),
        ("192.0.2.1", ("other.example",), "near"),
    ],
)
def test_whose_trunk_it_is(host: str, proved: tuple[str, ...], trunk: str | None) -> None:
    access = Access(NETWORKS, (), {"carrier.example": "far"})
    peer = replace(PEER, remote=(host, 40_000), proved=proved)
    assert access.trunk_of(peer) == trunk


def test_a_change_counts_for_connections_that_are_open() -> None:
    access = Access([], (), {"carrier.example": "far"})
    peer = replace(PEER, proved=("carrier.example",))
    access.use_trunks([], {"carrier.example": "renamed"})
    assert access.trunk_of(peer) == "renamed"
    access.use_trunks([], {})
    assert access.trunk_of(peer) is None
