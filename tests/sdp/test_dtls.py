"""DTLS-SRTP and ICE in descriptions: browsers' offers are answered, and they take ours."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.errors import RemoteProtocolError
from switch.sdp.crypto import SrtpPolicy, SrtpTerms
from switch.sdp.description import parse_description
from switch.sdp.dtls import OurDtls
from switch.sdp.offer_answer import LocalMedia, make_answer, make_offer, read_answer

OURS = ":".join(f"{each:02X}" for each in range(32))
THEIRS = ":".join(f"{each:02X}" for each in range(100, 132))
FRAGMENT, PASSWORD = "tijO", "T7b/h6H43212VNecvgbzC35c"

# As Chromium writes it; the candidates are names of its own network, and there is video.
CHROMIUM = f"""v=0
o=- 6904498815375651557 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=extmap-allow-mixed
a=msid-semantic: WMS c0eabad7
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:1 1 udp 2113937151 8a4e4ba5-0c1f.local 37974 typ host generation 0
a=ice-ufrag:{FRAGMENT}
a=ice-pwd:{PASSWORD}
a=ice-options:trickle
a=fingerprint:sha-256 {THEIRS}
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=sendrecv
a=msid:c0eabad7 cce201e4
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:13 CN/8000
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
a=ssrc:145358513 cname:lys6kZfENS2wKIHX
m=video 9 UDP/TLS/RTP/SAVPF 96
c=IN IP4 0.0.0.0
a=ice-ufrag:{FRAGMENT}
a=ice-pwd:{PASSWORD}
a=fingerprint:sha-256 {THEIRS}
a=setup:actpass
a=mid:1
a=rtpmap:96 VP8/90000
""".replace("\n", "\r\n").encode()


def local(policy: SrtpPolicy = SrtpPolicy.OFFERED, *, offers: bool = True) -> LocalMedia:
    return LocalMedia(
        "198.51.100.1",
        20000,
        ("PCMU", "PCMA"),
        srtp=SrtpTerms(policy, offers_dtls=offers),
        dtls=OurDtls(OURS, Random(1).randbytes, ("opus", "PCMU", "PCMA")),
    )


def lines(description: bytes) -> list[str]:
    return description.decode().split("\r\n")


def attribute(description: bytes, name: str) -> str:
    found = re.search(rf"^a={name}:?([^\r\n]*)", description.decode(), re.M)
    assert found is not None, name
    return found[1]


def answer_of(offer: bytes, **changes: str) -> bytes:
    """Return what a browser answers to our offer."""
    values = {"setup": "active", "fragment": FRAGMENT, "password": PASSWORD, "print": THEIRS}
    values |= changes
    return (
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 0 101 110\r\nc=IN IP4 0.0.0.0\r\n"
        f"a=ice-ufrag:{values['fragment']}\r\na=ice-pwd:{values['password']}\r\n"
        f"a=fingerprint:sha-256 {values['print']}\r\na=setup:{values['setup']}\r\n"
        "a=mid:0\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1\r\n"
        "a=rtpmap:110 telephone-event/48000\r\na=rtpmap:101 telephone-event/8000\r\n"
    ).encode()


class TestTheirOffer:
    def test_is_answered_in_kind(self) -> None:
        answer, negotiated = make_answer(local(), CHROMIUM)
        told = lines(answer)
        assert "m=audio 20000 UDP/TLS/RTP/SAVPF 111 110" in told
        assert {"a=ice-lite", "a=rtcp-mux", "a=setup:passive", "a=mid:0"} <= set(told)
        assert f"a=fingerprint:sha-256 {OURS}" in told
        assert "a=candidate:1 1 udp 2130706431 198.51.100.1 20000 typ host" in told
        assert "a=end-of-candidates" in told
        assert len(attribute(answer, "ice-ufrag")) >= 4
        assert len(attribute(answer, "ice-pwd")) >= 22
        assert (negotiated.codec, negotiated.payload_type, negotiated.fec) == ("opus", 111, True)
        assert negotiated.event_payload_type == 110
        assert negotiated.rtcp_mux
        terms = negotiated.dtls
        assert terms is not None
        assert (terms.fragment, terms.password) == (
            attribute(answer, "ice-ufrag"),
            attribute(answer, "ice-pwd"),
        )
        assert (terms.remote.fragment, terms.remote.fingerprints) == (
            FRAGMENT,
            (("sha-256", THEIRS),),
        )
        assert not terms.client

    def test_video_is_refused_in_its_place_and_leaves_the_bundle(self) -> None:
        answer, _ = make_answer(local(), CHROMIUM)
        told = lines(answer)
        assert "a=group:BUNDLE 0" in told
        at = told.index("m=video 0 UDP/TLS/RTP/SAVPF 96")
        assert told[at + 1] == "a=mid:1"

    def test_its_address_is_no_hold(self) -> None:
        """0.0.0.0 means that candidates come later (RFC 8840), and not RFC 3264's old hold."""
        _, negotiated = make_answer(local(), CHROMIUM)
        assert negotiated.may_send
        assert negotiated.may_receive
        assert negotiated.remote_address == ""

    @pytest.mark.parametrize("where", [b"8a4e4ba5-0c1f.local", b"::", b"192.0.2.7"])
    def test_whatever_its_connection_line_names_is_taken(self, where: bytes) -> None:
        kind = b"IP6" if b":" in where else b"IP4"
        offer = CHROMIUM.replace(b"c=IN IP4 0.0.0.0", b"c=IN " + kind + b" " + where)
        assert make_answer(local(), offer)[1].dtls is not None

    @pytest.mark.parametrize(
        ("theirs", "ours"), [("actpass", "passive"), ("active", "passive"), ("passive", "active")]
    )
    def test_who_begins_the_handshake(self, theirs: str, ours: str) -> None:
        offer = CHROMIUM.replace(b"a=setup:actpass", f"a=setup:{theirs}".encode())
        answer, negotiated = make_answer(local(), offer)
        assert attribute(answer, "setup") == ours
        assert negotiated.dtls is not None
        assert negotiated.dtls.client is (ours == "active")

    def test_what_stands_for_the_whole_session_counts(self) -> None:
        whole = (
            f"a=fingerprint:sha-256 {THEIRS}\r\na=ice-ufrag:{FRAGMENT}\r\na=ice-pwd:{PASSWORD}\r\n"
        ).encode()
        offer = CHROMIUM
        for line in whole.split(b"\r\n"):
            offer = offer.replace(line + b"\r\n", b"") if line else offer
        offer = offer.replace(b"t=0 0\r\n", b"t=0 0\r\n" + whole)
        assert make_answer(local(), offer)[1].dtls is not None

    @pytest.mark.parametrize(("name", "count"), [("sha-256", 32), ("sha-384", 48), ("SHA-512", 64)])
    def test_hashes_that_are_good_enough(self, name: str, count: int) -> None:
        digest = ":".join(["ab"] * count)
        offer = CHROMIUM.replace(f"sha-256 {THEIRS}".encode(), f"{name} {digest}".encode())
        terms = make_answer(local(), offer)[1].dtls
        assert terms is not None
        assert terms.remote.fingerprints == ((name.lower(), digest.upper()),)

    @pytest.mark.parametrize(
        ("cut", "put", "why"),
        [
            (r"a=fingerprint:.*\r\n", "", "no fingerprint that we can check"),
            (r"sha-256 .*\r\n", "sha-1 AB:CD\r\n", "no fingerprint that we can check"),
            (r"(a=fingerprint:.*):..\r\n", r"\1\r\n", "no fingerprint that we can check"),
            (r"a=ice-ufrag:.*\r\n", "", "no ICE"),
            (r"a=ice-pwd:.*\r\n", "a=ice-pwd:short\r\n", "no ICE"),
            (r"a=rtcp-mux\r\n", "", "no RTCP on the port of RTP"),
            (r"a=setup:actpass", "a=setup:holdconn", "a=setup:holdconn"),
            (r" opus/48000/2| PCMU/8000| PCMA/8000", " nothing/8000", "no codec in common"),
        ],
    )  # fmt: skip
    def test_what_it_lacks_is_told(self, cut: str, put: str, why: str) -> None:
        offer = re.sub(cut, put, CHROMIUM.decode()).encode()
        with pytest.raises(RemoteProtocolError, match=why) as caught:
            make_answer(local(), offer)
        assert caught.value.status_hint == 488

    def test_over_tcp_it_is_not_for_us(self) -> None:
        with pytest.raises(RemoteProtocolError, match="TCP/DTLS/RTP/SAVPF"):
            make_answer(local(), CHROMIUM.replace(b"UDP/TLS/RTP", b"TCP/DTLS/RTP"))


