"""The answer to a challenge, held to what a server of ours accepts and to the RFC's example."""

from __future__ import annotations

import pytest

from switch.sip.credentials import Credentials, answer
from switch.sip.digest import Authenticator, Verdict, ha1

US = Credentials("us", "secret")


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_a_server_takes_it(algorithm: str) -> None:
    accounts = {"us": {algorithm: ha1("us", "carrier", "secret", algorithm)}}
    server = Authenticator("carrier", accounts, b"0" * 16, (algorithm,))
    challenges = [value for _, value in server.challenges("192.0.2.1", 0.0)]
    value = answer(challenges, US, "INVITE", "sip:+1@192.0.2.1", "cafe")
    assert value is not None
    assert server.verify([value], "INVITE", "192.0.2.1", 1.0) == (Verdict.RIGHT, "us")


def test_the_example_of_rfc_7616() -> None:
    challenge = (
        'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    value = answer(
        [challenge],
        Credentials("Mufasa", "Circle of Life"),
        "GET",
        "/dir/index.html",
        "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    assert value is not None
    assert 'response="8ca523f5e9506fed4657c9700eebdbec"' in value
    assert 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"' in value


def test_the_old_form_without_quality() -> None:
    value = answer(['Digest realm="r", nonce="n"'], US, "INVITE", "sip:x", "c")
    assert value is not None
    assert "qop" not in value
    assert "nc=" not in value


@pytest.mark.parametrize(
    "challenge",
    [
        'Basic realm="r"',
        'Digest realm="r", nonce="n", algorithm=MD5-sess',
        'Digest realm="r", nonce="n", qop="auth-int"',
        'Digest realm="r"',
        "nonsense",
    ],
)
def test_what_cannot_be_answered_is_not(challenge: str) -> None:
    assert answer([challenge], US, "INVITE", "sip:x", "c") is None
