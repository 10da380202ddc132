"""The tables of the records database, for SQLite and PostgreSQL.

What reports ask for stands in columns; what only the detail of one call needs (path,
offers, media) in JSON. `VERSION` is the number of the schema that this code writes,
kept in the database itself: `open_schema` brings an older one up to date.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    func,
    insert,
    select,
    text,
)

from switch.errors import RecordsError

VERSION = 3

metadata = MetaData()


class Utc(TypeDecorator[datetime]):
    """An aware time in UTC, also where the database knows only naive ones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


schema_version = Table(
    "freeline_schema",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("applied_at", Utc, nullable=False),
)

calls = Table(
    "calls",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("arrived_at", Utc, nullable=False),
    Column("ended_at", Utc, nullable=False),
    Column("result", String(16), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("sip_code", Integer, nullable=False),
    Column("detail", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("dialled", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("flow", Text, nullable=False),
    Column("sip_call_id", Text, nullable=False),
    Column("answered_at", Utc),
    Column("queued_at", Utc),
    Column("connected_at", Utc),
    Column("queue", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("wait_seconds", Float, nullable=False),
    Column("talk_seconds", Float, nullable=False),
    Column("hold_seconds", Float, nullable=False),
    Column("keys", Integer, nullable=False),
    Column("inbound_codec", String(16), nullable=False),
    Column("outbound_codec", String(16), nullable=False),
    Column("recording", Text, nullable=False),
    Column("recording_error", Text, nullable=False),
    Column("path", JSON, nullable=False),
    Column("queues", JSON, nullable=False),
    Column("offers", JSON, nullable=False),
    Column("audio", JSON, nullable=False),
    Column("media", JSON, nullable=False),
    Column("origin", String(64), nullable=False, server_default=""),
    Column("language", String(32), nullable=False, server_default=""),
    Column("tags", JSON, nullable=False, server_default="{}"),
    Column("transfers", JSON, nullable=False, server_default="[]"),
    Column("messages", JSON, nullable=False, server_default="[]"),
    Column("verstat", String(8), nullable=False, server_default="none"),
    Column("attestation", String(1), nullable=False, server_default=""),
    Index("calls_by_time", "arrived_at"),
    Index("calls_by_queue", "queue", "arrived_at"),
    Index("calls_by_agent", "agent", "arrived_at"),
    Index("calls_by_result", "result", "arrived_at"),
)

_MIGRATIONS: dict[int, tuple[str, ...]] = {
    2: (
        "ALTER TABLE calls ADD COLUMN origin VARCHAR(64) DEFAULT '' NOT NULL",
        "ALTER TABLE calls ADD COLUMN language VARCHAR(32) DEFAULT '' NOT NULL",
        "ALTER TABLE calls ADD COLUMN tags JSON DEFAULT '{}' NOT NULL",
        "ALTER TABLE calls ADD COLUMN transfers JSON DEFAULT '[]' NOT NULL",
        "ALTER TABLE calls ADD COLUMN messages JSON DEFAULT '[]' NOT NULL",
    ),
    3: (
        "ALTER TABLE calls ADD COLUMN verstat VARCHAR(8) DEFAULT 'none' NOT NULL",
        "ALTER TABLE calls ADD COLUMN attestation VARCHAR(1) DEFAULT '' NOT NULL",
    ),
}
"""Schema -> what makes it of the one before; for SQLite and PostgreSQL alike."""


def open_schema(connection: Connection) -> None:
    """Create the tables in an empty database, and bring an older one up to date.

    Raises:
        RecordsError: a newer Freeline wrote this database.
    """
    metadata.create_all(connection)
    found: Any = connection.execute(select(func.max(schema_version.c.version))).scalar()
    if found is None:
        connection.execute(
            insert(schema_version).values(version=VERSION, applied_at=datetime.now(UTC))
        )
    elif found < VERSION:
        for version in range(found + 1, VERSION + 1):
            for statement in _MIGRATIONS[version]:
                connection.execute(text(statement))
            connection.execute(
                insert(schema_version).values(version=version, applied_at=datetime.now(UTC))
            )
    elif found > VERSION:
        raise RecordsError(
            f"the records database has schema {found}, written by a newer Freeline; "
            f"this one knows schema {VERSION}"
        )
