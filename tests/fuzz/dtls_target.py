"""The port of a stream keyed by DTLS: checks of ICE, handshakes and SRTP, of a page and others."""

from __future__ import annotations

import socket

from switch.media.dtls import DtlsIdentity, DtlsSession, in_datagrams
from switch.media.dtls_certificate import new_certificate
from switch.media.dtls_link import DtlsLink
from switch.media.messages import Codec, Connect, Dtls
from switch.media.rtp_packet import build_rtp
from switch.media.srtp import SrtpContext
from tests.fuzz.sip_target import stun_seeds
from tests.support.dtls_peer import DtlsPeer
from tests.support.web_party import ICE, binding_request

_CERTIFICATE = new_certificate()
_IDENTITY = DtlsIdentity(_CERTIFICATE.certificate, _CERTIFICATE.key)
_EVERY = 3
"""Of so many inputs one comes from a stranger."""


class DtlsTarget:
    """A link whose handshake is done; every third input comes from elsewhere."""

    def __init__(self) -> None:
        self._turn, self._now = 0, 1000.0
        self._socks = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(4)]
        for each in self._socks:
            each.bind(("127.0.0.1", 0))
            each.setblocking(False)
        ours, rtcp, self._page, self._stranger = self._socks
        peer = DtlsPeer()
        self._link = DtlsLink(ours, rtcp, self._begin)
        dtls = Dtls(ICE, (peer.fingerprint(),), client=False)
        self._command = Connect("s", "", 9, Codec.PCMU, 0, 101, True, True, 9, dtls=dtls)
        self._link.aim(self._command, self._now)
        self._heard = 0
        for sock in (self._page, self._stranger):
            sock.connect(ours.getsockname())
        self._give(self._page, binding_request(ICE))
        self._take(self._page)
        flight = peer.step()
        self._hello = flight
        while flight:
            for datagram in in_datagrams(flight):
                self._give(self._page, datagram)
            flight = b"".join(peer.step(each) for each in self._take(self._page))
        assert peer.done
        self._media = SrtpContext(peer.keys).protect(build_rtp(0, 1, 160, 7, bytes(160)))

    def close(self) -> None:
        for each in self._socks:
            each.close()

    def run(self, data: bytes) -> object:
        self._turn += 1
        self._now += 0.02
        stranger = self._turn % _EVERY == 0
        sock = self._stranger if stranger else self._page
        refused = self._link.refused
        self._heard = 0
        self._give(sock, data[:1400])
        self._link.handle_timer()
        answers = self._take(sock)
        said = sum(map(len, answers))
        # To the last byte: whoever has not proved who he is gets no more than he sent.
        assert not stranger or said <= len(data), f"{said} bytes for {len(data)}"
        kinds = tuple(each[:2] for each in answers)
        return stranger, self._link.refused - refused, self._heard, kinds

    def seeds(self) -> list[bytes]:
        record = b"\x16\xfe\xfd\0\0\0\0\0\0\0\1\0\x10" + bytes(16)
        return [
            binding_request(ICE),
            binding_request(ICE, nominates=False),
            self._hello,
            self._media,
            self._media[:1] + b"\xc8" + self._media[2:],
            record,
            b"\x15" + record[1:],
            b"\x17" + record[1:],
            *stun_seeds(),
        ]

    def _begin(self, dtls: Dtls) -> DtlsSession:
        return DtlsSession(_IDENTITY, dtls.fingerprints, client=dtls.client)

    def _give(self, sock: socket.socket, data: bytes) -> None:
        sock.send(data)
        self._link.receive(self._hear, self._hear, self._now)

    def _take(self, sock: socket.socket) -> list[bytes]:
        found = []
        while True:
            try:
                found.append(sock.recv(4096))
            except BlockingIOError:
                return found

    def _hear(self, data: bytes | memoryview, now: float) -> None:
        self._heard += 1
