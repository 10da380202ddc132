"""STUN messages, by the test vectors of RFC 5769."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.stun import (
    BINDING_REQUEST,
    BINDING_SUCCESS,
    ICE_CONTROLLED,
    PRIORITY,
    USERNAME,
    build_stun,
    error_code,
    parse_stun,
    xor_mapped_address,
)

PASSWORD = b"VOkJxbRl1RmTxUk/WvJxBt"
TRANSACTION = bytes.fromhex("b7e7a701bc34d686fa87dfae")

REQUEST = bytes.fromhex(
    "00010058 2112a442 b7e7a701bc34d686fa87dfae"
    "80220010 5354554e207465737420636c69656e74"
    "00240004 6e0001ff"
    "80290008 932ff9b151263b36"
    "00060009 6576746a3a68367659202020"
    "00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
    "80280004 e57a3bcf"
)
"""RFC 5769 2.1."""
RESPONSES = {
    ("192.0.2.1", 32853): bytes.fromhex(
        "0101003c 2112a442 b7e7a701bc34d686fa87dfae"
        "8022000b 7465737420766563746f7220"
        "00200008 0001a147e112a643"
        "00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7"
        "80280004 c07d4c96"
    ),
    ("2001:db8:1234:5678:11:2233:4455:6677", 32853): bytes.fromhex(
        "01010048 2112a442 b7e7a701bc34d686fa87dfae"
        "8022000b 7465737420766563746f7220"
        "00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
        "00080014 a382954e4be67bf11784c97c8292c275bfe3ed41"
        "80280004 c8fb0b4c"
    ),
}
"""RFC 5769 2.2 and 2.3."""


def test_the_request_is_read() -> None:
    message = parse_stun(REQUEST)
    assert message is not None
    assert (message.kind, message.transaction) == (BINDING_REQUEST, TRANSACTION)
    assert message.attribute(USERNAME) == b"evtj:h6vY"
    assert message.attribute(PRIORITY) == bytes.fromhex("6e0001ff")
    assert message.attribute(ICE_CONTROLLED) == bytes.fromhex("932ff9b151263b36")
    assert message.fingerprint is True
    assert message.is_proved(REQUEST, PASSWORD)
    assert not message.is_proved(REQUEST, b"another password entirely")


@pytest.mark.parametrize("remote", RESPONSES)
def test_the_responses_are_read_and_tell_the_address(remote: tuple[str, int]) -> None:
    data = RESPONSES[remote]
    message = parse_stun(data)
    assert message is not None
    assert message.kind == BINDING_SUCCESS
    assert message.fingerprint is True
    assert message.is_proved(data, PASSWORD)
    kind, value = xor_mapped_address(remote, TRANSACTION)
    assert message.attribute(kind) == value


@pytest.mark.parametrize("at", range(len(REQUEST)))
def test_whatever_is_changed_on_the_way_is_noticed(at: int) -> None:
    changed = REQUEST[:at] + bytes((REQUEST[at] ^ 1,)) + REQUEST[at + 1 :]
    message = parse_stun(changed)
    assert message is None or message.fingerprint is not True


@pytest.mark.parametrize("at", [0, 10, 25, 60, 80])
def test_what_is_proved_is_all_that_stands_before(at: int) -> None:
    changed = REQUEST[:at] + bytes((REQUEST[at] ^ 1,)) + REQUEST[at + 1 :]
    message = parse_stun(changed)
    assert message is None or not message.is_proved(changed, PASSWORD)


def test_what_follows_the_proof_does_not_count() -> None:
    """RFC 8489 14.5, or somebody on the way could add to a message."""
    proved = build_stun(BINDING_REQUEST, TRANSACTION, [(USERNAME, b"a:b")], password=PASSWORD)
    length = len(proved) - 20 + 8
    added = proved[:2] + length.to_bytes(2, "big") + proved[4:] + bytes.fromhex("00240004 00000001")
    message = parse_stun(added)
    assert message is not None
    assert message.is_proved(added, PASSWORD)
    assert message.attribute(PRIORITY) is None


@given(
    st.lists(st.tuples(st.integers(1, 0xFFFF), st.binary(max_size=40)), max_size=6),
    st.binary(min_size=12, max_size=12),
    st.booleans(),
)
def test_what_is_built_is_read_again(
    attributes: list[tuple[int, bytes]], transaction: bytes, fingerprint: bool
) -> None:
    plain = [each for each in attributes if each[0] not in (0x0008, 0x001C, 0x8028)]
    data = build_stun(
        BINDING_REQUEST, transaction, plain, password=PASSWORD, fingerprint=fingerprint
    )
    message = parse_stun(data)
    assert message is not None
    assert message.attributes[: len(plain)] == tuple(plain)
    assert message.fingerprint is (True if fingerprint else None)
    assert message.is_proved(data, PASSWORD)


def test_an_error_is_told_by_class_and_number() -> None:
    assert error_code(487, "Role Conflict")[1] == b"\0\0\x04\x57Role Conflict"


@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    for each in (data, REQUEST[:8] + data, REQUEST[: len(data)] + data):
        message = parse_stun(each)
        if message is not None:
            message.is_proved(each, PASSWORD)
