"""An agent takes a call over with another device (RFC 3891): which, and when that may not be."""

from __future__ import annotations

import pytest

from switch.app.destination import Refusal
from switch.app.pick_up import PickUp, find_pick_up
from switch.calls.leg import Leg
from switch.calls.session import CallSession
from switch.sip.events import IncomingInvite, SessionFailed
from switch.sip.invite_session import InviteSession
from switch.sip.invite_usage import SessionState
from switch.sip.referral import Replaces
from tests.support.agent_site import AgentSite


def dialog_of(phone: InviteSession) -> Replaces:
    """Name a phone's dialog as its other device would: our side of it is `local`."""
    dialog = phone._dialog
    assert dialog is not None
    return Replaces(dialog.call_id, dialog.remote_tag, dialog.local_tag, early_only=False)


class Site(AgentSite):
    """A site on which asha has a second device."""

    def second_device(self) -> InviteSession:
        """Have it call, and return our side's session."""
        self.desk.pair.call()
        return self.desk.pair.switch.of(IncomingInvite)[-1].session

    def find(
        self, session: InviteSession, agent: str, replaces: Replaces
    ) -> tuple[CallSession, PickUp] | Refusal:
        core = self.desk.pair.switch.core
        return find_pick_up(session, agent, replaces, core.session_of, self.desk.registry)


async def test_the_second_device_has_the_call_then_and_the_first_is_hung_up_on() -> None:
    site = Site("asha")
    first = await site.connect("asha")
    second = site.second_device()
    found = site.find(second, "asha", dialog_of(first))
    assert not isinstance(found, Refusal)
    call, pick_up = found
    assert call is site.desk.call
    call.mailbox.put(pick_up)
    await site.desk.settle()
    assert first.state is SessionState.ENDED
    outbound = call.outbound
    assert isinstance(outbound, Leg)
    assert (outbound.session, outbound.party) == (second, "asha")
    assert call.pair is not None
    assert site.routing.state("asha").value == "not_ready", "the reservation went along"
    await site.does(second.end)
    assert site.talk_is_over
    assert site.routing.state("asha").value == "ready"
    await site.desk.ended()


@pytest.mark.parametrize(
    ("agent", "early_only", "code"), [("ravi", False, 403), ("asha", True, 486)]
)
async def test_not_what_is_somebody_elses_and_not_what_is_answered_if_it_shall_not_be(
    agent: str, early_only: bool, code: int
) -> None:
    site = Site("asha", "ravi")
    named = dialog_of(await site.connect("asha"))
    named = Replaces(named.call_id, named.local_tag, named.remote_tag, early_only)
    found = site.find(site.second_device(), agent, named)
    assert isinstance(found, Refusal)
    assert found.code == code


async def test_no_dialog_and_no_callers_dialog() -> None:
    site = Site("asha")
    await site.connect("asha")
    second = site.second_device()
    caller = site.desk.caller
    for named in (Replaces("nothing", "a", "b", early_only=False), dialog_of(caller)):
        found = site.find(second, "asha", named)
        assert isinstance(found, Refusal)
        assert found.code == 481


async def test_without_media_the_talk_goes_on_where_it_is() -> None:
    site = Site("asha")
    first = await site.connect("asha")
    second = site.second_device()
    found = site.find(second, "asha", dialog_of(first))
    assert not isinstance(found, Refusal)
    site.desk.media.exhausted = True
    found[0].mailbox.put(found[1])
    await site.desk.settle()
    assert site.desk.pair.caller.only(SessionFailed).code == 503
    assert first.state is not SessionState.ENDED
    assert not site.talk_is_over


async def test_a_party_that_is_gone_when_its_turn_comes_is_not_replaced() -> None:
    site = Site("asha", "ravi")
    asha = await site.connect("asha")
    found = site.find(site.second_device(), "asha", dialog_of(asha))
    assert not isinstance(found, Refusal)
    await site.refers(asha, "sip:ravi@switch")
    await site.picks_up("ravi")
    found[0].mailbox.put(found[1])
    await site.desk.settle()
    assert site.desk.pair.caller.only(SessionFailed).code == 481
