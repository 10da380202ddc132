"""URIs: the short way and the full grammar agree."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from switch.errors import RemoteProtocolError
from switch.sip.header_values import URI, parse_uri

_TOPLABEL_WITH_DIGIT = re.compile(r"[:@.][a-z]+[0-9][a-z0-9]*(:[0-9]+)?$")
"""RFC 3261 25.1 allows `node1` as a host; the library does not know that."""


@given(
    st.one_of(
        st.from_regex(r"sips?:([a-z0-9+._-]{1,5}@)?[a-z0-9.-]{1,9}(:[0-9]{1,6})?", fullmatch=True),
        st.text("sip:@.-;=az09%/ ", max_size=20).map("sip:".__add__),
    )
)
def test_plain_uris_are_read_as_the_full_grammar_reads_them(text: str) -> None:
    try:
        full: URI | None = URI.parse(text)
    except ValueError:
        full = None
    try:
        assert parse_uri(text) == full or _TOPLABEL_WITH_DIGIT.search(text)
    except RemoteProtocolError:
        assert full is None


def test_a_host_without_dots_may_end_in_a_digit() -> None:
    assert parse_uri("sip:agent@node1:5070") == URI("sip", "node1", "agent", None, 5070)
