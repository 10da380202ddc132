"""Bans: a few failures are free, then each costs twice the one before."""

from __future__ import annotations

from switch.sip.bans import Ban, Bans, BanSettings

SETTINGS = BanSettings(free_failures=3, first_seconds=10, longest_seconds=600)
SOURCE = ("source", "203.0.113.9")


def test_each_failure_beyond_the_free_ones_bans_for_twice_as_long() -> None:
    bans = Bans(SETTINGS)
    lasted = [bans.failed(SOURCE, 0.0) for _ in range(12)]
    assert lasted == [0, 0, 0, 10, 20, 40, 80, 160, 320, 600, 600, 600]


def test_many_failures_stay_a_number() -> None:
    bans = Bans(SETTINGS)
    for _ in range(5000):
        bans.failed(SOURCE, 0.0)
    assert bans.failed(SOURCE, 0.0) == 600


def test_a_ban_ends_by_itself() -> None:
    bans = Bans(SETTINGS)
    for _ in range(4):
        bans.failed(SOURCE, 0.0)
    assert bans.is_banned(SOURCE, 9.9)
    assert bans.in_force(4.0) == [Ban("source", "203.0.113.9", 4, 6.0)]
    assert not bans.is_banned(SOURCE, 10.0)
    assert bans.in_force(10.0) == []


def test_failures_of_long_ago_are_forgotten() -> None:
    bans = Bans(SETTINGS)
    for _ in range(3):
        bans.failed(SOURCE, 0.0)
    assert bans.failed(SOURCE, 601.0) == 0.0


def test_a_ban_can_be_lifted() -> None:
    bans = Bans(SETTINGS)
    for _ in range(4):
        bans.failed(SOURCE, 0.0)
    assert bans.lift(SOURCE)
    assert not bans.is_banned(SOURCE, 0.0)
    assert not bans.lift(SOURCE)


def test_only_so_many_are_remembered() -> None:
    bans = Bans(SETTINGS, most=10)
    for number in range(1000):
        bans.failed(("source", str(number)), 0.0)
    assert len(bans) == 10
