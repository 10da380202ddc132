"""Which audio of a description is for us, and what of it we use: codec, key presses, key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from switch.frozen import frozen
from switch.sdp.codecs import COMFORT_NOISE, EVENT, Format, formats
from switch.sdp.crypto import (
    SECURE_PROTOCOLS,
    Crypto,
    SrtpPolicy,
    asks_for_dtls,
    crypto_lines,
)
from switch.sdp.description import Media, SessionDescription

if TYPE_CHECKING:
    from switch.sdp.offer_answer import LocalMedia

_PLAIN_PROTOCOLS = ("RTP/AVP", "RTP/AVPF")


@frozen()
class Choice:
    """What of an audio medium is used."""

    codec: Format
    event: Format | None
    comfort_noise: int
    """Its payload type, or -1."""
    others: tuple[tuple[int, str], ...]
    theirs: Crypto | None
    """The key they send with."""


def choose(
    local: LocalMedia, session: SessionDescription, media: Media, *, keys_beside: bool = True
) -> Choice | None:
    """Return what to use of a medium; None when it is not for us.

    Args:
        keys_beside: keys may stand beside plain RTP: not in the answer to an offer without.
    """
    if media.kind != "audio" or not media.port:
        return None
    theirs: Crypto | None = None
    if media.protocol in SECURE_PROTOCOLS:
        if local.srtp.policy is SrtpPolicy.NEVER or asks_for_dtls(session, media):
            return None
        theirs = next(crypto_lines(media), None)
        if theirs is None:
            return None
    elif media.protocol in _PLAIN_PROTOCOLS:
        # Keys beside plain RTP: encrypted if both can (RFC 8643).
        if local.srtp.policy is not SrtpPolicy.NEVER and keys_beside:
            theirs = next(crypto_lines(media), None)
        if local.srtp.policy is SrtpPolicy.REQUIRED and theirs is None:
            return None
    else:
        return None
    return _formats(local, media, theirs)


def _formats(local: LocalMedia, media: Media, theirs: Crypto | None) -> Choice | None:
    codecs: list[Format] = []
    events: list[Format] = []
    comfort_noise = -1
    for listed in formats(media):
        if listed.name == EVENT:
            events.append(listed)
        elif listed.name == COMFORT_NOISE:
            comfort_noise = listed.payload_type
        elif listed.name in local.codecs:
            codecs.append(listed)
    if not codecs:
        return None
    if local.ours_first:
        codecs.sort(key=lambda listed: local.codecs.index(listed.name))
    codec, *others = codecs
    # RFC 4733 2.1: events have the clock of the codec; some devices know only one of 8000.
    event = next((each for each in events if each.clock_rate == codec.clock_rate), None)
    return Choice(
        codec=codec,
        event=event or next(iter(events), None),
        comfort_noise=comfort_noise if codec.clock_rate == 8000 else -1,
        others=tuple((other.payload_type, other.name) for other in others),
        theirs=theirs,
    )


def why_not(local: LocalMedia, session: SessionDescription) -> str:
    audio = [media for media in session.media if media.kind == "audio"]
    if not audio:
        return "SDP has no audio"
    open_ = [media for media in audio if media.port]
    if not open_:
        return "SDP has refused the audio"
    if all(asks_for_dtls(session, media) for media in open_):
        return "SDP has audio only with DTLS-SRTP, which is not enabled; we take SRTP by SDES"
    protocols = {media.protocol for media in open_}
    secure = [media for media in open_ if media.protocol in SECURE_PROTOCOLS]
    if local.srtp.policy is SrtpPolicy.REQUIRED and not any(
        next(crypto_lines(media), None) for media in open_
    ):
        return "SDP has no SRTP key that we can use (a=crypto), and SRTP is required"
    if not protocols & {*_PLAIN_PROTOCOLS}:
        if secure and local.srtp.policy is not SrtpPolicy.NEVER:
            if not any(next(crypto_lines(media), None) for media in secure):
                return "SDP has no SRTP key that we can use (a=crypto)"
        else:
            return f"SDP has audio only over {', '.join(sorted(protocols))}, we speak RTP/AVP"
    return f"SDP has no codec in common with us: we speak {', '.join(local.codecs)}"
