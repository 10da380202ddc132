"""The codings we speak, and the payload types that stand for them (RFC 3551 table 4)."""

from __future__ import annotations

from collections.abc import Iterator

from switch.frozen import frozen
from switch.sdp.description import Media

STATIC_PAYLOAD_TYPES = {0: "PCMU", 8: "PCMA"}
"""Payload types that need no rtpmap; both are 8000 Hz, one channel."""

PAYLOAD_TYPE_OF = {name: number for number, name in STATIC_PAYLOAD_TYPES.items()}

EVENT = "telephone-event"
"""RFC 4733."""

EVENT_PAYLOAD_TYPE = 101
"""What we offer for `telephone-event`; an answer keeps the offer's number."""

CLOCK_RATE = 8000


@frozen()
class Format:
    """One payload type of a media line."""

    payload_type: int
    name: str
    """Upper-case for audio codecs, `telephone-event` for events; empty when unknown."""


def formats(media: Media) -> Iterator[Format]:
    """Yield the formats of a media line that we can use, in its order of preference."""
    maps = dict(_rtpmap(value) for name, value in media.attributes if name == "rtpmap")
    for text in media.formats:
        if not text.isascii() or not text.isdigit() or len(text) > 3 or int(text) > 127:
            continue
        number = int(text)
        encoding = maps.get(text)
        name = STATIC_PAYLOAD_TYPES.get(number, "") if encoding is None else _known(encoding)
        if name:
            yield Format(number, name)


def _rtpmap(value: str) -> tuple[str, str]:
    number, _, encoding = value.partition(" ")
    return number, encoding.strip()


def _known(encoding: str) -> str:
    """Return our name of an encoding like `PCMU/8000/1`; empty when we cannot use it."""
    name, _, rest = encoding.partition("/")
    rate, _, channels = rest.partition("/")
    if rate != str(CLOCK_RATE) or channels not in ("", "1"):
        return ""
    if name.lower() == EVENT:
        return EVENT
    return name.upper() if name.upper() in PAYLOAD_TYPE_OF else ""
