"""What the routing journal keeps of callers: who served them, for so long and so many."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from switch.app import routing_journal
from switch.app.journal import read_journal
from switch.app.moment import Moment
from switch.app.routing_journal import RoutingJournal
from switch.media.dtls_certificate import DtlsCertificate
from switch.routing import AgentProfile, QueueProfile, Router
from switch.routing.callers import REMEMBERED_SECONDS
from switch.sip.registrar import Registrar
from switch.sip.timers import Alarms
from switch.trunks.last_hour import HourBook


class Switch:
    """A router with one agent, whose clock is set by hand, and the journal beside it."""

    def __init__(self, path: Path, began: float = 0.0, most_an_hour: int = 100) -> None:
        self.path = path
        self.began = began
        self.passed = 0.0
        self.router = Router(
            [AgentProfile("asha", "Asha", max_calls_per_hour=most_an_hour)],
            [QueueProfile("orders")],
        )
        self.journal = RoutingJournal(
            path, 60, self.router, Registrar(Alarms()), self, Moment().later
        )
        self.journal.read()
        self.hours = HourBook()
        self.journal.restore(set(), (), self.hours)
        self.router.set_ready("asha", self.now())
        self.calls = 0

    def now(self) -> float:
        return time.time() - self.began + self.passed

    def utc(self) -> datetime:
        return datetime.now(UTC)

    def serve(self, caller: str) -> None:
        """Let asha talk with a caller."""
        self.calls += 1
        contact = f"c{self.calls}"
        self.router.enter(contact, "orders", self.now(), caller=caller)
        self.router.offer_answered(contact, "asha", self.now())
        self.journal.talk_ends(contact)
        self.router.talk_ended(contact, self.now())
        self.router.set_ready("asha", self.now())

    async def hang_up_waiting(self, caller: str) -> None:
        """Let a caller come while nobody is there, and go again."""
        self.router.set_not_ready("asha", self.now())
        self.router.enter(caller, "orders", self.now(), caller=caller)
        self.router.leave(caller, self.now())
        self.journal.contact_changed(caller)
        await asyncio.sleep(0.05)

    async def stop(self) -> set[str]:
        """End it; return of which callers it is in the file who served them."""
        await asyncio.sleep(0)
        self.journal.stop()
        contents = read_journal(self.path)
        assert contents is not None
        return {key.rpartition(":")[2] for key in contents.values if key.startswith("served:")}


async def test_who_served_a_caller_is_known_after_a_restart_though_only_flows_ask_for_it(
    tmp_path: Path,
) -> None:
    first = Switch(tmp_path / "journal")
    first.serve("+1")
    assert await first.stop() == {"+1"}
    second = Switch(tmp_path / "journal", began=1000.0)
    second.router.enter("again", "orders", second.now(), caller="+1", sticky=True)
    assert second.router.ask.decisions("again")[0].rule == "sticky"
    assert await second.stop() == {"+1"}


async def test_the_journal_forgets_what_does_not_count_any_more(tmp_path: Path) -> None:
    first = Switch(tmp_path / "journal")
    first.serve("+1")
    first.passed = REMEMBERED_SECONDS - 10
    first.serve("+2")
    first.passed = REMEMBERED_SECONDS + 10
    first.serve("+3")
    assert await first.stop() == {"+2", "+3"}


async def test_the_journal_holds_so_many_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routing_journal, "MOST_REMEMBERED", 2)
    first = Switch(tmp_path / "journal")
    for caller in ("+1", "+2", "+1", "+3"):
        first.serve(caller)
    assert await first.stop() == {"+1", "+3"}


async def test_who_hung_up_while_waiting_has_the_old_place_after_any_number_of_restarts(
    tmp_path: Path,
) -> None:
    first = Switch(tmp_path / "journal")
    await first.hang_up_waiting("+1")
    await first.stop()
    await Switch(tmp_path / "journal", began=1000.0).stop()
    third = Switch(tmp_path / "journal", began=2000.0)
    third.router.set_not_ready("asha", third.now())
    third.router.enter("other", "orders", third.now(), caller="+2")
    entry = third.router.enter("again", "orders", third.now(), caller="+1")
    assert (entry.resumed, entry.position) == (True, 1)
    third.journal.contact_changed("again")
    await asyncio.sleep(0.05)
    await third.stop()
    contents = read_journal(tmp_path / "journal")
    assert contents is not None
    assert not [key for key in contents.values if key.startswith("place:")]


async def test_an_old_place_counts_for_so_long_only_over_a_restart_too(tmp_path: Path) -> None:
    first = Switch(tmp_path / "journal")
    await first.hang_up_waiting("+1")
    await first.stop()
    second = Switch(tmp_path / "journal")
    second.passed = second.router.ask.queue("orders").resume_seconds + 1
    assert not second.router.enter("again", "orders", second.now(), caller="+1").resumed
    await second.stop()


class TestLimitsByTheHour:
    """They hold however long the switch was away: what they count is an hour old at most."""

    def old(self, path: Path) -> None:
        """Let the switch that wrote a journal have been away for ten minutes."""
        then = time.time() - 600
        os.utime(path, (then, then))

    @pytest.mark.parametrize("long_ago", [False, True])
    async def test_calls_that_were_dialled_count_on(self, tmp_path: Path, long_ago: bool) -> None:
        path = tmp_path / "journal"
        first = Switch(path)
        for who in ("trunk:a", "trunk:a", "agent:asha"):
            first.hours.of(who).add(first.now())
        await first.stop()
        if long_ago:
            self.old(path)
        second = Switch(path, began=1000.0)
        second.hours.of("trunk:a").add(second.now())
        await second.stop()
        third = Switch(path, began=2000.0)
        now = third.now()
        assert third.hours.of("trunk:a").count(now) == 3
        assert third.hours.of("agent:asha").count(now) == 1
        assert third.hours.of("trunk:a").count(now + 3600) == 0
        await third.stop()

    async def test_the_journal_forgets_calls_that_do_not_count_any_more(
        self, tmp_path: Path
    ) -> None:
        first = Switch(tmp_path / "journal")
        first.hours.of("trunk:a").add(first.now())
        first.passed = 3601.0
        first.hours.of("trunk:a").add(first.now())
        await first.stop()
        contents = read_journal(tmp_path / "journal")
        assert contents is not None
        assert [key for key in contents.values if key.startswith("dialled:")] == [
            "dialled:trunk:a:2"
        ]

    async def test_an_agent_has_had_the_calls_of_the_last_hour(self, tmp_path: Path) -> None:
        path = tmp_path / "journal"
        first = Switch(path, most_an_hour=1)
        first.serve("+1")
        assert first.router.ask.agent("asha", first.now()).reason == "hourly_limit"
        first.journal.agent_changed("asha")
        await asyncio.sleep(0.05)
        await first.stop()
        for began in (1000.0, 2000.0):
            self.old(path)
            later = Switch(path, began, most_an_hour=1)
            view = later.router.ask.agent("asha", later.now())
            assert (view.state.value, view.reason) == ("not_ready", "hourly_limit")
            await later.stop()


async def test_the_certificate_for_dtls_is_kept_only_for_calls_that_go_on(tmp_path: Path) -> None:
    first = Switch(tmp_path / "journal")
    await first.stop()
    contents = read_journal(tmp_path / "journal")
    assert contents is not None
    kept = msgspec.convert(contents.values["dtls"], DtlsCertificate)
    assert kept == first.journal.certificate
    second = Switch(tmp_path / "journal")
    assert second.journal.certificate.fingerprint != kept.fingerprint
    await second.stop()
