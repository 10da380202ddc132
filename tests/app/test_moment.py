"""What waits for a moment: all of it at once, in its order, and each for itself."""

from __future__ import annotations

import asyncio
from typing import Any

from switch.app.moment import Moment
from tests.support.waiting import until


async def test_all_of_one_moment_is_done_together_and_in_order() -> None:
    moment, done = Moment(), list[str]()
    moment.later(lambda: done.append("one"))
    moment.later(lambda: done.append("two"))
    assert not done
    await until(lambda: done)
    assert done == ["one", "two"]


async def test_what_is_asked_for_meanwhile_has_its_own_moment() -> None:
    moment, done = Moment(), list[str]()
    moment.later(lambda: moment.later(lambda: done.append("later")))
    moment.later(lambda: done.append("now"))
    await until(lambda: len(done) == 2)
    assert done == ["now", "later"]


async def test_one_that_fails_is_told_of_and_the_others_are_done() -> None:
    moment, done, told = Moment(), list[str](), list[dict[str, Any]]()

    def fails() -> None:
        raise ValueError("no")

    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context))
    moment.later(fails)
    moment.later(lambda: done.append("done"))
    await until(lambda: done)
    assert [str(context["exception"]) for context in told] == ["no"]
