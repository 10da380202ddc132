"""Recording: both tracks on one time line, pauses as long as they were."""

from __future__ import annotations

import pytest

from switch.media.recorder import Recorder, Track

FRAME = 160
SILENCE = b"\xff"


def test_packets_lie_end_to_end_whatever_their_jitter() -> None:
    track = Track()
    for number in range(10):
        track.put(bytes((number,)) * FRAME, number * FRAME, (number + 1) * FRAME + number % 3 * 80)
    assert track.take(10 * FRAME) == b"".join(bytes((number,)) * FRAME for number in range(10))


def test_a_pause_is_as_long_as_it_was() -> None:
    track = Track()
    track.put(b"a" * FRAME, 1000, FRAME)
    track.put(b"b" * FRAME, 999_000, 5 * FRAME + 4 * FRAME * 10)  # another talkspurt, later
    data = track.take(60 * FRAME)
    assert data.index(b"b") == 44 * FRAME
    assert data[FRAME : 44 * FRAME] == SILENCE * (43 * FRAME)


def test_a_lost_packet_is_silence_and_a_late_one_fills_it() -> None:
    track = Track()
    track.put(b"a" * FRAME, 0, FRAME)
    track.put(b"c" * FRAME, 2 * FRAME, 3 * FRAME)
    track.put(b"b" * FRAME, FRAME, 3 * FRAME)
    assert track.take(3 * FRAME) == b"a" * FRAME + b"b" * FRAME + b"c" * FRAME


def test_chunks_are_whole_seconds_of_both_tracks() -> None:
    recorder = Recorder(100.0)
    for number in range(100):
        now = 100.0 + (number + 1) * 0.02
        recorder.said.put(b"l" * FRAME, number * FRAME, recorder.clock(now))
    assert recorder.chunks(101.4) == []
    assert recorder.chunks(101.6) == [(b"l" * 8000, SILENCE * 8000)]
    rest = recorder.chunks(102.25, all_of_it=True)
    assert [len(left) for left, _ in rest] == [8000, 2000]
    assert rest[1] == (SILENCE * 2000, SILENCE * 2000)
    assert recorder.samples == 18_000


class TestSilence:
    """A secret is keyed in from 1.0 s to 2.0 s."""

    def recorder(self) -> Recorder:
        recorder = Recorder(100.0)
        self.speak(recorder, 0.0, 1.0)
        recorder.silence(True, 101.0)
        self.speak(recorder, 1.0, 2.0)
        recorder.silence(False, 102.0)
        return recorder

    def speak(self, recorder: Recorder, begin: float, end: float) -> None:
        for frame in range(round(begin * 50), round(end * 50)):
            at = (frame + 1) * FRAME
            recorder.said.put(b"s" * FRAME, at, at)
            recorder.heard.put(b"h" * FRAME, at, at)

    def silent_seconds(self, recorder: Recorder, end: float) -> list[float]:
        chunks = recorder.chunks(100 + end, all_of_it=True)
        left, right = (b"".join(chunk[side] for chunk in chunks) for side in (0, 1))
        assert left.count(SILENCE) == right.count(SILENCE)
        return [left.index(SILENCE) / 8000, left.count(SILENCE) / 8000]

    def test_lasts_a_second_longer_than_asked(self) -> None:
        recorder = self.recorder()
        self.speak(recorder, 2.0, 4.0)
        assert self.silent_seconds(recorder, 4.0) == [1.0, pytest.approx(2.0, abs=0.03)]

    def test_lasts_until_the_last_key_has_ended(self) -> None:
        recorder = self.recorder()
        for hundredth in range(150):  # pressed for a second and a half
            recorder.key_sounds(102.0 + hundredth / 100)
        self.speak(recorder, 2.0, 6.0)
        assert self.silent_seconds(recorder, 6.0) == [1.0, pytest.approx(3.5, abs=0.03)]

    def test_a_key_of_no_secret_silences_nothing(self) -> None:
        recorder = self.recorder()
        self.speak(recorder, 2.0, 4.0)
        recorder.key_sounds(104.0)
        self.speak(recorder, 4.0, 6.0)
        assert self.silent_seconds(recorder, 6.0) == [1.0, pytest.approx(2.0, abs=0.03)]
