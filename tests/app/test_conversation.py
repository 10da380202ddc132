"""Caller and agent talk, and the agent hands the caller on: who talks with whom afterwards."""

from __future__ import annotations

import pytest

from switch.app.destination import Brought, Destination
from switch.calls.session import CallSession
from switch.events import CallTransferred
from switch.media.messages import Bridge
from switch.sip.invite_usage import SessionState
from tests.support.agent_site import AgentSite


def talking(site: AgentSite) -> str:
    """Whom the caller talks with, as far as the call knows."""
    outbound = site.desk.call.outbound
    return "" if outbound is None or site.desk.call.pair is None else outbound.party or "number"


async def test_the_talk_is_over_when_the_agent_hangs_up() -> None:
    site = AgentSite("asha")
    phone = await site.connect("asha")
    assert site.conversations.calls_of["asha"] is site.desk.call
    await site.does(phone.end)
    assert site.talk_is_over
    assert site.conversations.calls_of == {}
    assert site.told() == []
    ended = await site.desk.ended()
    assert ended.termination.reason.value == "agent_hung_up"


class TestBlind:
    async def test_the_next_agent_takes_the_place_when_answering(self) -> None:
        site = AgentSite("asha", "ravi")
        asha = await site.connect("asha")
        await site.refers(asha, "sip:ravi@switch")
        assert not site.released, "asha has the caller until ravi answers"
        ravi = await site.picks_up("ravi")
        assert (talking(site), site.released) == ("ravi", ["asha"])
        assert site.notified() == ["SIP/2.0 100 Trying", "SIP/2.0 200 OK"]
        assert asha.state is SessionState.ENDED
        await site.does(ravi.end)
        assert site.told() == [("ravi", "asha", "connected")]

    async def test_whoever_has_the_caller_then_may_hand_on_again(self) -> None:
        site = AgentSite("asha", "ravi", "mina")
        await site.refers(await site.connect("asha"), "sip:ravi@switch")
        await site.refers(await site.picks_up("ravi"), "sip:mina@switch")
        await site.picks_up("mina")
        assert talking(site) == "mina"
        assert site.told() == [("ravi", "asha", "connected")]

    @pytest.mark.parametrize(("code", "outcome"), [(486, "busy"), (480, "no_answer")])
    async def test_the_caller_comes_back_to_the_agent(self, code: int, outcome: str) -> None:
        site = AgentSite("asha", "ravi")
        asha = await site.connect("asha")
        await site.refers(asha, "sip:ravi@switch")
        ravi = site.rung("ravi")
        await site.does(lambda now: ravi.reject(code, now))
        assert talking(site) == "asha"
        assert len(site.desk.commands(Bridge)) == 2
        assert site.notified()[-1].startswith(f"SIP/2.0 {code}")
        assert site.told() == [("ravi", "asha", outcome)]

    async def test_a_caller_for_whom_there_is_no_media_comes_back_too(self) -> None:
        site = AgentSite("asha", "ravi")
        asha = await site.connect("asha")
        site.desk.media.exhausted = True
        await site.refers(asha, "sip:ravi@switch")
        assert talking(site) == "asha"
        assert site.notified()[-1].startswith("SIP/2.0 503")
        assert site.told() == [("ravi", "asha", "failed")]
        assert site.routing.state("ravi").value == "ready"

    async def test_an_agent_who_has_gone_meanwhile_leaves_the_caller_to_the_queue(self) -> None:
        site = AgentSite("asha", "ravi")
        asha = await site.connect("asha", home="orders")
        await site.refers(asha, "sip:ravi@switch")
        await site.does(asha.end)
        ravi = site.rung("ravi")
        await site.does(lambda now: ravi.reject(486, now))
        assert site.entered == ["orders"]

    async def test_a_caller_who_hangs_up_ends_the_ringing(self) -> None:
        site = AgentSite("asha", "ravi")
        await site.refers(await site.connect("asha"), "sip:ravi@switch")
        ravi = site.rung("ravi")
        await site.does(ravi.ring)
        await site.does(site.desk.caller.end)
        assert ravi.state is SessionState.ENDED
        assert site.routing.state("ravi").value == "ready"
        await site.desk.ended()

    async def test_a_second_wish_waits_for_the_first(self) -> None:
        site = AgentSite("asha", "ravi", "mina")
        asha = await site.connect("asha")
        await site.refers(asha, "sip:ravi@switch")
        await site.refers(asha, "sip:mina@switch")
        assert "<603" in site.desk.pair.words
        assert not site.is_rung("mina")

    @pytest.mark.parametrize(
        ("to", "code"), [("asha", 603), ("nobody", 404), ("+19005550100", 403), ("mina", 603)]
    )
    async def test_what_may_not_be_is_declined_and_the_talk_goes_on(
        self, to: str, code: int
    ) -> None:
        site = AgentSite("asha", "mina")
        site.routing.set_not_ready("mina", "lunch")
        await site.refers(await site.connect("asha"), f"sip:{to}@switch")
        assert f"<{code}" in site.desk.pair.words
        assert talking(site) == "asha"

    async def test_to_a_queue(self) -> None:
        site = AgentSite("asha")
        asha = await site.connect("asha")
        await site.refers(asha, "sip:orders@switch")
        assert (site.entered, site.released) == (["orders"], ["asha"])
        assert asha.state is SessionState.ENDED
        assert site.told() == [("orders", "asha", "queued")]


class TestAfterARestart:
    async def test_who_was_handed_on_before_is_known_and_told(self) -> None:
        """What one core remembers, another takes up; `since` travels in UTC."""
        site = AgentSite("asha", "ravi")
        await site.refers(await site.connect("asha"), "sip:ravi@switch")
        await site.picks_up("ravi")
        kept = site.conversations.remember(site.desk.call)
        assert kept is not None
        assert (kept.to, kept.by) == (Destination(agent="ravi"), "asha")
        assert kept.since == pytest.approx(site.utc().timestamp(), abs=60)

        site = AgentSite("asha", "ravi")
        site.conversations.take_up(CallSession("call", site.desk.services), kept)
        ravi = await site.connect("ravi")
        assert site.conversations.calls_of["ravi"] is site.desk.call
        await site.does(ravi.end)
        assert site.told() == [("ravi", "asha", "connected")]

    async def test_who_was_found_by_a_queue_is_released_when_the_talk_is_over(self) -> None:
        """The router has that agent in the caller's call, whatever brought the caller first."""
        site = AgentSite("asha", "ravi")
        found = Destination(agent="ravi", queue="orders")
        brought = Brought(found, "asha", site.utc().timestamp())
        site.conversations.take_up(CallSession("call", site.desk.services), brought)
        ravi = await site.connect("ravi")
        site.routing.log_out("asha", "home")
        site.routing.set_ready("ravi", "asked")
        site.routing.enter("call", "orders", need=None, priority=None, max_wait=None, caller="")
        assert site.routing.offer_answered("call", "ravi")
        kept = site.conversations.remember(site.desk.call)
        assert kept is not None
        assert kept.to == found
        await site.does(ravi.end)
        assert site.routing.standing("call") is None
        assert site.routing.state("ravi").value != "talking"
        (told,) = site.desk.of(CallTransferred)
        assert isinstance(told, CallTransferred)
        assert (told.agent, told.queue, told.by) == ("ravi", "orders", "asha")

    async def test_nothing_is_kept_of_a_plain_talk(self) -> None:
        site = AgentSite("asha")
        await site.connect("asha")
        assert site.conversations.remember(site.desk.call) is None
