"""Reads call records back: newest first, or one by its id."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from switch.errors import RecordsError
from switch.records.call_record import CallRecord
from switch.records.database import open_engine, shown_url, sqlite_file
from switch.records.rows import from_row
from switch.records.tables import calls


class RecordReader:
    """A look into a records database. Close it when done."""

    def __init__(self, url: str) -> None:
        """Open the database.

        Raises:
            RecordsError: there is none yet, or the URL is wrong.
        """
        self._url = url
        self._engine: Engine = open_engine(url)
        file = sqlite_file(url)
        if file is not None and not file.exists():
            raise RecordsError(
                f"there are no call records yet: {file} does not exist; "
                "the switch makes it when it starts"
            )

    def query(
        self,
        limit: int = 20,
        *,
        since: datetime | None = None,
        result: str = "",
        queue: str = "",
        agent: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> list[CallRecord]:
        """Return the newest records, newest first; each filter that is given must fit.

        Args:
            tags: name -> value as text; an empty value fits any.

        Raises:
            RecordsError: the database cannot be read.
        """
        wanted = select(calls).order_by(calls.c.arrived_at.desc(), calls.c.id).limit(limit)
        if since is not None:
            wanted = wanted.where(calls.c.arrived_at >= since)
        for column, value in (
            (calls.c.result, result),
            (calls.c.queue, queue),
            (calls.c.agent, agent),
        ):
            if value:
                wanted = wanted.where(column == value)
        for name, text in (tags or {}).items():
            tag = calls.c.tags[name].as_string()
            wanted = wanted.where(tag.is_not(None) if text == "" else tag == text)
        try:
            with self._engine.connect() as connection:
                return [from_row(row) for row in connection.execute(wanted).mappings()]
        except SQLAlchemyError as error:
            raise self._unreadable(error) from error

    def get(self, call_id: str) -> list[CallRecord]:
        """Return the record with this id, or all whose id begins so.

        Raises:
            RecordsError: the database cannot be read.
        """
        wanted = (
            select(calls)
            .where(calls.c.id.startswith(call_id, autoescape=True))
            .order_by(calls.c.arrived_at.desc())
            .limit(20)
        )
        try:
            with self._engine.connect() as connection:
                found = [from_row(row) for row in connection.execute(wanted).mappings()]
        except SQLAlchemyError as error:
            raise self._unreadable(error) from error
        exact = [record for record in found if record.id == call_id]
        return exact or found

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def __enter__(self) -> RecordReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _unreadable(self, error: SQLAlchemyError) -> RecordsError:
        cause = getattr(error, "orig", None) or error
        return RecordsError(f"{shown_url(self._url)} cannot be read: {cause}")
