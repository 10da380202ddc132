"""Sockets and the one timer of SIP: the asyncio edge around the sans-IO core.

Nothing here knows what a SIP message says; a stream is split into messages, no more.
"""

from switch.transport.driver import SipDriver
from switch.transport.listen import Listen, way_to
from switch.transport.stream_listener import StreamLimits, StreamSettings, TlsContexts

__all__ = ["Listen", "SipDriver", "StreamLimits", "StreamSettings", "TlsContexts", "way_to"]
