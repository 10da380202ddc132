"""Sockets and the one timer of SIP: the asyncio edge around the sans-IO core.

Nothing here knows what a SIP message says; a stream is split into messages, no more.
"""

from switch.transport.driver import Listen, SipDriver

__all__ = ["Listen", "SipDriver"]
