"""CSV files with times in them, read with a place for everything that is wrong."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from switch.errors import ConfigurationError, Problem
from switch.planning.scenario_file import seconds_of_day

_Row = TypeVar("_Row")

_MOST_ROWS = 5_000_000


def read_seconds(path: Path) -> list[float]:
    """Return the column `seconds`, or the only one, of a CSV file.

    Raises:
        ConfigurationError: with every line that is wrong.
    """
    return _read(path, ("seconds",), lambda cells: _number(cells[0], "a number of seconds"))


def read_times(path: Path) -> list[float]:
    """Return the column `time`, or the only one, as seconds since midnight.

    Raises:
        ConfigurationError: with every line that is wrong.
    """
    return _read(path, ("time",), lambda cells: _time(cells[0]))


def read_calls(path: Path) -> list[tuple[float, float]]:
    """Return the columns `time` and `calls`: seconds since midnight, expected calls.

    Raises:
        ConfigurationError: with every line that is wrong.
    """
    return _read(
        path,
        ("time", "calls"),
        lambda cells: (_time(cells[0]), _number(cells[1], "a number of calls")),
    )


def _read(path: Path, columns: tuple[str, ...], convert: Callable[[list[str]], _Row]) -> list[_Row]:
    found: list[_Row] = []
    problems: list[Problem] = []
    for line, cells, places in _rows(path, columns):
        try:
            picked = [cells[place].strip() for place in places]
        except IndexError:
            problems.append(Problem(str(path), line, 0, f"needs the columns {_list(columns)}"))
            continue
        try:
            found.append(convert(picked))
        except ValueError as error:
            problems.append(Problem(str(path), line, 0, str(error)))
    if problems:
        raise ConfigurationError(problems[:20])
    if not found:
        raise ConfigurationError([Problem(str(path), 0, 0, f"has no rows of {_list(columns)}")])
    return found


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, list[str], list[int]]]:
    """Yield line, cells, and where the wanted columns are; a heading is optional."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            places = list(range(len(columns)))
            for number, cells in enumerate(reader):
                if number > _MOST_ROWS:
                    message = f"has more than {_MOST_ROWS:,} rows"
                    raise ConfigurationError([Problem(str(path), 0, 0, message)])
                names = [cell.strip().lower() for cell in cells]
                if number == 0 and set(columns) <= set(names):
                    places = [names.index(column) for column in columns]
                elif any(names):
                    yield reader.line_num, cells, places
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or str(error)
        message = f"cannot be read: {why.lower()}"
        raise ConfigurationError([Problem(str(path), 0, 0, message)]) from error


def _list(columns: tuple[str, ...]) -> str:
    return " and ".join(f"`{column}`" for column in columns)


def _number(text: str, what: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"`{text}` is not {what}") from None
    if not 0 <= number < 1e9:
        raise ValueError(f"`{text}` is not {what}: it should be 0 or more")
    return number


def _time(text: str) -> float:
    """Return the time of the day; a date in front of it is left out."""
    clock = text.replace("T", " ").rpartition(" ")[2]
    seconds = seconds_of_day(clock)
    if seconds is None:
        raise ValueError(f"`{text}` is not a time of the day like 08:30 or 08:30:15")
    return seconds
