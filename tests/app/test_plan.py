"""From settings to parts: numbers and flows, agents and the way to their devices."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from switch.app import plan, routing_plan
from switch.errors import ConfigurationError
from switch.settings import Settings, load_settings
from switch.sip.peer import Peer
from switch.transport import Listen

SHIPPED_NUMBERS = {
    "+18005550100": "main",
    "+18005550199": "helpdesk",
    "+18005550142": "payment",
    "+18005550177": "vip",
}
ROOT = Path(__file__).parents[2]
BOUND = [Listen("udp", "127.0.0.1", 5060), Listen("tcp", "127.0.0.1", 5061)]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    shutil.copytree(ROOT / "ivr_flows", tmp_path / "ivr_flows")
    return tmp_path


def with_agents(site: Path, *agents: dict[str, Any]) -> Settings:
    (site / "config" / "agents.yaml").write_text(json.dumps({"agents": agents}))
    return load_settings(site / "config")


class TestNumbers:
    def test_lead_to_flows(self, site: Path) -> None:
        settings = load_settings(site / "config")
        numbers = plan.number_plan(settings, plan.load_plan_flows(settings))
        names = {number: flow and flow.name for number, flow in numbers.flows.items()}
        assert names == SHIPPED_NUMBERS
        assert numbers.region == "US"

    def test_may_be_out_of_service(self, site: Path) -> None:
        settings = load_settings(site / "config", overrides=['numbers={"+18005550100": null}'])
        numbers = plan.number_plan(settings, plan.load_plan_flows(settings))
        assert numbers.flows == {"+18005550100": None}

    def test_without_a_flow_are_told_together_with_what_is_wrong_in_flows(self, site: Path) -> None:
        (site / "ivr_flows" / "main.yaml").write_text("nodes: {}\n")
        settings = load_settings(site / "config", overrides=['numbers={"+18005550100": mian}'])
        with pytest.raises(ConfigurationError) as caught:
            plan.load_plan_flows(settings)
        told = [str(problem) for problem in caught.value.problems]
        assert any("there is no flow `mian`" in each and "`main`" in each for each in told)
        assert any("main.yaml:1:8: is empty" in each for each in told)

    def test_flows_may_only_name_queues_that_are_there(self, site: Path) -> None:
        queues = site / "config" / "queues.yaml"
        queues.write_text(queues.read_text().replace("name: operator", "name: reception"))
        with pytest.raises(ConfigurationError, match="there is no queue `operator`"):
            plan.load_plan_flows(load_settings(site / "config"))


class TestDevices:
    @pytest.mark.parametrize(
        ("contact", "peer"),
        [
            (
                "sip:ann@127.0.0.1:5071",
                Peer("udp", ("127.0.0.1", 5071), ("127.0.0.1", 5060)),
            ),
            (
                "sip:ann@192.0.2.5",
                Peer("udp", ("192.0.2.5", 5060), ("127.0.0.1", 5060)),
            ),
            (
                "sip:ann@192.0.2.5:5072;transport=tcp",
                Peer("tcp", ("192.0.2.5", 5072), ("127.0.0.1", 5061)),
            ),
        ],
    )
    def test_that_stand_somewhere_have_a_way_to_them(
        self, site: Path, contact: str, peer: Peer
    ) -> None:
        settings = with_agents(site, {"id": "ann", "contact": contact})
        (agent,) = plan.directory_agents(settings, BOUND)
        assert agent.fixed is not None
        assert (agent.fixed.uri, agent.fixed.peer) == (contact, peer)
        assert agent.ready_at_start

    def test_that_register_have_none_yet(self, site: Path) -> None:
        agents = plan.directory_agents(load_settings(site / "config"), BOUND)
        assert {agent.username for agent in agents} == {"asha", "ravi", "maria", "tom"}
        assert all(agent.fixed is None and not agent.ready_at_start for agent in agents)

    def test_need_a_listener_of_their_transport(self, site: Path) -> None:
        settings = with_agents(
            site, {"id": "ann", "contact": "sip:ann@192.0.2.5:5072;transport=tcp"}
        )
        with pytest.raises(ConfigurationError, match="the contact of `ann` needs a tcp listener"):
            plan.directory_agents(settings, BOUND[:1])

    def test_need_one_of_their_version_of_ip(self, site: Path) -> None:
        settings = with_agents(site, {"id": "ann", "contact": "sip:ann@[2001:db8::5]:5072"})
        with pytest.raises(ConfigurationError, match="a udp listener with an IPv6 address"):
            plan.directory_agents(settings, BOUND)
        ipv6 = Listen("udp", "2001:db8::1", 5060)
        (agent,) = plan.directory_agents(settings, [*BOUND, ipv6])
        assert agent.fixed is not None
        assert agent.fixed.peer == Peer("udp", ("2001:db8::5", 5072), ("2001:db8::1", 5060))


def test_the_router_knows_every_agent_and_queue(site: Path) -> None:
    settings = load_settings(site / "config")
    router = routing_plan.router(settings, {})
    assert sorted(router.ask.queue_names) == ["helpdesk", "operator", "orders"]
    assert sum(router.ask.agents_by_state().values()) == 4
    assert router.ask.queue("orders").service_level_seconds == 20
