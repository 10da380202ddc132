"""From URIs and DNS records to addresses, in order: RFC 3263 4 and RFC 2782."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.errors import RemoteProtocolError
from switch.sip.target_order import (
    MOST_TARGETS,
    Naptr,
    Question,
    Record,
    Srv,
    Target,
    by_weight,
    find_targets,
)

EVERYTHING = {"udp": (4, 6), "tcp": (4, 6), "tls": (4, 6)}
UDP_4 = {"udp": (4,)}

Zone = dict[tuple[str, str], Sequence[Record]]

ZONE: Zone = {
    ("example.com", "NAPTR"): [
        Naptr(50, 50, "s", "SIPS+D2T", "_sips._tcp.example.com."),
        Naptr(90, 50, "S", "sip+d2t", "_sip._tcp.example.com."),
        Naptr(100, 50, "s", "SIP+D2U", "_sip._udp.example.com."),
    ],
    ("_sips._tcp.example.com", "SRV"): [Srv(0, 1, 5061, "one.example.com.")],
    ("_sip._tcp.example.com", "SRV"): [
        Srv(1, 1, 5070, "one.example.com."),
        Srv(2, 1, 5060, "two.example.com."),
    ],
    ("_sip._udp.example.com", "SRV"): [Srv(0, 1, 5060, "two.example.com.")],
    ("one.example.com", "A"): ["192.0.2.1"],
    ("one.example.com", "AAAA"): ["2001:db8::1"],
    ("two.example.com", "A"): ["192.0.2.2", "192.0.2.3"],
}
"""RFC 3263 4.1's own example."""


def ask(
    uri: str,
    reach: Mapping[str, Sequence[int]] | None = None,
    zone: Zone = ZONE,
    seed: int = 0,
) -> tuple[list[str], list[Question]]:
    """Ask as the resolver does: until nothing is missing; return targets and all questions."""
    answers: dict[Question, Sequence[Record]] = {}
    asked: list[Question] = []
    while True:
        found = find_targets(uri, answers, reach or EVERYTHING, random.Random(seed).randrange)
        if not found.missing:
            return [str(each) for each in found.targets], asked
        for question in found.missing:
            asked.append(question)
            answers[question] = zone.get((question.name, question.kind), [])


class TestTransport:
    def test_the_domain_says_by_naptr_what_it_likes(self) -> None:
        targets, _ = ask("sip:example.com")
        assert targets == [
            "tls:192.0.2.1:5061",
            "tls:[2001:db8::1]:5061",
            "tcp:192.0.2.1:5070",
            "tcp:[2001:db8::1]:5070",
            "tcp:192.0.2.2:5060",
            "tcp:192.0.2.3:5060",
            "udp:192.0.2.2:5060",
            "udp:192.0.2.3:5060",
        ]

    def test_what_we_cannot_speak_is_not_asked_for(self) -> None:
        targets, asked = ask("sip:example.com", UDP_4)
        assert targets == ["udp:192.0.2.2:5060", "udp:192.0.2.3:5060"]
        assert Question("_sips._tcp.example.com", "SRV") not in asked
        assert not [each for each in asked if each.kind == "AAAA"]

    def test_sips_goes_over_tls_alone(self) -> None:
        assert ask("sips:example.com")[0] == ["tls:192.0.2.1:5061", "tls:[2001:db8::1]:5061"]
        zone: Zone = {("plain.example", "A"): ["192.0.2.9"]}
        assert ask("sips:plain.example", zone=zone)[0] == ["tls:192.0.2.9:5061"]

    def test_without_naptr_the_services_are_tried(self) -> None:
        zone = {key: value for key, value in ZONE.items() if key[1] != "NAPTR"}
        targets, asked = ask("sip:example.com", {"udp": (4,), "tcp": (4,)}, zone)
        assert targets[0] == "udp:192.0.2.2:5060"
        assert targets[-1].startswith("tcp:192.0.2.3")
        assert asked[0] == Question("example.com", "NAPTR")

    def test_without_any_service_it_is_udp_at_5060(self) -> None:
        zone: Zone = {("bare.example", "A"): ["192.0.2.9"]}
        assert ask("sip:bare.example", zone=zone)[0] == ["udp:192.0.2.9:5060"]
        assert ask("sip:bare.example", {"tcp": (4,)}, zone)[0] == ["tcp:192.0.2.9:5060"]

    def test_a_transport_in_the_uri_counts(self) -> None:
        targets, asked = ask("sip:example.com;transport=tcp", {"udp": (4,), "tcp": (4,)})
        assert targets == ["tcp:192.0.2.1:5070", "tcp:192.0.2.2:5060", "tcp:192.0.2.3:5060"]
        assert not [each for each in asked if each.kind == "NAPTR"]

    def test_a_port_in_the_uri_leaves_only_the_address(self) -> None:
        targets, asked = ask("sip:one.example.com:5099", UDP_4)
        assert targets == ["udp:192.0.2.1:5099"]
        assert asked == [Question("one.example.com", "A")]


