"""Waiting: messages over the music, keys that end it, and places that are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import pytest

from switch.app.agent_directory import AgentDirectory
from switch.app.conversation import Conversations
from switch.app.queue_visit import QueueVisit, Recordings
from switch.app.routing_desk import RoutingDesk
from switch.app.waiting_audio import AHEAD_SECONDS
from switch.calls.session import CallSession
from switch.errors import FlowRunError
from switch.events import CallLeftQueue, CallQueued
from switch.ivr.call import Announce, Facts, Prompt, QueueEnd, QueueOutcome, QueueRequest
from switch.media.messages import Digit, Play
from switch.routing import AgentProfile, Need, Overflow, QueueProfile, Router, TurnedAway
from tests.support.call_desk import CallDesk
from tests.support.fake_sounds import FakeSounds


@dataclass
class Timer:
    """What `call_later` gives on a clock of the test's."""

    at: float
    callback: Callable[..., object]
    arguments: tuple[object, ...]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


class Site:
    """A router with a queue that nobody serves just now, and one call that waits in it."""

    def __init__(self, *queues: QueueProfile) -> None:
        self.desk = CallDesk()
        router = Router([AgentProfile("asha", "Asha", {"orders": 5})], queues)
        self.routing = RoutingDesk(router, self, self._deliver, self.desk.published.append)
        self.sounds = FakeSounds()
        self.visit: QueueVisit
        self.outcome: QueueOutcome | None = None
        self._timers: list[Timer] = []
        vars(asyncio.get_running_loop())["call_later"] = self._call_later

    def _call_later(self, delay: float, callback: Callable[..., object], *args: object) -> Timer:
        timer = Timer(self.now() + delay, callback, args)
        self._timers.append(timer)
        return timer

    @property
    def timers(self) -> list[float]:
        """In how many seconds something happens by itself."""
        return [each.at - self.now() for each in self._timers if not each.cancelled]

    def now(self) -> float:
        return self.desk.now()

    def utc(self) -> datetime:
        return datetime.now(UTC)

    async def wait(self, request: QueueRequest, since: float | None = None) -> None:
        """Let a caller come and wait."""

        async def conduct(call: CallSession) -> None:
            call.answer()
            self.visit = QueueVisit(
                call,
                request,
                ("music.ulaw",),
                self.routing,
                cast(AgentDirectory, None),  # nobody is rung here
                Recordings(""),
                cast(Conversations, None),  # and nobody talks
                Facts("call", "+12125550123", "+18005550100", "carrier", ""),
                self.sounds,
                since,
            )
            self.outcome = await self.visit.run()

        await self.desk.arrive(conduct)
        await self.settle()

    async def settle(self) -> None:
        await self.passes(0)

    async def passes(self, seconds: float) -> None:
        """Let time pass, and what it brings happen."""
        self.desk.pair.now += seconds
        for _ in range(5):
            await asyncio.sleep(0)
            due = [each for each in self._timers if each.at <= self.now()]
            self._timers = [each for each in self._timers if each not in due]
            for timer in due:
                if not timer.cancelled:
                    timer.callback(*timer.arguments)
        await self.desk.settle()

    @property
    def is_over(self) -> bool:
        return self.outcome is not None

    async def press(self, key: str) -> None:
        self.desk.call.inbound.handle_report(Digit(self.desk.call.inbound.id, key))
        await self.settle()

    async def play_ends(self) -> None:
        self.desk.media.finish_play(self.desk.call.inbound.id)
        await self.settle()

    def played(self) -> list[str]:
        return [play.prompts[0] for play in self.desk.media.sent(Play) if isinstance(play, Play)]

    def _deliver(self, contact: str, event: object) -> None:
        self.desk.call.mailbox.put(event)


ORDERS = QueueProfile("orders", Need.of({"orders": 1}))


def place(position: int, wait: float | None) -> list[Prompt]:
    return [Prompt(text=f"place {position}, {wait}.")]


def fails(position: int, wait: float | None) -> list[Prompt]:
    raise FlowRunError("no such value")


@pytest.fixture
async def site() -> Site:
    return Site(ORDERS)


