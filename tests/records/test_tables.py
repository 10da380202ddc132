"""The schema: made in an empty database, checked in a used one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, insert, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from switch.errors import RecordsError
from switch.records.database import open_engine
from switch.records.rows import from_row, to_row
from switch.records.tables import VERSION, calls, open_schema, schema_version
from tests.records.builders import whole_call


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path}/calls.db")
    yield engine
    engine.dispose()


def test_opening_again_changes_nothing(engine: Engine) -> None:
    for _ in range(2):
        with engine.begin() as connection:
            open_schema(connection)
    with engine.connect() as connection:
        assert connection.execute(select(schema_version.c.version)).scalars().all() == [VERSION]


def test_a_database_of_a_newer_freeline_is_left_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        open_schema(connection)
        connection.execute(update(schema_version).values(version=VERSION + 1))
    with engine.begin() as connection, pytest.raises(RecordsError, match="newer Freeline"):
        open_schema(connection)


def test_a_database_of_before_gets_the_new_columns_and_keeps_its_records(engine: Engine) -> None:
    new = ("origin", "language", "tags", "transfers", "messages", "verstat", "attestation")
    with engine.begin() as connection:
        open_schema(connection)
        record = whole_call().record()
        connection.execute(insert(calls), [to_row(record)])
        for column in new:
            connection.execute(text(f"ALTER TABLE calls DROP COLUMN {column}"))
        connection.execute(update(schema_version).values(version=1))
    with engine.begin() as connection:
        open_schema(connection)
        (row,) = connection.execute(select(calls)).mappings()
        assert from_row(row).id == record.id
        assert {name: row[name] for name in new} == {
            "origin": "",
            "language": "",
            "tags": {},
            "transfers": [],
            "messages": [],
            "verstat": "none",
            "attestation": "",
        }
        versions = connection.execute(select(schema_version.c.version)).scalars().all()
        assert versions == list(range(1, VERSION + 1))


def test_a_record_comes_back_as_it_was(engine: Engine) -> None:
    record = whole_call().record()
    with engine.begin() as connection:
        open_schema(connection)
        connection.execute(insert(calls), [to_row(record)])
    with engine.connect() as connection:
        (row,) = connection.execute(select(calls)).mappings()
        assert from_row(row) == record


def test_times_come_back_in_utc_from_whatever_zone(engine: Engine) -> None:
    local = datetime(2026, 3, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    with engine.begin() as connection:
        open_schema(connection)
        connection.execute(insert(schema_version).values(version=0, applied_at=local))
    with engine.connect() as connection:
        told = connection.execute(
            select(schema_version.c.applied_at).where(schema_version.c.version == 0)
        ).scalar_one()
    assert told == local
    assert told.tzinfo is UTC


def test_readers_do_not_wait_for_the_writer(engine: Engine) -> None:
    with engine.begin() as connection:
        open_schema(connection)
    with engine.begin() as writing:
        writing.execute(insert(calls), [to_row(whole_call().record())])
        with engine.connect() as reading:
            assert reading.execute(select(func.count()).select_from(calls)).scalar() == 0


def test_postgresql_keeps_zones_and_json() -> None:
    statement = str(CreateTable(calls).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
    assert "arrived_at TIMESTAMP WITH TIME ZONE NOT NULL" in statement
    assert "path JSON NOT NULL" in statement
