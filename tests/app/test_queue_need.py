"""What a flow asks of a queue, as the router takes it."""

from __future__ import annotations

import pytest

from switch.app.queue_need import levels_of, need_of
from switch.errors import RoutingError
from switch.ivr.call import QueueRequest, RelaxStep


def nobody(skill: str) -> bool:
    return False


def everybody(skill: str) -> bool:
    return True


def tiers(request: QueueRequest, *, languages: bool = False) -> list[str]:
    need = need_of(request, everybody if languages else nobody)
    assert need is not None
    return [f"{tier.after_seconds:g}: {tier}" for tier in need.tiers()]


def test_who_asks_for_nothing_stands_in_the_queues_own_line() -> None:
    assert need_of(QueueRequest("orders"), nobody) is None


def test_skills_in_boolean_form() -> None:
    request = QueueRequest("orders", {"any": [{"orders": 5}, {"returns": 3}], "english": 4})
    assert tiers(request) == ["0: english>=4, orders>=5 or returns>=3"]


def test_the_language_is_asked_for_where_agents_have_languages() -> None:
    request = QueueRequest("orders", language="mr")
    assert tiers(request, languages=True) == ["0: language:mr>=1"]
    assert need_of(request, nobody) is None


def test_steps_stand_in_for_skills_and_sites_and_keep_the_language() -> None:
    request = QueueRequest(
        "orders",
        {"orders": 7},
        language="mr",
        sites=("pune",),
        relax=(
            RelaxStep(20, skills={"orders": 3}),
            RelaxStep(40, sites=("goa",)),
            RelaxStep(60, skills={}, sites=(), add_priority=5),
        ),
    )
    assert tiers(request, languages=True) == [
        "0: language:mr>=1, orders>=7 at pune",
        "20: language:mr>=1, orders>=3 at pune",
        "40: language:mr>=1, orders>=3 at goa",
        "60: language:mr>=1 at pune",
        "60: language:mr>=1 at goa",
        "60: language:mr>=1",
    ]
    need = need_of(request, everybody)
    assert need is not None
    assert need.added_priorities() == ((60, 5),)


def test_preferred_skills_exclude_nobody() -> None:
    need = need_of(QueueRequest("orders", preferred={"vip": 3}), nobody)
    assert need is not None
    assert need.preferred == (("vip", 3),)
    assert str(need.requirement) == "any skills"


def test_an_impossible_level_is_refused() -> None:
    with pytest.raises(RoutingError, match="11"):
        need_of(QueueRequest("orders", {"orders": 11}), nobody)


def test_levels_for_records_are_flat() -> None:
    skills = {"all": [{"a": 3}, {"any": [{"b": 2}, {"a": 5}]}], "not": {"c": 1}}
    assert levels_of(skills) == {"a": 5, "b": 2}
