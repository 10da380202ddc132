"""Scenario files: what they make, and what is said of those that are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.errors import ConfigurationError
from switch.planning.arrivals import HOUR, ByInterval, ByRate, Span, Trace
from switch.planning.distributions import Constant, Empirical, Exponential, LogNormal
from switch.planning.model import Stream
from switch.planning.scenario import load_scenario, scenario_of
from switch.settings import load_settings

ROOT = Path(__file__).parents[2]

RIGHT = """\
day: {from: "08:00", to: "18:00"}
days: 5
seed: 3
answer_seconds: {kind: constant, mean: 4}
queues:
  - {name: orders, skills: {orders: 1}, priority: 7, wrap_up_seconds: 12}
groups:
  - name: clerks
    agents: 3
    skills: {orders: 5}
    shifts: [{from: "08:00", to: "12:00"}, {from: "12:30", to: "16:00"}]
traffic:
  - queue: orders
    arrivals: {per_hour: 36}
    talk_seconds: {kind: lognormal, mean: 180, cv: 1.2}
    patience_seconds: {kind: exponential, mean: 90}
  - queue: orders
    skills: {orders: 4}
    priority: 9
    arrivals: {intervals: {from: "08:00", minutes: 15, calls: [3, 4]}}
    handle_seconds: {kind: empirical, values: [10, 20]}
"""

ALIKE = """\
agents:
  - generate:
      count: 5
      agent: {id: "l{n}", skills: {orders: 5}, contact: "sip:l{n}@127.0.0.1:5071"}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "day.yaml"


def problems(file: Path, text: str) -> list[str]:
    """Return what is said of a file, without its directory."""
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load_scenario(file)
    return [str(problem).replace(f"{file.parent}/", "") for problem in caught.value.problems]


class TestAFileThatIsRight:
    def test_becomes_what_is_simulated(self, file: Path) -> None:
        file.write_text(RIGHT)
        scenario = load_scenario(file)
        model = scenario.model
        assert (scenario.days, scenario.seed) == (5, 3)
        assert model.day == Span(8 * HOUR, 18 * HOUR)
        assert model.answer == Constant(4)
        assert (model.queues[0].priority, model.queues[0].wrap_up_seconds) == (7, 12)
        (group,) = model.groups
        assert (group.name, group.agents, group.skills) == ("clerks", 3, {"orders": 5})
        assert group.shifts == (Span(8 * HOUR, 12 * HOUR), Span(12.5 * HOUR, 16 * HOUR))

    def test_tells_talk_from_handle_times(self, file: Path) -> None:
        file.write_text(RIGHT)
        talk, handle = load_scenario(file).model.streams
        assert talk.wraps_up
        assert talk.busy == LogNormal(180, 1.2)
        assert (talk.arrivals, talk.patience) == (ByRate(0.01), Exponential(90))
        assert not handle.wraps_up
        assert isinstance(handle.busy, Empirical)
        assert handle.arrivals == ByInterval(8 * HOUR, 900, (3, 4))
        assert (handle.patience, handle.skills, handle.priority) == (None, {"orders": 4}, 9)

    def test_says_skills_sites_and_languages_as_the_configuration_does(self, file: Path) -> None:
        text = RIGHT.replace("skills: {orders: 1}", "skills: {any: [{orders: 1}, {sales: 2}]}", 1)
        skills = "skills: {sales: 5}\n    languages: [es]\n    site: oslo"
        text = text.replace("skills: {orders: 5}", skills)
        text = text.replace("skills: {orders: 4}", "language: es")
        file.write_text(text)
        model = load_scenario(file).model
        (group,) = model.groups
        assert (group.skills, group.languages, group.site) == ({"sales": 5}, {"es": 10}, "oslo")
        assert model.streams[1].language == "es"

    def test_may_leave_much_to_csv_files_beside_it(self, file: Path) -> None:
        (file.parent / "talks.csv").write_text("100\n200\n")
        (file.parent / "calls.csv").write_text("time,calls\n08:00,10\n08:30,20\n")
        (file.parent / "times.csv").write_text("time\n08:00:10\n09:00\n")
        text = RIGHT.replace("per_hour: 36", "trace: times.csv")
        text = text.replace('from: "08:00", minutes: 15, calls: [3, 4]', "file: calls.csv")
        file.write_text(text.replace("values: [10, 20]", "file: talks.csv"))
        first, second = load_scenario(file).model.streams
        assert first.arrivals == Trace([28_810, 32_400])
        assert second.arrivals == ByInterval(28_800, 1800, [10, 20])
        assert second.busy.mean == 150

    @pytest.mark.parametrize("path", sorted((ROOT / "docs/examples/planning").glob("*.yaml")))
    def test_like_those_in_the_documents(self, path: Path) -> None:
        assert load_scenario(path, load_settings(ROOT / "config")).model.streams


