"""A thread that writes records in batches, behind a bounded queue.

`put` is called on the call path and never waits: it appends or drops. The thread
retries with growing pauses while the database is locked or away, and drops only what
the database will never take.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from time import monotonic, sleep

import structlog
from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from switch.errors import RecordsError
from switch.records.call_record import CallRecord
from switch.records.database import open_engine, shown_url, sqlite_file
from switch.records.rows import to_row
from switch.records.tables import calls, open_schema

_BATCH = 500
"""Most records in one transaction."""
_GATHER_SECONDS = 0.2
"""How long records gather before they are written, so that a busy switch writes few batches."""
_FIRST_RETRY_SECONDS = 0.5
_LONGEST_RETRY_SECONDS = 30.0
_RETRY_AT_STOP_SECONDS = 0.1
_GRACE_SECONDS = 1.5
"""For an attempt that is under way when time runs out: longer than SQLite waits for a lock."""
_LOG_DROPS_EVERY = 1000


class RecordWriter:
    """Inputs: `put`. Output: rows, and the counters for metrics."""

    def __init__(
        self,
        url: str,
        queue_limit: int,
        *,
        gather_seconds: float = _GATHER_SECONDS,
        first_retry_seconds: float = _FIRST_RETRY_SECONDS,
    ) -> None:
        self._url = url
        self._limit = queue_limit
        self._gather_seconds = gather_seconds
        self._first_retry_seconds = first_retry_seconds
        self._waiting: deque[CallRecord] = deque()
        self._batch: list[CallRecord] = []
        """Taken from `_waiting`, not yet on disk; the thread's own."""
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._give_up_at = float("inf")
        self._thread = threading.Thread(target=self._run, name="records", daemon=True)
        self._log = structlog.get_logger("freeline.records")
        self._schema_open = False
        self._overflowed = 0
        self._refused = 0
        """Counted apart from `_overflowed` because the thread counts it."""
        self._out = False
        """The last attempt failed; the next that works is worth a line in the log."""
        self.written = 0
        """Records handed to the database for good."""
        self.failures = 0
        """Attempts that failed because the database was locked or away."""

    @property
    def queued(self) -> int:
        """Records that wait for the disk."""
        return len(self._waiting) + len(self._batch)

    @property
    def dropped(self) -> int:
        """Records lost: the queue was full, the database refused them, or time ran out."""
        return self._overflowed + self._refused

    def start(self) -> None:
        """Start the thread; an unusable database is logged and tried again."""
        self._thread.start()

    def put(self, record: CallRecord) -> bool:
        """Queue a record; False when it was dropped because the queue is full."""
        if self.queued >= self._limit:
            if not self._overflowed % _LOG_DROPS_EVERY:
                self._log.error("record_dropped", call=record.id, dropped=self.dropped + 1)
            self._overflowed += 1
            return False
        self._waiting.append(record)
        self._wake.set()
        return True

    def stop(self, deadline_seconds: float = 5.0) -> bool:
        """Write what is queued and end the thread; False when some had to be given up.

        Blocks for about `deadline_seconds` at most: call it from a thread.
        """
        self._give_up_at = monotonic() + deadline_seconds
        self._stop.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(deadline_seconds + _GRACE_SECONDS)
        lost = self.queued
        if lost:
            self._overflowed += lost
            self._log.error("records_lost_at_stop", records=lost)
        return not lost

    # The thread.

    def _run(self) -> None:
        engine: Engine | None = None
        try:
            engine = open_engine(self._url)
            # At once, not with the first record, so that a bad database is seen early.
            going_on = self._persist(engine, ())
            while going_on and self._fetch():
                going_on = self._write(engine)
        except RecordsError as error:
            self._refuse_all(str(error))
        except Exception:
            self._log.exception("records_writer_died")
            self._refuse_all("the writer has died")
        finally:
            if engine is not None:
                engine.dispose()

    def _fetch(self) -> bool:
        """Wait for records and take a batch; False when stopped and nothing is left."""
        while not self._waiting:
            if self._stop.is_set():
                return False
            self._wake.wait()
            self._wake.clear()
        self._stop.wait(self._gather_seconds)
        while self._waiting and len(self._batch) < _BATCH:
            self._batch.append(self._waiting.popleft())
        return True

    def _write(self, engine: Engine) -> bool:
        """Write the batch; False when stopped and out of time."""
        try:
            done = self._persist(engine, self._batch)
        except RecordsError:
            raise
        except Exception:
            # What the drivers make of a value they cannot store is not one exception type.
            done = self._write_singly(engine)
        if done:
            self.written += len(self._batch)
            self._batch.clear()
        return done

    def _write_singly(self, engine: Engine) -> bool:
        """The database refused something in the batch: write the rest without it."""
        for record in tuple(self._batch):
            try:
                if not self._persist(engine, (record,)):
                    return False
            except RecordsError:
                raise
            except Exception as error:
                self._refused += 1
                self._batch.remove(record)
                self._log.error("record_refused", call=record.id, error=str(error))
        return True

    def _persist(self, engine: Engine, records: Sequence[CallRecord]) -> bool:
        """Write records in one transaction, trying until it works; False when out of time."""
        pause = self._first_retry_seconds
        while True:
            try:
                self._attempt(engine, records)
            except (SQLAlchemyError, OSError) as error:
                if self._schema_open and not _is_outage(error):
                    raise
                self._note_outage(error)
            else:
                if self._out:
                    self._out = False
                    self._log.info("records_database_back", queued=self.queued)
                return True
            if not self._stop.is_set():
                self._stop.wait(pause)
                pause = min(2 * pause, _LONGEST_RETRY_SECONDS)
            elif monotonic() < self._give_up_at:
                sleep(_RETRY_AT_STOP_SECONDS)
            else:
                return False

    def _attempt(self, engine: Engine, records: Sequence[CallRecord]) -> None:
        if not self._schema_open:
            file = sqlite_file(self._url)
            if file is not None:
                file.parent.mkdir(parents=True, exist_ok=True)
            with engine.begin() as connection:
                open_schema(connection)
            self._schema_open = True
        if records:
            # A batch whose commit was not confirmed is written again: not twice.
            dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
            statement = dialect.insert(calls).on_conflict_do_nothing(index_elements=["id"])
            with engine.begin() as connection:
                connection.execute(statement, [to_row(record) for record in records])

    def _note_outage(self, error: Exception) -> None:
        """The file may have been taken away: look for the tables again next time."""
        self._schema_open = False
        self.failures += 1
        if not self._out:
            self._out = True
            cause = getattr(error, "orig", None) or error
            self._log.warning(
                "records_database_unavailable", url=shown_url(self._url), error=str(cause)
            )

    def _refuse_all(self, why: str) -> None:
        """Nothing can be written until a restart: drop what waits and what will come."""
        self._limit = 0
        self._refused += self.queued
        self._waiting.clear()
        self._batch.clear()
        self._log.error("records_not_kept", why=why)


def _is_outage(error: Exception) -> bool:
    """Whether the database is locked, full or away, rather than refusing what we wrote."""
    return isinstance(error, (OperationalError, OSError)) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )
