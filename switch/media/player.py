"""PURE: prompts, one after another, in frames of 20 ms."""

from __future__ import annotations

from collections.abc import Sequence

from switch.media.g711 import ULAW_SILENCE
from switch.media.rtp_packet import FRAME_SAMPLES


class Player:
    """One `Play` command; mu-law in, mu-law frames out."""

    __slots__ = ("_at", "_index", "_loop", "_prompts", "play")

    def __init__(self, play: int, prompts: Sequence[bytes], *, loop: bool) -> None:
        self.play = play
        self._prompts = [prompt for prompt in prompts if prompt]
        self._loop = loop
        self._index = 0
        self._at = 0

    def next_frame(self) -> bytes | None:
        """Return the next 160 samples; None when everything has been played."""
        if self._index >= len(self._prompts):
            if not self._loop or not self._prompts:
                return None
            self._index = 0
        prompt = self._prompts[self._index]
        frame = prompt[self._at : self._at + FRAME_SAMPLES]
        self._at += FRAME_SAMPLES
        if self._at >= len(prompt):
            self._at = 0
            self._index += 1
        if len(frame) < FRAME_SAMPLES:
            frame += bytes((ULAW_SILENCE,)) * (FRAME_SAMPLES - len(frame))
        return frame
