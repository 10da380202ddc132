"""Messages to those who wait: which is due, and when."""

from __future__ import annotations

from switch.app.announcements import Announcements
from switch.ivr.call import Announce, Prompt, Render


def says(text: str) -> Render:
    return lambda position, wait: [Prompt(text=text)]


def heard(announcements: Announcements, until: float, lasting: float = 2.0) -> list[str]:
    """Return what is said when, each message lasting so long."""
    found = []
    while (at := announcements.deadline) is not None and at <= until:
        message = announcements.take_due(at)
        assert message is not None
        found.append(f"{at:g} {message(1, None)[0].text}")
        announcements.ended(at + lasting)
    return found


def test_each_list_keeps_its_own_time_from_the_end_of_its_message() -> None:
    place = Announce((says("place"),), first_after_seconds=0, every_seconds=30)
    comfort = Announce((says("sorry"), says("soon")), first_after_seconds=10, every_seconds=20)
    assert heard(Announcements([place, comfort], 0.0), 70) == [
        "0 place",
        "10 sorry",
        "32 place",
        "32 soon",
        "54 sorry",
        "64 place",
    ]


def test_of_two_that_are_due_the_first_in_the_list_is_heard_first() -> None:
    both = [Announce((says(text),), 5, 0) for text in ("first", "second")]
    announcements = Announcements(both, 100.0)
    assert announcements.deadline == 105
    message = announcements.take_due(106)
    assert message is not None
    assert message(1, None)[0].text == "first"


def test_one_at_a_time() -> None:
    announcements = Announcements([Announce((says("a"),), 0, 0), Announce((says("b"),), 0, 0)], 0)
    assert announcements.take_due(0) is not None
    assert announcements.take_due(1) is None
    assert announcements.deadline is None
    announcements.ended(3)
    assert announcements.take_due(3) is not None


def test_a_message_without_every_is_said_once() -> None:
    assert heard(Announcements([Announce((says("once"),), 1, 0)], 0.0), 1000) == ["1 once"]


def test_nothing_is_due_without_messages() -> None:
    assert Announcements([], 0.0).deadline is None
    assert Announcements([], 0.0).take_due(10) is None
