"""CSV files, with and without a heading, right and wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.errors import ConfigurationError
from switch.planning.csv_source import read_calls, read_seconds, read_times


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "some.csv"


@pytest.mark.parametrize("text", ["12\n7.5\n", "seconds\n12\n7.5\n", "id, Seconds\na,12\n\nb,7.5"])
def test_seconds(file: Path, text: str) -> None:
    file.write_text(text)
    assert read_seconds(file) == [12, 7.5]


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("08:30\n24:00\n", [30_600, 86_400]),
        ("time\n8:30:15.5\n", [30_615.5]),
        ("call,time\n1,2026-03-01T08:30:15\n2,2026-03-01 08:31:00\n", [30_615, 30_660]),
    ],
)
def test_times(file: Path, text: str, times: list[float]) -> None:
    file.write_text(text)
    assert read_times(file) == times


def test_calls_by_interval(file: Path) -> None:
    file.write_text("\ufefftime,calls\n08:00,12\n08:30,14.5\n")
    assert read_calls(file) == [(28_800, 12), (30_600, 14.5)]


def test_everything_wrong_is_told_with_its_line(file: Path) -> None:
    file.write_text("time,calls\n08:00,12\n8.30,14\n09:00\n09:30,-1\n10:00,many\n")
    with pytest.raises(ConfigurationError) as caught:
        read_calls(file)
    told = [(problem.line, problem.message) for problem in caught.value.problems]
    assert told == [
        (3, "`8.30` is not a time of the day like 08:30 or 08:30:15"),
        (4, "needs the columns `time` and `calls`"),
        (5, "`-1` is not a number of calls: it should be 0 or more"),
        (6, "`many` is not a number of calls"),
    ]


@pytest.mark.parametrize("text", ["", "seconds\n", "\n\n"])
def test_a_file_without_rows_is_refused(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigurationError, match="has no rows of `seconds`"):
        read_seconds(file)


def test_what_cannot_be_read_is_told(file: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: no such file"):
        read_times(file)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_times(file)
