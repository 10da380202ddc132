"""Who calls, as headers tell, and what of it is believed."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.sip.identity import PLAIN, CallerIdentity, read_identity
from tests.support.sip_messages import request


def identity(
    *headers: str, trusted: bool = True, from_: str = "<sip:+12125550123@192.0.2.7>;tag=ann"
) -> CallerIdentity:
    return read_identity(request(headers=headers, from_=from_), trusted=trusted)


def passport(**payload: object) -> str:
    parts = [{"alg": "ES256", "ppt": "shaken"}, payload]
    encoded = [
        base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts
    ]
    return f"{'.'.join(encoded)}.c2lnbmF0dXJl;info=<https://c.example/a.pem>;alg=ES256;ppt=shaken"


def test_an_invite_without_any_of_it_costs_nothing() -> None:
    assert identity() is PLAIN


class TestAssertedIdentity:
    def test_the_telephone_number_counts_before_the_name(self) -> None:
        found = identity("P-Asserted-Identity: <sip:ann@x.example>, <tel:+14155550123>")
        assert found.asserted == "tel:+14155550123"
        assert identity('P-Asserted-Identity: "Ann" <sip:+1415@x;user=phone>').asserted == (
            "sip:+1415@x;user=phone"
        )

    def test_an_untrusted_trunk_is_not_believed(self) -> None:
        found = identity("P-Asserted-Identity: <tel:+14155550123>", trusted=False)
        assert found.asserted == ""


class TestPrivacy:
    @pytest.mark.parametrize(
        "header",
        [
            "Privacy: id",
            "Privacy: header;id;critical",
            "Privacy: user",
            'Remote-Party-ID: "Ann" <sip:+1415@x>;party=calling;privacy=full;screen=yes',
        ],
    )
    @pytest.mark.parametrize("trusted", [True, False])
    def test_is_honoured_whoever_asks(self, header: str, trusted: bool) -> None:
        assert identity(header, trusted=trusted).withheld

    @pytest.mark.parametrize(
        "header", ["Privacy: none", "Remote-Party-ID: <sip:+1415@x>;privacy=off"]
    )
    def test_is_not_invented(self, header: str) -> None:
        assert not identity(header).withheld


class TestDiversion:
    def test_the_last_diversion_stands_on_top(self) -> None:
        """RFC 5806 6.1."""
        found = identity(
            "Diversion: <sip:+18005550111@a>;reason=no-answer;counter=1",
            "Diversion: <sip:+18005550122@b>;reason=unconditional",
        )
        assert found.diverted_from == "sip:+18005550111@a"

    def test_history_is_read_by_index_not_by_place(self) -> None:
        """RFC 7044 5.1."""
        found = identity(
            "History-Info: <sip:+18005550133@c>;index=1.1.1, <sip:+18005550111@a>;index=1",
            "History-Info: <sip:+18005550122@b?Reason=SIP%3Bcause%3D302>;index=1.1",
        )
        assert found.diverted_from == "sip:+18005550122@b"

    def test_a_single_entry_is_no_diversion(self) -> None:
        assert identity("History-Info: <sip:+18005550111@a>;index=1").diverted_from == ""


class TestStir:
    @pytest.mark.parametrize(
        ("parameter", "verdict", "attestation"),
        [
            ("TN-Validation-Passed", "passed", ""),
            ("tn-validation-failed", "failed", ""),
            ("No-TN-Validation", "none", ""),
            ("TN-Validation-Passed-B", "passed", "B"),
            ("something-else", "none", ""),
        ],
    )
    def test_the_verdict_in_either_header(
        self, parameter: str, verdict: str, attestation: str
    ) -> None:
        asserted = identity(f"P-Asserted-Identity: <tel:+14155550123;verstat={parameter}>")
        sender = identity(from_=f"<sip:+1415@x;verstat={parameter};user=phone>;tag=a")
        for found in (asserted, sender):
            assert (found.verstat, found.attestation) == (verdict, attestation)

    def test_not_from_an_untrusted_trunk(self) -> None:
        headers = (f"Identity: {passport(attest='A')}",)
        value = "<sip:+1415@x;verstat=TN-Validation-Passed>;tag=a"
        found = identity(*headers, trusted=False, from_=value)
        assert (found.verstat, found.attestation, found.passports) == ("none", "", ())

    @pytest.mark.parametrize("level", ["A", "B", "C"])
    def test_the_attestation_of_a_passport(self, level: str) -> None:
        value = passport(attest=level, orig={"tn": "14155550123"})
        found = identity(f"Identity: {value}")
        assert found.attestation == level
        assert found.passports == (value,)

    @pytest.mark.parametrize(
        "value",
        ["x", "a.b.c", f"a.{'!' * 9}.c", passport(attest="Z"), passport(), f"a.{'b' * 9000}.c"],
    )
    def test_what_is_no_attestation_is_none(self, value: str) -> None:
        found = identity(f"Identity: {value}")
        assert (found.attestation, found.passports) == ("", (value,))

    @given(st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=80))
    def test_no_header_breaks_it(self, text: str) -> None:
        for name in ("P-Asserted-Identity", "Privacy", "Identity", "Diversion", "History-Info"):
            identity(f"{name}: {text}")
