"""PURE: overflows that lead from queue to queue and back.

A queue has one overflow at most, so that each queue is part of one circle or of none. A
caller goes round once: the queue from which the next one has been left already turns the
caller away (`routing/departures.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from switch.frozen import frozen
from switch.settings.queues import Queue
from switch.yaml_source import Location


@frozen()
class Circle:
    """Queues that overflow into each other."""

    indexes: tuple[int, ...]
    """Of the queues, in the order in which callers go; the first one of the file first."""
    names: tuple[str, ...]
    waits_for_ever: bool
    """Who waits too long goes on, it says, and nothing says how long that is."""

    @property
    def place(self) -> Location:
        """Where the circle closes, in queues.yaml."""
        return ("queues", self.indexes[-1], "overflow", "to")

    @property
    def mistake(self) -> tuple[str, str]:
        """What is wrong with one in which callers may wait for ever, and what to do."""
        return (
            f"the overflow goes in a circle, {self}, and nothing ends the wait: no queue of it "
            "has `max_wait_seconds`",
            "set it in one of them, or name no `timeout` under `when`",
        )

    @property
    def warning(self) -> str:
        """What is to be known of any."""
        return (
            f"the overflow goes in a circle, {self}: callers go round once, and are turned away "
            "where they would come back"
        )

    def __str__(self) -> str:
        return " -> ".join((*self.names, self.names[0]))


def circles(queues: Sequence[Queue]) -> Iterator[Circle]:
    """Yield every circle once, in the order of the file. Names of queues are distinct."""
    known = {queue.name: index for index, queue in enumerate(queues)}
    seen: set[int] = set()
    for start in range(len(queues)):
        path: list[int] = []
        at: int | None = start
        while at is not None and at not in seen:
            seen.add(at)
            path.append(at)
            overflow = queues[at].overflow
            at = None if overflow is None else known.get(overflow.to)
        if at in path:
            found = path[path.index(at) :]
            first = found.index(min(found))
            yield _circle(queues, found[first:] + found[:first])


def _circle(queues: Sequence[Queue], indexes: Sequence[int]) -> Circle:
    members = [queues[index] for index in indexes]
    patient = all(queue.max_wait_seconds is None for queue in members)
    times_out = any(queue.overflow and "timeout" in queue.overflow.when for queue in members)
    return Circle(
        tuple(indexes), tuple(queue.name for queue in members), bool(patient and times_out)
    )
