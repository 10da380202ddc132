"""Who learns of a key: everybody once an open question has read it, nobody if it is a secret."""

from __future__ import annotations

from switch.calls.keypad import Keypad


class Told:
    def __init__(self) -> None:
        self.keys: list[tuple[str, str]] = []
        self.keypad = Keypad(lambda digit, method: self.keys.append((digit, method)))

    def press(self, keys: str, method: str = "rfc4733") -> None:
        for key in keys:
            self.keypad.press(key, method)


def test_a_key_is_told_of_when_it_is_read() -> None:
    told = Told()
    told.press("1")
    told.press("2", "info")
    assert (told.keys, len(told.keypad), told.keypad.first) == ([], 2, "1")
    told.keypad.read()
    assert (told.keys, told.keypad.first) == ([("1", "rfc4733")], "2")
    told.keypad.read_all()
    assert told.keys == [("1", "rfc4733"), ("2", "info")]
    assert not told.keypad


def test_a_key_pressed_ahead_is_a_secret_if_a_question_for_secrets_reads_it() -> None:
    told = Told()
    told.press("14")
    told.keypad.read()
    told.keypad.sensitive = True
    told.keypad.read()
    assert told.keys == [("1", "rfc4733")]


def test_a_key_too_many_of_a_secret_is_one_whoever_reads_it() -> None:
    told = Told()
    told.keypad.sensitive = True
    told.press("42")
    told.keypad.read()
    told.keypad.sensitive = False
    told.keypad.read()
    assert told.keys == []


def test_what_is_thrown_away_is_told_of_to_nobody() -> None:
    told = Told()
    told.press("4929")
    told.keypad.clear()
    assert (told.keys, len(told.keypad)) == ([], 0)


def test_one_who_leans_on_the_phone_fills_no_memory() -> None:
    told = Told()
    told.press("1" + "2" * 64)
    assert (len(told.keypad), told.keypad.first) == (64, "2")
