"""What parties of different codecs say to each other, decoded and encoded again."""

from __future__ import annotations

import numpy

from switch.media.g711 import ALAW_TO_ULAW
from switch.media.linear import Samples, samples_to_ulaw
from switch.media.messages import Codec
from switch.media.resampling import Resampler, resampler
from switch.media.speech_coding import FRAME_SECONDS, decoder, encoder

_MOST_FILLED_SECONDS = 0.2
"""Of what is missing, silence takes the place; after a longer pause speech begins anew."""


class Speech:
    """What one party says: each packet is decoded once, whoever wants it, at any rate."""

    __slots__ = ("_decoded", "_decoder", "_resamplers", "codec", "fresh", "payload")

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self._decoder = decoder(codec)
        self.payload = b""
        """Of the present packet, decoded when somebody wants to hear it."""
        self.fresh = True
        """It has not been: to be set with `payload`."""
        self._resamplers: dict[int, Resampler] = {}
        self._decoded: dict[int, Samples] = {}

    def take(self, payload: bytes) -> None:
        """Take the next packet."""
        self.payload = payload
        self.fresh = True

    def at(self, rate: int) -> Samples:
        """Return the present packet's samples."""
        if self.fresh:
            self.fresh = False
            self._decoded.clear()
        found = self._decoded.get(rate)
        if found is not None:
            return found
        own = self._decoder.rate
        if rate == own:
            found = self._decoder.decode(self.payload)
        else:
            change = self._resamplers.get(rate)
            if change is None:
                change = self._resamplers[rate] = resampler(own, rate)
            found = change.resample(self.at(own))
        self._decoded[rate] = found
        return found

    def ulaw(self) -> bytes:
        """Return the present packet as mu-law at 8 kHz, for recordings and for detectors."""
        if self.codec is Codec.PCMU:
            return self.payload
        if self.codec is Codec.PCMA:
            return self.payload.translate(ALAW_TO_ULAW)
        return samples_to_ulaw(self.at(8000))


class Encoded:
    """What one party hears, in frames of 20 ms of its codec, whatever it is made from."""

    def __init__(self, codec: Codec, *, fec: bool = False) -> None:
        self._encoder = encoder(codec, fec=fec)
        self.rate = self._encoder.rate
        self._frame_samples = round(self.rate * FRAME_SECONDS)
        self._prompt: Speech | None = None
        self._waiting = numpy.empty(0, dtype=numpy.int16)
        self._source = -1
        self._due = 0
        """Timestamp that comes next if nothing is missing."""

    def prompt_frame(self, ulaw: bytes) -> bytes:
        """Return the payload of 20 ms of a prompt in mu-law."""
        if self._prompt is None:
            self._prompt = Speech(Codec.PCMU)
        self._prompt.take(ulaw)
        self.restart()
        return self._encoder.encode(self._prompt.at(self.rate))

    def put(
        self, speech: Speech, timestamp: int, clock_rate: int, ssrc: int
    ) -> tuple[bool, list[bytes]]:
        """Take a packet of the partner.

        Returns:
            Whether speech begins anew after a pause, and the payloads that are complete.
        """
        samples = speech.at(self.rate)
        missing = ((timestamp - self._due + 2**31) % 2**32 - 2**31) / clock_rate
        begins = ssrc != self._source or not -1 <= missing <= _MOST_FILLED_SECONDS
        if not begins and missing < 0:
            return False, []  # late: its place is taken
        if begins:
            self._waiting = self._waiting[:0]
        elif missing:
            silence = numpy.zeros(round(missing * self.rate), dtype=numpy.int16)
            samples = numpy.concatenate((silence, samples))
        self._source = ssrc
        seconds = len(samples) / self.rate - (0 if begins else missing)
        self._due = (timestamp + round(seconds * clock_rate)) & 0xFFFF_FFFF
        waiting = numpy.concatenate((self._waiting, samples))
        size = self._frame_samples
        whole = len(waiting) - len(waiting) % size
        self._waiting = waiting[whole:]
        return begins, [
            self._encoder.encode(waiting[at : at + size]) for at in range(0, whole, size)
        ]

    def restart(self) -> None:
        """What comes next has nothing to do with what came."""
        self._source = -1
