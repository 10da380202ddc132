"""One call's mailbox: everything that happens to a call, read by its one task in order."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

from switch.errors import CallOver, FaxHeard

Item = TypeVar("Item")


class Mailbox(Generic[Item]):
    """A queue with one reader that can be closed for good.

    After `close`, `next` raises `CallOver` at once, whatever is still inside: the
    caller has gone, and nothing that was on its way matters any more.
    """

    __slots__ = ("_closed", "_fax_heard", "_items", "_waiter")

    def __init__(self) -> None:
        self._items: deque[Item] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._closed = False
        self._fax_heard = False

    @property
    def closed(self) -> bool:
        return self._closed

    def put(self, item: Item) -> None:
        """Append an item; ignored after `close`."""
        if not self._closed:
            self._items.append(item)
            self._wake()

    def hear_fax(self) -> None:
        """Let the reader have `FaxHeard` in place of the next item, once."""
        self._fax_heard = True
        self._wake()

    def close(self) -> None:
        """Let the reader end."""
        self._closed = True
        self._items.clear()
        self._wake()

    async def next(self) -> Item:
        """Return the oldest item, waiting for one.

        Raises:
            CallOver: the mailbox is closed.
            FaxHeard: the caller is a fax machine.
        """
        while True:
            if self._closed:
                raise CallOver("the call is over")
            if self._fax_heard:
                self._fax_heard = False
                raise FaxHeard("the caller is a fax machine")
            if self._items:
                return self._items.popleft()
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