class TestPolicy:
    PLAIN = b"v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
    PLAIN += b"m=audio 4000 RTP/AVP 0\r\n"

    @pytest.mark.parametrize("policy", [SrtpPolicy.OFFERED, SrtpPolicy.REQUIRED, SrtpPolicy.DTLS])
    def test_a_page_is_taken(self, policy: SrtpPolicy) -> None:
        assert make_answer(local(policy), CHROMIUM)[1].dtls is not None

    def test_never_means_never(self) -> None:
        with pytest.raises(RemoteProtocolError, match="we speak RTP/AVP") as caught:
            make_answer(local(SrtpPolicy.NEVER), CHROMIUM)
        assert caught.value.status_hint == 488

    def test_dtls_takes_nothing_else(self) -> None:
        key = b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + b"A" * 40 + b"\r\n"
        for offer in (self.PLAIN, self.PLAIN.replace(b"RTP/AVP", b"RTP/SAVP") + key):
            with pytest.raises(RemoteProtocolError, match="we speak DTLS-SRTP here"):
                make_answer(local(SrtpPolicy.DTLS), offer)

    def test_plain_offers_are_answered_as_ever(self) -> None:
        answer, negotiated = make_answer(local(), self.PLAIN)
        assert negotiated.dtls is None
        assert b"RTP/AVP 0\r\n" in answer
        for word in (b"ice", b"fingerprint", b"mid", b"setup"):
            assert b"a=" + word not in answer

    def test_a_page_that_becomes_plain_is_offered_plain(self) -> None:
        ours = local(offers=False)
        make_answer(ours, CHROMIUM)
        assert b"UDP/TLS" in make_offer(ours)
        make_answer(ours, self.PLAIN)
        assert b" RTP/AVP " in make_offer(ours)


