"""Which audio of a description is for us, and what of it we use: codec, key presses, key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from switch.frozen import frozen
from switch.sdp.codecs import COMFORT_NOISE, EVENT, Format, formats
from switch.sdp.crypto import SECURE_PROTOCOLS, Crypto, SrtpPolicy, crypto_lines
from switch.sdp.description import Media, SessionDescription
from switch.sdp.dtls import DTLS_PROTOCOLS, RemoteDtls, asks_for_dtls, read_dtls

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
    dtls: RemoteDtls | None = None
    """Keys come by DTLS."""


def choose(
    local: LocalMedia, session: SessionDescription, media: Media, *, keys_beside: bool = True
) -> Choice | None:
    """Return what to use of a medium; None when it is not for us.

    Args:
        keys_beside: keys may stand beside plain RTP: not in the answer to an offer without.
    """
    if media.kind != "audio" or not media.port:
        return None
    policy = local.srtp.policy
    theirs: Crypto | None = None
    if media.protocol in _PLAIN_PROTOCOLS:
        if policy is SrtpPolicy.DTLS:
            return None
        # Keys beside plain RTP: encrypted if both can (RFC 8643).
        if policy is not SrtpPolicy.NEVER and keys_beside:
            theirs = next(crypto_lines(media), None)
        if policy is SrtpPolicy.REQUIRED and theirs is None:
            return None
    elif policy is SrtpPolicy.NEVER:
        return None
    elif asks_for_dtls(session, media):
        return _choose_dtls(local, session, media)
    elif media.protocol in SECURE_PROTOCOLS and policy is not SrtpPolicy.DTLS:
        theirs = next(crypto_lines(media), None)
        if theirs is None:
            return None
    else:
        return None
    return _formats(local.codecs, media, theirs, ours_first=local.ours_first)


def _choose_dtls(local: LocalMedia, session: SessionDescription, media: Media) -> Choice | None:
    if local.dtls is None:
        return None
    remote = read_dtls(session, media)
    if isinstance(remote, str):
        return None
    return _formats(local.dtls.codecs, media, None, remote, ours_first=local.ours_first)


def _formats(
    ours: tuple[str, ...],
    media: Media,
    theirs: Crypto | None,
    dtls: RemoteDtls | None = None,
    *,
    ours_first: bool,
) -> Choice | None:
    codecs: list[Format] = []
    events: list[Format] = []
    comfort_noise = -1
    for listed in formats(media):
        if listed.name == EVENT:
            events.append(listed)
        elif listed.name == COMFORT_NOISE:
            comfort_noise = listed.payload_type
        elif listed.name in ours:
            codecs.append(listed)
    if not codecs:
        return None
    if ours_first:
        codecs.sort(key=lambda listed: ours.index(listed.name))
    codec, *others = codecs
    # RFC 4733 2.1: events have the clock of the codec; some devices know only one of 8000.
    event = next((each for each in events if each.clock_rate == codec.clock_rate), None)
    return Choice(
        codec=codec,
        event=event or next(iter(events), None),
        comfort_noise=comfort_noise if codec.clock_rate == 8000 else -1,
        others=tuple((other.payload_type, other.name) for other in others),
        theirs=theirs,
        dtls=dtls,
    )


def why_not(local: LocalMedia, session: SessionDescription) -> str:
    audio = [media for media in session.media if media.kind == "audio"]
    if not audio:
        return "SDP has no audio"
    open_ = [media for media in audio if media.port]
    if not open_:
        return "SDP has refused the audio"
    policy = local.srtp.policy
    for media in open_:
        if policy is not SrtpPolicy.NEVER and asks_for_dtls(session, media):
            return _why_not_dtls(local, session, media)
    protocols = {media.protocol for media in open_}
    if policy is SrtpPolicy.DTLS or (protocols <= {*DTLS_PROTOCOLS}):
        wanted = "DTLS-SRTP" if policy is SrtpPolicy.DTLS else "RTP/AVP"
        return f"SDP has audio only over {', '.join(sorted(protocols))}, we speak {wanted} here"
    secure = [media for media in open_ if media.protocol in SECURE_PROTOCOLS]
    if policy is SrtpPolicy.REQUIRED and not any(
        next(crypto_lines(media), None) for media in open_
    ):
        return "SDP has no SRTP key that we can use (a=crypto), and SRTP is required"
    if not protocols & {*_PLAIN_PROTOCOLS}:
        if secure and policy is not SrtpPolicy.NEVER:
            if not any(next(crypto_lines(media), None) for media in secure):
                return "SDP has no SRTP key that we can use (a=crypto)"
        else:
            return f"SDP has audio only over {', '.join(sorted(protocols))}, we speak RTP/AVP"
    return f"SDP has no codec in common with us: we speak {', '.join(local.codecs)}"


def _why_not_dtls(local: LocalMedia, session: SessionDescription, media: Media) -> str:
    if local.dtls is None:
        return "SDP has audio only with DTLS-SRTP, which is not spoken here"
    lacks = read_dtls(session, media)
    if isinstance(lacks, str):
        return f"SDP has audio with DTLS-SRTP and {lacks}"
    return f"SDP has no codec in common with us: we speak {', '.join(local.dtls.codecs)}"
