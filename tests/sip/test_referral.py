"""REFER (RFC 3515, RFC 4488) and Replaces (RFC 3891): what is read, and what is told."""

from __future__ import annotations

import pytest

from switch.errors import RemoteProtocolError
from switch.sip.events import IncomingInvite, ReferReceived, SessionEnded
from switch.sip.referral import Replaces, read_refer_to, read_replaces
from tests.support.core_bench import CoreBench
from tests.support.sip_messages import request
from tests.support.sip_pair import SipPair


class TestReferTo:
    @pytest.mark.parametrize(
        ("value", "uri", "user"),
        [
            ("<sip:ravi@198.51.100.1>", "sip:ravi@198.51.100.1", "ravi"),
            ("sip:ravi@198.51.100.1;x=y", "sip:ravi@198.51.100.1", "ravi"),
            ('"Ravi" <sip:%2B12125550100@host;user=phone>', None, "+12125550100"),
            ("<sip:a%2541b@host>", "sip:a%2541b@host", "a%41b"),
            ("<tel:+12125550100>", "tel:+12125550100", ""),
        ],
    )
    def test_is_read(self, value: str, uri: str | None, user: str) -> None:
        found = read_refer_to(request("REFER", headers=[f"Refer-To: {value}"]))
        assert uri is None or found.uri == uri
        assert found.user == user or found.uri.startswith("tel:")
        assert found.replaces is None

    def test_an_attended_one_names_the_dialog_that_is_replaced(self) -> None:
        replaces = "a%40b%3Bto-tag%3Dours%3Bfrom-tag%3Dtheirs%3Bearly-only"
        value = f"<sip:ravi@198.51.100.1?Require=replaces&Replaces={replaces}>"
        found = read_refer_to(request("REFER", headers=[f"Refer-To: {value}"]))
        assert found.uri == "sip:ravi@198.51.100.1"
        assert found.replaces == Replaces("a@b", "ours", "theirs", early_only=True)

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ([], 400),
            (["Refer-To: <sip:a@b>", "Refer-To: <sip:c@d>"], 400),
            (["Refer-To: <sip:a@b;method=BYE>"], 501),
            (["Refer-To: <sip:a@b?Replaces=nonsense>"], 400),
            (["Refer-To: <ldap://x>"], 416),
        ],
    )
    def test_nonsense_is_refused(self, headers: list[str], status: int) -> None:
        with pytest.raises(RemoteProtocolError) as raised:
            read_refer_to(request("REFER", headers=headers))
        assert raised.value.status_hint == status


def test_replaces_of_an_invite() -> None:
    assert read_replaces(request()) is None
    found = read_replaces(request(headers=["Replaces: x@y;to-tag=1;from-tag=2"]))
    assert found == Replaces("x@y", "1", "2", early_only=False)
    with pytest.raises(RemoteProtocolError):
        read_replaces(request(headers=["Replaces: x;to-tag=1;from-tag=2"] * 2))
    with pytest.raises(RemoteProtocolError):
        read_replaces(request(headers=["Replaces: x;to-tag=1"]))


def test_the_dialog_that_is_named_is_found() -> None:
    pair = SipPair()
    caller, callee = pair.talk()
    dialog = callee._dialog
    assert dialog is not None
    named = Replaces(dialog.call_id, dialog.local_tag, dialog.remote_tag, early_only=False)
    assert pair.switch.core.session_of(named) is callee
    unknown = Replaces(dialog.call_id, "other", dialog.remote_tag, early_only=False)
    assert pair.switch.core.session_of(unknown) is None
    caller.end(pair.now)
    pair.run()
    assert pair.switch.core.session_of(named) is None


class TestReferral:
    def refer(self, pair: SipPair, *headers: tuple[str, str]) -> ReferReceived:
        """Have the caller refer the switch within their call."""
        caller, _ = pair.talk()
        assert caller._dialog is not None
        request = caller._dialog.build(
            "REFER", headers=[("Refer-To", "<sip:ravi@198.51.100.1>"), *headers]
        )
        pair.caller.core.layer.send_request(request, pair.now)
        pair.run()
        return pair.switch.only(ReferReceived)

    def notified(self, pair: SipPair) -> list[tuple[str, str]]:
        """Return state and status line of each NOTIFY."""
        found = []
        for data in pair.bytes:
            if data.startswith(b"NOTIFY"):
                head, _, body = data.decode().partition("\r\n\r\n")
                state = head.partition("Subscription-State: ")[2].partition("\r\n")[0]
                assert "Event: refer;id=2" in head
                assert "Content-Type: message/sipfrag;version=2.0" in head
                found.append((state.partition(";")[0], body.strip()))
        return found

    def test_is_accepted_and_told_of(self) -> None:
        pair = SipPair()
        referral = self.refer(pair).referral
        referral.accept(pair.now)
        referral.progress(180, pair.now)
        referral.progress(200, pair.now)
        referral.progress(486, pair.now)
        pair.run()
        assert pair.words[4] == "<202"
        assert self.notified(pair) == [
            ("active", "SIP/2.0 100 Trying"),
            ("active", "SIP/2.0 180 Ringing"),
            ("terminated", "SIP/2.0 200 OK"),
        ]

    def test_may_be_silent(self) -> None:
        """RFC 4488."""
        pair = SipPair()
        referral = self.refer(pair, ("Refer-Sub", "false")).referral
        referral.accept(pair.now)
        referral.progress(200, pair.now)
        pair.run()
        assert pair.words[4:] == ["<202"]
        assert b"Refer-Sub: false" in pair.bytes[4]

    def test_is_refused_with_a_reason(self) -> None:
        pair = SipPair()
        referral = self.refer(pair).referral
        referral.refuse(403, pair.now, "Not to outside numbers")
        referral.progress(200, pair.now)
        pair.run()
        assert pair.bytes[-1].startswith(b"SIP/2.0 403 Not to outside numbers")
        assert self.notified(pair) == []

    def test_whoever_hangs_up_is_told_nothing_more(self) -> None:
        pair = SipPair()
        event = self.refer(pair)
        event.referral.accept(pair.now)
        pair.run()
        pair.caller.core._dialogs[next(iter(pair.caller.core._dialogs))].end(pair.now)
        pair.run()
        assert len(pair.switch.of(SessionEnded)) == 1
        event.referral.progress(200, pair.now)
        pair.run()
        assert len(self.notified(pair)) == 1

    def test_nonsense_is_answered_by_itself(self) -> None:
        pair = SipPair()
        caller, _ = pair.talk()
        assert caller._dialog is not None
        request = caller._dialog.build("REFER")
        pair.caller.core.layer.send_request(request, pair.now)
        pair.run()
        assert pair.words[-1] == "<400"
        assert pair.switch.of(ReferReceived) == []

    def test_outside_of_a_call_it_is_forbidden(self) -> None:
        bench = CoreBench()
        assert bench.ask("REFER", headers=["Refer-To: <sip:a@b>"]).code == 403
        assert not [each for each in bench.events() if isinstance(each, IncomingInvite)]
