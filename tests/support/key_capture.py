"""Captures for SIPp to play: keys as a phone sends them, as events, tones or both; and sounds.

SIPp's own captures have the events alone. Many gateways let the tone through beside the event.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from switch.media.dtmf_event import KEYS
from switch.media.g711 import linear_to_alaw

_FRAME = 160
"""Samples in a packet of 20 ms."""
_PRESSED = 8
"""Packets of one press."""
_PAUSE = 6
"""Packets from one press to the next."""
_PCMA, _EVENTS = 8, 101
_ROWS = {
    key: (697, 770, 852, 941)[row]
    for row, keys in enumerate(("123", "456", "789", "*0#"))
    for key in keys
}
_COLUMNS = {
    key: (1209, 1336, 1477)[column]
    for column, keys in enumerate(("147*", "2580", "369#"))
    for key in keys
}
"""ITU-T Q.23, hertz."""


@cache
def _tone(key: str, frame: int) -> bytes:
    """Return a frame of a key's tone in A-law."""
    found = []
    for sample in range(frame * _FRAME, (frame + 1) * _FRAME):
        angle = 2 * math.pi * sample / 8000
        level = math.sin(angle * _ROWS[key]) + math.sin(angle * _COLUMNS[key])
        found.append(linear_to_alaw(round(6000 * level)))
    return bytes(found)


_SILENCE = bytes((0xD5,)) * _FRAME


class Keypad:
    """A phone whose keys are written into captures, one RTP stream over all of them."""

    def __init__(self, *, events: bool = True, tones: bool = True) -> None:
        self._events = events
        self._tones = tones
        self._sequence = 1
        self._frames = 0

    def press(self, keys: str, path: Path, pause_seconds: float) -> float:
        """Write a capture of these keys, pressed one after another.

        Args:
            pause_seconds: until the next capture is played.

        Returns:
            The seconds that it lasts, without that pause.
        """
        first = self._frames
        _write(path, (each for key in keys for each in self._pressed(key, first)))
        seconds = (self._frames - first) * 0.02
        self._frames += round(pause_seconds / 0.02)
        return seconds

    def say(self, alaw: bytes, path: Path) -> None:
        """Write a capture of a sound."""
        _write(path, self._said(alaw))

    def _said(self, alaw: bytes) -> Iterator[tuple[int, bytes]]:
        first = self._frames
        for at in range(0, len(alaw) - _FRAME + 1, _FRAME):
            packet = self._packet(_PCMA, self._frames * _FRAME, alaw[at : at + _FRAME])
            yield (self._frames - first) * 20_000, packet
            self._frames += 1

    def _pressed(self, key: str, first: int) -> Iterator[tuple[int, bytes]]:
        """Yield the packets of one press and the pause after it, and when each is sent."""
        began = self._frames * _FRAME
        for frame in range(_PRESSED + _PAUSE):
            micros = (self._frames - first) * 20_000
            sounds = frame < _PRESSED and self._tones
            audio = _tone(key, frame) if sounds else _SILENCE
            yield micros, self._packet(_PCMA, self._frames * _FRAME, audio)
            if self._events and frame < _PRESSED + 2:  # the last three repeat the end
                ended = frame >= _PRESSED - 1
                lasted = min(frame + 1, _PRESSED) * _FRAME
                event = struct.pack(">BBH", KEYS.index(key), ended << 7 | 10, lasted)
                yield micros, self._packet(_EVENTS, began, event, marker=frame == 0)
            self._frames += 1

    def _packet(self, kind: int, timestamp: int, payload: bytes, *, marker: bool = False) -> bytes:
        rtp = struct.pack(
            ">BBHII", 0x80, marker << 7 | kind, self._sequence, 1000 + timestamp, 0x5EC2E7
        )
        self._sequence += 1
        udp = struct.pack(">HHHH", 6000, 6000, 8 + len(rtp) + len(payload), 0) + rtp + payload
        address = bytes((127, 0, 0, 1))
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + 2 * address
        return 12 * b"\0" + b"\x08\x00" + ip + udp


def _write(path: Path, packets: Iterator[tuple[int, bytes]]) -> None:
    """Write packets, and when each is sent in microseconds, in libpcap's format."""
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1))
        for micros, packet in packets:
            header = divmod(micros, 10**6)
            file.write(struct.pack("<IIII", *header, len(packet), len(packet)))
            file.write(packet)
