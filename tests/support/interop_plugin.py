"""A pytest plugin: what the mark `interop` says of the tests that ran goes into the matrix.

`--interop-matrix FILE` renews the rows of the tests that were run, also under pytest-xdist;
`--interop-list FILE` writes what the collected tests' marks say as JSON, with empty words for
a mark without any.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.support.interop_matrix import PASSED, WORDS, Matrix, Proof, parse, render, words_of
from tests.support.peer_versions import PROGRAMS, version_of

_PROPERTY = "interop"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("interop", "the matrix of interoperation")
    group.addoption("--interop-matrix", metavar="FILE", help="renew the rows of what was run")
    group.addoption("--interop-list", metavar="FILE", help="write the marks' words as JSON")


def pytest_configure(config: pytest.Config) -> None:
    matrix = config.getoption("--interop-matrix")
    if matrix and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Collector(Path(matrix), config.rootpath))


def _proof(item: pytest.Item) -> Proof | None:
    """Return what a test's marks say.

    Raises:
        pytest.UsageError: a mark has a word that there is not, or names an unknown program.
    """
    marks: list[Mapping[str, str]] = [mark.kwargs for mark in item.iter_markers("interop")]
    unknown = {word for mark in marks for word in mark} - WORDS
    if unknown or any(mark.args for mark in item.iter_markers("interop")):
        raise pytest.UsageError(
            f"{item.nodeid}: the mark `interop` takes {', '.join(sorted(WORDS))} by name, "
            f"not {', '.join(sorted(unknown)) or 'words without a name'}"
        )
    proof = words_of(marks, item.nodeid)
    if proof is not None:
        for program in proof.programs:
            if program not in PROGRAMS:
                raise pytest.UsageError(
                    f"{item.nodeid}: there is no program {program!r} for the mark `interop`; "
                    "add it to tests/support/peer_versions.py, so that it is asked its version"
                )
    return proof


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    proofs: list[Proof] = []
    for item in items:
        proof = _proof(item)
        if proof is not None:
            proofs.append(proof)
            item.user_properties.append((_PROPERTY, json.dumps(asdict(proof))))
        elif not any(mark.kwargs for mark in item.iter_markers("interop")):
            proofs.extend(Proof("", "", "", "", item.nodeid) for _ in item.iter_markers("interop"))
    target = config.getoption("--interop-list")
    if target:
        Path(target).write_text(json.dumps([asdict(each) for each in proofs]))


class _Collector:
    """Hears of every test's end, wherever it ran, and writes the matrix at the end."""

    def __init__(self, path: Path, root: Path) -> None:
        self._path = path
        self._root = root
        self._run = Matrix()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told: dict[str, Any] = dict(report.user_properties)
        if _PROPERTY not in told:
            return
        proof = Proof(**json.loads(told[_PROPERTY]))
        if report.passed:
            if report.when == "call":
                self._run.outcomes.setdefault(proof, PASSED)
        elif report.skipped and isinstance(report.longrepr, tuple):
            why = report.longrepr[2].removeprefix("Skipped: ")
            if self._run.outcomes.get(proof, PASSED) == PASSED:
                self._run.outcomes[proof] = f"skipped: {why}"
        else:
            _, _, case = report.nodeid.partition("[")
            self._run.outcomes[proof] = "FAILED" + (f", case [{case}" if case else "")

    def pytest_sessionfinish(self) -> None:
        programs = {program for proof in self._run.outcomes for program in proof.programs}
        self._run.versions = {program: version_of(program) for program in programs}
        matrix = Matrix()
        if self._path.exists():
            matrix = parse(self._path.read_text())
        matrix.outcomes = {
            proof: how for proof, how in matrix.outcomes.items() if self._exists(proof)
        }
        matrix.merge(self._run)
        self._path.write_text(render(matrix))

    def _exists(self, proof: Proof) -> bool:
        file = self._root / proof.test.partition("::")[0]
        return file.is_file() and f"def {proof.test.rpartition('::')[2]}(" in file.read_text()
