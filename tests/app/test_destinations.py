"""Whom an agent means by what was dialled, and whether that party can be had now."""

from __future__ import annotations

import pytest

from switch.app.destination import Destination, Refusal
from switch.app.ringing import Reservation
from switch.calls.session import CallSession
from switch.ivr.call import TransferEnd
from switch.trunks.dial_guard import DialRules
from tests.support.agent_site import EVERYBODY, AgentSite

NUMBER = "+12125550177"


class TestFinding:
    @pytest.mark.parametrize(
        ("dialled", "found"),
        [
            ("ravi", Destination(agent="ravi")),
            ("orders", Destination(queue="orders")),
            (NUMBER, Destination(number=NUMBER, trunk="carrier")),
            ("(212) 555-0177", Destination(number=NUMBER, trunk="carrier")),
        ],
    )
    async def test_agents_queues_and_numbers(self, dialled: str, found: Destination) -> None:
        site = AgentSite("asha", "ravi")
        assert site.destinations.find(dialled, "asha", site.now()) == found

    @pytest.mark.parametrize(
        ("dialled", "kind"), [("ravi", "agents"), ("orders", "queues"), (NUMBER, "numbers")]
    )
    async def test_each_kind_takes_its_permission(self, dialled: str, kind: str) -> None:
        site = AgentSite("asha", "ravi", may_reach=EVERYBODY - {kind})
        found = site.destinations.find(dialled, "asha", site.now())
        assert isinstance(found, Refusal)
        assert found.code == 403

    @pytest.mark.parametrize(
        ("dialled", "code"),
        [
            ("asha", 486),
            ("nobody", 404),
            ("", 404),
            ("+19005550100", 403),  # under `deny`
            ("+442071838750", 403),  # not under `allow`
        ],
    )
    async def test_what_cannot_be_called_is_refused_and_told_why(
        self, dialled: str, code: int
    ) -> None:
        site = AgentSite("asha")
        found = site.destinations.find(dialled, "asha", site.now())
        assert isinstance(found, Refusal)
        assert found.code == code
        assert found.why

    async def test_numbers_need_a_trunk(self) -> None:
        site = AgentSite("asha")
        site.trunks.take_over([])
        found = site.destinations.find(NUMBER, "asha", site.now())
        assert found == Refusal(403, "No trunk may be dialled through")


class TestReserving:
    def reserve(self, site: AgentSite, to: Destination) -> Reservation | TransferEnd:
        call = CallSession("call", site.desk.services)
        return site.destinations.reserve(call, to, "+12125550123")

    async def test_an_agent_gets_no_other_calls_until_released(self) -> None:
        site = AgentSite("asha")
        reserved = self.reserve(site, Destination(agent="asha"))
        assert isinstance(reserved, Reservation)
        assert site.routing.state("asha").value == "not_ready"
        assert self.reserve(site, Destination(agent="asha")) is TransferEnd.BUSY
        reserved.release()
        assert site.routing.state("asha").value == "ready"

    async def test_an_agent_who_has_left_meanwhile_is_not_called_back_by_the_release(self) -> None:
        site = AgentSite("asha")
        reserved = self.reserve(site, Destination(agent="asha"))
        assert isinstance(reserved, Reservation)
        site.routing.log_out("asha", "went home")
        reserved.release()
        assert site.routing.state("asha").value == "logged_out"

    async def test_who_is_away_or_nobody_cannot_be_had(self) -> None:
        site = AgentSite("asha", "ravi")
        site.routing.set_not_ready("asha", "lunch")
        site.routing.log_out("ravi", "went home")
        assert self.reserve(site, Destination(agent="asha")) is TransferEnd.BUSY
        assert self.reserve(site, Destination(agent="ravi")) is TransferEnd.UNREACHABLE
        assert self.reserve(site, Destination(agent="nobody")) is TransferEnd.FAILED

    async def test_a_number_takes_a_place_on_its_trunk(self) -> None:
        site = AgentSite()
        trunk = site.trunks.only("carrier")
        assert trunk is not None
        to = Destination(number=NUMBER, trunk="carrier")
        held = []
        for _ in range(trunk.guard.limits[0]):
            reserved = self.reserve(site, to)
            assert isinstance(reserved, Reservation)
            held.append(reserved)
        assert self.reserve(site, to) is TransferEnd.FAILED, "so many at once"
        held[0].release()
        assert isinstance(self.reserve(site, to), Reservation)

    async def test_a_number_through_a_trunk_that_is_gone_fails(self) -> None:
        site = AgentSite()
        to = Destination(number=NUMBER, trunk="elsewhere")
        assert self.reserve(site, to) is TransferEnd.FAILED

    async def test_a_call_that_another_core_has_dialled_counts_until_it_is_over(self) -> None:
        site = AgentSite()
        trunk = site.trunks.only("carrier")
        assert trunk is not None
        over = site.destinations.dialled_before("carrier", "asha")
        assert trunk.guard.live == 1
        over()
        assert trunk.guard.live == 0
        site.destinations.dialled_before("", "")()
        site.destinations.dialled_before("elsewhere", "")()
        assert trunk.guard.live == 0


class TestHeadsetsNumbers:
    """What one headset may call, however much its trunk allows all together."""

    def refusal(self, site: AgentSite, number: str = NUMBER, agent: str = "asha") -> str:
        found = site.destinations.find(number, agent, site.now())
        return found.why if isinstance(found, Refusal) else ""

    def dial(self, site: AgentSite) -> Reservation:
        call = CallSession("call", site.desk.services)
        to = Destination(number=NUMBER, trunk="carrier")
        reserved = site.destinations.reserve(call, to, "", by="asha")
        assert isinstance(reserved, Reservation)
        return reserved

    async def test_only_numbers_of_its_prefixes(self) -> None:
        site = AgentSite("asha", numbers=DialRules(allow=("+1212",), deny=("+12125559",)))
        assert self.refusal(site) == ""
        assert "no prefix under `allow`" in self.refusal(site, "+13125550177")
        assert "under `deny`" in self.refusal(site, "+12125559177")

    async def test_so_many_at_once_and_others_go_on(self) -> None:
        site = AgentSite("asha", "ravi", numbers=DialRules(max_calls=2))
        held = [self.dial(site), self.dial(site)]
        assert "2 calls are up already" in self.refusal(site)
        assert self.refusal(site, agent="ravi") == ""
        held[0].release()
        assert self.refusal(site) == ""

    async def test_so_many_an_hour(self) -> None:
        site = AgentSite("asha", numbers=DialRules(max_per_hour=2))
        for _ in range(2):
            self.dial(site).release()
        assert "2 calls in the last hour" in self.refusal(site)
        site.desk.pair.now += 3601
        assert self.refusal(site) == ""

    async def test_changed_rules_go_on_from_the_counts_of_before(self) -> None:
        site = AgentSite("asha", numbers=DialRules(max_calls=1))
        reserved = self.dial(site)
        assert self.refusal(site)
        site.know("asha", numbers=DialRules(max_calls=2))
        assert self.refusal(site) == ""
        self.dial(site)
        assert "2 calls are up already" in self.refusal(site)
        reserved.release()
        assert self.refusal(site) == ""
