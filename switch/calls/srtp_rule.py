"""Whether the media of a trunk or an agent's headset is encrypted."""

from __future__ import annotations

from switch.frozen import frozen
from switch.sdp.crypto import SrtpPolicy, SrtpTerms
from switch.sip.peer import Peer

_ENCRYPTED = ("tls", "wss")
"""Transports over which keys may travel."""
_OF_BROWSERS = ("ws", "wss")
_BEHIND_A_PROXY = ";transport=ws"
"""In the contact of a browser (RFC 7118 5.2), whatever reaches us of its transport."""


@frozen()
class SrtpRule:
    """What the settings say of a party."""

    policy: SrtpPolicy = SrtpPolicy.OFFERED
    keys_in_clear: bool = False
    """Offers of ours may tell keys over any transport."""

    def terms(self, peer: Peer, contact: str = "") -> SrtpTerms:
        """Return what holds where the party is reached so.

        Args:
            contact: the URI that it is called by.
        """
        policy = self.policy
        offers_dtls = policy is SrtpPolicy.DTLS or (
            policy is not SrtpPolicy.NEVER
            and (peer.transport in _OF_BROWSERS or _BEHIND_A_PROXY in contact.lower())
        )
        return SrtpTerms(policy, self.keys_in_clear or peer.transport in _ENCRYPTED, offers_dtls)


USUAL = SrtpRule()
