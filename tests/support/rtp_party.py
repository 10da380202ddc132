"""A party with an RTP port of its own, for tests of real media workers."""

from __future__ import annotations

import asyncio
import math
import socket
from collections.abc import Sequence

import numpy

from switch.media.g711 import ULAW_SAMPLES
from switch.media.linear import samples_to_ulaw
from switch.media.messages import Codec, Connect
from switch.media.rtp_link import is_rtcp
from switch.media.rtp_packet import RtpPacket, build_rtp, parse_rtp
from switch.media.speech_coding import CLOCK_RATES
from switch.media.srtp import SrtpContext
from switch.media.transcoding import Encoded, Speech
from tests.support.waiting import until

PAYLOAD_TYPES = {Codec.PCMU: 0, Codec.PCMA: 8, Codec.G722: 9, Codec.OPUS: 111}
EVENTS = 101


class RtpParty:
    """Sends what it is told, keeps what it gets."""

    def __init__(self, codec: Codec = Codec.PCMU, ssrc: int = 7) -> None:
        self.codec = codec
        self.ssrc = ssrc
        self.packets: list[RtpPacket] = []
        self.rtcp: list[bytes] = []
        self.rtcp_on_rtp: list[bytes] = []
        self.srtp: SrtpContext | None = None
        """Encrypts what is sent, and decrypts what comes."""
        self.undecipherable = 0
        self._step = CLOCK_RATES[codec] // 50
        self._sequence = 65_530
        self._timestamp = 2**32 - 1000
        self._rtp, self._rtcp, self.port = _port_pair()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._rtp.fileno(), self._read)
        loop.add_reader(self._rtcp.fileno(), self._read_rtcp)

    def close(self) -> None:
        loop = asyncio.get_running_loop()
        for sock in (self._rtp, self._rtcp):
            loop.remove_reader(sock.fileno())
            sock.close()

    def connect(self, stream: str, **changes: object) -> Connect:
        """Return the command that tells a worker of this party."""
        fields: dict[str, object] = {
            "address": "127.0.0.1",
            "port": self.port,
            "codec": self.codec,
            "payload_type": PAYLOAD_TYPES[self.codec],
            "event_payload_type": EVENTS,
            "may_send": True,
            "may_receive": True,
        }
        return Connect(stream, **(fields | changes))  # type: ignore[arg-type]

    def send(self, payload: bytes, to_port: int, kind: int | None = None) -> None:
        """Send one packet of 20 ms."""
        self._sequence += 1
        self._timestamp += self._step
        number = PAYLOAD_TYPES[self.codec] if kind is None else kind
        packet = build_rtp(number, self._sequence, self._timestamp, self.ssrc, payload)
        self.send_raw(packet if self.srtp is None else self.srtp.protect(packet), to_port)

    def send_raw(self, data: bytes, to_port: int) -> None:
        """Send anything from the RTP port."""
        self._rtp.sendto(data, ("127.0.0.1", to_port))

    def rest(self, frames: int) -> None:
        """Let time pass without a packet."""
        self._timestamp += frames * self._step

    async def say(self, samples: Sequence[float], to_port: int) -> None:
        """Send a sound in real time."""
        coder = Encoded(self.codec)
        sound = samples_to_ulaw(numpy.array([int(sample * 32_767) for sample in samples]))
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number, at in enumerate(range(0, len(sound) - 159, 160), 1):
            self.send(coder.prompt_frame(sound[at : at + 160]), to_port)
            await asyncio.sleep(max(0.0, began + number * 0.02 - loop.time()))

    def press(self, key_code: int, to_port: int) -> None:
        """Press a key: three packets and three ends, the first end lost."""
        self._timestamp += self._step
        for index in range(6):
            self._send_press(key_code, to_port, index)

    def go_on_pressing(self, key_code: int, to_port: int) -> None:
        """Send what is left of a press: its ends."""
        for index in (4, 5):
            self._send_press(key_code, to_port, index)

    def _send_press(self, key_code: int, to_port: int, index: int) -> None:
        self._sequence += 1
        if index != 3:
            end = 0x80 if index >= 3 else 0
            payload = bytes((key_code, end | 10)) + (self._step * min(index + 1, 4)).to_bytes(
                2, "big"
            )
            packet = build_rtp(EVENTS, self._sequence, self._timestamp, self.ssrc, payload)
            self.send_raw(packet if self.srtp is None else self.srtp.protect(packet), to_port)

    async def wait_for(self, count: int) -> list[RtpPacket]:
        """Wait until so many packets came."""
        await until(lambda: len(self.packets) >= count)
        return self.packets

    def _read(self) -> None:
        self._take(self._rtp.recv(2048))

    def _take(self, data: bytes) -> None:
        if is_rtcp(data):
            self.rtcp_on_rtp.append(data)
            return
        if self.srtp is not None:
            data = self.srtp.unprotect(data)
            if not data:
                self.undecipherable += 1
                return
        packet = parse_rtp(data)
        assert packet is not None
        self.packets.append(packet)

    def heard(self) -> numpy.ndarray:
        """Return what came as samples of -1 to 1 at 8 kHz, decoded."""
        speech = Speech(self.codec)
        found = []
        for packet in self.packets:
            if packet.payload_type == PAYLOAD_TYPES[self.codec]:
                speech.take(packet.payload)
                found.append(speech.at(8000))
        return numpy.concatenate(found) / 32_768 if found else numpy.empty(0)

    def _read_rtcp(self) -> None:
        self.rtcp.append(self._rtcp.recv(2048))


def tone(hertz: float, seconds: float, level: float = 0.5) -> list[float]:
    """Return a sine at 8 kHz."""
    return [
        level * math.sin(2 * math.pi * hertz * number / 8000)
        for number in range(int(seconds * 8000))
    ]


def linear(ulaw: bytes) -> numpy.ndarray:
    """Return mu-law as samples of -1 to 1."""
    table = numpy.array(ULAW_SAMPLES, dtype=numpy.float64) / 32_768
    return table[numpy.frombuffer(ulaw, dtype=numpy.uint8)]


def strongest(samples: numpy.ndarray, rate: int = 8000) -> tuple[float, float]:
    """Return the strongest frequency in hertz and the level as a share of full scale."""
    if len(samples) == 0:
        return 0.0, 0.0
    spectrum = numpy.abs(numpy.fft.rfft(samples * numpy.hanning(len(samples))))
    return (
        float(numpy.argmax(spectrum) * rate / len(samples)),
        float(numpy.sqrt(numpy.mean(samples**2)) * math.sqrt(2)),
    )


def _port_pair() -> tuple[socket.socket, socket.socket, int]:
    while True:
        rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        rtcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        rtp.bind(("127.0.0.1", 0))
        port = rtp.getsockname()[1]
        try:
            if port % 2 == 0:
                rtcp.bind(("127.0.0.1", port + 1))
                rtp.setblocking(False)
                rtcp.setblocking(False)
                return rtp, rtcp, port
        except OSError:
            pass
        rtp.close()
        rtcp.close()
