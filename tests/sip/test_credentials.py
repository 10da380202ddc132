"""The answers to challenges, held to what a server of ours accepts and to the RFC's example."""

from __future__ import annotations

import re

import pytest

from switch.sip.credentials import Challenged, Credentials, DigestClient
from switch.sip.digest import Authenticator, Verdict, ha1
from switch.sip.incoming import IncomingResponse
from switch.sip.requests import OutgoingRequest
from tests.support.sip_messages import UDP

US = Credentials("us", "secret")
URI = "sip:+12125550100@192.0.2.1"


def server(algorithm: str = "MD5", realm: str = "carrier") -> Authenticator:
    accounts = {"us": {algorithm: ha1("us", realm, "secret", algorithm)}}
    return Authenticator(realm, accounts, b"0" * 16, (algorithm,))


def challenge(*values: str, code: int = 401) -> IncomingResponse:
    name = "www-authenticate" if code == 401 else "proxy-authenticate"
    return IncomingResponse(code, "Unauthorized", {name: list(values)}, b"", UDP)


def invite(method: str = "INVITE", uri: str = URI) -> OutgoingRequest:
    return OutgoingRequest(method, uri, UDP, [("From", "<sip:us@x>"), ("CSeq", f"1 {method}")])


def answered(*values: str, client: DigestClient | None = None) -> OutgoingRequest | None:
    return Challenged(client or DigestClient(US)).again(invite(), challenge(*values), 2, "cafe")


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_a_server_takes_it_and_the_next_use_of_its_nonce(algorithm: str) -> None:
    client, carrier = DigestClient(US), server(algorithm)
    values = [value for _, value in carrier.challenges("192.0.2.1", 0.0)]
    again = answered(*values, client=client)
    assert again is not None
    assert again.header("CSeq") == "2 INVITE"
    first = again.header("Authorization")
    assert carrier.verify([first], "INVITE", "192.0.2.1", 1.0) == (Verdict.RIGHT, "us")
    ((name, second),) = client.headers("BYE", URI, "beef")
    assert name == "Authorization"
    assert "nc=00000002" in second
    assert carrier.verify([second], "BYE", "192.0.2.1", 2.0) == (Verdict.RIGHT, "us")


def test_nothing_is_sent_before_the_first_challenge() -> None:
    assert DigestClient(US).headers("INVITE", URI, "cafe") == []


def test_the_example_of_rfc_7616() -> None:
    given = (
        'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    again = Challenged(DigestClient(Credentials("Mufasa", "Circle of Life"))).again(
        invite("GET", "/dir/index.html"),
        challenge(given),
        2,
        "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    assert again is not None
    value = again.header("Authorization")
    assert 'response="8ca523f5e9506fed4657c9700eebdbec"' in value
    assert 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"' in value


def test_the_old_form_without_quality() -> None:
    again = answered('Digest realm="r", nonce="n"')
    assert again is not None
    assert "qop" not in again.header("Authorization")
    assert "nc=" not in again.header("Authorization")


def test_the_first_of_several_that_can_be_answered_counts() -> None:
    again = answered(
        'Digest realm="r", nonce="n", algorithm=SHA-512-256, qop="auth"',
        'Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth"',
        'Digest realm="r", nonce="n", algorithm=MD5, qop="auth"',
    )
    assert again is not None
    assert "algorithm=SHA-256" in again.header("Authorization")


@pytest.mark.parametrize(
    "value",
    [
        'Basic realm="r"',
        'Digest realm="r", nonce="n", algorithm=MD5-sess',
        'Digest realm="r", nonce="n", qop="auth-int"',
        'Digest realm="r"',
        "nonsense",
    ],
)
def test_what_cannot_be_answered_is_not(value: str) -> None:
    assert answered(value) is None


class TestOneRequestChallengedAgain:
    def test_a_wrong_password_is_not_tried_twice(self) -> None:
        challenged = Challenged(DigestClient(US))
        first = challenged.again(invite(), challenge('Digest realm="r", nonce="1"'), 2, "a")
        assert first is not None
        assert challenged.again(first, challenge('Digest realm="r", nonce="2"'), 3, "b") is None

    def test_a_stale_nonce_is_replaced(self) -> None:
        challenged = Challenged(DigestClient(US))
        first = challenged.again(invite(), challenge('Digest realm="r", nonce="1"'), 2, "a")
        assert first is not None
        stale = 'Digest realm="r", nonce="2", stale=TRUE'
        second = challenged.again(first, challenge(stale), 3, "b")
        assert second is not None
        values = [value for name, value in second.headers if name == "Authorization"]
        assert [re.findall(r'nonce="(\d)"', value) for value in values] == [["2"]]

    def test_a_proxy_and_then_the_server_behind_it(self) -> None:
        """RFC 3261 22.3: each realm gets its own credentials in the same request."""
        challenged = Challenged(DigestClient(US))
        proxy = challenge('Digest realm="proxy", nonce="1"', code=407)
        first = challenged.again(invite(), proxy, 2, "a")
        assert first is not None
        second = challenged.again(first, challenge('Digest realm="server", nonce="2"'), 3, "b")
        assert second is not None
        assert 'realm="proxy"' in second.header("Proxy-Authorization")
        assert 'realm="server"' in second.header("Authorization")

    def test_a_server_that_calls_everything_stale_is_left_at_last(self) -> None:
        challenged = Challenged(DigestClient(US))
        request: OutgoingRequest | None = invite()
        tries = 0
        while request is not None:
            stale = challenge(f'Digest realm="r", nonce="{tries}", stale=true')
            request = challenged.again(request, stale, tries + 2, "a")
            tries += 1
        assert tries == 5


def test_quotes_in_what_the_carrier_sends_stay_quoted() -> None:
    again = answered('Digest realm="a \\"b\\" c", nonce="n", opaque="x\\\\y"')
    assert again is not None
    assert 'realm="a \\"b\\" c"' in again.header("Authorization")
    assert 'opaque="x\\\\y"' in again.header("Authorization")
