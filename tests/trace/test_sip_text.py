"""Reading traced messages: leniently, and without their secrets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.trace.frame import Message
from switch.trace.sip_text import SipText, masked, user_of, without_key
from tests.trace.messages import CALLER, DIALLED, LOCAL, SDP, TRUNK, request, response

LOGIN = (
    'Authorization: Digest username="asha", realm="freeline", nonce="n1", uri="sip:x", '
    'response="6629fae49393a05397450978507c4ef1", cnonce="0a4f113b", qop=auth, nc=00000001'
)


def text(data: bytes) -> SipText:
    return SipText(Message(1.0, 0, data, "udp", TRUNK, LOCAL, 0), 1.0)


class TestReading:
    def test_a_request(self) -> None:
        invite = text(request("INVITE", "a@b", body=SDP))
        assert (invite.method, invite.label, invite.call_id) == ("INVITE", "INVITE", "a@b")
        assert invite.users == (DIALLED, CALLER, DIALLED)
        assert invite.has_sdp

    def test_a_response(self) -> None:
        busy = text(response(486, "Busy Here", "INVITE", "a@b"))
        assert (busy.code, busy.method, busy.label) == (486, "INVITE", "486 Busy Here")

    def test_compact_headers(self) -> None:
        compact = text(b"BYE sip:x SIP/2.0\r\ni: a@b\r\nf: <sip:1@x>\r\nt: <sip:2@x>\r\n\r\n")
        assert (compact.call_id, compact.users) == ("a@b", ("1", "2"))

    @pytest.mark.parametrize(
        ("value", "user"),
        [
            ('"Asha" <sip:asha@192.0.2.1>;tag=1', "asha"),
            ("sips:+1212@x", "+1212"),
            ("<tel:+12125550123>", "+12125550123"),
            ("<sip:192.0.2.1>", ""),
            ("", ""),
        ],
    )
    def test_the_user_of_a_header(self, value: str, user: str) -> None:
        assert user_of(value) == user

    def test_what_is_no_sip_has_a_label_all_the_same(self) -> None:
        assert text(b"\r\n\r\n").label == "keep-alive"
        assert text(b"GET / HTTP/1.1\r\n\r\n").label == "not SIP"

    @given(st.binary(max_size=300))
    def test_nothing_raises(self, data: bytes) -> None:
        some = text(data)
        for value in (some.label, some.method, some.users, some.text, some.body, some.call_id):
            assert value is not None
        assert some.code >= 0


class TestSecrets:
    def test_the_proof_of_a_login_is_crossed_out_and_the_rest_is_not(self) -> None:
        shown = text(request("REGISTER", "a", LOGIN)).text
        assert "6629fae4" not in shown
        assert "0a4f113b" not in shown
        assert f'response="{"x" * 32}"' in shown
        assert 'username="asha"' in shown
        assert 'nonce="n1"' in shown

    @pytest.mark.parametrize("name", ["Authorization", "Proxy-Authorization", "AUTHORIZATION"])
    def test_in_every_header_that_has_one(self, name: str) -> None:
        line = LOGIN.replace("Authorization", name)
        assert b"6629fae4" not in masked(request("INVITE", "a", line))

    def test_basic_and_bearer_credentials(self) -> None:
        assert b"c2VjcmV0" not in masked(request("INVITE", "a", "Authorization: Basic c2VjcmV0"))

    def test_keys_of_srtp(self) -> None:
        shown = text(request("INVITE", "a", body=SDP + "k=clear:secret\r\n")).text
        assert "d0Rmdmcm" not in shown
        assert "clear:secret" not in shown
        assert "AES_CM_128_HMAC_SHA1_80 inline:xxxx" in shown
        assert "|2^20|1:4" in shown

    def test_passwords_of_ice(self) -> None:
        shown = text(request("INVITE", "a", body=SDP + "a=ice-pwd:T7b/h6H43212VN\r\n")).text
        assert "T7b/h6" not in shown
        assert "a=ice-pwd:xxxxxxxxxxxxxx\r\n" in shown

    @pytest.mark.parametrize(
        ("kind", "body", "shown"),
        [
            (
                "application/dtmf-relay",
                "Signal=4\r\nDuration=160\r\n",
                "Signal=x\r\nDuration=160\r\n",
            ),
            ("application/dtmf-relay", "Signal= 11\nDuration=9\n", "Signal= xx\nDuration=9\n"),
            ("application/DTMF", "#", "x"),
            ("application/dtmf;q=1", " 7\r\n", " x\r\n"),
            ("text/plain", "7", "7"),
        ],
    )
    def test_keys_that_are_pressed(self, kind: str, body: str, shown: str) -> None:
        info = request("INFO", "a@b", f"Content-Type: {kind}", body=body)
        assert without_key(info).endswith(b"\r\n\r\n" + shown.encode())
        assert len(without_key(info)) == len(info)

    @given(st.binary(max_size=300))
    def test_lengths_stay_right(self, noise: bytes) -> None:
        data = request("INVITE", "a", LOGIN, body=SDP) + noise
        assert len(masked(data)) == len(data)

    def test_a_message_without_secrets_is_the_same_object(self) -> None:
        data = request("BYE", "a")
        assert masked(data) is data
