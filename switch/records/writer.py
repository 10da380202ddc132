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
from typing import TYPE_CHECKING

import structlog

from switch.errors import RecordsError, RecordsUnavailable
from switch.records.call_record import CallRecord

if TYPE_CHECKING:
    from switch.records.insertion import Insertion

_BATCH = 500
"""Most records in one transaction."""
_GATHER_SECONDS = 0.2
"""How long records gather before they are written, so that a busy switch writes few batches."""
_FIRST_RETRY_SECONDS = 0.5
_LONGEST_RETRY_SECONDS = 5.0
"""A busy switch has thousands of records a minute, and room for some."""
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
        # Loaded here: SQLAlchemy takes a fifth of a second, which no caller has to wait.
        from switch.records.insertion import Insertion

        database: Insertion | None = None
        try:
            database = Insertion(self._url)
            # At once, not with the first record, so that a bad database is seen early.
            going_on = self._persist(database, ())
            while going_on and self._fetch():
                going_on = self._write(database)
        except RecordsError as error:
            self._refuse_all(str(error))
        except Exception:
            self._log.exception("records_writer_died")
            self._refuse_all("the writer has died")
        finally:
            if database is not None:
                database.close()

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

    def _write(self, database: Insertion) -> bool:
        """Write the batch; False when stopped and out of time."""
        try:
            done = self._persist(database, self._batch)
        except RecordsError:
            raise
        except Exception:
            # What the drivers make of a value they cannot store is not one exception type.
            done = self._write_singly(database)
        if done:
            self.written += len(self._batch)
            self._batch.clear()
        return done

    def _write_singly(self, database: Insertion) -> bool:
        """The database refused something in the batch: write the rest without it."""
        for record in tuple(self._batch):
            try:
                if not self._persist(database, (record,)):
                    return False
            except RecordsError:
                raise
            except Exception as error:
                self._refused += 1
                self._batch.remove(record)
                self._log.error("record_refused", call=record.id, error=str(error))
        return True

    def _persist(self, database: Insertion, records: Sequence[CallRecord]) -> bool:
        """Write records in one transaction, trying until it works; False when out of time."""
        pause = self._first_retry_seconds
        while True:
            try:
                database.write(records)
            except RecordsUnavailable as error:
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

    def _note_outage(self, error: RecordsUnavailable) -> None:
        self.failures += 1
        if not self._out:
            self._out = True
            self._log.warning("records_database_unavailable", url=error.url, error=error.cause)

    def _refuse_all(self, why: str) -> None:
        """Nothing can be written until a restart: drop what waits and what will come."""
        self._limit = 0
        self._refused += self.queued
        self._waiting.clear()
        self._batch.clear()
        self._log.error("records_not_kept", why=why)
