"""The mailbox of a call: order, waiting and closing."""

from __future__ import annotations

import asyncio

import pytest

from switch.calls.mailbox import Mailbox
from switch.errors import CallOver, FaxHeard


async def test_items_come_out_in_order() -> None:
    box: Mailbox[int] = Mailbox()
    box.put(1)
    box.put(2)
    assert [await box.next(), await box.next()] == [1, 2]


async def test_a_waiting_reader_gets_the_next_item() -> None:
    box: Mailbox[str] = Mailbox()
    reader = asyncio.create_task(box.next())
    await asyncio.sleep(0)
    box.put("here")
    assert await reader == "here"


async def test_closing_wakes_the_reader_with_the_end_of_the_call() -> None:
    box: Mailbox[str] = Mailbox()
    reader = asyncio.create_task(box.next())
    await asyncio.sleep(0)
    box.close()
    with pytest.raises(CallOver):
        await reader


async def test_after_closing_nothing_that_was_inside_matters() -> None:
    box: Mailbox[str] = Mailbox()
    box.put("too late")
    box.close()
    box.put("later still")
    with pytest.raises(CallOver):
        await box.next()
    assert box.closed


async def test_a_reader_that_was_cancelled_loses_nothing() -> None:
    box: Mailbox[str] = Mailbox()
    reader = asyncio.create_task(box.next())
    await asyncio.sleep(0)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    box.put("kept")
    assert await box.next() == "kept"


async def test_a_fax_machine_is_told_once_and_before_what_waits() -> None:
    box: Mailbox[str] = Mailbox()
    reader = asyncio.create_task(box.next())
    await asyncio.sleep(0)
    box.hear_fax()
    box.put("here")
    with pytest.raises(FaxHeard):
        await reader
    assert await box.next() == "here"
