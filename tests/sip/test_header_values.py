"""Values of headers: what another library reads, we read likewise, in bounded time."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress

import pytest
import sipmessage
from hypothesis import given
from hypothesis import strategies as st

from switch.errors import RemoteProtocolError
from switch.sip.header_lines import split_list
from switch.sip.header_values import (
    MAX_VALUE_CHARACTERS,
    URI,
    parse_address,
    parse_credentials,
    parse_uri,
    parse_via,
)

TEXTS = st.one_of(
    st.from_regex(r"sips?:([a-z0-9+._-]{1,5}@)?[a-z0-9.-]{1,9}(:[0-9]{1,6})?", fullmatch=True),
    st.text("sip:@.-;=az09%/ ", max_size=20).map("sip:".__add__),
)


@given(TEXTS)
def test_uris_are_read_as_another_library_reads_them(text: str) -> None:
    try:
        theirs = sipmessage.URI.parse(text)
    except ValueError:
        return  # it knows fewer hosts: RFC 3261 25.1 allows `node1` as one
    if theirs.port is not None and (not 0 < theirs.port < 65_536 or re.search(r":\d{6}", text)):
        return  # it takes any number of digits
    ours = parse_uri(text)
    assert (ours.scheme, ours.host, ours.user, ours.password, ours.port) == (
        *(theirs.scheme, theirs.host, theirs.user, theirs.password, theirs.port),
    )
    assert dict(ours.parameters) == {
        key.lower(): theirs.parameters[key] for key in theirs.parameters
    }


def test_a_host_without_dots_may_end_in_a_digit() -> None:
    assert parse_uri("sip:agent@node1:5070") == URI("sip", "node1", "agent", None, 5070)


@pytest.mark.parametrize(
    "text",
    [
        *("sip:", "sip:a@", "sip:a@b:0", "sip:a@b:65536", "sip:a@b:123456", "sip:a b@c"),
        *("sip:a@-b", "sip:a@b..c", "sip:a@1.2.3", "sip:a@2001:db8::1", "sip:a@[2001:db8:::1]"),
        *("sip:%4@b", "tel:", "http://x", "x", "sip:a@b;", "sip:a@b?"),
        "sip:" + "a" * 3000 + "@b",
    ],
)
def test_what_is_no_uri_of_ours(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_uri(text)


def test_escapes_are_undone_once() -> None:
    uri = parse_uri("sip:sips%3Auser%40example.com@example.net;%6C%72;n=v%25%34?Route=x")
    assert uri.user == "sips:user@example.com"
    assert uri.parameters == {"lr": None, "n": "v%4"}
    assert uri.headers == "Route=x"


def test_a_parameter_may_have_any_name() -> None:
    assert parse_uri("sip:a@b;self=1;cls").parameters == {"self": "1", "cls": None}


def test_white_space_may_stand_around_separators() -> None:
    address = parse_address('"A \\" B"   <sip:a@b> ; tag = x ; y = "q;\\"z"')
    assert (address.uri_text, dict(address.parameters)) == ("sip:a@b", {"tag": "x", "y": 'q;"z'})
    hop = parse_via("SIP  / 2.0 /  UDP   192.0.2.2 : 5062 ; branch = b ;rport")
    assert (hop.host, hop.port, hop.parameters) == (
        *("192.0.2.2", 5062),
        {"branch": "b", "rport": None},
    )


@pytest.mark.parametrize("value", ["", "Digest", "Digest a", "Digest a=1 b=2", "Digest a=1, A=2"])
def test_credentials_that_say_nothing_or_two_things(value: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_credentials(value)


READERS: dict[str, Callable[[str], object]] = {
    "uri": parse_uri,
    "address": parse_address,
    "via": parse_via,
    "credentials": parse_credentials,
    "list": split_list,
}

WITH_MANY_WAYS = {
    "spaces": "x" + " " * 60_000 + "y",
    "brackets": "<" * 60_000,
    "quotes": '"\\' * 30_000,
    "open quotes": 'Digest a="\\",b="' * 4000,
    "parameters": "<sip:a@b>" + ";a=b" * 15_000 + "!!",
    "labels": "sip:a@" + "a." * 30_000,
    "hyphens": "sip:a@" + "a-" * 30_000,
    "digits": "tel:+" + "1" * 60_000 + "x!",
    "escapes": "sip:" + "%41" * 20_000 + "%4",
    "commas": '"' + "," * 60_000,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("value", WITH_MANY_WAYS)
def test_no_value_takes_longer_than_its_length_warrants(reader: str, value: str) -> None:
    """What would go wrong here takes minutes; a millisecond per KiB is measured by the fuzzer."""
    text = WITH_MANY_WAYS[value]
    for cut in (text, text[:MAX_VALUE_CHARACTERS]):
        with suppress(RemoteProtocolError):
            READERS[reader](cut)
