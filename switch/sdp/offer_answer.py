"""Offer and answer (RFC 3264) for one audio stream: codec, key presses, encryption, hold.

Everything that is not our one audio stream is refused in its place, with port 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address

from switch.errors import RemoteProtocolError
from switch.frozen import frozen
from switch.sdp.audio_choice import Choice, choose, why_not
from switch.sdp.codecs import COMFORT_NOISE, Format
from switch.sdp.crypto import Crypto, OurKeys, SrtpPolicy, SrtpTerms, crypto_lines
from switch.sdp.description import (
    Attribute,
    Media,
    SessionDescription,
    connection,
    parse_description,
    print_description,
)
from switch.sdp.dtls import DTLS_PROTOCOL, DtlsTerms, OurDtls
from switch.sdp.our_audio import offered_formats, our_audio

NOT_ACCEPTABLE_HERE = 488

_BY_DTLS = re.compile(rb"\r\nm=audio [1-9]\d* UDP/TLS/RTP/SAVPF? ")
_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")

_ANSWER_DIRECTION = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}
"""RFC 3264 6.1: what we answer, being willing to send and to receive."""


@frozen()
class Encryption:
    """How both directions of a stream are encrypted. Its keys never show in a text of it."""

    suite: str
    """RFC 4568 6.2 name."""
    send_key: bytes
    """Master key and salt of what we send."""
    receive_key: bytes

    def __repr__(self) -> str:
        return f"Encryption(suite={self.suite!r}, keys=...)"

    def __str__(self) -> str:
        return repr(self)


@frozen()
class Negotiated:
    """What both sides have agreed on, as media needs it."""

    codec: str
    """A name of `codecs.ENCODINGS`."""
    payload_type: int
    """Of the codec, in both directions."""
    event_payload_type: int
    """Of telephone-event; -1 without it."""
    remote_address: str
    remote_port: int
    rtcp_port: int
    """As `remote_port` when RTCP comes and goes on the port of RTP (RFC 5761)."""
    may_send: bool
    """We may send to the peer; not while it holds us."""
    may_receive: bool
    ptime_ms: int = 20
    """What the peer likes to get."""
    others: tuple[tuple[int, str], ...] = ()
    """Payload type and codec of what else the peer may send, and take, at any time."""
    comfort_noise_payload_type: int = -1
    """Of comfort noise (RFC 3389); -1 when the peer takes none."""
    event_clock_rate: int = 8000
    """In which the durations of events count."""
    encryption: Encryption | None = None
    fec: bool = False
    """The peer's Opus decoder makes use of forward error correction (RFC 7587 7.1)."""
    dtls: DtlsTerms | None = None
    """Keys come by DTLS, and where the peer is by ICE: its address above counts for nothing."""

    @property
    def rtcp_mux(self) -> bool:
        """Whether RTCP shares the port of RTP."""
        return self.rtcp_port == self.remote_port


def _no_keys(count: int) -> bytes:
    raise RuntimeError(f"nobody has told where {count} random bytes come from")


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
    ours_first: bool = False
    """Answers choose by the order of `codecs`, not by the offer's."""
    srtp: SrtpTerms = field(default_factory=SrtpTerms)
    keys: OurKeys = field(default_factory=lambda: OurKeys(_no_keys), repr=False)
    encrypted: bool = False
    """The stream is: offers of ours keep it so."""
    dtls: OurDtls | None = None
    """None: keys by DTLS are not spoken."""
    other_address: str = ""
    """The same of the other version of IP; empty without."""
    other_ip: bool = False
    """The two have changed places, for a party of the other version."""
    _last: tuple[object, ...] = field(default=(), repr=False)

    def speak_to(self, address: str) -> None:
        """Take RTP at our address of that party's version of IP, if we have one."""
        if self.other_address and (":" in address) != (":" in self.address):
            self.address, self.other_address = self.other_address, self.address
            self.other_ip = not self.other_ip

    def origin(self, *content: object) -> str:
        """Return the value of the `o=` line of a description with this content."""
        if content != self._last:
            self._last = content
            self.version += 1
        return f"freeline {self.session_id} {self.version} {connection(self.address)}"


