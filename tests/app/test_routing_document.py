"""The examples of docs/routing.md are run."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from switch.app import routing_plan
from switch.app.guarded_strategy import GuardedStrategy
from switch.routing import AgentProfile, Offered, QueueProfile, Router
from switch.settings import load_settings

ROOT = Path(__file__).parents[2]


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
