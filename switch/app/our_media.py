"""Our side of every audio stream, as the settings have it."""

from __future__ import annotations

import os

from switch.sdp.crypto import OurKeys, SrtpPolicy, SrtpTerms
from switch.sdp.dtls import OurDtls
from switch.sdp.offer_answer import LocalMedia
from switch.settings import Settings

_AS_OFFERED = SrtpTerms(SrtpPolicy.OFFERED)


class OurMedia:
    """Makes them; each has a session id of its own (RFC 8866 5.2)."""

    def __init__(self, settings: Settings) -> None:
        media = settings.media
        self._address = media.advertised_address or media.address
        self._other_address = media.advertised_address_ipv6 or media.address_ipv6 or ""
        self._codecs: tuple[str, ...] = media.codecs
        self._ours_first = media.codec_order == "ours"
        self._session_ids = 0
        self._browser_codecs: tuple[str, ...] = media.browser_codecs
        self.fingerprint = ""
        """SHA-256 of our certificate for DTLS; empty: there is none."""

    def make(self, prefer: str) -> LocalMedia:
        """Return our side of a new stream, with one codec in front if it is to be preferred."""
        codecs = self._codecs
        if prefer in codecs:
            codecs = (prefer, *(codec for codec in codecs if codec != prefer))
        self._session_ids += 1
        return LocalMedia(
            self._address,
            0,
            codecs,
            session_id=self._session_ids,
            ours_first=self._ours_first,
            srtp=_AS_OFFERED,
            keys=OurKeys(os.urandom),
            dtls=OurDtls(self.fingerprint, os.urandom, self._browser_codecs)
            if self.fingerprint
            else None,
            other_address=self._other_address,
        )
