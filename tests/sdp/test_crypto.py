"""RFC 4568: keys offered, answered, passed over; and never in a text that may be logged."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.errors import RemoteProtocolError
from switch.sdp.crypto import Crypto, OurKeys, SrtpPolicy, SrtpTerms, crypto_lines
from switch.sdp.description import Media, parse_description
from switch.sdp.offer_answer import LocalMedia, make_answer, make_offer, read_answer

KEY = bytes(range(30))
INLINE = b64encode(KEY).decode()
CM_80, CM_32, GCM = "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_128_GCM"


def local(policy: SrtpPolicy, *, may_offer_keys: bool = True, seed: int = 1) -> LocalMedia:
    return LocalMedia(
        "198.51.100.1",
        20000,
        ("PCMU", "PCMA"),
        srtp=SrtpTerms(policy, may_offer_keys),
        keys=OurKeys(Random(seed).randbytes),
    )


def offer(protocol: str, *lines: str) -> bytes:
    listed = ["v=0", "o=- 1 1 IN IP4 192.0.2.7", "s=-", "c=IN IP4 192.0.2.7", "t=0 0"]
    listed += [f"m=audio 4000 {protocol} 0", *(f"a={line}" for line in lines)]
    return ("\r\n".join(listed) + "\r\n").encode()


def keys_of(description: bytes) -> list[Crypto]:
    return [line for media in parse_description(description).media for line in crypto_lines(media)]


@pytest.mark.parametrize(
    ("suite", "length"), [(CM_80, 30), (CM_32, 30), (GCM, 28), ("AEAD_AES_256_GCM", 44)]
)
def test_the_suites_we_know(suite: str, length: int) -> None:
    text = b64encode(bytes(length)).decode()
    (line,) = crypto_lines(
        Media("audio", 1, "RTP/SAVP", [], "", [("crypto", f"3 {suite} inline:{text}")])
    )
    assert line == Crypto(3, suite, bytes(length))


@pytest.mark.parametrize(
    "value",
    [
        f"1 {CM_80} inline:{INLINE}",
        f"1 {CM_80.lower()} inline:{INLINE}",
        f"1 {CM_80} inline:{INLINE}|2^31",
        f"1 {CM_80} inline:{INLINE}|2^20 WSH=128",
        f"1 {CM_80} inline:{INLINE} -EXPERIMENT=1",
    ],
)
def test_what_can_be_used(value: str) -> None:
    (line,) = keys_of(offer("RTP/SAVP", f"crypto:{value}"))
    assert line.key == KEY


@pytest.mark.parametrize(
    "value",
    [
        "",
        f"x {CM_80} inline:{INLINE}",
        f"1 F8_128_HMAC_SHA1_80 inline:{INLINE}",
        f"1 {CM_80} inline:{INLINE}|2^20|1:4",
        f"1 {CM_80} inline:{INLINE}|1:4;inline:{INLINE}|2:4",
        f"1 {CM_80} inline:{INLINE} UNENCRYPTED_SRTP",
        f"1 {CM_80} inline:{INLINE} KDR=1",
        f"1 {CM_80} inline:{INLINE[:20]}",
        f"1 {CM_80} inline:***",
        f"1 {CM_80} uri:https://keys.example",
    ],
)
def test_what_cannot_be_used_is_passed_over(value: str) -> None:
    both = offer("RTP/SAVP", f"crypto:{value}", f"crypto:7 {CM_32} inline:{INLINE}")
    assert [line.tag for line in keys_of(both)] == [7]


@given(st.text(max_size=120))
def test_no_text_raises_anything(value: str) -> None:
    list(crypto_lines(Media("audio", 1, "RTP/SAVP", [], "", [("crypto", value)])))


def test_an_offer_of_srtp_is_answered_with_a_key_of_ours_under_its_tag() -> None:
    ours = local(SrtpPolicy.OFFERED)
    answer, negotiated = make_answer(
        ours, offer("RTP/SAVP", f"crypto:2 {GCM} inline:AAAA", f"crypto:5 {CM_80} inline:{INLINE}")
    )
    (line,) = keys_of(answer)
    assert (line.tag, line.suite) == (5, CM_80)
    assert parse_description(answer).media[0].protocol == "RTP/SAVP"
    assert negotiated.encryption is not None
    assert negotiated.encryption.send_key == line.key != KEY
    assert negotiated.encryption.receive_key == KEY


def test_a_hold_keeps_our_key_and_a_new_key_of_theirs_counts() -> None:
    """RFC 3711 3.3.1: the context goes on as long as the key stays."""
    ours = local(SrtpPolicy.OFFERED)
    first = make_answer(ours, offer("RTP/SAVP", f"crypto:1 {CM_80} inline:{INLINE}"))[1]
    other = b64encode(bytes(30)).decode()
    held = make_answer(ours, offer("RTP/SAVP", f"crypto:1 {CM_80} inline:{other}", "sendonly"))[1]
    assert first.encryption is not None
    assert held.encryption is not None
    assert held.encryption.send_key == first.encryption.send_key
    assert held.encryption.receive_key == bytes(30)


def test_keys_beside_plain_rtp_are_taken() -> None:
    """RFC 8643: encrypted if both can."""
    plain = offer("RTP/AVP", f"crypto:1 {CM_80} inline:{INLINE}")
    answer, negotiated = make_answer(local(SrtpPolicy.OFFERED), plain)
    assert parse_description(answer).media[0].protocol == "RTP/AVP"
    assert len(keys_of(answer)) == 1
    assert negotiated.encryption is not None
    answer, negotiated = make_answer(local(SrtpPolicy.NEVER), plain)
    assert keys_of(answer) == []
    assert negotiated.encryption is None


@pytest.mark.parametrize(
    ("policy", "offered", "why"),
    [
        (SrtpPolicy.NEVER, offer("RTP/SAVP", f"crypto:1 {CM_80} inline:{INLINE}"), "RTP/SAVP, we"),
        (SrtpPolicy.OFFERED, offer("RTP/SAVP"), "no SRTP key that we can use"),
        (SrtpPolicy.REQUIRED, offer("RTP/AVP"), "SRTP is required"),
        (
            SrtpPolicy.OFFERED,
            offer("UDP/TLS/RTP/SAVPF", "fingerprint:sha-256 AB:CD", "setup:actpass"),
            "DTLS-SRTP, which is not spoken here",
        ),
        (
            SrtpPolicy.OFFERED,
            offer("RTP/SAVPF", "fingerprint:sha-256 AB:CD", "setup:actpass"),
            "DTLS-SRTP, which is not spoken here",
        ),
    ],
)
def test_what_the_policy_does_not_take_gets_488(
    policy: SrtpPolicy, offered: bytes, why: str
) -> None:
    with pytest.raises(RemoteProtocolError, match=why) as caught:
        make_answer(local(policy), offered)
    assert caught.value.status_hint == 488
    assert INLINE not in str(caught.value)


def test_the_plain_medium_of_two_is_taken_where_srtp_is_refused() -> None:
    both = offer("RTP/SAVP", f"crypto:1 {CM_80} inline:{INLINE}") + b"m=audio 4002 RTP/AVP 0\r\n"
    answer, negotiated = make_answer(local(SrtpPolicy.NEVER), both)
    assert [media.port for media in parse_description(answer).media] == [0, 20000]
    assert negotiated.remote_port == 4002


def test_our_offer_where_srtp_is_required() -> None:
    ours, theirs = local(SrtpPolicy.REQUIRED), local(SrtpPolicy.OFFERED, seed=2)
    sent = make_offer(ours)
    assert parse_description(sent).media[0].protocol == "RTP/SAVP"
    assert [line.suite for line in keys_of(sent)] == [CM_80, GCM, CM_32]
    answer, there = make_answer(theirs, sent)
    here = read_answer(ours, sent, answer)
    assert here.encryption is not None
    assert there.encryption is not None
    assert here.encryption.suite == there.encryption.suite == CM_80
    assert here.encryption.send_key == there.encryption.receive_key
    assert here.encryption.receive_key == there.encryption.send_key


def test_an_offer_where_srtp_is_only_taken_has_no_keys() -> None:
    sent = make_offer(local(SrtpPolicy.OFFERED))
    assert parse_description(sent).media[0].protocol == "RTP/AVP"
    assert keys_of(sent) == []


def test_keys_are_not_offered_in_clear() -> None:
    with pytest.raises(RemoteProtocolError, match="keys would travel in clear"):
        make_offer(local(SrtpPolicy.REQUIRED, may_offer_keys=False))


def test_what_is_encrypted_is_offered_encrypted_again() -> None:
    ours = local(SrtpPolicy.OFFERED, may_offer_keys=False)
    make_answer(ours, offer("RTP/SAVP", f"crypto:1 {CM_80} inline:{INLINE}"))
    assert parse_description(make_offer(ours)).media[0].protocol == "RTP/SAVP"


def test_an_answer_with_a_key_that_was_not_offered_is_refused() -> None:
    ours = local(SrtpPolicy.REQUIRED)
    answer = offer("RTP/SAVP", f"crypto:9 {CM_80} inline:{INLINE}")
    with pytest.raises(RemoteProtocolError, match="the key 9 AES"):
        read_answer(ours, make_offer(ours), answer)


def test_a_plain_answer_where_srtp_is_required_is_refused() -> None:
    ours = local(SrtpPolicy.REQUIRED)
    with pytest.raises(RemoteProtocolError, match="SRTP is required"):
        read_answer(ours, make_offer(ours), offer("RTP/AVP"))


def test_no_text_of_what_was_negotiated_shows_a_key() -> None:
    ours = local(SrtpPolicy.OFFERED)
    _, negotiated = make_answer(ours, offer("RTP/SAVP", f"crypto:1 {CM_80} inline:{INLINE}"))
    (line,) = keys_of(offer("RTP/SAVP", f"crypto:1 {CM_80} inline:{INLINE}"))
    for secret in (KEY, ours.keys.key(CM_80)):
        for text in (repr(negotiated), str(negotiated.encryption), str(line), repr(ours)):
            assert repr(secret)[2:10] not in text
            assert b64encode(secret).decode() not in text


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_refusal(data: bytes) -> None:
    for policy in SrtpPolicy:
        with suppress(RemoteProtocolError):
            make_answer(local(policy), offer("RTP/SAVP") + b"a=crypto:" + data)
