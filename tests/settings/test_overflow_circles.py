"""Overflows in circles: a warning; where nothing ends the wait, a mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from switch.errors import ConfigurationError
from switch.settings import load_settings
from switch.settings.overflow_circles import circles
from switch.settings.queues import Queue
from tests.support.site import Site, fixed_agent, queue

HELPS_WHEN_FULL = ["full", "closed"]


def named(name: str, to: str = "", **more: Any) -> dict[str, Any]:
    overflow = {"overflow": {"to": to, **more.pop("overflow", {})}} if to else {}
    return queue(name, skills={}, **overflow, **more)


def written(tmp_path: Path, *queues: dict[str, Any]) -> Path:
    return Site([fixed_agent("asha", 9)], queues).write(
        tmp_path, ports=(40_000, 40_100), prompt_cache=tmp_path
    )


class TestCircles:
    @staticmethod
    def of(*queues: dict[str, Any]) -> list[str]:
        return [str(each) for each in circles([Queue.model_validate(one) for one in queues])]

    def test_there_are_none_in_a_chain(self) -> None:
        assert self.of(named("a", "b"), named("b", "c"), named("c")) == []

    def test_each_is_found_once_however_one_comes_into_it(self) -> None:
        queues = [
            named("door", "b"),
            named("a", "b"),
            named("b", "c"),
            named("c", "a"),
            named("x", "y"),
            named("y", "x"),
        ]
        assert self.of(*queues) == ["a -> b -> c -> a", "x -> y -> x"]

    def test_an_overflow_into_a_queue_that_there_is_not_leads_nowhere(self) -> None:
        assert self.of(named("a", "b"), named("b", "none")) == []


class TestTheConfiguration:
    def test_with_a_circle_in_which_nothing_ends_the_wait_is_refused(self, tmp_path: Path) -> None:
        config = written(tmp_path, named("orders", "help"), named("help", "orders"))
        with pytest.raises(ConfigurationError) as refused:
            load_settings(config)
        (problem,) = refused.value.problems
        lines = (config / "queues.yaml").read_text().splitlines()
        assert '"to": "orders"' in lines[problem.line - 1], "where the circle closes"
        assert problem.column == lines[problem.line - 1].index('"orders"') + 1
        assert str(problem).startswith(f"{config}/queues.yaml:{problem.line}:{problem.column}: ")
        assert "orders -> help -> orders, and nothing ends the wait" in problem.message

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ({"max_wait_seconds": 60}, {}),
            ({}, {"max_wait_seconds": 60}),
            (
                {"overflow": {"when": HELPS_WHEN_FULL}},
                {"overflow": {"when": HELPS_WHEN_FULL}},
            ),
        ],
        ids=["the first ends it", "the second ends it", "it is not about waiting"],
    )
    def test_with_any_other_circle_is_warned_of(
        self, tmp_path: Path, first: dict[str, Any], second: dict[str, Any]
    ) -> None:
        config = written(
            tmp_path, named("orders", "help", **first), named("help", "orders", **second)
        )
        (warning,) = load_settings(config).warnings
        assert "orders -> help -> orders: callers go round once" in warning.message
        assert warning.line > 0

    def test_with_a_chain_of_overflows_is_right(self, tmp_path: Path) -> None:
        config = written(tmp_path, named("orders", "help"), named("help"))
        assert load_settings(config).warnings == ()
