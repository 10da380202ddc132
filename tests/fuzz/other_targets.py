"""The doors besides SIP's own: streams, TLS, SDP, digest, RTP, RTCP, the wire of workers."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from random import Random
from time import time

import trustme

from switch.errors import MediaError, RemoteProtocolError
from switch.media.messages import Allocated, Codec, Connect, Digit, Play, Report, Stats, StreamStats
from switch.media.poll import Poll
from switch.media.reception import Reception
from switch.media.recorder import Recorder
from switch.media.rtcp_packet import ReportBlock, SenderInfo, build_bye, build_report, is_bye
from switch.media.rtcp_session import RtcpSession
from switch.media.rtp_packet import build_rtp
from switch.media.sender import RtpSender
from switch.media.stream import Stream
from switch.media.wire import decode_commands, decode_reports, encode
from switch.sdp.crypto import SrtpPolicy, SrtpTerms
from switch.sdp.dtls import OurDtls
from switch.sdp.offer_answer import LocalMedia, Negotiated, make_answer, make_offer, read_answer
from switch.sip.digest import HASHES, Authenticator, ha1
from switch.sip.stream_framer import StreamFramer
from switch.transport.tls_layer import TlsLayer
from switch.transport.websocket import WebSocketFraming
from tests.fuzz.sip_target import stun_seeds
from tests.support.sip_messages import request_bytes

_CUTS = (1, 2, 3, 7, 64, 1460, 65_536)


class StreamTarget:
    """A TCP connection, whose bytes come in pieces of any size."""

    def __init__(self) -> None:
        self._turn = 0

    def run(self, data: bytes) -> object:
        self._turn += 1
        cut = _CUTS[self._turn % len(_CUTS)]
        if cut < 64 and len(data) > 2048:
            cut = 64
        framer, found = StreamFramer(), 0
        for at in range(0, len(data), cut):
            messages, error = framer.receive(data[at : at + cut])
            found += len(messages)
            if error is not None:
                return found, str(error)[:20]
        return found, framer.pings, len(framer) > 0

    def seeds(self) -> list[bytes]:
        one, two = request_bytes("OPTIONS", transport="TCP"), request_bytes(body=b"v=0\r\n\r\nx")
        return [one, one + two, b"\r\n\r\n" + one + b"\r\n\r\n\r\n\r\n" + two, two * 5]


class WebSocketTarget:
    """A WebSocket connection: with its handshake, or past it."""

    _HANDSHAKE = (
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Protocol: sip\r\n\r\n"
    )

    def __init__(self) -> None:
        self._turn = 0

    def run(self, data: bytes) -> object:
        self._turn += 1
        framing = WebSocketFraming(("*",), "Freeline")
        found = 0
        cut = _CUTS[3 + self._turn % 4]
        if self._turn % 2:
            framing.receive(self._HANDSHAKE)
        for at in range(0, len(data), cut):
            messages, end = framing.receive(data[at : at + cut])
            found += len(messages)
            if end is not None:
                return found, type(end).__name__, str(end)[:24], len(framing.to_write()) > 0
        return found, len(framing.to_write()) > 0

    def seeds(self) -> list[bytes]:
        message = request_bytes("OPTIONS", transport="WS")
        frames = [
            _ws_frame(0x81, message),
            _ws_frame(0x01, message[:40]) + _ws_frame(0x80, message[40:]),
            _ws_frame(0x82, b"\r\n\r\n"),
            _ws_frame(0x89, b"ping") + _ws_frame(0x8A, b"pong"),
            _ws_frame(0x88, b"\x03\xe8bye"),
        ]
        return [self._HANDSHAKE, *frames, b"".join(frames), self._HANDSHAKE + frames[0]]


def _ws_frame(first: int, data: bytes) -> bytes:
    length = (
        bytes((0x80 | len(data),)) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
    )
    mask = b"\x01\x02\x03\x04"
    return (
        bytes((first,)) + length + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
    )


class TlsTarget:
    """The bytes of a client that ought to speak TLS."""

    def __init__(self) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("switch.example").configure_cert(self._context)

    def run(self, data: bytes) -> object:
        layer = TlsLayer(self._context, server=True)
        _, end = layer.receive(data)
        if end is not None:
            return str(end)[:24]
        return len(layer.to_write()) > 0

    def seeds(self) -> list[bytes]:
        hello = ssl.MemoryBIO()
        client = ssl.create_default_context().wrap_bio(
            ssl.MemoryBIO(), hello, server_hostname="switch.example"
        )
        with suppress(ssl.SSLWantReadError):
            client.do_handshake()
        return [hello.read(), b"GET / HTTP/1.1\r\n\r\n", request_bytes("OPTIONS")]


class SdpTarget:
    """Offers and answers."""

    def __init__(self) -> None:
        dtls = OurDtls(":".join(["AB"] * 32), Random(1).randbytes, ("opus", "PCMU"))
        terms = SrtpTerms(SrtpPolicy.OFFERED, offers_dtls=True)
        self._local = LocalMedia("198.51.100.1", 4000, ("PCMU", "PCMA"), srtp=terms, dtls=dtls)
        self._offer = make_offer(self._local)

    def run(self, data: bytes) -> object:
        found: list[str] = []
        reads: tuple[Callable[[], Negotiated], ...] = (
            lambda: make_answer(self._local, data)[1],
            lambda: read_answer(self._local, self._offer, data),
        )
        for read in reads:
            try:
                agreed = read()
                found.append(f"{agreed.codec} {agreed.may_send} {agreed.may_receive}")
            except RemoteProtocolError as error:
                found.append(f"{error.status_hint} {str(error)[:16]}")
        return tuple(found)

    def seeds(self) -> list[bytes]:
        head = b"v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
        return [
            self._offer,
            head + b"m=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
            b"a=fmtp:101 0-16\r\na=ptime:30\r\na=sendonly\r\na=rtcp:4001 IN IP4 192.0.2.8\r\n",
            head
            + b"m=video 5000 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\nm=audio 4000 RTP/SAVP 9\r\n",
            b"v=0\no=- 1 1 IN IP6 ::1\ns=-\nt=0 0\nm=audio 9 UDP/TLS/RTP/SAVPF 0\nc=IN IP6 ::1\n",
            head + b"m=audio 0 RTP/AVP 8\r\na=inactive\r\nb=AS:64\r\nk=clear:x\r\n",
            self._offer.replace(b"111 0", b"0 111").replace(b"actpass", b"passive"),
            self._offer + b"m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=setup:active\r\n",
        ]


class DigestTarget:
    """Credentials for a nonce of ours, and for others."""

    def __init__(self) -> None:
        accounts = {"asha": {each: ha1("asha", "freeline", "secret", each) for each in HASHES}}
        self._desk = Authenticator("freeline", accounts, bytes(16))
        self._now = 1000.0

    def run(self, data: bytes) -> object:
        self._now += 0.01
        nonce = self._desk.challenges("192.0.2.7", self._now)[0][1].split('nonce="')[1][:48]
        value = data.replace(b"NONCE", nonce.encode()).decode("utf-8", "surrogateescape")
        verdict, _ = self._desk.verify((value,), "REGISTER", "192.0.2.7", self._now)
        return verdict.value

    def seeds(self) -> list[bytes]:
        text = (
            'Digest username="asha", realm="freeline", nonce="NONCE", uri="sip:x", response="00", '
            'algorithm={}, qop=auth, nc=00000001, cnonce="abc", opaque="a\\"b"'
        )
        return [text.format(each).encode() for each in ("SHA-256", "MD5", '"md5"')] + [
            b'Digest username="nobody",realm="freeline",nonce="NONCE",response="',
            b"Basic YXNoYTpzZWNyZXQ=",
        ]


class RtpTarget:
    """A bridged and recorded stream, as a worker has it; the sockets are real, and unread."""

    def __init__(self) -> None:
        self._reports: list[Report] = []
        self._now = 1000.0
        poll = Poll()
        self._streams = [self._stream(name, poll) for name in ("one", "two")]
        one, two = self._streams
        one.partner, two.partner = two, one
        self._recorder = one.recorder = Recorder(self._now)

    def _stream(self, name: str, poll: Poll) -> Stream:
        pair = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        for each in pair:
            each.bind(("127.0.0.1", 0))
            each.setblocking(False)
        port = pair[0].getsockname()[1]
        stream = Stream(name, pair[0], pair[1], port, "x", poll, self._reports.append, self._now)
        stream.connect(Connect(name, "127.0.0.1", port, Codec.PCMU, 0, 101, True, True), self._now)
        return stream

    def close(self) -> None:
        for stream in self._streams:
            stream.link.rtp.close()
            stream.link.rtcp.close()

    def run(self, data: bytes) -> object:
        self._now += 0.02
        self._streams[0].receive_packet(data[:2048], self._now)
        self._recorder.chunks(self._now)
        found = tuple(
            f"{type(each).__name__} {getattr(each, 'digit', '')}" for each in self._reports
        )
        self._reports.clear()
        return found

    def seeds(self) -> list[bytes]:
        speech, key = bytes(160), b"\x05\x0a\x00\xa0"
        return [
            *(build_rtp(0, number, 160 * number, 7, speech) for number in (1, 2, 65_535)),
            build_rtp(101, 3, 480, 7, key, marker=True),
            build_rtp(101, 4, 480, 7, b"\x05\x8a\x03\x20"),
            b"\xb1\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x07"
            + bytes(4)
            + b"\xbe\xde\x00\x01"
            + speech,
            *stun_seeds(),
        ]


class RtcpTarget:
    """Reports of the far end."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._session = RtcpSession("x", RtpSender(7, 1, 1), Reception(), time)

    def run(self, data: bytes) -> object:
        self._now += 5.0
        self._session.receive(data, ("127.0.0.1", 4001), self._now)
        self._session.report(0, self._now)
        return is_bye(data), self._session.remote_lost > 0, self._session.round_trip_ms > 0

    def seeds(self) -> list[bytes]:
        block = ReportBlock(7, 1, -5, 70_000, 12, 0x1234_5678, 65_536)
        sender = SenderInfo(1e9, 160, 1, 160)
        return [
            build_report(9, sender, block, "far"),
            build_report(9, None, block, "far") + build_bye(9),
            build_report(9, None, None, "f" * 255),
            *stun_seeds(),
        ]


class WireTarget:
    """Packets between the core and a worker: nobody else may write them, and yet."""

    def run(self, data: bytes) -> object:
        found: list[int | str] = []
        decoders: tuple[Callable[[bytes], object], ...] = (decode_commands, decode_reports)
        for decode in decoders:
            try:
                found.append(len(decode(data)))  # type: ignore[arg-type]
            except MediaError as error:
                found.append(str(error)[:16])
        return tuple(found)

    def seeds(self) -> list[bytes]:
        return [
            encode(
                [Play("s", 1, ("a.ul",)), Connect("s", "::1", 1, Codec.PCMA, 8, 101, True, True)]
            ),
            encode([Allocated("s", 4000), Digit("s", "5"), Stats("s", StreamStats())]),
        ]
