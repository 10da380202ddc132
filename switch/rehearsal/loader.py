"""PURE but for reading its files: scenario files to scenarios, or all that is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from switch.errors import ConfigurationError, FlowError, Problem
from switch.ivr.fields import Location
from switch.ivr.models import Flow
from switch.rehearsal.scenario_file import ANY, SUFFIX, Scenario, ScenarioFile
from switch.yaml_source import YamlSource
from switch.yaml_wording import did_you_mean


@dataclass(frozen=True, slots=True)
class Scenarios:
    """A scenario file that was read."""

    path: Path
    scenarios: tuple[Scenario, ...]
    source: YamlSource

    def line(self, index: int, location: Location = ()) -> int:
        """Return the line of a place in a scenario; its own line without a place."""
        return self.source.position(("scenarios", index, *(location or ("name",))))[0]


def flow_of(path: Path) -> Path:
    """Return the flow that a scenario file tests."""
    return path.with_name(path.name.removesuffix(SUFFIX) + ".yaml")


def scenario_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the scenario files among these, in these directories, and beside these flows."""
    for path in paths:
        if path.is_dir():
            yield from sorted(path.glob(f"*{SUFFIX}"))
        elif path.name.endswith(SUFFIX):
            yield path
        else:
            yield path.with_name(path.stem + SUFFIX)


def load_scenarios(path: Path, flow: Flow | None) -> Scenarios:
    """Read a scenario file, and see that the nodes it names are there.

    Args:
        flow: None: it cannot be read, and what it has is not known.

    Raises:
        FlowError: with every problem.
    """
    try:
        source = YamlSource.load(path)
    except ConfigurationError as error:
        raise FlowError(error.problems) from error
    try:
        file = ScenarioFile.model_validate(source.data)
    except ValidationError as error:
        raise FlowError(source.problems(error, ScenarioFile)) from error
    problems = list(_names(file, source, flow)) if flow is not None else []
    if problems:
        raise FlowError(problems)
    return Scenarios(path, file.scenarios, source)


def _names(file: ScenarioFile, source: YamlSource, flow: Flow) -> Iterator[Problem]:
    """Yield names given twice, and nodes that are not there; `other.node` is another flow's."""
    seen: dict[str, int] = {}
    known = list(flow.nodes)
    for index, scenario in enumerate(file.scenarios):
        place: Location = ("scenarios", index)
        if scenario.name in seen:
            message = f"there is a scenario `{scenario.name}` already"
            yield source.problem((*place, "name"), message, "give each a name of its own")
        seen[scenario.name] = index
        named: list[tuple[Location, str]] = [
            (("steps", number, "reaches"), step.reaches)
            for number, step in enumerate(scenario.steps)
            if step.reaches is not None
        ]
        named += [
            (("expect", "path", number), name)
            for number, name in enumerate(scenario.expect.path or ())
            if name != ANY
        ]
        for location, name in named:
            if name not in flow.nodes and "." not in name:
                hint = did_you_mean(name, known)
                message = f"there is no node `{name}` in the flow `{flow.name}`"
                yield source.problem((*place, *location), message, hint)
