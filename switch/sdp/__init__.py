"""Session descriptions (RFC 8866) and offer and answer (RFC 3264). PURE: no sockets, no SIP."""
