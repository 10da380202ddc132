"""Flow files to flows, or to everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from switch.errors import ConfigurationError, FlowError, Problem
from switch.ivr.call import Prompt
from switch.ivr.checker import Known, check_flow, start_of
from switch.ivr.models import Flow, FlowFile
from switch.ivr.node import PromptModel
from switch.yaml_source import YamlSource

__all__ = ["Known", "flow_files", "load_flow", "load_flows"]

SCENARIOS = ".scenarios.yaml"
"""A flow's tests, beside it; no flow themselves."""


def load_flow(path: Path, known: Known | None = None) -> Flow:
    """Read and check one flow.

    Args:
        known: what the configuration has; None: queues and skills are not checked.

    Raises:
        FlowError: with every problem.
    """
    try:
        source = YamlSource.load(path)
    except ConfigurationError as error:
        raise FlowError(error.problems) from error
    try:
        file = FlowFile.model_validate(source.data)
    except ValidationError as error:
        raise FlowError(source.problems(error, FlowFile)) from error
    problems = list(check_flow(file, source, path.parent, known))
    if problems:
        raise FlowError(problems)
    return Flow(
        name=path.stem,
        path=path,
        description=file.description,
        start=start_of(file),
        nodes=file.nodes,
        sounds={
            prompt: _resolved(prompt, file, path.parent)
            for node in file.nodes.values()
            for _, prompt in node.all_prompts()
        },
    )


def load_flows(directory: Path, known: Known | None = None) -> dict[str, Flow]:
    """Read and check every flow of a directory, by name.

    Raises:
        FlowError: with every problem of every file.
    """
    flows: dict[str, Flow] = {}
    problems: list[Problem] = []
    for path in flow_files([directory]):
        try:
            flows[path.stem] = load_flow(path, known)
        except FlowError as error:
            problems += error.problems
    if problems:
        raise FlowError(problems)
    return flows


def flow_files(paths: Iterable[Path]) -> list[Path]:
    """Return the flow files among these paths and directly in these directories."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted([*path.glob("*.yaml"), *path.glob("*.yml")])
            found += [each for each in inside if not each.name.endswith(SCENARIOS)]
        else:
            found.append(path)
    return found


def _resolved(prompt: PromptModel, file: FlowFile, directory: Path) -> Prompt:
    if prompt.file:
        return Prompt(file=str((directory / prompt.file).absolute()))
    return Prompt(text=prompt.text.strip(), voice=prompt.voice or file.voice)
