"""Tables that flows look things up in: CSV files, read again when they change, and SQLite.

No look-up reads a file on the loop: CSV tables are in memory, SQLite is asked in a thread,
with a time limit and without a way to write.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from switch.errors import ConfigurationError, FlowRunError
from switch.ivr.acts import Scalar
from switch.log import get_logger
from switch.outside.csv_table import Rows, columns_of, read_csv
from switch.outside.table_key import normalise_key, plain_key

_THREADS = 4
_MOST_WAITING = 200
_STEPS_BETWEEN_LOOKS = 1000
"""SQLite's virtual machine instructions between two looks at the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSettings:
    """One table: a CSV file with a key column, or an SQLite file with a query."""

    name: str
    file: Path
    key: str = ""
    """Column of a CSV file."""
    query: str = ""
    """Of an SQLite file, with `?` or `:key` for the key."""
    timeout_seconds: float = 2.0
    """For an SQLite query, waiting included."""


class Tables:
    """Implements `ivr.call.Call.lookup`, between `load` and `stop`."""

    def __init__(
        self, tables: Sequence[TableSettings], region: str, look_seconds: float = 2.0
    ) -> None:
        """Prepare.

        Args:
            look_seconds: how often it is seen whether a CSV file has changed.
        """
        self._tables = {table.name: table for table in tables}
        self._region = region
        self._look_seconds = look_seconds
        self._rows: dict[str, Rows] = {}
        self._seen: dict[str, tuple[int, int]] = {}
        """Time and size of each CSV file when it was read."""
        self._log = get_logger()
        self._task: asyncio.Task[None] | None = None
        self._threads: ThreadPoolExecutor | None = None
        self._waiting = 0

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._tables)

    def columns(self) -> frozenset[str] | None:
        """Return `TABLE.COLUMN` of all tables; None when a query's columns are not known."""
        if any(table.query for table in self._tables.values()):
            return None
        return frozenset(
            f"{table.name}.{column}"
            for table in self._tables.values()
            for column in columns_of(table.file)
        )

    def load(self) -> None:
        """Read every CSV file. Blocks.

        Raises:
            ConfigurationError: with everything that is wrong in all of them.
        """
        problems = []
        for table in self._tables.values():
            try:
                if not table.query:
                    self._read(table)
            except ConfigurationError as error:
                problems += error.problems
        if problems:
            raise ConfigurationError(problems)

    def start(self) -> None:
        """Begin to look after changes."""
        if any(not table.query for table in self._tables.values()):
            self._task = asyncio.get_running_loop().create_task(self._watch(), name="tables")

    async def stop(self) -> None:
        """Stop looking, and let queries end."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def lookup(self, name: str, key: str) -> Mapping[str, Scalar] | None:
        """Return the row whose key this is; None: there is none.

        Raises:
            FlowRunError: there is no such table, or it cannot be read just now.
        """
        table = self._tables.get(name)
        if table is None:
            raise FlowRunError(f"there is no table `{name}`")
        if not table.query:
            return self._rows[name].get(normalise_key(key, self._region))
        return await self._ask(table, plain_key(key, self._region))

    async def _ask(self, table: TableSettings, key: str) -> Mapping[str, Scalar] | None:
        if self._waiting >= _MOST_WAITING:
            raise FlowRunError(f"the table `{table.name}` cannot be read: too many are waiting")
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_THREADS, "tables")
        until = time.monotonic() + table.timeout_seconds
        self._waiting += 1
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(table.timeout_seconds + 0.1):
                return await loop.run_in_executor(self._threads, _query, table, key, until)
        except (sqlite3.Error, OSError, TimeoutError) as error:
            why = str(error) or "it took too long"
            if "interrupted" in why:
                why = f"the query took more than {table.timeout_seconds:g} s"
            raise FlowRunError(f"the table `{table.name}` cannot be read: {why}") from error
        finally:
            self._waiting -= 1

    # Changes.

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._look_seconds)
            for table in self._tables.values():
                if not table.query:
                    await asyncio.to_thread(self._look, table)

    def _look(self, table: TableSettings) -> None:
        """Read a file again if it has changed; what is wrong leaves the old rows in force."""
        if _stamp(table.file) == self._seen[table.name]:
            return
        try:
            self._read(table)
            self._log.info("table_read", table=table.name, rows=len(self._rows[table.name]))
        except ConfigurationError as error:
            self._log.warning(
                "table_not_read", table=table.name, error=str(error), note="the old rows stay"
            )

    def _read(self, table: TableSettings) -> None:
        self._seen[table.name] = _stamp(table.file)  # first: a later change is seen again
        self._rows[table.name] = read_csv(table.file, table.key, self._region)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, -1
    return found.st_mtime_ns, found.st_size


def _query(table: TableSettings, key: str, until: float) -> Mapping[str, Scalar] | None:
    """Ask an SQLite file, read-only. Runs in a thread."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("too many are waiting")
    url = f"file:{quote(str(table.file))}?mode=ro"
    with closing(sqlite3.connect(url, uri=True, timeout=left)) as database:
        database.execute("PRAGMA query_only=1")
        database.set_progress_handler(lambda: time.monotonic() > until, _STEPS_BETWEEN_LOOKS)
        cursor = database.execute(table.query, {"key": key} if ":key" in table.query else (key,))
        row = cursor.fetchone()
        if row is None:
            return None
        names = [column[0] for column in cursor.description]
        return {name: _scalar(cell) for name, cell in zip(names, row, strict=True)}


def _scalar(cell: object) -> Scalar:
    return cell.hex() if isinstance(cell, bytes) else cell  # type: ignore[return-value]