class TestAddresses:
    @pytest.mark.parametrize(
        ("uri", "target"),
        [
            ("sip:192.0.2.7", "udp:192.0.2.7:5060"),
            ("sip:192.0.2.7:5070;transport=tcp", "tcp:192.0.2.7:5070"),
            ("sips:192.0.2.7", "tls:192.0.2.7:5061"),
            ("sip:[2001:db8::7]:5062", "udp:[2001:db8::7]:5062"),
            ("sip:us@192.0.2.7;transport=tls", "tls:192.0.2.7:5061"),
            ("sip:example.com;maddr=192.0.2.8", "udp:192.0.2.8:5060"),
        ],
    )
    def test_an_address_needs_no_dns(self, uri: str, target: str) -> None:
        assert ask(uri) == ([target], [])

    def test_an_address_of_a_family_we_do_not_have_leads_nowhere(self) -> None:
        assert ask("sip:[2001:db8::7]", UDP_4) == ([], [])

    def test_a_service_that_is_not_there_is_not_looked_for_elsewhere(self) -> None:
        """RFC 2782: a target of "." means that the service is decidedly not available."""
        zone: Zone = {
            ("_sip._udp.example.com", "SRV"): [Srv(0, 0, 0, ".")],
            ("example.com", "A"): ["192.0.2.1"],
        }
        assert ask("sip:example.com", UDP_4, zone)[0] == []

    def test_the_name_of_the_uri_is_kept_for_its_certificate(self) -> None:
        answers = {Question(name, kind): records for (name, kind), records in ZONE.items()}
        found = find_targets("sips:example.com", answers, {"tls": (4,)}, lambda limit: 0)
        assert found.targets == (Target("tls", "192.0.2.1", 5061, "example.com"),)

    def test_a_name_with_very_many_addresses_is_cut_off(self) -> None:
        zone: Zone = {("many.example", "A"): [f"192.0.2.{n}" for n in range(200)]}
        assert len(ask("sip:many.example:5060", UDP_4, zone)[0]) == MOST_TARGETS

    def test_what_is_no_uri_is_said_so(self) -> None:
        with pytest.raises(RemoteProtocolError, match="URI"):
            ask("fax:example.com")


class TestWeights:
    @given(
        records=st.lists(
            st.builds(Srv, st.integers(0, 3), st.integers(0, 50), st.just(5060), st.text("ab")),
            max_size=8,
        ),
        seed=st.integers(),
    )
    def test_every_server_once_and_priorities_in_order(self, records: list[Srv], seed: int) -> None:
        ordered = by_weight(records, random.Random(seed).randrange)
        assert Counter(ordered) == Counter(records)
        priorities = [each.priority for each in ordered]
        assert priorities == sorted(priorities)

    def test_load_is_shared_by_weight(self) -> None:
        """RFC 2782: "the larger the weight, the higher the probability of being selected"."""
        servers = [Srv(0, 60, 1, "a"), Srv(0, 30, 1, "b"), Srv(0, 10, 1, "c"), Srv(0, 0, 1, "d")]
        rng = random.Random(7)
        first = Counter(by_weight(servers, rng.randrange)[0].target for _ in range(4000))
        assert 0.55 < first["a"] / 4000 < 0.65
        assert 0.25 < first["b"] / 4000 < 0.35
        assert 0.06 < first["c"] / 4000 < 0.14
        assert 0 < first["d"] / 4000 < 0.03
