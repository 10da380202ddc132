"""PURE: our side of ICE (RFC 8445, 8839) for one stream: ICE-lite, which answers and never asks.

Whoever knows our password has been told it in the signalling; its checks show where it can be
reached, and it says which of these places counts. Everybody else gets an answer that is no
longer than what was asked, or none.
"""

from __future__ import annotations

from switch.media.messages import Ice
from switch.stun import (
    BINDING_ERROR,
    BINDING_INDICATION,
    BINDING_REQUEST,
    BINDING_SUCCESS,
    ICE_CONTROLLED,
    MESSAGE_INTEGRITY,
    MESSAGE_INTEGRITY_SHA256,
    PRIORITY,
    USE_CANDIDATE,
    USERNAME,
    Attribute,
    StunMessage,
    build_stun,
    error_code,
    parse_stun,
    unknown_attributes,
    xor_mapped_address,
)

CONSENT_SECONDS = 30.0
"""Media goes nowhere from where no check has come for so long (RFC 7675 5.1)."""

_KNOWN = frozenset({USERNAME, MESSAGE_INTEGRITY, MESSAGE_INTEGRITY_SHA256, PRIORITY, USE_CANDIDATE})
_MOST_PLACES = 8

Place = tuple[str, int]


class IceLite:
    """Answers the checks of one party. `now` is monotonic seconds."""

    def __init__(self, ice: Ice) -> None:
        self.nominated: Place | None = None
        """Where the party wants media; None as long as it has not said."""
        self.checked_at = 0.0
        """When a check came from there last."""
        self.refused = 0
        """What was no check of the party."""
        self._ice = ice
        self._before: Ice | None = None
        """Holds as well until the first check after a restart."""
        self._places: dict[Place, None] = {}
        """From where the party has shown that it knows the password, the latest last."""

    def use(self, ice: Ice) -> None:
        """Go on with these credentials; others than before are a restart (RFC 8445 9)."""
        if ice != self._ice:
            self._before, self._ice = self._ice, ice

    def knows(self, source: Place) -> bool:
        """Whether the party has shown that it is there."""
        return source in self._places

    def receive(self, data: bytes, source: Place, now: float) -> bytes:
        """Take a datagram that looks like STUN, and return the answer; empty for none."""
        message = parse_stun(data)
        if message is not None and message.kind == BINDING_INDICATION and self.knows(source):
            return b""  # RFC 8445 11: it keeps its way open
        if message is None or message.kind != BINDING_REQUEST or not message.fingerprint:
            self.refused += 1
            return b""
        username = message.attribute(USERNAME)
        if username is None or message.integrity_at < 0:
            return self._refuse(message, 400, "Bad Request", data)
        ice = self._asked(username)
        if ice is None or not message.is_proved(data, ice.password.encode()):
            return self._refuse(message, 401, "Unauthorized", data)
        unknown = message.not_understood(_KNOWN)
        if unknown:
            told = error_code(420, "Unknown Attribute"), unknown_attributes(unknown)
            return self._answer(BINDING_ERROR, message, ice, *told)
        if message.attribute(ICE_CONTROLLED) is not None:
            # RFC 8445 6.1.1: who is no lite agent controls; 7.3.1.1 lets it know.
            return self._answer(BINDING_ERROR, message, ice, error_code(487, "Role Conflict"))
        self._note(message, ice, source, now)
        mapped = xor_mapped_address(source, message.transaction)
        return self._answer(BINDING_SUCCESS, message, ice, mapped)

    def _asked(self, username: bytes) -> Ice | None:
        """Return the credentials that `ours:theirs` stands for (RFC 8445 7.2.2)."""
        for ice in (self._ice, self._before):
            if ice is not None and username == f"{ice.fragment}:{ice.remote_fragment}".encode():
                return ice
        return None

    def _note(self, message: StunMessage, ice: Ice, source: Place, now: float) -> None:
        if ice is self._ice:
            self._before = None
        self._places.pop(source, None)
        self._places[source] = None
        if message.attribute(USE_CANDIDATE) is not None:
            self.nominated = source
        if source == self.nominated:
            self.checked_at = now
        if len(self._places) > _MOST_PLACES:
            del self._places[next(each for each in self._places if each != self.nominated)]

    def _answer(self, kind: int, message: StunMessage, ice: Ice, *attributes: Attribute) -> bytes:
        password = ice.password.encode()
        return build_stun(
            kind, message.transaction, attributes, password=password, fingerprint=True
        )

    def _refuse(self, message: StunMessage, code: int, phrase: str, data: bytes) -> bytes:
        """Count it, and tell why; not if that would make more of a forged source's datagram."""
        self.refused += 1
        answer = build_stun(
            BINDING_ERROR, message.transaction, [error_code(code, phrase)], fingerprint=True
        )
        return answer if len(answer) <= len(data) else b""
