"""Strategies of others: found by entry point in an installed distribution, and never trusted."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from switch.app.guarded_strategy import GuardedStrategy
from switch.routing import AgentProfile, Offered, QueueProfile, Router

ROOT = Path(__file__).parents[2]

RULES = """
class Seniority:
    def rank(self, agent, tier, now):
        return agent.traits.skills.get("years", 0)

    def says(self, agent, tier, now):
        return "by seniority"


class Broken:
    def __init__(self):
        raise OSError("no licence")
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A directory with a distribution `our-rules`, as an installer leaves it."""
    place = tmp_path / "site"
    metadata = place / "our_rules-1.0.dist-info"
    metadata.mkdir(parents=True)
    (place / "our_rules.py").write_text(RULES)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: our-rules\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        "[freeline.strategies]\nseniority = our_rules:Seniority\nbroken = our_rules:Broken\n"
    )
    return place


def strategies(installed: Path, tmp_path: Path, name: str) -> str:
    """Load a configuration whose queue names a strategy, with that directory installed."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    (tmp_path / "ivr_flows").mkdir()
    queues = {"queues": [{"name": "orders", "strategy": name}]}
    (tmp_path / "config" / "queues.yaml").write_text(json.dumps(queues))
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from switch.app import routing_plan\n"
        "from switch.settings import load_settings\n"
        "print(list(routing_plan.strategies(load_settings(Path(sys.argv[1])))))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "config")],
        env={"PYTHONPATH": f"{installed}:{ROOT}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout + done.stderr


def test_a_strategy_is_found_by_its_entry_point(installed: Path, tmp_path: Path) -> None:
    assert "['seniority']" in strategies(installed, tmp_path, "seniority")


def test_one_that_cannot_be_made_is_refused_with_its_distribution(
    installed: Path, tmp_path: Path
) -> None:
    told = strategies(installed, tmp_path, "broken")
    assert "of our-rules (our_rules:Broken) cannot be used: OSError('no licence')" in told


class Failing:
    def rank(self, agent: Any, tier: Any, now: float) -> Any:
        raise KeyError("years")


class NotANumber:
    def rank(self, agent: Any, tier: Any, now: float) -> Any:
        return float("nan")


class Text:
    def rank(self, agent: Any, tier: Any, now: float) -> Any:
        return "first"


@pytest.mark.parametrize("kind", [Failing, NotANumber, Text])
def test_one_that_fails_is_as_if_it_were_longest_idle(kind: type[Any]) -> None:
    before = GuardedStrategy.failures
    guarded = GuardedStrategy("ours", kind())
    agents = [AgentProfile("a", ""), AgentProfile("b", "")]
    router = Router(agents, [QueueProfile("q", strategy="s")], strategies={"s": guarded})
    router.set_ready("b", 1.0)
    router.set_ready("a", 2.0)
    router.enter("c", "q", 3.0)
    offered = [event for event in iter(router.next_event, None) if isinstance(event, Offered)]
    assert [offer.agent for offer in offered] == ["b"]
    assert GuardedStrategy.failures == before + 2


def test_what_has_no_rank_is_no_strategy() -> None:
    with pytest.raises(TypeError, match="no method `rank`"):
        GuardedStrategy("ours", object())
