"""A CSV file as a table: key -> row. Reading it blocks; looking up does not."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from switch.errors import ConfigurationError, Problem
from switch.outside.table_key import normalise_key

MAX_BYTES = 64 * 1024 * 1024

Rows = Mapping[str, Mapping[str, str]]


def read_csv(path: Path, key: str, region: str) -> Rows:
    """Return the rows of a file by key. Blocks.

    Args:
        key: the column that rows are looked up by.
        region: of telephone numbers in it that do not begin with `+`.

    Raises:
        ConfigurationError: the file cannot be read, or is no table with that key; each
            problem with its line.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _wrong(path, 0, f"is larger than {MAX_BYTES // 2**20} MB", "use SQLite")
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise _wrong(path, 0, f"cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise _wrong(path, 0, f"is not UTF-8: {error.reason}") from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    rows: dict[str, Mapping[str, str]] = {}
    problems: list[Problem] = []
    try:
        columns = reader.fieldnames or []
        if key not in columns:
            found = ", ".join(columns) or "none"
            raise _wrong(path, 1, f"has no column `{key}`", f"its columns: {found}")
        lines: dict[str, int] = {}
        for row in reader:
            line = reader.line_num
            if None in row or None in row.values():
                problems.append(_problem(path, line, "has more or fewer cells than the first"))
                continue
            name = normalise_key(row[key], region)
            if name in lines:
                message = f"the key `{row[key]}` stands already in line {lines[name]}"
                problems.append(_problem(path, line, message))
            lines.setdefault(name, line)
            rows.setdefault(name, row)
    except csv.Error as error:
        raise _wrong(path, reader.line_num, f"is not CSV: {error}") from error
    if problems:
        raise ConfigurationError(problems)
    return rows


def columns_of(path: Path) -> frozenset[str]:
    """Return the names in a file's first line; none when it cannot be read. Blocks."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return frozenset(next(csv.reader(file), []))
    except (OSError, UnicodeDecodeError, csv.Error):
        return frozenset()


def _problem(path: Path, line: int, message: str, hint: str = "") -> Problem:
    return Problem(str(path), line, 0, message, hint)


def _wrong(path: Path, line: int, message: str, hint: str = "") -> ConfigurationError:
    return ConfigurationError([_problem(path, line, message, hint)])
