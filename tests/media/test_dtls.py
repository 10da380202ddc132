"""DTLS-SRTP (RFC 5763, 5764): both ends get the same keys, and only from whom was described."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from switch.media.dtls import DtlsIdentity, DtlsSession, in_datagrams
from switch.media.dtls_certificate import new_certificate
from tests.support.dtls_peer import CM, GCM, DtlsPeer

CERTIFICATE = new_certificate()
IDENTITY = DtlsIdentity(CERTIFICATE.certificate, CERTIFICATE.key)


def session(peer: DtlsPeer, *, client: bool = False, name: str = "sha-256") -> DtlsSession:
    return DtlsSession(IDENTITY, (peer.fingerprint(name),), client=client)


def deliver(datagrams: Iterable[bytes], ours: DtlsSession, peer: DtlsPeer) -> list[bytes]:
    """Give the peer datagrams and us its answers; return our answers to those."""
    found: list[bytes] = []
    for datagram in datagrams:
        for answer in in_datagrams(peer.step(datagram)):
            found += ours.receive(answer)
    return found


def shake_hands(ours: DtlsSession, peer: DtlsPeer, *, client: bool = False) -> None:
    first = ours.start() if client else in_datagrams(peer.step())
    if not client:
        first = [answer for datagram in first for answer in ours.receive(datagram)]
    for _ in range(4):
        first = deliver(first, ours, peer)


class TestHandshake:
    @pytest.mark.parametrize("client", [False, True])
    @pytest.mark.parametrize("profile", [CM, GCM])
    def test_both_ends_have_the_same_keys(self, client: bool, profile: bytes) -> None:
        peer = DtlsPeer(client=not client, profiles=profile)
        ours = session(peer, client=client)
        shake_hands(ours, peer, client=client)
        assert peer.done
        assert ours.error == ""
        assert ours.keys is not None
        theirs = peer.keys
        assert ours.keys.suite == theirs.suite
        assert (ours.keys.send_key, ours.keys.receive_key) == (theirs.receive_key, theirs.send_key)

    def test_who_has_both_gets_gcm(self) -> None:
        peer = DtlsPeer(profiles=CM + b":" + GCM)
        ours = session(peer)
        shake_hands(ours, peer)
        assert ours.keys is not None
        assert ours.keys.suite == "AEAD_AES_128_GCM"

    def test_the_peer_sees_our_certificate_as_it_was_told(self) -> None:
        peer = DtlsPeer()
        shake_hands(session(peer), peer)
        seen = peer.connection.get_peer_certificate(as_cryptography=True)
        assert seen.fingerprint(SHA256()).hex(":").upper() == CERTIFICATE.fingerprint

    def test_is_of_version_1_2(self) -> None:
        peer = DtlsPeer()
        shake_hands(session(peer), peer)
        assert peer.connection.get_protocol_version_name() == "DTLSv1.2"

    def test_datagrams_out_of_order_and_twice_do_no_harm(self) -> None:
        random = Random(3)
        for _ in range(20):
            peer = DtlsPeer()
            ours = session(peer)
            under_way = in_datagrams(peer.step())
            for _ in range(60):
                if not under_way or (ours.keys and peer.done):
                    break
                random.shuffle(under_way)
                datagram = under_way.pop()
                if random.random() < 0.3:
                    under_way.append(datagram)
                answers = ours.receive(datagram)
                for answer in sorted(answers, key=lambda _: random.random()):
                    under_way += in_datagrams(peer.step(answer))
            assert ours.keys is not None
            assert peer.done

    def test_a_datagram_has_no_more_than_1200_bytes(self) -> None:
        peer = DtlsPeer()
        ours = session(peer)
        answers = ours.receive(peer.step())
        assert answers
        assert all(len(each) <= 1200 for each in answers)


class TestCertificates:
    @pytest.mark.parametrize("name", ["sha-256", "sha-384", "sha-512"])
    def test_the_described_one_is_taken_by_any_good_hash(self, name: str) -> None:
        peer = DtlsPeer()
        ours = session(peer, name=name)
        shake_hands(ours, peer)
        assert ours.keys is not None

    def test_another_one_gets_no_keys_and_the_reason_is_told(self) -> None:
        peer = DtlsPeer()
        ours = session(DtlsPeer())
        shake_hands(ours, peer)
        assert ours.keys is None
        assert "not the one that the description names" in ours.error

    def test_a_hash_that_we_do_not_know_fits_nobody(self) -> None:
        peer = DtlsPeer()
        ours = DtlsSession(IDENTITY, (("md5", peer.fingerprint()[1]),), client=False)
        shake_hands(ours, peer)
        assert ours.keys is None

    def test_one_of_several_is_enough_in_any_case_of_letters(self) -> None:
        peer = DtlsPeer()
        name, value = peer.fingerprint()
        ours = DtlsSession(IDENTITY, (("sha-256", "00:11"), (name, value.lower())), client=False)
        shake_hands(ours, peer)
        assert ours.keys is not None

    def test_no_text_shows_the_key(self) -> None:
        assert "PRIVATE" not in repr(CERTIFICATE)
        assert CERTIFICATE.fingerprint in repr(CERTIFICATE)


def test_who_speaks_no_srtp_gets_no_keys() -> None:
    peer = DtlsPeer(profiles=b"")
    ours = session(peer)
    shake_hands(ours, peer)
    assert ours.keys is None
    assert "SRTP profile" in ours.error


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_no_bytes_raise_or_bring_keys(inputs: list[bytes]) -> None:
    ours = session(DtlsPeer())
    for data in inputs:
        ours.receive(data)
        ours.receive(b"\x16\xfe\xfd" + data)
    assert ours.keys is None


@given(st.lists(st.integers(0, 1187), max_size=8), st.binary(max_size=12))
def test_records_are_split_between_and_nothing_is_lost(sizes: list[int], rest: bytes) -> None:
    records = b"".join(b"\x16" * 11 + size.to_bytes(2, "big") + bytes(size) for size in sizes)
    datagrams = in_datagrams(records + rest)
    assert b"".join(datagrams) == records + rest
    assert all(len(each) <= 1200 + len(rest) for each in datagrams)
