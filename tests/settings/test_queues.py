"""queues.yaml and the routing side of agents.yaml: what they mean, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from switch.app import routing_plan
from switch.errors import ConfigurationError
from switch.routing import Resume, TurnedAway
from switch.settings import Settings, load_settings
from switch.settings.doubts import qualified

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A copy of the shipped configuration."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    (tmp_path / "ivr_flows").mkdir()
    return tmp_path / "config"


def load(config: Path, queue: dict[str, Any], *more: dict[str, Any]) -> Settings:
    """Load with these queues instead of the shipped ones."""
    queues = [{"name": "orders", **queue}, *more]
    (config / "queues.yaml").write_text(json.dumps({"queues": queues}, indent=2))
    return load_settings(config)


def refused(config: Path, queue: dict[str, Any]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(config, queue)
    return str(caught.value).replace(f"{config}/", "")


def test_everything_that_a_queue_may_say_reaches_the_router(config: Path) -> None:
    settings = load(
        config,
        {
            "skills": {"orders": 3, "any": [{"english": 5}, {"spanish": 5}]},
            "preferred": {"vip": 5},
            "sites": [{"sites": "mumbai"}, {"sites": ["boston", "monterrey"], "after_seconds": 20}],
            "relax": [
                {"after_seconds": 60, "lower": {"orders": 1}},
                {"after_seconds": 90, "drop": "english", "sites": "any", "add_priority": 2},
            ],
            "strategy": "least_skilled",
            "aging_seconds": 45,
            "max_length": 7,
            "overflow": {"to": "other", "when": ["full", "timeout"]},
            "sticky": {"within_seconds": 3600, "wait_seconds": 15},
            "service_level": {"within_seconds": 15, "short_abandon_seconds": 4},
            "no_answer_pauses": [10, 60, None],
            "outside": {"within_seconds": 0.5, "candidates": 3},
            "resume": "offer",
        },
        {"name": "other"},
    )
    profile, other = routing_plan.queue_profiles(settings)
    assert [str(tier) for tier in profile.need.tiers()] == [
        "orders>=3, english>=5 or spanish>=5 at mumbai",
        "orders>=3, english>=5 or spanish>=5 at boston or monterrey",
        "orders>=1, english>=5 or spanish>=5 at mumbai",
        "orders>=1, english>=5 or spanish>=5 at boston or monterrey",
        "orders>=1 at mumbai",
        "orders>=1 at boston or monterrey",
        "orders>=1",
    ]
    assert profile.overflow is not None
    assert profile.overflow.when == {TurnedAway.FULL, TurnedAway.TIMEOUT}
    assert list(profile.no_answer_pauses) == [10, 60, None]
    assert (profile.sticky_seconds, profile.sticky_wait_seconds) == (3600, 15)
    assert (profile.resume, other.resume) == (Resume.OFFER, Resume.ALWAYS)
    assert profile.aging_seconds == 45
    assert other.aging_seconds == 20, "one promise of waiting counts as one priority"


def test_everything_that_an_agent_may_say_reaches_the_router(config: Path) -> None:
    settings = load_settings(config)
    asha = routing_plan.agent_profiles(settings)[0]
    assert asha.languages == {"en": 10, "hi": 10, "mr": 10}
    assert asha.site == "mumbai"


def test_who_qualifies_is_told_by_the_same_rules_as_the_router_has(config: Path) -> None:
    skills = {"any": [{"spanish": 5}, {"helpdesk": 7}], "not": {"vip": 1}}
    settings = load(config, {"skills": skills})
    (profile,) = routing_plan.queue_profiles(settings)
    by_router = [
        agent.id
        for agent in routing_plan.agent_profiles(settings)
        if agent.traits().fits(profile.need.tiers()[0])
    ]
    assert by_router == [agent.id for agent in qualified(settings.agents, settings.queues[0])]
    assert by_router == ["ravi", "maria"]


@pytest.mark.parametrize(
    ("queue", "expected"),
    [
        ({"skills": {"orders": 11}}, "queues.yaml:6:19: should be a level from 1 to 10, not `11`"),
        ({"skills": {"any": {"a": 1}}}, "`any` should be a list of skills"),
        ({"skills": ["orders"]}, "should be a mapping of skill to lowest level"),
        ({"overflow": {"to": "othr"}}, "there is no queue `othr`"),
        ({"overflow": {"to": "orders"}}, "queues.yaml:6:15: overflows into itself"),
        ({"sites": [{"sites": "bombay"}]}, "no agent is at the site `bombay`"),
        ({"sites": [{"sites": "mumbay"}]}, "did you mean `mumbai`?"),
        ({"sites": [{"sites": "mumbai", "after_seconds": 5}]}, "the first sites serve at once"),
        ({"relax": [{"after_seconds": 5}]}, "changes nothing"),
        ({"no_answer_pauses": []}, "needs 1 entries at least"),
        ({"wrap_up_seconds": 900}, "is less than `wrap_up_seconds`"),
        ({"open": {"zone": "Asia/Kolkatta"}}, "did you mean `Asia/Kolkata`?"),
        ({"no_answer_pause_seconds": 30}, "did you mean `no_answer_pauses`?"),
    ],
)
def test_what_cannot_work_is_refused(config: Path, queue: dict[str, Any], expected: str) -> None:
    assert expected in refused(config, queue)


def test_sites_are_not_judged_while_somebody_may_be_there(config: Path) -> None:
    agents = (config / "agents.yaml").read_text()
    for wrong in (agents.replace("site: mumbai", "siet: mumbai"), agents + "]"):
        (config / "agents.yaml").write_text(wrong)
        told = refused(config, {"sites": [{"sites": "mumbai"}]})
        assert "agents.yaml" in told
        assert "queues.yaml" not in told


def test_an_unknown_strategy_is_refused(config: Path) -> None:
    settings = load(config, {"strategy": "longest_idel"})
    with pytest.raises(ConfigurationError, match=r"queues.yaml:5:19: there is no strategy"):
        routing_plan.strategies(settings)


@pytest.mark.parametrize(
    ("queue", "expected"),
    [
        ({"preferred": {"ordres": 3}}, "queues.yaml:6:9: no agent has the skill `ordres`"),
        ({"relax": [{"after_seconds": 5, "lower": {"ordres": 1}}]}, "did you mean `orders`?"),
        ({"relax": [{"after_seconds": 5, "drop": "englsh"}]}, "did you mean `english`?"),
    ],
)
def test_a_skill_that_does_nothing_is_told(
    config: Path, queue: dict[str, Any], expected: str
) -> None:
    (warning,) = load(config, queue).warnings
    assert expected in str(warning)


def test_skills_that_agents_have_may_be_preferred_and_relaxed(config: Path) -> None:
    relax = [{"after_seconds": 5, "lower": {"orders": 1}, "drop": "english"}]
    skills = {"orders": 3, "english": 5}
    settings = load(config, {"skills": skills, "preferred": {"spanish": 1}, "relax": relax})
    assert settings.warnings == ()


def test_places_that_are_not_kept_cannot_be_offered(config: Path) -> None:
    told = refused(config, {"resume": "offer", "resume_seconds": 0})
    assert "offers old places, and `resume_seconds: 0` keeps none" in told