async def test_a_message_interrupts_the_music_which_comes_back(site: Site) -> None:
    await site.wait(QueueRequest("orders", announce=(Announce((place,), 0, 0),)))
    assert site.played() == ["music.ulaw", "place 1, None.ulaw"]
    await site.play_ends()
    assert site.played() == ["music.ulaw", "place 1, None.ulaw", "music.ulaw"]


async def test_a_message_that_cannot_be_said_is_left_out_and_the_next_is_heard(
    site: Site,
) -> None:
    both = (Announce((fails,), 0, 0), Announce((place,), 0, 0))
    await site.wait(QueueRequest("orders", announce=both))
    assert site.played() == ["music.ulaw", "place 1, None.ulaw"]


async def test_a_message_is_made_before_it_is_due_and_the_music_goes_on(site: Site) -> None:
    message = Prompt(text="place 1, None.")
    site.sounds.unready.add(message)
    await site.wait(QueueRequest("orders", announce=(Announce((place,), 30, 0),)))
    assert site.sounds.prepared == []
    await site.passes(30 - AHEAD_SECONDS)
    assert site.sounds.prepared == [message]
    await site.passes(AHEAD_SECONDS)
    assert site.played() == ["music.ulaw"], "it is not ready, and waited for with music"
    site.sounds.finish(message)
    await site.settle()
    assert site.played() == ["music.ulaw", "place 1, None.ulaw"]


async def test_a_message_made_ahead_is_told_unless_the_place_has_changed(site: Site) -> None:
    def told(position: int, wait: float | None) -> list[Prompt]:
        return [Prompt(text=f"place {position} at {site.now():.0f}.")]

    site.routing.router.enter("other", "orders", site.now() - 5)
    began = site.now()
    await site.wait(QueueRequest("orders", announce=(Announce((told,), 30, 30),)))
    await site.passes(30 - AHEAD_SECONDS)
    await site.passes(AHEAD_SECONDS)
    assert site.played()[-1] == f"place 2 at {began + 30 - AHEAD_SECONDS:.0f}.ulaw"
    await site.play_ends()
    await site.passes(30 - AHEAD_SECONDS)
    site.routing.leave("other", "caller_left")
    await site.passes(AHEAD_SECONDS)
    assert site.played()[-1] == f"place 1 at {began + 60:.0f}.ulaw"


async def test_what_is_ready_before_any_call_is_not_asked_for_ahead(site: Site) -> None:
    thanks = Announce((lambda *_: [Prompt(text="Thanks.")],), 30, 0, has_values=False)
    await site.wait(QueueRequest("orders", announce=(thanks,)))
    await site.passes(30 - AHEAD_SECONDS)
    assert site.timers == [AHEAD_SECONDS], "the first event is the message itself"
    await site.passes(AHEAD_SECONDS)
    assert site.played() == ["music.ulaw", "Thanks.ulaw"]


@pytest.mark.parametrize(("key", "end"), [("0", QueueEnd.KEY), ("2", QueueEnd.CALLBACK)])
async def test_a_key_ends_the_wait_even_during_a_message(
    site: Site, key: str, end: QueueEnd
) -> None:
    request = QueueRequest(
        "orders",
        leave_keys=frozenset("0"),
        callback_key="2",
        announce=(Announce((place,), 0, 0),),
    )
    await site.wait(request)
    await site.press("7")  # means nothing here
    assert not site.is_over
    await site.press(key)
    assert site.outcome is not None
    assert (site.outcome.end, site.outcome.key) == (end, key)
    assert not site.desk.media.playing(site.desk.call.inbound.id)
    assert not site.desk.call.keys
    assert site.routing.standing("call") is None


async def test_the_place_is_known_after_the_wait_and_can_be_taken_up_again(site: Site) -> None:
    site.routing.router.enter("other", "orders", site.now() - 5)
    await site.wait(QueueRequest("orders", callback_key="2"), since=site.now() - 60)
    (queued,) = site.desk.of(CallQueued)
    assert isinstance(queued, CallQueued)
    assert queued.position == 1
    assert queued.resumed
    assert queued.expected_wait_seconds is None, "nobody is at work: who can tell?"
    await site.press("2")
    assert site.visit.place is not None
    assert site.visit.place.queue == "orders"
    assert site.visit.place.since == site.now() - 60