def make_offer(local: LocalMedia, *, direction: str = "sendrecv", last: bytes = b"") -> bytes:
    """Return an offer of our audio stream; with keys, and for SRTP alone, where it is required.

    The description is a secret then.

    Args:
        last: what we described last in this session: its media lines stay in their places,
            its payload types mean what they meant (RFC 3264 8, 8.3.2), and what is spoken
            comes first.

    Raises:
        RemoteProtocolError: with 488, SRTP is required and keys may not be offered here.
    """
    lines = list(parse_description(last).media) if last else []
    place = next((index for index, line in enumerate(lines) if line.port), len(lines))
    before = lines[place] if place < len(lines) else None
    dtls = local.dtls
    if dtls is not None and (local.srtp.offers_dtls or dtls.agreed is not None):
        listed = offered_formats(dtls.codecs, before)
        attributes = dtls.describe_offer(local.address, local.port)
        media = our_audio(local.port, listed, direction, protocol=DTLS_PROTOCOL, more=attributes)
        lines[place : place + 1] = [media]
        return _describe(local, lines, dtls.describe_session(offer=True))
    secure = local.encrypted or local.srtp.policy is SrtpPolicy.REQUIRED
    if secure and not local.encrypted and not local.srtp.may_offer_keys:
        raise RemoteProtocolError(
            "SRTP is required, and its keys would travel in clear: let the party come over TLS, "
            "or allow `media.srtp_keys_in_clear`",
            NOT_ACCEPTABLE_HERE,
        )
    media = our_audio(
        local.port,
        offered_formats(local.codecs, before),
        direction,
        protocol="RTP/SAVP" if secure else "RTP/AVP",
        crypto=local.keys.offered() if secure else (),
        more=[] if before is None else _as_before(before),
    )
    lines[place : place + 1] = [media]
    return _describe(local, lines)


def _as_before(media: Media) -> list[Attribute]:
    """Return what of a medium's attributes ours has, too."""
    return [("rtcp-mux", "")] if media.attribute("rtcp-mux") is not None else []


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
        chosen = choose(local, offered, media) if negotiated is None else None
        if chosen is None:
            mid = media.attribute("mid")
            attributes = [] if mid is None else [("mid", mid)]
            refused = Media(media.kind, 0, media.protocol, media.formats[:1], "", attributes)
            answer.append(refused)
            continue
        theirs = chosen.theirs
        ours = terms = None
        if theirs is not None:
            ours = Crypto(theirs.tag, theirs.suite, local.keys.key(theirs.suite))
        if chosen.dtls is not None and local.dtls is not None:
            terms = local.dtls.answer(chosen.dtls)
        negotiated = _negotiated(offered, media, chosen, ours, terms)
        _note(local, negotiated)
        answer.append(_answered(local, offered, media, chosen, ours))
    if negotiated is None:
        raise RemoteProtocolError(why_not(local, offered), NOT_ACCEPTABLE_HERE)
    dtls = local.dtls if negotiated.dtls is not None else None
    return _describe(local, answer, dtls.describe_session(offer=False) if dtls else []), negotiated


def _note(local: LocalMedia, negotiated: Negotiated) -> None:
    """Keep what later offers are to repeat."""
    local.encrypted = negotiated.encryption is not None
    if local.dtls is not None and negotiated.dtls is None:
        local.dtls.agreed = None


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
    lines: list[Crypto] = []
    if b"\r\na=crypto:" in offer:
        lines = [line for media in parse_description(offer).media for line in crypto_lines(media)]
    by_dtls = _BY_DTLS.search(offer) is not None
    for media in answered.media:
        chosen = choose(local, answered, media, keys_beside=bool(lines))
        if chosen is not None:
            if (chosen.dtls is not None) is not by_dtls:
                message = f"the answer has audio over {media.protocol}, which we have not offered"
                raise RemoteProtocolError(message, NOT_ACCEPTABLE_HERE)
            ours = terms = None
            if chosen.theirs is not None:
                ours = _line_answered(lines, chosen.theirs)
            if chosen.dtls is not None and local.dtls is not None:
                # RFC 8842 5.4: who is to begin says so.
                terms = local.dtls.terms(chosen.dtls, client=chosen.dtls.setup == "passive")
            negotiated = _negotiated(answered, media, chosen, ours, terms)
            _note(local, negotiated)
            return negotiated
    raise RemoteProtocolError(why_not(local, answered), NOT_ACCEPTABLE_HERE)


