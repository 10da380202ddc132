"""Examples in the documents are run: every flow in docs/flows.md is loaded, hours are asked."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from switch.app import routing_plan
from switch.app.guarded_strategy import GuardedStrategy
from switch.ivr.loader import Known, load_flow
from switch.routing import AgentProfile, Offered, QueueProfile, Router
from switch.schedule_fields import ScheduleModel
from switch.settings import load_settings
from switch.yaml_source import YamlSource

ROOT = Path(__file__).parents[1]
KNOWN = Known(
    frozenset({"orders", "helpdesk", "operator"}),
    frozenset({"orders", "helpdesk", "spanish"}),
    agents=frozenset({"asha"}),
    tables=frozenset({"customers"}),
    columns=frozenset({"customers.name", "customers.level"}),
    hosts=frozenset({"orders.example.com", "payments.example.com"}),
    trunks=frozenset({"carrier"}),
)


def flows() -> list[str]:
    """Return every block of YAML that is a flow."""
    text = (ROOT / "docs" / "flows.md").read_text()
    return [block for block in re.findall(r"```yaml\n(.*?)```", text, re.S) if "nodes:" in block]


@pytest.mark.parametrize("block", flows(), ids=lambda block: block.splitlines()[1].strip())
def test_flows_in_the_documents_are_right(block: str, tmp_path: Path) -> None:
    (tmp_path / "sounds").symlink_to(ROOT / "ivr_flows" / "sounds")
    file = tmp_path / "example.yaml"
    file.write_text(block)
    for other in flows():
        if "results: [ok]" in other:
            (tmp_path / "ask_pin.yaml").write_text(other)
    load_flow(file, KNOWN)


def test_every_kind_of_node_has_an_example() -> None:
    from switch.ivr.nodes import NODE_TYPES

    kinds = {kind.model_fields["type"].annotation.__args__[0] for kind in NODE_TYPES}  # type: ignore[union-attr]
    shown = set(re.findall(r"type: (\w+)", "".join(flows())))
    headings = set(re.findall(r"^### (\w+)$", (ROOT / "docs" / "flows.md").read_text(), re.M))
    assert kinds <= shown
    assert kinds <= headings


def test_opening_hours_in_the_documents_are_right() -> None:
    text = (ROOT / "docs" / "hours.md").read_text()
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.S)
    assert blocks
    for block in blocks:
        hours = ScheduleModel.model_validate(YamlSource.parse(block, "hours.md").data).schedule()
        state = hours.state(datetime(2026, 12, 24, 6, tzinfo=UTC))
        assert state.why == "closure: stock-taking"


def routing_queues() -> list[str]:
    text = (ROOT / "docs" / "routing.md").read_text()
    return [block for block in re.findall(r"```yaml\n(.*?)```", text, re.S) if "queues:" in block]


@pytest.mark.parametrize("block", routing_queues(), ids=lambda block: block.splitlines()[2].strip())
def test_queues_in_the_documents_are_right(block: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    (tmp_path / "ivr_flows").mkdir()
    (tmp_path / "config" / "queues.yaml").write_text(block)
    settings = load_settings(tmp_path / "config")
    assert routing_plan.queue_profiles(settings)


def test_the_strategy_in_the_documents_orders_agents() -> None:
    text = (ROOT / "docs" / "routing.md").read_text()
    (block,) = re.findall(r"```python\n(.*?)```", text, re.S)
    scope: dict[str, Any] = {}
    exec(block, scope)
    strategy = GuardedStrategy("seniority", scope["Seniority"]())
    agents = [AgentProfile("old", "", {"years": 9}), AgentProfile("new", "", {"years": 1})]
    router = Router(agents, [QueueProfile("q", strategy="s")], strategies={"s": strategy})
    for agent in agents:
        router.set_ready(agent.id, 1.0)
    router.enter("c", "q", 2.0)
    offered = [event for event in iter(router.next_event, None) if isinstance(event, Offered)]
    assert [(offer.agent, "1 years with us" in offer.why) for offer in offered] == [("new", True)]
