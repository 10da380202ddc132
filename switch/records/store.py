"""Keeps call records: folds the events of live calls and hands what is over to a thread.

Subscribe `handle` to the event bus. It is called on the call path: no disk, no wait;
when the writer's queue is full the record is dropped and counted, and the call goes on.
"""

from __future__ import annotations

from collections import OrderedDict

from switch.events import CallEnded, CallEvent, CallRejected, Event
from switch.records.call_fold import CallFold
from switch.records.call_record import rejected_record
from switch.records.writer import RecordWriter

_REMEMBERED = 1024
"""Calls that ended last: what is told of them afterwards must not open a new record."""


class RecordStore:
    """Inputs: `handle`. Output: rows in the database.

    `start` and `stop` frame its life. Counters for metrics: `live`, `queued`,
    `written`, `dropped`, `failures`.
    """

    def __init__(
        self,
        url: str,
        queue_limit: int = 10_000,
        *,
        gather_seconds: float = 0.2,
        first_retry_seconds: float = 0.5,
    ) -> None:
        """Prepare; nothing is opened before `start`.

        Args:
            url: SQLAlchemy's, for example `sqlite:////var/lib/freeline/freeline.db`.
            queue_limit: finished records that may wait for the disk.
            gather_seconds: how long records gather into one transaction.
            first_retry_seconds: first pause after a failure; each further one doubles.
        """
        self._live: dict[str, CallFold] = {}
        self._over: OrderedDict[str, None] = OrderedDict()
        self._writer = RecordWriter(
            url,
            queue_limit,
            gather_seconds=gather_seconds,
            first_retry_seconds=first_retry_seconds,
        )

    def start(self) -> None:
        """Start writing. An unusable database is logged and tried again, never raised."""
        self._writer.start()

    def stop(self, deadline_seconds: float = 5.0) -> bool:
        """Write what is queued; False when some had to be given up. Blocks meanwhile."""
        return self._writer.stop(deadline_seconds)

    def handle(self, event: Event) -> None:
        """Take an event; those that are not about a call are passed over."""
        if type(event) is CallEnded:
            self._end(event)
        elif isinstance(event, CallEvent):
            fold = self._live.get(event.call)
            if fold is None:
                if event.call in self._over:
                    return
                fold = self._live[event.call] = CallFold(event.call)
            fold.apply(event)
        elif isinstance(event, CallRejected):
            self._writer.put(rejected_record(event))

    def fold(self, call: str) -> CallFold | None:
        """Return what is known of a call that goes on."""
        return self._live.get(call)

    def take_up(self, fold: CallFold) -> None:
        """Know again what the last core knew of a call."""
        self._live[fold.call] = fold

    @property
    def live(self) -> int:
        """Calls that go on."""
        return len(self._live)

    @property
    def queued(self) -> int:
        """Records that wait for the disk."""
        return self._writer.queued

    @property
    def written(self) -> int:
        """Records on disk since the start."""
        return self._writer.written

    @property
    def dropped(self) -> int:
        """Records lost since the start."""
        return self._writer.dropped

    @property
    def failures(self) -> int:
        """Attempts to write that failed because the database was locked or away."""
        return self._writer.failures

    def _end(self, event: CallEnded) -> None:
        if event.call in self._over:
            return
        fold = self._live.pop(event.call, None) or CallFold(event.call)
        self._over[event.call] = None
        if len(self._over) > _REMEMBERED:
            self._over.popitem(last=False)
        self._writer.put(fold.finish(event))