def _line_answered(lines: list[Crypto], theirs: Crypto) -> Crypto:
    """Return our line whose tag and suite the answer repeats (RFC 4568 5.1.3)."""
    for ours in lines:
        if (ours.tag, ours.suite) == (theirs.tag, theirs.suite):
            return ours
    raise RemoteProtocolError(
        f"the answer takes the key {theirs.tag} {theirs.suite}, which we have not offered",
        NOT_ACCEPTABLE_HERE,
    )


def _negotiated(
    session: SessionDescription,
    media: Media,
    chosen: Choice,
    ours: Crypto | None,
    terms: DtlsTerms | None,
) -> Negotiated:
    address = session.address_of(media)
    # With ICE it is a guess, or none at all: 0.0.0.0 or a name of the page's network.
    unspecified = terms is None and _is_unspecified(address)
    direction = _direction(session, media)
    codec, event = chosen.codec, chosen.event
    encryption = None
    if ours is not None and chosen.theirs is not None:
        encryption = Encryption(ours.suite, ours.key, chosen.theirs.key)
    return Negotiated(
        codec=codec.name,
        payload_type=codec.payload_type,
        event_payload_type=-1 if event is None else event.payload_type,
        remote_address=address if terms is None else "",
        remote_port=media.port,
        rtcp_port=_rtcp_port(media),
        # RFC 3264 8.4: an address of 0.0.0.0 is the old way to hold.
        may_send=direction in ("sendrecv", "recvonly") and not unspecified,
        may_receive=direction in ("sendrecv", "sendonly"),
        ptime_ms=_number(media.attribute("ptime"), 20),
        others=chosen.others,
        comfort_noise_payload_type=chosen.comfort_noise,
        event_clock_rate=8000 if event is None else event.clock_rate,
        encryption=encryption,
        fec=codec.parameter("useinbandfec") == "1",
        dtls=terms,
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
    """RFC 5761: `a=rtcp-mux`; RFC 3605: `a=rtcp`; else the port above RTP."""
    if media.attribute("rtcp-mux") is not None:
        return media.port
    value = media.attribute("rtcp")
    port = _number(value.partition(" ")[0] if value else None, 0)
    return port if 0 < port <= 65_535 else min(media.port + 1, 65_535)


def _number(text: str | None, otherwise: int) -> int:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 6:
        return otherwise
    return int(text)


def _answered(
    local: LocalMedia,
    session: SessionDescription,
    media: Media,
    chosen: Choice,
    ours: Crypto | None,
) -> Media:
    """Return our side of a medium that was offered: one codec, and nothing but what was offered."""
    listed = [chosen.codec]
    if chosen.comfort_noise >= 0:
        listed.append(Format(chosen.comfort_noise, COMFORT_NOISE))
    if chosen.event is not None:
        listed.append(chosen.event)
    direction = _ANSWER_DIRECTION[_direction(session, media)]
    if chosen.dtls is not None and local.dtls is not None:
        attributes = local.dtls.describe_answer(local.address, local.port)
        return our_audio(local.port, listed, direction, protocol=media.protocol, more=attributes)
    return our_audio(
        local.port,
        listed,
        direction,
        protocol=media.protocol,
        crypto=() if ours is None else (ours,),
        more=_as_before(media),
    )


def _describe(
    local: LocalMedia, media: list[Media], attributes: list[Attribute] | None = None
) -> bytes:
    content = tuple(
        (each.kind, each.port, tuple(each.formats), tuple(each.attributes)) for each in media
    )
    origin = local.origin(local.address, content)
    session = SessionDescription(local.address, media, attributes or [], origin)
    return print_description(session)
