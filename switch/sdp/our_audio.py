"""How our one audio stream stands in a description: the formats it lists and their attributes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from switch.sdp.codecs import ENCODINGS, EVENT, EVENT_PAYLOAD_TYPES, Format, formats
from switch.sdp.crypto import Crypto
from switch.sdp.description import Attribute, Media

_DYNAMIC = range(96, 128)
"""Payload types that mean what a description says (RFC 3551 6)."""


def offered_formats(codecs: tuple[str, ...], last: Media | None) -> list[Format]:
    """Return what we offer to speak, by the numbers that stood for it last."""
    if last is None:
        return list(_first_offered(codecs))
    known = {(each.name, each.clock_rate): each for each in formats(last)}
    taken = {each.payload_type for each in known.values()}
    encodings = [ENCODINGS[name] for name in codecs]
    encodings.sort(key=lambda each: (each.name, each.clock_rate) not in known)
    listed = []
    for each in _first_offered(tuple(each.name for each in encodings)):
        before = known.get((each.name, each.clock_rate))
        number = each.payload_type if before is None else before.payload_type
        if before is None and number in taken:
            number = next(free for free in _DYNAMIC if free not in taken)
        taken.add(number)
        listed.append(Format(number, each.name, each.clock_rate))
    return listed


@lru_cache(maxsize=64)
def _first_offered(codecs: tuple[str, ...]) -> tuple[Format, ...]:
    """Return what stands for codecs, and for keys at their clock rates, in a first offer."""
    encodings = [ENCODINGS[name] for name in codecs]
    rates = sorted({each.clock_rate for each in encodings})
    return (
        *(Format(each.payload_type, each.name, each.clock_rate) for each in encodings),
        *(Format(EVENT_PAYLOAD_TYPES[rate], EVENT, rate) for rate in rates),
    )


def our_audio(
    port: int,
    listed: list[Format],
    direction: str,
    *,
    protocol: str,
    crypto: Sequence[Crypto] = (),
    more: Sequence[Attribute] = (),
) -> Media:
    """Return our medium.

    Args:
        crypto: the keys that we tell.
        more: attributes besides.
    """
    attributes = [("crypto", each.value) for each in crypto]
    for each in listed:
        number = each.payload_type
        encoding = ENCODINGS.get(each.name)
        rtpmap = f"{each.name}/{each.clock_rate}" if encoding is None else encoding.rtpmap
        attributes.append(("rtpmap", f"{number} {rtpmap}"))
        if each.name == EVENT:
            attributes.append(("fmtp", f"{number} 0-15"))
        elif encoding is not None and encoding.fmtp:
            attributes.append(("fmtp", f"{number} {encoding.fmtp}"))
    attributes += [*more, ("ptime", "20"), (direction, "")]
    numbers = [str(each.payload_type) for each in listed]
    return Media("audio", port, protocol, numbers, attributes=attributes)
