"""Calls: legs joined into what a caller experiences.

Knows SIP sessions, SDP and the media protocol; never flows, routing, settings or
sockets. Whoever composes the switch hands in an `Endpoint` and a `MediaControl`.
"""