class TestTheConfiguration:
    def test_stands_in_for_what_the_file_leaves_out(self, file: Path) -> None:
        settings = load_settings(ROOT / "config")
        traffic = RIGHT[RIGHT.index("traffic:") :].replace("orders: 4", "spanish: 4")
        file.write_text(traffic)
        model = load_scenario(file, settings).model
        assert model.queues == settings.queues
        assert {group.name: group.agents for group in model.groups} == {
            agent.id: 1 for agent in settings.agents
        }

    def test_with_agents_alike_makes_a_group_of_them(self, file: Path, tmp_path: Path) -> None:
        config = tmp_path / "config"
        config.mkdir()
        (tmp_path / "ivr_flows").mkdir()
        (config / "agents.yaml").write_text(ALIKE)
        for name in ("freeline", "trunks", "queues"):
            (config / f"{name}.yaml").write_text((ROOT / "config" / f"{name}.yaml").read_text())
        file.write_text(RIGHT[RIGHT.index("traffic:") :])
        (group,) = load_scenario(file, load_settings(config)).model.groups
        assert (group.name, group.agents) == ("l1 and 4 more", 5)

    def test_with_traffic_from_elsewhere_is_a_scenario_itself(self) -> None:
        settings = load_settings(ROOT / "config")
        streams = [
            Stream("orders", ByRate(0.01), Exponential(180)),
            Stream("closed", ByRate(0.01), Exponential(180)),
        ]
        model = scenario_of(settings, streams).model
        assert [stream.queue for stream in model.streams] == ["orders"]

    def test_in_which_nobody_can_serve_the_calls_is_refused(self) -> None:
        settings = load_settings(ROOT / "config")
        stream = Stream("orders", ByRate(0.01), Exponential(180), skills={"klingon": 1})
        with pytest.raises(ConfigurationError, match="no agent may serve"):
            scenario_of(settings, [stream])


class TestAFileThatIsWrong:
    @pytest.mark.parametrize(
        ("old", "new", "told"),
        [
            (
                "queue: orders",
                "queue: order",
                "13:12: there is no queue `order` (did you",
            ),
            ("agents: 3", "agents: -3", "9:13: should be 0 or more, not `-3`"),
            ("agents: 3", "agnets: 3", "9:5: unknown key `agnets` (did you mean `agents`?)"),
            ('"08:00", to: "18:00"', '"8", to: "18:00"', "1:13: is not a time of the day (write"),
            ('"08:00", to: "18:00"', '"18:00", to: "08:00"', "1:26: ends before it begins"),
            ('from: "12:30"', 'from: "11:30"', "11:44: begins before the one above it has ended"),
            ("kind: lognormal", "kind: weibull", "15:26: `kind: weibull` is not known"),
            ("{per_hour: 36}", "{}", "14:15: give one of `per_hour`, `intervals` and `trace`"),
            ("talk_seconds", "handle", "15:5: unknown key `handle` (did you mean `handle_seconds"),
            ("skills: {orders: 5}", "skills: {help: 5}", "13:5: no group has the skills for these"),
            ("days: 5", "days: 1", "2:7: should be 2 or more, not `1`"),
            ("mean: 90", "mean: 0", "16:49: should be more than 0, not `0`"),
            ("minutes: 15", "minutes: 0", "20:52: should be 1 or more, not `0`"),
        ],
    )
    def test_is_told_with_line_and_column(self, file: Path, old: str, new: str, told: str) -> None:
        assert any(
            each.startswith(f"day.yaml:{told}")
            for each in problems(file, RIGHT.replace(old, new, 1))
        ), problems(file, RIGHT.replace(old, new, 1))

    def test_needs_queues_groups_and_traffic_from_somewhere(self, file: Path) -> None:
        told = problems(file, "days: 3\n")
        assert [each.partition(": ")[2] for each in told] == [
            "`groups` is missing (write them here, or name a configuration)",
            "`queues` is missing (write them here, or name a configuration)",
            "`traffic` is missing (write it here, or name call records)",
        ]

    def test_may_not_name_anything_twice(self, file: Path) -> None:
        text = RIGHT.replace("traffic:", "  - {name: clerks, agents: 1}\ntraffic:")
        assert any("`clerks` is given twice" in each for each in problems(file, text))

    def test_intervals_in_a_file_must_follow_each_other(self, file: Path) -> None:
        (file.parent / "calls.csv").write_text("time,calls\n08:00,10\n09:00,20\n")
        text = RIGHT.replace('from: "08:00", minutes: 15, calls: [3, 4]', "file: calls.csv")
        (told,) = problems(file, text)
        assert told.startswith("calls.csv: row 2 does not begin 30 minutes after the one above")

    def test_files_that_are_not_there_are_told(self, file: Path) -> None:
        text = RIGHT.replace("per_hour: 36", "trace: nowhere.csv")
        (told,) = problems(file, text)
        assert told.startswith("nowhere.csv: cannot be read")
