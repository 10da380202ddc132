"""A session that the peer began, before it is answered: what proxies on the way must hear."""

from __future__ import annotations

from tests.sip.test_session_changes import early
from tests.support.sip_pair import SipPair


class TestAProvisionalResponse:
    def test_it_is_said_again_every_minute_until_the_answer(self) -> None:
        """RFC 3261 13.3.1.1: a proxy gives a call up that it hears nothing of for three."""
        pair = SipPair()
        _, callee = early(pair)
        pair.run_for(125)
        assert pair.words[1:] == ["<183", ">PRACK", "<200"] * 3
        callee.answer(callee.local_sdp, pair.now)
        pair.run_for(125)
        assert "<183" not in pair.words[10:]

    def test_a_refusal_is_the_last_that_is_said(self) -> None:
        pair = SipPair()
        _, callee = early(pair, reliable=False)
        callee.reject(486, pair.now)
        pair.run_for(125)
        assert pair.words == [">INVITE", "<183", "<486", ">ACK"]
