"""An agent calls from the headset: who is rung, what the headset hears, and what is on record."""

from __future__ import annotations

import pytest

from switch.app.destination import Brought, Destination
from switch.app.headset_calls import HeadsetCalls
from switch.calls.session import CallSession
from switch.sip.events import SessionFailed
from tests.support.agent_site import TONE, AgentSite


class Desk(AgentSite):
    """A site where asha calls."""

    def __init__(self, *others: str) -> None:
        super().__init__("asha", *others)
        self.calls = HeadsetCalls(self.conversations, TONE)

    async def asha_calls(self, to: Destination) -> CallSession:
        async def conduct(call: CallSession) -> None:
            await self.calls.conduct(call, "asha", to)

        return await self.desk.arrive(conduct)

    def state(self, agent: str) -> str:
        return self.routing.state(agent).value


async def test_both_get_no_other_calls_and_are_free_again_afterwards() -> None:
    site = Desk("ravi")
    await site.asha_calls(Destination(agent="ravi"))
    assert (site.state("asha"), site.state("ravi")) == ("not_ready", "not_ready")
    ravi = await site.picks_up("ravi")
    assert list(site.conversations.placed) == ["call"]
    await site.does(ravi.end)
    ended = await site.desk.ended()
    assert ended.termination.result.value == "completed"
    assert (site.state("asha"), site.state("ravi")) == ("ready", "ready")
    assert site.told() == [("ravi", "asha", "connected")]
    assert site.conversations.placed == {}
    assert site.conversations.calls_of == {}


@pytest.mark.parametrize(
    ("code", "outcome"), [(486, "busy"), (480, "no_answer"), (404, "unreachable"), (500, "failed")]
)
async def test_the_headset_is_told_what_the_party_said(code: int, outcome: str) -> None:
    site = Desk("ravi")
    await site.asha_calls(Destination(agent="ravi"))
    ravi = site.rung("ravi")
    await site.does(lambda now: ravi.reject(code, now))
    assert site.desk.pair.caller.only(SessionFailed).code == code
    assert site.told() == [("ravi", "asha", outcome)]
    await site.desk.ended()
    assert (site.state("asha"), site.state("ravi")) == ("ready", "ready")


async def test_who_cannot_be_had_is_not_rung() -> None:
    site = Desk("ravi")
    site.routing.set_not_ready("ravi", "lunch")
    await site.asha_calls(Destination(agent="ravi"))
    assert not site.is_rung("ravi")
    assert site.desk.pair.caller.only(SessionFailed).code == 486
    assert site.told() == [("ravi", "asha", "busy")]
    await site.desk.ended()
    assert site.state("asha") == "ready"


async def test_an_agent_who_gives_up_ends_the_ringing() -> None:
    site = Desk("ravi")
    await site.asha_calls(Destination(agent="ravi"))
    ravi = site.rung("ravi")
    await site.does(ravi.ring)
    await site.does(site.desk.caller.end)
    await site.desk.ended()
    assert site.told() == []
    assert (site.state("asha"), site.state("ravi")) == ("ready", "ready")


async def test_without_media_the_call_fails_and_nobody_stays_reserved() -> None:
    site = Desk("ravi")

    async def conduct(call: CallSession) -> None:
        site.desk.media.exhausted = True
        await site.calls.conduct(call, "asha", Destination(agent="ravi"))

    await site.desk.arrive(conduct)
    assert site.desk.pair.caller.only(SessionFailed).code == 503
    assert site.told() == [("ravi", "asha", "failed")]
    await site.desk.ended()
    assert (site.state("asha"), site.state("ravi")) == ("ready", "ready")


async def test_an_outside_number_is_dialled_through_its_trunk() -> None:
    site = Desk()
    await site.asha_calls(Destination(number="+12125550177", trunk="carrier"))
    carrier = await site.picks_up("+12125550177")
    trunk = site.trunks.only("carrier")
    assert trunk is not None
    assert trunk.guard.live == 1
    await site.does(carrier.end)
    await site.desk.ended()
    assert trunk.guard.live == 0
    assert site.told() == [("+12125550177", "asha", "connected")]


async def test_a_queue_is_entered_as_by_any_caller() -> None:
    site = Desk()
    await site.asha_calls(Destination(queue="orders"))
    assert site.entered == ["orders"]
    await site.desk.ended()
    assert site.state("asha") == "ready"


async def test_a_call_of_before_a_restart_goes_on_and_is_told_whole() -> None:
    site = Desk("ravi")
    brought = Brought(Destination(agent="ravi"), "asha", site.utc().timestamp() - 60)

    async def conduct(call: CallSession) -> None:
        call.answer()
        await site.reach(call, "ravi")
        call.inbound.party = "asha"
        site.conversations.take_up(call, brought)
        known = site.conversations.brought(call)
        assert known is not None
        await site.calls.go_on(call, known)

    await site.desk.arrive(conduct)
    ravi = await site.picks_up("ravi")
    assert site.conversations.placed["call"].by == "asha"
    await site.does(ravi.end)
    await site.desk.ended()
    assert site.told() == [("ravi", "asha", "connected")]