class TestOurOffer:
    def test_has_what_browsers_want(self) -> None:
        told = lines(make_offer(local()))
        assert "m=audio 20000 UDP/TLS/RTP/SAVPF 111 0 8 101 110" in told
        assert {"a=group:BUNDLE 0", "a=ice-lite", "a=mid:0", "a=setup:actpass"} <= set(told)
        assert {"a=rtcp-mux", "a=sendrecv", f"a=fingerprint:sha-256 {OURS}"} <= set(told)

    @pytest.mark.parametrize(("setup", "client"), [("active", False), ("passive", True)])
    def test_their_answer_says_who_begins(self, setup: str, client: bool) -> None:
        ours = local()
        offer = make_offer(ours)
        negotiated = read_answer(ours, offer, answer_of(offer, setup=setup))
        terms = negotiated.dtls
        assert terms is not None
        assert terms.client is client
        assert terms.fragment == attribute(offer, "ice-ufrag")
        assert terms.remote.fingerprints == (("sha-256", THEIRS),)
        assert negotiated.codec == "opus"

    def test_another_one_repeats_all_of_it(self) -> None:
        ours = local()
        offer = make_offer(ours)
        read_answer(ours, offer, answer_of(offer))
        assert lines(make_offer(ours))[3:] == lines(offer)[3:]

    def test_after_an_answer_of_ours_keeps_credentials_and_name(self) -> None:
        ours = local()
        answer, _ = make_answer(
            ours, CHROMIUM.replace(b"mid:0", b"mid:sound").replace(b"BUNDLE 0 1", b"BUNDLE sound 1")
        )
        offer = make_offer(ours)
        for name in ("ice-ufrag", "ice-pwd", "fingerprint"):
            assert attribute(offer, name) == attribute(answer, name)
        assert (attribute(offer, "mid"), attribute(offer, "group")) == ("sound", "BUNDLE sound")

    def test_a_plain_answer_to_it_is_none(self) -> None:
        ours = local()
        offer = make_offer(ours)
        with pytest.raises(RemoteProtocolError, match="RTP/AVP, which we have not offered"):
            read_answer(ours, offer, TestPolicy.PLAIN)

    def test_and_dtls_answers_no_plain_one(self) -> None:
        ours = local(offers=False)
        offer = make_offer(ours)
        with pytest.raises(RemoteProtocolError, match="which we have not offered"):
            read_answer(ours, offer, answer_of(offer))


