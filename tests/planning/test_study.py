"""Questions put to the simulator, and the reports that answer them."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path

import pytest
from rich.console import Console

from switch.errors import PlanningError
from switch.planning import curves
from switch.planning.plot import plot
from switch.planning.scenario import load_scenario
from switch.planning.staffing import Target
from switch.planning.study import OneGroup, Report, of_days, of_one_group
from tests.planning.houses import day

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "planning" / "day.yaml"


def text_of(report: Report) -> str:
    console = Console(width=150, file=io.StringIO())
    with console.capture() as captured:
        console.print(report.as_tables())
    return captured.get()


@pytest.fixture(scope="module")
def one() -> Report:
    question = OneGroup(agents=6, load=4, aht_seconds=180, patience_seconds=90)
    return of_one_group(question, calls=2000, seed=1)


@pytest.fixture(scope="module")
def many() -> Report:
    return of_days(load_scenario(EXAMPLE), days=2)


class TestOneGroup:
    def test_tells_what_was_asked_and_what_came_out(self, one: Report) -> None:
        data = one.as_data()
        assert (data["agents"], data["load"], data["patience"]) == (6, 4, 90)
        for name in ("p_wait", "asa_seconds", "service_level", "occupancy", "p_abandon"):
            assert data[f"{name}_low"] <= data[name] <= data[f"{name}_high"]

    def test_has_a_table_and_bars(self, one: Report) -> None:
        told = text_of(one)
        assert "service level" not in told
        assert "agents" in told
        assert "20 s" in told
        assert "\N{FULL BLOCK}" in told

    def test_without_patience_nobody_abandons(self) -> None:
        report = of_one_group(OneGroup(agents=6, load=3, aht_seconds=180), calls=1000, seed=1)
        assert "p_abandon" not in report.as_data()

    def test_finds_the_least_agents(self) -> None:
        question = OneGroup(agents=None, load=4, aht_seconds=180)
        report = of_one_group(question, calls=4000, seed=1, target=Target(0.8, 20))
        assert report.as_data()["agents"] in (6, 7)
        assert report.as_data()["target"] == 0.8
        assert any("least agents for 80/20" in note for note in report.notes())

    @pytest.mark.parametrize(
        ("question", "words"),
        [
            (OneGroup(agents=4, load=4, aht_seconds=180), "would grow without end"),
            (OneGroup(agents=4, load=0, aht_seconds=180), "the load is above 0"),
            (OneGroup(agents=4, load=1, aht_seconds=-1), "handle time is above 0"),
            (OneGroup(agents=4, load=1, aht_seconds=1, patience_seconds=0), "patience is above 0"),
        ],
    )
    def test_refuses_what_cannot_be(self, question: OneGroup, words: str) -> None:
        with pytest.raises(PlanningError, match=words):
            of_one_group(question, calls=1000, seed=1)

    def test_log_normal_handle_times_are_more_uneven_and_waits_longer(self) -> None:
        def wait(cv: float) -> float:
            question = OneGroup(agents=3, load=2.4, aht_seconds=180, aht_cv=cv)
            found = of_one_group(question, calls=20_000, seed=1).results.figures()
            value = found["asa_seconds"].value
            assert value is not None
            return value

        # Pollaczek and Khinchine: the wait grows like (1 + cv * cv) / 2, here 13 times.
        assert wait(2.0) > 2 * wait(0.2)


class TestDays:
    def test_tell_queues_groups_and_half_hours(self, many: Report) -> None:
        data = many.as_data()
        assert [queue["name"] for queue in data["queues"]] == ["orders", "helpdesk"]
        assert data["days"] == 2
        told = text_of(many)
        for word in ("orders", "helpdesk", "technicians", "08:00", "17:30", "all"):
            assert word in told


class TestPlot:
    def test_of_days_is_a_picture(self, many: Report, tmp_path: Path) -> None:
        file = tmp_path / "day.png"
        many.draw(file)
        assert file.read_bytes().startswith(b"\x89PNG")

    def test_of_one_group_has_erlangs_curve_beside_it(self, one: Report, tmp_path: Path) -> None:
        file = tmp_path / "one.png"
        one.draw(file)
        assert file.read_bytes().startswith(b"\x89PNG")
        assert one.one_group is not None
        formula = one.one_group.formula()
        assert formula is not None
        assert formula[0] == "Erlang A"

    def test_that_cannot_be_written_is_told(self, one: Report, tmp_path: Path) -> None:
        with pytest.raises(PlanningError, match="cannot be written: no such file"):
            one.draw(tmp_path / "nowhere" / "one.png")

    def test_without_matplotlib_is_told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        with pytest.raises(PlanningError, match=r"pip install 'freeline\[plots\]'"):
            plot(tmp_path / "x.png", "x", [])


def test_a_curve_is_the_service_level_of_every_promise() -> None:
    sheet = day([10, 20, 30], 100)  # waits of 0, 90 and 180 s
    curve = curves.simulated(sheet, 0, "calls", [0, 89, 90, 200])
    assert curve.levels == pytest.approx((1 / 3, 1 / 3, 2 / 3, 1))
