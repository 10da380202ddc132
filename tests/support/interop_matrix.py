"""What was proved against whom: `docs/interop.md`, written and read. PURE.

A row tells of one test function with one set of words; its cases stand or fall together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

WORDS = frozenset({"peer", "role", "over", "proves"})
PASSED = "passed"

_HEAD = """\
# Interoperation

What Freeline was seen to do with software that this project did not write. `scripts/interop`
writes this file from the tests that passed, with the version that each program told; whoever
adds a test with the mark `interop` finds its words in [contributing.md](contributing.md).
"""
_PROGRAMS = "Programs"
_NOT_PROVED = "Not proved"
_ROW = re.compile(r"(?<!\\)\|")
_TEST = re.compile(r"\[`(?P<name>[^`]+)`\]\(\.\./(?P<file>[^)]+)\)")


@dataclass(frozen=True, slots=True, order=True)
class Proof:
    """The words of a mark, and the test that bears it."""

    peer: str
    """A program's name as `peer_versions` knows it; several as `Kamailio and baresip`."""
    role: str
    over: str
    """Transport, and what is special about it: `UDP`, `TLS, SRTP`."""
    proves: str
    test: str
    """`FILE::NAME` or `FILE::CLASS::NAME`, without the case."""

    @property
    def programs(self) -> list[str]:
        return self.peer.split(" and ")


@dataclass(slots=True)
class Matrix:
    """All rows, with what became of each: `passed`, or why it is not proved."""

    outcomes: dict[Proof, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    """Program -> version."""

    def merge(self, other: Matrix) -> None:
        """Take over a newer run: all of its tests' rows replace the ones there are."""
        renewed = {proof.test for proof in other.outcomes}
        kept = {proof: how for proof, how in self.outcomes.items() if proof.test not in renewed}
        self.outcomes = kept | other.outcomes
        self.versions |= other.versions


def words_of(marks: Iterable[Mapping[str, str]], test_id: str) -> Proof | None:
    """Return what the marks of a test say, the nearest first; nothing if it proves nothing.

    A farther mark (of the module) lends the words that a nearer one does not have. Without
    `proves`, the names of the class and the function tell; with `proves=""` the test meets
    no other program, whatever its module's mark says.
    """
    words: dict[str, str] = {}
    for mark in marks:
        words = dict(mark) | words
    if not words or words.get("proves") == "":
        return None
    test = test_id.partition("[")[0]
    names = " ".join(test.split("::")[1:])
    told = re.sub(r"(?<=[a-z])(?=[A-Z])|_+", " ", names.replace("Test", "").replace("test_", ""))
    return Proof(
        words.get("peer", ""),
        words.get("role", ""),
        words.get("over", ""),
        words.get("proves", told.strip().lower()),
        test,
    )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _test_cell(test: str) -> str:
    file, _, name = test.partition("::")
    return f"[`{name}`](../{file})"


def render(matrix: Matrix) -> str:
    """Return the document."""
    passed = sorted(proof for proof, how in matrix.outcomes.items() if how == PASSED)
    parts = [_HEAD, f"## {_PROGRAMS}\n", "| program | version | proofs |", "|---|---|---|"]
    counts: dict[str, int] = {}
    for proof in matrix.outcomes:
        for program in proof.programs:
            counts[program] = counts.get(program, 0) + (matrix.outcomes[proof] == PASSED)
    for program in sorted(counts, key=str.lower):
        version = matrix.versions.get(program, "not told")
        parts.append(f"| {_cell(program)} | {_cell(version)} | {counts[program]} |")
    for peer in sorted({proof.peer for proof in passed}, key=str.lower):
        parts += [f"\n## {peer}\n", "| role | over | proved | test |", "|---|---|---|---|"]
        parts += [
            "| " + " | ".join([*map(_cell, (each.role, each.over, each.proves)), link]) + " |"
            for each in passed
            if each.peer == peer
            for link in [_test_cell(each.test)]
        ]
    parts += [f"\n## {_NOT_PROVED}\n"]
    others = sorted((proof, how) for proof, how in matrix.outcomes.items() if how != PASSED)
    if not others:
        parts += ["Nothing: every test that bears the mark has passed."]
    else:
        parts += ["| peer | role | over | not proved | test | why |", "|---|---|---|---|---|---|"]
    for proof, how in others:
        cells = map(_cell, (proof.peer, proof.role, proof.over, proof.proves))
        parts.append("| " + " | ".join([*cells, _test_cell(proof.test), _cell(how)]) + " |")
    return "\n".join(parts) + "\n"


def parse(document: str) -> Matrix:
    """Return what a document says; lines that are no rows of its tables are skipped."""
    matrix = Matrix()
    heading = ""
    for line in document.splitlines():
        if line.startswith("## "):
            heading = line[3:].strip()
        cells = [cell.strip().replace("\\|", "|") for cell in _ROW.split(line)[1:-1]]
        match cells:
            case [program, version, proofs] if heading == _PROGRAMS and proofs.isdigit():
                matrix.versions[program] = version
            case [peer, role, over, proves, test, how] if found := _TEST.fullmatch(test):
                proof = Proof(peer, role, over, proves, f"{found['file']}::{found['name']}")
                matrix.outcomes[proof] = how
            case [role, over, proves, test] if found := _TEST.fullmatch(test):
                proof = Proof(heading, role, over, proves, f"{found['file']}::{found['name']}")
                matrix.outcomes[proof] = PASSED
    return matrix