class TestChanges:
    def test_a_hold_changes_the_direction_alone(self) -> None:
        ours = local()
        first, before = make_answer(ours, CHROMIUM)
        second, after = make_answer(ours, CHROMIUM.replace(b"a=sendrecv", b"a=sendonly"))
        assert "a=recvonly" in lines(second)
        assert not after.may_send
        assert after.dtls == before.dtls
        changed = {"a=sendrecv", "a=recvonly", lines(first)[1], lines(second)[1]}
        assert set(lines(first)) ^ set(lines(second)) == changed

    def test_a_restart_of_ice_gets_new_credentials_and_keeps_the_roles(self) -> None:
        ours = local()
        passive = CHROMIUM.replace(b"a=setup:actpass", b"a=setup:passive")
        first, _ = make_answer(ours, passive)
        again = CHROMIUM.replace(FRAGMENT.encode(), b"newf").replace(PASSWORD.encode(), b"n" * 24)
        second, negotiated = make_answer(ours, again)
        assert attribute(second, "ice-ufrag") != attribute(first, "ice-ufrag")
        assert attribute(second, "ice-pwd") != attribute(first, "ice-pwd")
        assert attribute(second, "setup") == "active"
        assert negotiated.dtls is not None
        assert negotiated.dtls.client

    def test_another_certificate_is_another_handshake_with_roles_of_its_own(self) -> None:
        ours = local()
        make_answer(ours, CHROMIUM.replace(b"a=setup:actpass", b"a=setup:passive"))
        other = ":".join(["EE"] * 32)
        answer, _ = make_answer(ours, CHROMIUM.replace(THEIRS.encode(), other.encode()))
        assert attribute(answer, "setup") == "passive"

    def test_what_another_core_has_agreed_on_is_repeated(self) -> None:
        ours = local()
        answer, negotiated = make_answer(ours, CHROMIUM)
        successor = local()
        assert successor.dtls is not None
        assert negotiated.dtls is not None
        successor.dtls.random = Random(2).randbytes
        successor.dtls.take_up(negotiated.dtls)
        again, _ = make_answer(successor, CHROMIUM)
        for name in ("ice-ufrag", "ice-pwd", "setup"):
            assert attribute(again, name) == attribute(answer, name)


def test_no_text_shows_a_password() -> None:
    answer, negotiated = make_answer(local(), CHROMIUM)
    text = f"{negotiated} {negotiated!r}"
    assert PASSWORD not in text
    assert attribute(answer, "ice-pwd") not in text


@given(st.lists(st.sampled_from(CHROMIUM.split(b"\r\n")), max_size=60))
def test_lines_in_any_order_are_answered_or_refused(listed: list[bytes]) -> None:
    """What is answered has whatever a handshake takes."""
    offer = b"v=0\r\n" + b"\r\n".join(listed) + b"\r\n"
    try:
        answer, negotiated = make_answer(local(), offer)
    except RemoteProtocolError:
        return
    assert len(parse_description(answer).media) == len(parse_description(offer).media)
    if negotiated.dtls is not None:
        assert negotiated.dtls.remote.fingerprints
        assert negotiated.rtcp_mux
