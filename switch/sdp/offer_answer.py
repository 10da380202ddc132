"""Offer and answer (RFC 3264) for one audio stream: codec, key presses, hold.

Everything that is not our one audio stream is refused in its place, with port 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address

from switch.errors import RemoteProtocolError
from switch.frozen import frozen
from switch.sdp.codecs import EVENT, EVENT_PAYLOAD_TYPE, PAYLOAD_TYPE_OF, Format, formats
from switch.sdp.description import (
    Media,
    SessionDescription,
    connection,
    parse_description,
    print_description,
)

NOT_ACCEPTABLE_HERE = 488

_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")

_ANSWER_DIRECTION = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}
"""RFC 3264 6.1: what we answer, being willing to send and to receive."""


@frozen()
class Negotiated:
    """What both sides have agreed on, as media needs it."""

    codec: str
    """`PCMU` or `PCMA`."""
    payload_type: int
    """Of the codec, in both directions."""
    event_payload_type: int
    """Of telephone-event; -1 without it."""
    remote_address: str
    remote_port: int
    rtcp_port: int
    may_send: bool
    """We may send to the peer; not while it holds us."""
    may_receive: bool
    ptime_ms: int = 20
    """What the peer likes to get."""


@dataclass(slots=True)
class LocalMedia:
    """Our side of one audio stream."""

    address: str
    """Where we take RTP, as told to the peer."""
    port: int
    """Set once there is a stream."""
    codecs: tuple[str, ...]
    """Best first."""
    session_id: int = 1
    """RFC 8866 5.2: unique for this session on this host."""
    version: int = 0
    """Grows with every description that differs from the one before (RFC 3264 8)."""
    _last: tuple[object, ...] = field(default=(), repr=False)

    def origin(self, *content: object) -> str:
        """Return the value of the `o=` line of a description with this content."""
        if content != self._last:
            self._last = content
            self.version += 1
        return f"freeline {self.session_id} {self.version} {connection(self.address)}"


def make_offer(local: LocalMedia, *, direction: str = "sendrecv") -> bytes:
    """Return an offer of our audio stream."""
    numbers = [PAYLOAD_TYPE_OF[name] for name in local.codecs]
    listed = [Format(number, name) for number, name in zip(numbers, local.codecs, strict=True)]
    return _describe(local, [_audio(local, listed, EVENT_PAYLOAD_TYPE, direction)])


def make_answer(local: LocalMedia, offer: bytes) -> tuple[bytes, Negotiated]:
    """Return the answer to an offer, and what it settles.

    Raises:
        RemoteProtocolError: the offer is malformed (400), or has no audio that we can
            take part in (488).
    """
    offered = parse_description(offer)
    answer: list[Media] = []
    negotiated: Negotiated | None = None
    for media in offered.media:
        common = _common(local, media) if negotiated is None else None
        if common is None:
            answer.append(Media(media.kind, 0, media.protocol, media.formats[:1]))
            continue
        codec, event_payload_type = common
        negotiated = _negotiated(offered, media, codec, event_payload_type)
        direction = _ANSWER_DIRECTION[_direction(offered, media)]
        answer.append(_audio(local, [codec], event_payload_type, direction))
    if negotiated is None:
        raise RemoteProtocolError(_why_not(local, offered), NOT_ACCEPTABLE_HERE)
    return _describe(local, answer), negotiated


def read_answer(local: LocalMedia, offer: bytes, answer: bytes) -> Negotiated:
    """Return what the answer to our offer settles.

    Raises:
        RemoteProtocolError: it is malformed (400), or refuses our audio (488).
    """
    expected = offer.count(b"\r\nm=")
    answered = parse_description(answer)
    if len(answered.media) != expected:
        # RFC 3264 6: "the answer MUST contain the same number of m= lines".
        raise RemoteProtocolError(
            f"the answer has {len(answered.media)} m= lines, the offer has {expected}",
            NOT_ACCEPTABLE_HERE,
        )
    for media in answered.media:
        common = _common(local, media)
        if common is not None:
            return _negotiated(answered, media, *common)
    raise RemoteProtocolError(_why_not(local, answered), NOT_ACCEPTABLE_HERE)


def _common(local: LocalMedia, media: Media) -> tuple[Format, int] | None:
    """Return the codec to use and the payload type of events, or None."""
    if media.kind != "audio" or not media.port or media.protocol != "RTP/AVP":
        return None
    codec: Format | None = None
    event = -1
    for listed in formats(media):
        if listed.name == EVENT:
            if event < 0:
                event = listed.payload_type
        elif codec is None and listed.name in local.codecs:
            codec = listed
    return None if codec is None else (codec, event)


def _negotiated(
    session: SessionDescription, media: Media, codec: Format, event_payload_type: int
) -> Negotiated:
    address = session.address_of(media)
    unspecified = _is_unspecified(address)
    direction = _direction(session, media)
    return Negotiated(
        codec=codec.name,
        payload_type=codec.payload_type,
        event_payload_type=event_payload_type,
        remote_address=address,
        remote_port=media.port,
        rtcp_port=_rtcp_port(media),
        # RFC 3264 8.4: an address of 0.0.0.0 is the old way to hold.
        may_send=direction in ("sendrecv", "recvonly") and not unspecified,
        may_receive=direction in ("sendrecv", "sendonly"),
        ptime_ms=_number(media.attribute("ptime"), 20),
    )


@lru_cache(maxsize=4096)
def _is_unspecified(address: str) -> bool:
    """Whether it is 0.0.0.0 or ::. Raises RemoteProtocolError for what we may not send to."""
    try:
        parsed = ip_address(address)
    except ValueError:
        # A name would have to be looked up; RFC 8866 5.7 prefers addresses.
        message = f"SDP names no IP address for the audio but {address[:60]!r}"
        raise RemoteProtocolError(message, NOT_ACCEPTABLE_HERE) from None
    if parsed.is_multicast:
        raise RemoteProtocolError(f"SDP asks us to send to {address}", NOT_ACCEPTABLE_HERE)
    return parsed.is_unspecified


def _direction(session: SessionDescription, media: Media) -> str:
    """Return the direction as the peer sees it; the session's unless the medium has its own."""
    for attributes in (media.attributes, session.attributes):
        for name, _ in attributes:
            if name in _DIRECTIONS:
                return name
    return "sendrecv"


