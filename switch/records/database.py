"""Opens the records database: SQLite in WAL mode, or whatever else the URL names."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from switch.errors import RecordsError

_SQLITE_BUSY_SECONDS = 1.0
"""How long SQLite itself waits for a lock, before we wait and try again."""


def open_engine(url: str) -> Engine:
    """Return an engine for the records database; nothing is connected yet.

    Raises:
        RecordsError: the URL is wrong, or its driver is not installed.
    """
    try:
        parsed = make_url(url)
        sqlite = parsed.get_backend_name() == "sqlite"
        options: dict[str, object] = {"pool_pre_ping": not sqlite}
        if sqlite:
            options["connect_args"] = {"timeout": _SQLITE_BUSY_SECONDS}
            if sqlite_file(url) is None:
                options["poolclass"] = StaticPool
                options["connect_args"] = {"check_same_thread": False}
        engine = create_engine(
            parsed,
            json_serializer=lambda value: msgspec.json.encode(value).decode(),
            json_deserializer=msgspec.json.decode,
            **options,
        )
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise RecordsError(f"the records database cannot be used: {error}") from error
    if sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def sqlite_file(url: str) -> Path | None:
    """Return the file of an SQLite URL; None for a database in memory or a server."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return None
    name = parsed.database or ""
    return None if name in ("", ":memory:") else Path(name)


def shown_url(url: str) -> str:
    """Return the URL without its password, for people."""
    return make_url(url).render_as_string(hide_password=True)


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    """Let readers and the writer work at once; after a power cut the last writes may lack."""
    cursor = connection.cursor()
    try:
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
    finally:
        cursor.close()
