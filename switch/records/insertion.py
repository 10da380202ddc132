"""Puts call records into the database, a batch in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from switch.errors import RecordsUnavailable
from switch.records.call_record import CallRecord
from switch.records.database import open_engine, shown_url, sqlite_file
from switch.records.rows import to_row
from switch.records.tables import calls, open_schema


class Insertion:
    """A database to write to; its tables are made when they are not there."""

    def __init__(self, url: str) -> None:
        """Prepare; nothing is connected yet.

        Raises:
            RecordsError: the URL is wrong, or its driver is not installed.
        """
        self._url = url
        self._engine = open_engine(url)
        self._schema_open = False
        if self._engine.dialect.name == "postgresql":
            from sqlalchemy.dialects.postgresql import insert
        else:
            from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]
        # A batch whose commit was not confirmed is written again: not twice.
        self._statement = insert(calls).on_conflict_do_nothing(index_elements=["id"])

    def write(self, records: Sequence[CallRecord]) -> None:
        """Write all of them, or none.

        Raises:
            RecordsUnavailable: the database is locked, full or away.
            RecordsError: a newer Freeline wrote it.
            Exception: the database, or its driver, refuses a record.
        """
        try:
            if not self._schema_open:
                self._open_schema()
            if records:
                with self._engine.begin() as connection:
                    connection.execute(self._statement, [to_row(record) for record in records])
        except (SQLAlchemyError, OSError) as error:
            if self._schema_open and not _is_outage(error):
                raise
            # The file may have been taken away: look for the tables again next time.
            self._schema_open = False
            cause = str(getattr(error, "orig", None) or error)
            raise RecordsUnavailable(shown_url(self._url), cause) from error

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def _open_schema(self) -> None:
        file = sqlite_file(self._url)
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
        with self._engine.begin() as connection:
            open_schema(connection)
        self._schema_open = True


def _is_outage(error: Exception) -> bool:
    """Whether the database is locked, full or away, rather than refusing what we wrote."""
    return isinstance(error, (OperationalError, OSError)) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )
