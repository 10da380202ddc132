"""PURE: the digit in a SIP INFO body.

Two bodies are met in practice, neither an RFC: `application/dtmf-relay` with lines
`Signal=5` and `Duration=160` (Cisco), and `application/dtmf` with the bare key.
"""

from __future__ import annotations

_KEYS = frozenset("0123456789*#ABCD")
_BY_NUMBER = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D"}
"""Some phones send the RFC 4733 event code instead of the key."""


def parse_info_digit(content_type: str, body: bytes) -> str | None:
    """Return the key pressed, or None when the body is about something else."""
    kind = content_type.partition(";")[0].strip().lower()
    text = body.decode("ascii", "replace")
    if kind == "application/dtmf-relay":
        for line in text.splitlines():
            name, _, value = line.partition("=")
            if name.strip().lower() == "signal":
                return _key(value)
        return None
    if kind == "application/dtmf":
        return _key(text)
    return None


def _key(value: str) -> str | None:
    key = value.strip().upper()
    key = _BY_NUMBER.get(key, key)
    return key if key in _KEYS else None
