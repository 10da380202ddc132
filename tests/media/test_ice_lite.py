"""ICE-lite (RFC 8445): who knows the password is answered and found, and nobody else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from switch.media.ice_lite import IceLite, Place
from switch.media.messages import Ice
from switch.stun import (
    BINDING_ERROR,
    BINDING_INDICATION,
    BINDING_REQUEST,
    BINDING_SUCCESS,
    ERROR_CODE,
    ICE_CONTROLLED,
    ICE_CONTROLLING,
    PRIORITY,
    UNKNOWN_ATTRIBUTES,
    USE_CANDIDATE,
    USERNAME,
    XOR_MAPPED_ADDRESS,
    StunMessage,
    build_stun,
    parse_stun,
    xor_mapped_address,
)

OURS = Ice("oursours", "o" * 24, "theirs")
RESTARTED = Ice("new-ours", "n" * 24, "new-theirs")
PAGE = ("192.0.2.7", 5004)
ELSEWHERE = ("198.51.100.9", 6000)
TRANSACTION = bytes(range(12))


def check(
    ice: Ice = OURS,
    *more: tuple[int, bytes],
    password: str = "",
    username: str = "",
    nominates: bool = True,
    role: int = ICE_CONTROLLING,
    fingerprint: bool = True,
) -> bytes:
    """Return a check as a browser sends it (RFC 8445 7.2.5)."""
    name = username or f"{ice.fragment}:{ice.remote_fragment}"
    attributes = [(USERNAME, name.encode()), (role, bytes(8)), (PRIORITY, b"\x6e\0\1\xff"), *more]
    if nominates:
        attributes.append((USE_CANDIDATE, b""))
    return build_stun(
        BINDING_REQUEST,
        TRANSACTION,
        attributes,
        password=(password or ice.password).encode(),
        fingerprint=fingerprint,
    )


def read(answer: bytes, ice: Ice = OURS) -> StunMessage:
    """Return an answer to the party: proved with the same password."""
    message = parse_stun(answer)
    assert message is not None
    assert message.transaction == TRANSACTION
    assert message.fingerprint is True
    assert message.is_proved(answer, ice.password.encode())
    return message


def code(answer: bytes) -> int:
    message = parse_stun(answer)
    assert message is not None
    assert message.kind == BINDING_ERROR
    told = message.attribute(ERROR_CODE)
    assert told is not None
    return told[2] * 100 + told[3]


class TestChecks:
    def test_one_is_answered_with_the_address_that_it_came_from(self) -> None:
        ice = IceLite(OURS)
        answer = read(ice.receive(check(), PAGE, 1.0))
        assert answer.kind == BINDING_SUCCESS
        assert answer.attribute(XOR_MAPPED_ADDRESS) == xor_mapped_address(PAGE, TRANSACTION)[1]
        assert ice.knows(PAGE)
        assert ice.refused == 0

    def test_the_place_that_is_wanted_is_nominated_and_the_latest_counts(self) -> None:
        ice = IceLite(OURS)
        found: list[tuple[Place | None, float]] = []
        for place, nominates in (
            (PAGE, False),
            (PAGE, True),
            (ELSEWHERE, False),
            (ELSEWHERE, True),
        ):
            ice.receive(check(nominates=nominates), place, len(found) + 1.0)
            found.append((ice.nominated, ice.checked_at))
        assert found == [(None, 0.0), (PAGE, 2.0), (PAGE, 2.0), (ELSEWHERE, 4.0)]
        assert ice.knows(PAGE)

    def test_a_party_that_thinks_it_is_controlled_is_told_of_the_conflict(self) -> None:
        ice = IceLite(OURS)
        answer = ice.receive(check(role=ICE_CONTROLLED), PAGE, 1.0)
        read(answer)
        assert code(answer) == 487
        assert ice.nominated is None

    def test_what_must_be_understood_and_is_not_is_told(self) -> None:
        answer = IceLite(OURS).receive(check(OURS, (0x7FFF, b"?")), PAGE, 1.0)
        assert code(answer) == 420
        assert read(answer).attribute(UNKNOWN_ATTRIBUTES) == b"\x7f\xff"

    def test_an_indication_keeps_a_way_open_and_gets_no_answer(self) -> None:
        ice = IceLite(OURS)
        ice.receive(check(), PAGE, 1.0)
        indication = build_stun(BINDING_INDICATION, TRANSACTION, [], fingerprint=True)
        assert ice.receive(indication, PAGE, 2.0) == b""
        assert ice.refused == 0

    def test_only_so_many_places_are_remembered_and_the_nominated_one_always(self) -> None:
        ice = IceLite(OURS)
        ice.receive(check(), PAGE, 1.0)
        for port in range(1000, 1100):
            ice.receive(check(nominates=False), ("192.0.2.7", port), 2.0)
        assert ice.knows(PAGE)
        assert sum(ice.knows(("192.0.2.7", port)) for port in range(1000, 1100)) < 10


class TestStrangers:
    def test_a_wrong_password_or_name_is_401_and_counted(self) -> None:
        ice = IceLite(OURS)
        assert code(ice.receive(check(password="guessed"), PAGE, 1.0)) == 401
        for name in ("oursours", "oursours:", "theirs:oursours", "x:theirs", ":", "oursours:other"):
            assert code(ice.receive(check(username=name), PAGE, 1.0)) == 401
        assert (ice.refused, ice.knows(PAGE), ice.nominated) == (7, False, None)

    def test_one_without_credentials_gets_nothing_that_is_longer(self) -> None:
        ice = IceLite(OURS)
        naked = build_stun(BINDING_REQUEST, TRANSACTION, [], fingerprint=True)
        assert ice.receive(naked, PAGE, 1.0) == b""
        named = build_stun(
            BINDING_REQUEST, TRANSACTION, [(USERNAME, b"oursours:theirs")], fingerprint=True
        )
        assert code(ice.receive(named, PAGE, 1.0)) == 400
        assert ice.refused == 2

    def test_without_fingerprint_and_answers_to_nothing_are_dropped(self) -> None:
        ice = IceLite(OURS)
        assert ice.receive(check(fingerprint=False), PAGE, 1.0) == b""
        answer = build_stun(BINDING_SUCCESS, TRANSACTION, [], password=b"x", fingerprint=True)
        assert ice.receive(answer, PAGE, 1.0) == b""
        indication = build_stun(BINDING_INDICATION, TRANSACTION, [], fingerprint=True)
        assert ice.receive(indication, ELSEWHERE, 1.0) == b""
        assert ice.refused == 3

    @given(st.binary(max_size=400), st.integers(0, 120))
    def test_no_datagram_of_theirs_is_answered_by_more_bytes(self, data: bytes, at: int) -> None:
        ice = IceLite(OURS)
        good = check(password="guessed")
        for each in (data, good[:at] + data, good[:at] + data[:1] + good[at + 1 :]):
            answer = ice.receive(each, ELSEWHERE, 1.0)
            assert len(answer) <= len(each)
        assert not ice.knows(ELSEWHERE)


class TestRestart:
    def test_the_place_of_before_holds_until_another_is_nominated(self) -> None:
        ice = IceLite(OURS)
        ice.receive(check(), PAGE, 1.0)
        ice.use(RESTARTED)
        assert ice.nominated == PAGE
        read(ice.receive(check(), PAGE, 2.0))
        assert ice.checked_at == 2.0
        read(ice.receive(check(RESTARTED), ELSEWHERE, 3.0), RESTARTED)
        assert ice.nominated == ELSEWHERE

    def test_the_password_of_before_holds_until_the_new_one_is_used(self) -> None:
        ice = IceLite(OURS)
        ice.use(RESTARTED)
        ice.receive(check(RESTARTED), PAGE, 1.0)
        assert code(ice.receive(check(), PAGE, 2.0)) == 401

    def test_the_same_credentials_again_change_nothing(self) -> None:
        ice = IceLite(OURS)
        ice.receive(check(), PAGE, 1.0)
        ice.use(Ice("oursours", "o" * 24, "theirs"))
        read(ice.receive(check(), PAGE, 2.0))