def _rtcp_port(media: Media) -> int:
    """RFC 3605: `a=rtcp`, else the port above RTP."""
    value = media.attribute("rtcp")
    port = _number(value.partition(" ")[0] if value else None, 0)
    return port if 0 < port <= 65_535 else min(media.port + 1, 65_535)


def _number(text: str | None, otherwise: int) -> int:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 6:
        return otherwise
    return int(text)


def _audio(local: LocalMedia, codecs: list[Format], event: int, direction: str) -> Media:
    attributes = [("rtpmap", f"{codec.payload_type} {codec.name}/8000") for codec in codecs]
    listed = [str(codec.payload_type) for codec in codecs]
    if event >= 0:
        listed.append(str(event))
        attributes += [("rtpmap", f"{event} {EVENT}/8000"), ("fmtp", f"{event} 0-15")]
    attributes += [("ptime", "20"), (direction, "")]
    return Media("audio", local.port, "RTP/AVP", listed, attributes=attributes)


def _describe(local: LocalMedia, media: list[Media]) -> bytes:
    content = tuple(
        (each.kind, each.port, tuple(each.formats), tuple(each.attributes)) for each in media
    )
    origin = local.origin(local.address, content)
    return print_description(SessionDescription(local.address, media, origin=origin))


def _why_not(local: LocalMedia, session: SessionDescription) -> str:
    audio = [media for media in session.media if media.kind == "audio"]
    if not audio:
        return "SDP has no audio"
    if not any(media.port for media in audio):
        return "SDP has refused the audio"
    protocols = {media.protocol for media in audio}
    if "RTP/AVP" not in protocols:
        return f"SDP has audio only over {', '.join(sorted(protocols))}, we speak RTP/AVP"
    return f"SDP has no codec in common with us: we speak {', '.join(local.codecs)}"