async def test_who_comes_to_wait_is_told_with_the_expected_wait(site: Site) -> None:
    site.routing.router.set_not_ready("asha", site.now())
    await site.wait(QueueRequest("orders"))
    (queued,) = site.desk.of(CallQueued)
    assert isinstance(queued, CallQueued)
    standing = site.routing.standing("call")
    assert standing is not None
    assert queued.expected_wait_seconds == pytest.approx(standing.expected_wait_seconds, rel=0.1)
    assert queued.expected_wait_seconds is not None
    assert queued.expected_wait_seconds > 0
    assert not queued.resumed


async def test_who_has_an_old_place_of_an_earlier_call_is_told_so(site: Site) -> None:
    router = site.routing.router
    router.enter("before", "orders", site.now(), caller="+12125550123")
    router.leave("before", site.now())
    await site.wait(QueueRequest("orders"))
    (queued,) = site.desk.of(CallQueued)
    assert isinstance(queued, CallQueued)
    assert queued.resumed


async def test_who_does_not_want_the_old_place_is_told_to_be_at_the_end(site: Site) -> None:
    router = site.routing.router
    router.enter("before", "orders", site.now(), caller="+12125550123")
    router.enter("other", "orders", site.now())
    router.leave("before", site.now())
    await site.wait(QueueRequest("orders", resume=False))
    (queued,) = site.desk.of(CallQueued)
    assert isinstance(queued, CallQueued)
    assert (queued.position, queued.resumed) == (2, False)


async def test_a_full_and_a_closed_queue_say_so() -> None:
    full = Site(QueueProfile("orders", max_length=0))
    await full.wait(QueueRequest("orders"))
    assert full.outcome == QueueOutcome(QueueEnd.FULL)
    closed = Site(ORDERS)
    closed.routing.router.set_open("orders", is_open=False)
    await closed.wait(QueueRequest("orders"))
    assert closed.outcome == QueueOutcome(QueueEnd.CLOSED)


async def test_a_queue_that_there_is_not_fails_and_the_flow_goes_on(site: Site) -> None:
    await site.wait(QueueRequest("oders"))
    assert site.outcome == QueueOutcome(QueueEnd.FAILED)


async def test_an_overflow_is_told_as_leaving_one_queue_and_entering_another() -> None:
    first = QueueProfile(
        "orders", max_length=0, overflow=Overflow("rest", frozenset({TurnedAway.FULL}))
    )
    site = Site(first, QueueProfile("rest"))
    await site.wait(QueueRequest("orders"))
    entered, moved = site.desk.of(CallQueued)
    assert isinstance(entered, CallQueued)
    assert isinstance(moved, CallQueued)
    assert (entered.queue, entered.position, entered.moved_from) == ("orders", 0, "")
    assert entered.expected_wait_seconds is None, "it is not waited there"
    assert (moved.queue, moved.position) == ("rest", 1)
    assert (moved.moved_from, moved.moved_why) == ("orders", "full")
    (left,) = site.desk.of(CallLeftQueue)
    assert isinstance(left, CallLeftQueue)
    assert (left.queue, left.outcome) == ("orders", "overflow")


async def test_who_hangs_up_while_waiting_may_come_back_to_the_old_place(site: Site) -> None:
    await site.wait(QueueRequest("orders"))
    caller = site.desk.pair.caller
    caller_session = next(iter(caller.core._dialogs.values()))
    caller_session.end(site.now())
    await site.settle()
    await site.desk.task
    entry = site.routing.router.enter("again", "orders", site.now(), caller="+12125550123")
    assert entry.resumed


async def test_how_a_queue_stands_is_told_to_who_has_not_entered_it() -> None:
    site = Site(QueueProfile("orders", Need(), max_length=1), QueueProfile("helpdesk", Need()))
    await site.wait(QueueRequest("orders"))
    site.routing.set_open("helpdesk", is_open=False)
    orders, helpdesk = site.routing.figures("orders"), site.routing.figures("helpdesk")
    assert (orders.is_open, orders.is_full, orders.waiting) == (True, True, 1)
    assert (orders.agents, orders.agents_free, orders.expected_wait_seconds) == (0, 0, None)
    assert (helpdesk.is_open, helpdesk.is_full, helpdesk.waiting) == (False, False, 0)
    site.routing.set_ready("asha", "here")
    assert site.routing.figures("orders").agents == 1
    assert not site.routing.figures("nowhere").is_open, "taken out of the configuration meanwhile"
