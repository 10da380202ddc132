"""SIP (RFC 3261 and its kin). PURE: bytes and time in; bytes, events and deadlines out."""
