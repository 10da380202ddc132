"""Whether the media of a trunk or an agent's headset is encrypted."""

from __future__ import annotations

from switch.frozen import frozen
from switch.sdp.crypto import SrtpPolicy, SrtpTerms
from switch.sip.peer import Peer

_ENCRYPTED = ("tls", "wss")
"""Transports over which keys may travel."""


@frozen()
class SrtpRule:
    """What the settings say of a party."""

    policy: SrtpPolicy = SrtpPolicy.OFFERED
    keys_in_clear: bool = False
    """Offers of ours may tell keys over any transport."""

    def terms(self, peer: Peer) -> SrtpTerms:
        """Return what holds where the party is reached so."""
        return SrtpTerms(self.policy, self.keys_in_clear or peer.transport in _ENCRYPTED)


USUAL = SrtpRule()
