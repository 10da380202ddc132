"""The codings we speak, and the payload types that stand for them (RFC 3551 table 4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from switch.frozen import frozen
from switch.sdp.description import Media


@frozen()
class Encoding:
    """A speech coding as descriptions name it."""

    name: str
    clock_rate: int
    """Of its timestamps, in Hz; G.722 says 8000 and means 16,000 samples (RFC 3551 4.5.2)."""
    payload_type: int
    """What we offer it as; an answer keeps the offer's number."""
    channels: int = 1
    fmtp: str = ""
    """What we tell of ourselves in `a=fmtp`."""

    @property
    def rtpmap(self) -> str:
        """Return what `a=rtpmap` says after the number."""
        channels = f"/{self.channels}" if self.channels > 1 else ""
        return f"{self.name}/{self.clock_rate}{channels}"


ENCODINGS: Mapping[str, Encoding] = {
    each.name: each
    for each in (
        Encoding("PCMU", 8000, 0),
        Encoding("PCMA", 8000, 8),
        Encoding("G722", 8000, 9),
        # RFC 7587 7: always two channels in the map; what is sent may be one.
        Encoding("opus", 48_000, 111, 2, "useinbandfec=1;stereo=0;sprop-stereo=0"),
    )
}

_BY_LOWER_NAME = {name.lower(): encoding for name, encoding in ENCODINGS.items()}

EVENT = "telephone-event"
"""RFC 4733."""
COMFORT_NOISE = "CN"
"""RFC 3389."""

EVENT_PAYLOAD_TYPES = {8000: 101, 48_000: 110}
"""What we offer for `telephone-event`, by clock rate; an answer keeps the offer's number."""

COMFORT_NOISE_PAYLOAD_TYPE = 13

_LONGEST_REMEMBERED = 200
"""Characters of a payload type's map, or of its parameters, beyond which it is read anew."""

_STATIC = {0: ("PCMU", 8000), 8: ("PCMA", 8000), 9: ("G722", 8000), 13: (COMFORT_NOISE, 8000)}
"""Payload types that need no rtpmap."""


@frozen()
class Format:
    """One payload type of a media line."""

    payload_type: int
    name: str
    """One of `ENCODINGS`, `EVENT` or `COMFORT_NOISE`."""
    clock_rate: int = 8000
    parameters: str = ""
    """Value of its `a=fmtp`, after the number."""

    def parameter(self, name: str) -> str:
        """Return a parameter of `a=fmtp`; empty when it is not given."""
        for part in self.parameters.split(";"):
            key, _, value = part.partition("=")
            if key.strip().lower() == name:
                return value.strip()
        return ""


def formats(media: Media) -> Iterator[Format]:
    """Yield the formats of a media line that we can use, in its order of preference."""
    maps: dict[str, str] = {}
    parameters: dict[str, str] = {}
    for name, value in media.attributes:
        if name == "rtpmap":
            number, _, encoding = value.partition(" ")
            maps.setdefault(number, encoding.strip())
        elif name == "fmtp":
            number, _, rest = value.partition(" ")
            parameters.setdefault(number, rest.strip())
    for text in media.formats:
        found = _format(text, maps.get(text), parameters.get(text, ""))
        if found is not None:
            yield found


def _format(text: str, mapped: str | None, parameters: str) -> Format | None:
    if len(text) > 3:
        return None
    if len(parameters) > _LONGEST_REMEMBERED or len(mapped or "") > _LONGEST_REMEMBERED:
        return _read_format(text, mapped, parameters)
    return _remembered_format(text, mapped, parameters)


def _read_format(text: str, mapped: str | None, parameters: str) -> Format | None:
    if not text.isascii() or not text.isdigit() or int(text) > 127:
        return None
    number = int(text)
    known = _STATIC.get(number) if mapped is None else _known(mapped)
    return None if known is None else Format(number, *known, parameters)


_remembered_format = lru_cache(maxsize=1024)(_read_format)
"""Carriers and phones describe themselves in the same words at every call."""


def _known(mapped: str) -> tuple[str, int] | None:
    """Return our name and the clock rate of `PCMU/8000/1`; None when we cannot use it."""
    name, _, rest = mapped.partition("/")
    rate, _, channels = rest.partition("/")
    name = name.lower()
    if name == EVENT and rate in ("8000", "48000") and channels in ("", "1"):
        return EVENT, int(rate)
    if name == "cn" and rate == "8000" and channels in ("", "1"):
        return COMFORT_NOISE, 8000
    encoding = _BY_LOWER_NAME.get(name)
    if encoding is None or rate != str(encoding.clock_rate):
        return None
    if channels not in (("", "1") if encoding.channels == 1 else (str(encoding.channels),)):
        return None
    return encoding.name, encoding.clock_rate
