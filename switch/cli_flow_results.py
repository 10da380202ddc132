"""What came of scenarios: run them, show it to people, write it for programs."""

from __future__ import annotations

import time
import wave
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from rich.console import Console
from rich.table import Table
from rich.text import Text

from switch.errors import FlowError, Problem
from switch.ivr.loader import load_flow
from switch.ivr.models import Flow
from switch.ivr.prompt import Prompt
from switch.rehearsal.coverage import Coverage
from switch.rehearsal.judgement import Failure
from switch.rehearsal.loader import Scenarios, flow_of, load_scenarios, scenario_files
from switch.rehearsal.performance import Outcome, run_scenario
from switch.rehearsal.trail import Kind
from switch.rehearsal.world import text_length

_TRAIL = 40
"""Moments shown of a call that failed: the last ones."""


@dataclass(slots=True)
class Results:
    """Everything that came of one command."""

    outcomes: list[tuple[Scenarios, Outcome]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    not_run: list[Path] = field(default_factory=list)
    """Scenario files with a mistake, or of a flow with one."""
    only: str = ""
    """Only scenarios with this in the name were run."""
    coverage: Coverage = field(default_factory=lambda: Coverage(()))
    seconds: float = 0.0

    @property
    def failed(self) -> list[tuple[Scenarios, Outcome]]:
        """Those that did not pass."""
        return [each for each in self.outcomes if not each[1].passed]

    @property
    def steps(self) -> int:
        """Nodes entered in all."""
        return sum(len(outcome.call.path) for _, outcome in self.outcomes)


def run(paths: list[Path], only: str) -> Results:
    """Run the scenarios of these files whose names hold `only`."""
    results = Results(only=only)
    flows = []
    began = time.perf_counter()
    loaded = []
    for path in dict.fromkeys(scenario_files(paths)):
        flow: Flow | None = None
        problems: list[Problem] = []
        try:
            flow = load_flow(flow_of(path))
        except FlowError as error:
            problems += error.problems
        scenarios: Scenarios | None = None
        try:
            if flow is not None or path.exists():
                scenarios = load_scenarios(path, flow)
        except FlowError as error:
            problems += error.problems
        if flow is None or scenarios is None:
            results.not_run.append(path)
            # What a flow that several call has wrong is told once.
            results.problems += [each for each in problems if each not in results.problems]
            continue
        flows.append(flow)
        loaded.append((flow, scenarios))
    results.coverage = Coverage(flows)
    for flow, scenarios in loaded:
        for index, scenario in enumerate(scenarios.scenarios):
            if only.casefold() not in scenario.name.casefold():
                continue
            outcome = run_scenario(flow, scenario, index, prompt_length)
            results.coverage.add(outcome.call)
            results.outcomes.append((scenarios, outcome))
    results.seconds = time.perf_counter() - began
    return results


def prompt_length(prompt: Prompt) -> float:
    """Return how many seconds a prompt takes; a WAV file tells it itself."""
    seconds = _wav_length(prompt.file) if prompt.file.lower().endswith(".wav") else None
    return text_length(prompt) if seconds is None else seconds


@cache
def _wav_length(path: str) -> float | None:
    try:
        with wave.open(path, "rb") as file:
            return file.getnframes() / file.getframerate()
    except (OSError, EOFError, wave.Error, ZeroDivisionError):
        return None


def _line(scenarios: Scenarios, outcome: Outcome, failure: Failure) -> int:
    return scenarios.line(outcome.index, failure.location)


# For people.


def show(results: Results, trail: bool) -> None:
    """Tell a person: failures with their trails, coverage, and how it went."""
    out = Console(soft_wrap=True, highlight=False)
    for problem in sorted(results.problems):
        place, _, rest = str(problem).partition(": ")
        out.print(Text.assemble((place, "bold"), ": ", (rest, "red")))
    for scenarios, outcome in results.outcomes:
        if not outcome.passed:
            _show_failure(out, scenarios, outcome)
        elif trail:
            out.print(Text(f"passed  {outcome.flow.name}: {outcome.scenario.name}", style="green"))
            _show_trail(out, outcome, None)
    if results.outcomes:
        out.print(_coverage_table(results.coverage))
    failed, count = len(results.failed), len(results.outcomes)
    if not count and not results.problems:
        none = f"No scenario here has `{results.only}` in its name."
        out.print(none if results.only else "There are no scenarios here.")
    elif failed or results.problems:
        out.print(Text(_what_failed(failed, count, results), style="bold red"))
    else:
        told = f"{_scenarios(count)} passed: {results.steps} steps in {results.seconds:.2f} s."
        out.print(Text(told, style="green"))


def _what_failed(failed: int, count: int, results: Results) -> str:
    parts = [f"{failed} of {_scenarios(count)} failed"] if count else []
    if mistakes := len(results.problems):
        named = ", ".join(path.name for path in results.not_run)
        files = "1 mistake in the files" if mistakes == 1 else f"{mistakes} mistakes in the files"
        parts.append(f"{files}: not run were {named}")
    return "; ".join(parts) + "."


def _scenarios(count: int) -> str:
    return "1 scenario" if count == 1 else f"{count} scenarios"


def _show_failure(out: Console, scenarios: Scenarios, outcome: Outcome) -> None:
    line = scenarios.line(outcome.index)
    out.print(
        Text.assemble(
            ("FAILED  ", "bold red"),
            (f"{scenarios.path}:{line}", "bold"),
            f": {outcome.scenario.name}",
        )
    )
    for failure in outcome.failures:
        place = f"{scenarios.path}:{_line(scenarios, outcome, failure)}"
        out.print(Text.assemble("  ", (place, "bold"), ": ", (failure.message, "red")))
        for each in failure.difference:
            style = {"-": "green", "+": "red"}.get(each[:1], "")
            word = {"-": "   expected", "+": "   came"}.get(each[:1], "")
            out.print(Text.assemble("      ", (each, style), (word, "dim")))
    out.print(Text("  What happened:", style="dim"))
    _show_trail(out, outcome, _TRAIL)
    out.print()


def _show_trail(out: Console, outcome: Outcome, last: int | None) -> None:
    moments = outcome.call.trail if last is None else outcome.call.trail[-last:]
    if len(moments) < len(outcome.call.trail):
        out.print(Text(f"    ... {len(outcome.call.trail) - len(moments)} before", style="dim"))
    styles = {Kind.ENTERS: "cyan", Kind.PROBLEM: "red", Kind.FAILS: "red", Kind.PRESSES: "yellow"}
    for moment in moments:
        out.print(Text(f"    {moment}", style=styles.get(moment.kind, "")))


def _coverage_table(coverage: Coverage) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("flow")
    table.add_column("nodes", justify="right")
    table.add_column("exits", justify="right")
    table.add_column("covered", justify="right")
    table.add_column("never tried")
    for flow in coverage.flows.values():
        missed = [f"{node}: {exit_}" for node, exit_ in flow.missed_exits]
        missed = [*(node for node in flow.missed_nodes), *missed]
        more = f" and {len(missed) - 6} more" if len(missed) > 6 else ""
        table.add_row(
            flow.flow,
            f"{len(flow.nodes) - len(flow.missed_nodes)}/{len(flow.nodes)}",
            f"{len(flow.exits) - len(flow.missed_exits)}/{len(flow.exits)}",
            f"{flow.percent:.0f} %",
            ", ".join(missed[:6]) + more,
        )
    return table


# For programs.


def as_data(results: Results) -> dict[str, Any]:
    """Return everything as plain data."""
    return {
        "passed": len(results.outcomes) - len(results.failed),
        "failed": len(results.failed),
        "steps": results.steps,
        "seconds": round(results.seconds, 3),
        "scenarios": [
            {
                "flow": outcome.flow.name,
                "name": outcome.scenario.name,
                "file": str(scenarios.path),
                "line": scenarios.line(outcome.index),
                "passed": outcome.passed,
                "path": outcome.call.path,
                "ends": outcome.call.end.value if outcome.call.end else "",
                "failures": [
                    {
                        "line": _line(scenarios, outcome, failure),
                        "message": failure.message,
                        "difference": list(failure.difference),
                    }
                    for failure in outcome.failures
                ],
                "trail": [str(moment) for moment in outcome.call.trail],
            }
            for scenarios, outcome in results.outcomes
        ],
        "coverage": {
            "percent": round(results.coverage.percent, 1),
            "flows": {
                flow.flow: {
                    "percent": round(flow.percent, 1),
                    "nodes": len(flow.nodes),
                    "exits": len(flow.exits),
                    "missed_nodes": flow.missed_nodes,
                    "missed_exits": [
                        {"node": node, "exit": exit_} for node, exit_ in flow.missed_exits
                    ],
                }
                for flow in results.coverage.flows.values()
            },
        },
        "problems": [
            {
                "file": problem.file,
                "line": problem.line,
                "column": problem.column,
                "message": problem.message,
                "hint": problem.hint,
            }
            for problem in sorted(results.problems)
        ],
    }


def write_junit(results: Results, file: Path) -> None:
    """Write one suite per flow, as continuous integration systems read it."""
    root = ElementTree.Element("testsuites", name="freeline flow test")
    suites: dict[str, ElementTree.Element] = {}
    for scenarios, outcome in results.outcomes:
        name = outcome.flow.name
        if name not in suites:
            suites[name] = ElementTree.SubElement(root, "testsuite", name=name)
        case = ElementTree.SubElement(
            suites[name],
            "testcase",
            classname=f"flow.{name}",
            name=outcome.scenario.name,
            file=str(scenarios.path),
            line=str(scenarios.line(outcome.index)),
            time=f"{outcome.call.clock:.3f}",
        )
        if not outcome.passed:
            messages = "; ".join(failure.message for failure in outcome.failures)
            told = ElementTree.SubElement(case, "failure", message=messages)
            lines = [line for failure in outcome.failures for line in failure.difference]
            told.text = "\n".join([*lines, "", *map(str, outcome.call.trail)])
    if results.problems:
        suite = suites["files"] = ElementTree.SubElement(root, "testsuite", name="files")
        for problem in sorted(results.problems):
            case = ElementTree.SubElement(suite, "testcase", name=problem.file, classname="files")
            ElementTree.SubElement(case, "error", message=str(problem))
    for suite in suites.values():
        suite.set("tests", str(len(suite)))
        suite.set("failures", str(len(suite.findall("testcase/failure"))))
        suite.set("errors", str(len(suite.findall("testcase/error"))))
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)
