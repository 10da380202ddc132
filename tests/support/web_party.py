"""A party as a browser is one: ICE checks, DTLS and SRTP on one port, for real media workers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from switch.media.dtls import in_datagrams
from switch.media.messages import Codec, Connect, Dtls, Ice
from switch.media.srtp import SrtpContext
from switch.stun import (
    BINDING_REQUEST,
    ICE_CONTROLLING,
    PRIORITY,
    USE_CANDIDATE,
    USERNAME,
    StunMessage,
    build_stun,
    parse_stun,
)
from tests.support.dtls_peer import DtlsPeer
from tests.support.rtp_party import RtpParty
from tests.support.waiting import until

ICE = Ice("switchsw", "a password of the switch", "page")


def binding_request(ice: Ice, *, nominates: bool = True) -> bytes:
    """Return a check as a browser sends it (RFC 8445 7.2.5)."""
    attributes = [
        (USERNAME, f"{ice.fragment}:{ice.remote_fragment}".encode()),
        (ICE_CONTROLLING, bytes(8)),
        (PRIORITY, b"\x6e\0\1\xff"),
        *([(USE_CANDIDATE, b"")] if nominates else []),
    ]
    password = ice.password.encode()
    return build_stun(
        BINDING_REQUEST, os.urandom(12), attributes, password=password, fingerprint=True
    )


class WebParty(RtpParty):
    """Does what it is told: `check`, `shake_hands`, and then what any party does."""

    def __init__(
        self, codec: Codec = Codec.PCMU, ssrc: int = 7, *, active: bool = True, ice: Ice = ICE
    ) -> None:
        super().__init__(codec, ssrc)
        self.ice = ice
        self.peer = DtlsPeer(client=active)
        self.answers: list[StunMessage] = []
        self.lose: Callable[[bytes], bool] = lambda _: False
        """Whether a datagram of the handshake is lost, either way."""
        self._to_port = 0
        self._active = active

    def connect(self, stream: str, **changes: object) -> Connect:
        dtls = Dtls(self.ice, (self.peer.fingerprint(),), not self._active)
        fields: dict[str, object] = {"address": "0.0.0.0", "port": 9, "rtcp_port": 9, "dtls": dtls}
        return super().connect(stream, **(fields | changes))

    def check(self, to_port: int, *, nominates: bool = True, ice: Ice | None = None) -> None:
        """Send one check."""
        self._to_port = to_port
        self.send_raw(binding_request(ice or self.ice, nominates=nominates), to_port)

    async def checked(self, to_port: int, *, nominates: bool = True) -> None:
        """Check until it is answered."""
        before = len(self.answers)
        while len(self.answers) == before:
            self.check(to_port, nominates=nominates)
            await asyncio.sleep(0.02)

    async def shake_hands(self, to_port: int) -> None:
        """Check, and let the handshake take its course."""
        await self.checked(to_port)
        if self._active:
            self._send_handshake(self.peer.step())

        def done() -> bool:
            self._send_handshake(self.peer.again())
            return self.peer.done

        await until(done)
        self.srtp = SrtpContext(self.peer.keys)

    def _send_handshake(self, records: bytes) -> None:
        for datagram in in_datagrams(records):
            if not self.lose(datagram):
                self.send_raw(datagram, self._to_port)

    def _read(self) -> None:
        data, _ = self._rtp.recvfrom(4096)
        if data[0] < 4:
            answer = parse_stun(data)
            assert answer is not None
            self.answers.append(answer)
        elif data[0] < 64:
            if not self.lose(data):
                self._send_handshake(self.peer.step(data))
        else:
            self._take(data)
