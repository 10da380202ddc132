"""Speech decoded and encoded: G.711 by tables, G.722 and Opus by FFmpeg's libraries (PyAV).

PyAV is loaded when the first party speaks G.722 or Opus, or beforehand by a worker of a
site that allows them: sites with G.711 alone do without its 40 MB.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Protocol

import numpy

from switch.media.g711 import ALAW_TO_ULAW, ULAW_TO_ALAW
from switch.media.linear import Samples, samples_to_ulaw, ulaw_to_samples
from switch.media.messages import Codec

FRAME_SECONDS = 0.02
"""What an encoder takes at a time."""

CLOCK_RATES = {Codec.PCMU: 8000, Codec.PCMA: 8000, Codec.G722: 8000, Codec.OPUS: 48_000}
"""Of RTP timestamps; G.722's is not its sample rate (RFC 3551 4.5.2)."""

G711 = frozenset({Codec.PCMU, Codec.PCMA})

_OPUS_BITS_PER_SECOND = 32_000
_NOTHING = numpy.empty(0, dtype=numpy.int16)


class Decoder(Protocol):
    """One party's speech."""

    rate: int
    """Of its samples, in Hz."""

    def decode(self, payload: bytes) -> Samples:
        """Return the samples of a packet; none when it makes no sense."""
        ...


class Encoder(Protocol):
    """What one party hears."""

    rate: int

    def encode(self, samples: Samples) -> bytes:
        """Return the payload of 20 ms."""
        ...


class _G711:
    """Both ways; nothing to remember."""

    rate = 8000

    def __init__(self, codec: Codec) -> None:
        self._is_alaw = codec is Codec.PCMA

    def decode(self, payload: bytes) -> Samples:
        return ulaw_to_samples(payload.translate(ALAW_TO_ULAW) if self._is_alaw else payload)

    def encode(self, samples: Samples) -> bytes:
        ulaw = samples_to_ulaw(samples)
        return ulaw.translate(ULAW_TO_ALAW) if self._is_alaw else ulaw


class _FfmpegDecoder:
    """A decoder of FFmpeg's, at the one rate that it gives."""

    def __init__(self, name: str, rate: int) -> None:
        self.rate = rate
        av = load()
        self._packet, self._error = av.Packet, av.FFmpegError
        self._context = av.CodecContext.create(name, "r")
        self._context.sample_rate = rate
        self._context.layout = "mono"

    def decode(self, payload: bytes) -> Samples:
        if not payload:
            return _NOTHING
        try:
            frames = self._context.decode(self._packet(payload))
        except self._error:
            return _NOTHING
        parts: list[Samples] = [frame.to_ndarray().reshape(-1) for frame in frames]
        if len(parts) == 1:
            return parts[0]
        return numpy.concatenate(parts) if parts else _NOTHING


class _FfmpegEncoder:
    """An encoder of FFmpeg's that takes 20 ms at 16 kHz."""

    rate = 16_000

    def __init__(self, name: str, options: dict[str, str], bits_per_second: int) -> None:
        av = load()
        self._frame = av.AudioFrame
        self._context = av.CodecContext.create(name, "w")
        self._context.sample_rate = self.rate
        self._context.format = "s16"
        self._context.layout = "mono"
        self._context.bit_rate = bits_per_second
        self._context.options = options
        self._at = 0

    def encode(self, samples: Samples) -> bytes:
        frame = self._frame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = self.rate
        frame.pts = self._at
        self._at += len(samples)
        return b"".join(bytes(packet) for packet in self._context.encode(frame))


def decoder(codec: Codec) -> Decoder:
    """Return a new decoder."""
    if codec is Codec.G722:
        return _FfmpegDecoder("g722", 16_000)
    if codec is Codec.OPUS:
        return _FfmpegDecoder("libopus", 48_000)
    return _G711(codec)


def encoder(codec: Codec, *, fec: bool = False) -> Encoder:
    """Return a new encoder.

    Args:
        fec: Opus sends again, within the next packet, what may have been lost.
    """
    if codec is Codec.G722:
        return _FfmpegEncoder("g722", {}, 64_000)
    if codec is Codec.OPUS:
        options = {"application": "voip", "frame_duration": "20", "compression_level": "5"}
        if fec:
            options |= {"fec": "1", "packet_loss": "5"}
        return _FfmpegEncoder("libopus", options, _OPUS_BITS_PER_SECOND)
    return _G711(codec)


@cache
def load() -> Any:
    """Load FFmpeg's libraries, once: a twentieth of a second."""
    import av

    return av
