"""Prompts in frames of 20 ms."""

from __future__ import annotations

from switch.media.player import Player


def frames(player: Player, most: int = 100) -> list[bytes]:
    found: list[bytes] = []
    while len(found) < most and (frame := player.next_frame()) is not None:
        found.append(frame)
    return found


def test_prompts_follow_each_other_and_the_last_frame_is_filled_up() -> None:
    heard = frames(Player(1, [b"a" * 320, b"", b"b" * 100], loop=False))
    assert heard == [b"a" * 160, b"a" * 160, b"b" * 100 + b"\xff" * 60]


def test_music_goes_round() -> None:
    heard = frames(Player(1, [b"a" * 160, b"b" * 160], loop=True), most=5)
    assert heard == [letter * 160 for letter in (b"a", b"b", b"a", b"b", b"a")]


def test_nothing_to_play_is_over_at_once() -> None:
    assert frames(Player(1, [], loop=True)) == []
    assert frames(Player(1, [b""], loop=False)) == []
