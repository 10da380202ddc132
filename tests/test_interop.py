"""The matrix of interoperation: it says what the tests' marks say, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.interop_matrix import PASSED, Matrix, Proof, parse, render, words_of

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "interop.md"
FILE = "tests/integration/test_phones.py"

MARKED = """\
import pytest

pytestmark = pytest.mark.interop(peer="SIPp", role="caller", over="UDP")


def test_passes() -> None: pass


@pytest.mark.interop(over="TLS")
@pytest.mark.parametrize("number", [1, 2])
def test_fails_once(number: int) -> None:
    assert number == 1


@pytest.mark.interop(proves="a way out")
def test_is_skipped() -> None:
    pytest.skip("no | here")


class TestBusy:
    def test_is_told(self) -> None: pass


@pytest.mark.interop(proves="")
def test_meets_nobody() -> None: pass
"""


@pytest.fixture(scope="module")
def marked() -> list[Proof]:
    """What the marks of all tests say now."""
    files = [
        str(file)
        for file in (ROOT / "tests").rglob("test_*.py")
        if "interop" in file.read_text() and file != Path(__file__)
    ]
    return collect(ROOT, files)


def collect(root: Path, files: list[str]) -> list[Proof]:
    target = root / ".pytest_cache" / "interop.json"
    target.parent.mkdir(exist_ok=True)
    words = ["--collect-only", "-q", "-m", "interop", "--interop-list", str(target), *files]
    done = pytest_run(root, words)
    assert done.returncode == 0, done.stdout
    return [Proof(**each) for each in json.loads(target.read_text())]


def pytest_run(root: Path, words: list[str]) -> subprocess.CompletedProcess[str]:
    plugin = [] if root == ROOT else ["-p", "tests.support.interop_plugin", "--rootdir", str(root)]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
    )


class TestDocument:
    def test_every_marked_test_has_the_words(self, marked: list[Proof]) -> None:
        bare = [proof.test for proof in marked if not (proof.peer and proof.role and proof.over)]
        assert bare == [], 'see "Interoperation" in docs/contributing.md'

    def test_every_marked_test_stands_in_it_and_none_that_is_no_longer(
        self, marked: list[Proof]
    ) -> None:
        written = set(parse(DOCUMENT.read_text()).outcomes)
        assert set(marked) - written == set(), "run scripts/interop with the tests' files"
        assert written - set(marked) == set(), "run scripts/interop"

    def test_is_as_it_would_be_written(self) -> None:
        document = DOCUMENT.read_text()
        assert render(parse(document)) == document


class TestWords:
    def test_the_nearest_mark_wins_and_the_module_lends_the_rest(self) -> None:
        proof = words_of([{"over": "TLS"}, {"peer": "SIPp", "over": "UDP"}], f"{FILE}::test_a[1]")
        assert proof == Proof("SIPp", "", "TLS", "a", f"{FILE}::test_a")

    def test_without_proves_the_names_tell(self) -> None:
        proof = words_of([{"peer": "SIPp"}], f"{FILE}::TestAnAck::test_is_lost_once")
        assert proof is not None
        assert proof.proves == "an ack is lost once"

    def test_a_test_that_proves_nothing_has_no_row(self) -> None:
        assert words_of([{"proves": ""}, {"peer": "SIPp"}], FILE) is None
        assert words_of([{}], FILE) is None


class TestForm:
    def test_what_is_written_is_read_again(self) -> None:
        matrix = Matrix(
            {
                Proof("SIPp", "caller", "UDP", "a | b", f"{FILE}::TestA::test_b"): PASSED,
                Proof("Kamailio and SIPp", "proxy", "TLS", "c", f"{FILE}::test_c"): PASSED,
                Proof("SIPp", "caller", "TCP", "d", f"{FILE}::test_d"): "skipped: no | there",
            },
            {"SIPp": "3.6", "Kamailio": "5.6"},
        )
        assert parse(render(matrix)) == matrix

    def test_a_newer_run_replaces_the_rows_of_its_tests_only(self) -> None:
        old = Proof("SIPp", "caller", "UDP", "old words", f"{FILE}::test_a")
        new = Proof("SIPp", "caller", "UDP", "new words", f"{FILE}::test_a")
        other = Proof("SIPp", "caller", "UDP", "b", f"{FILE}::test_b")
        matrix = Matrix({old: PASSED, other: PASSED}, {"SIPp": "3.6"})
        matrix.merge(Matrix({new: "FAILED"}, {"SIPp": "3.7"}))
        assert matrix == Matrix({other: PASSED, new: "FAILED"}, {"SIPp": "3.7"})


class TestRun:
    @pytest.fixture
    def written(self, tmp_path: Path) -> str:
        (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = interop\n")
        (tmp_path / "test_marked.py").write_text(MARKED)
        (tmp_path / "interop.md").write_text(
            render(
                Matrix({Proof("SIPp", "caller", "UDP", "gone", "test_marked.py::test_x"): PASSED})
            )
        )
        pytest_run(tmp_path, ["--interop-matrix", str(tmp_path / "interop.md"), str(tmp_path)])
        return (tmp_path / "interop.md").read_text()

    def test_tells_what_passed_and_what_did_not(self, written: str) -> None:
        matrix = parse(written)
        assert {proof.test.partition("::")[2]: how for proof, how in matrix.outcomes.items()} == {
            "test_passes": PASSED,
            "TestBusy::test_is_told": PASSED,
            "test_fails_once": "FAILED, case [2]",
            "test_is_skipped": "skipped: no | here",
        }
        assert {proof.over for proof in matrix.outcomes} == {"UDP", "TLS"}

    def test_a_word_that_there_is_not_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = interop\n")
        (tmp_path / "test_marked.py").write_text(MARKED.replace("role=", "roll="))
        done = pytest_run(tmp_path, [str(tmp_path)])
        assert done.returncode != 0
        assert "not roll" in done.stdout + done.stderr
