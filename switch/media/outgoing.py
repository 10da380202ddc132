"""What goes to one party: prompts and what the partner says, in the party's own codec."""

from __future__ import annotations

from collections.abc import Callable

from switch.media.comfort_noise import noise, noise_level
from switch.media.dtmf_event import scaled_event
from switch.media.g711 import ALAW_TO_ULAW, ULAW_TO_ALAW
from switch.media.messages import Codec, Connect
from switch.media.recorder import Recorder
from switch.media.rtp_link import RtpLink
from switch.media.sender import RtpSender
from switch.media.speech_coding import CLOCK_RATES, G711
from switch.media.transcoding import Encoded, Speech

_NO_PAYLOAD_TYPE = 128


class Outgoing:
    """The way towards a party. `now` is monotonic seconds."""

    def __init__(
        self, link: RtpLink, sender: RtpSender, relayed_first: Callable[[], None], now: float
    ) -> None:
        """Begin.

        Args:
            relayed_first: called once, when something of a partner has been sent.
        """
        self.sender = sender
        self.codec = Codec.PCMU
        self.clock_rate = CLOCK_RATES[Codec.PCMU]
        self.payload_type = _NO_PAYLOAD_TYPE
        self.event_clock_rate = self.clock_rate
        self.may_send = False
        self.recorder: Recorder | None = None
        self._link = link
        self._relayed_first = relayed_first
        self._relayed_any = False
        self._opened = now
        self._event_payload_type = -1
        self._comfort_noise_payload_type = -1
        self._fec = False
        self._encoded: Encoded | None = None
        """Made when something in another codec is first to be sent."""
        self._press = (-1, -1, 0)
        """SSRC and timestamp of a key press that is converted, and our timestamp of it."""

    def use_link(self, link: RtpLink) -> None:
        """Send by another link from now on."""
        self._link = link

    def connect(self, command: Connect, now: float) -> None:
        """Set or change what was negotiated."""
        if not command.may_send:
            self.sender.pause()
        self.may_send = command.may_send
        self._fec = command.fec
        self._event_payload_type = command.event_payload_type
        self.event_clock_rate = command.event_clock_rate
        self._comfort_noise_payload_type = command.comfort_noise_payload_type
        self.use(command.codec, command.payload_type, now)

    def use(self, codec: Codec, payload_type: int, now: float) -> None:
        """Send in this codec from now on."""
        self.payload_type = payload_type
        if codec is self.codec:
            return
        self.codec = codec
        self._encoded = None
        self.sender.pause()
        clock_rate = CLOCK_RATES[codec]
        if clock_rate != self.clock_rate:
            self.clock_rate = clock_rate
            self.sender.change_clock(self.clock(now), clock_rate // 50)

    def clock(self, now: float) -> int:
        """Return the time as RTP timestamps count it."""
        return int((now - self._opened) * self.clock_rate)

    def send_frame(self, ulaw: bytes, now: float) -> None:
        """Send 20 ms of a prompt."""
        if not self.may_send:
            return
        if self.codec is Codec.PCMU:
            payload = ulaw
        elif self.codec is Codec.PCMA:
            payload = ulaw.translate(ULAW_TO_ALAW)
        else:
            payload = self._encoder().prompt_frame(ulaw)
        self._link.send(self.sender.frame(self.payload_type, payload, self.clock(now)))
        if self.recorder is not None:
            stamp = self.sender.last_timestamp * 8000 // self.clock_rate
            self.recorder.heard.put(ulaw, stamp, self.recorder.clock(now))

    def takes_as_it_is(self, codec: Codec) -> bool:
        """Whether a packet of this codec needs no more than a new header and a table."""
        return codec is self.codec or (codec in G711 and self.codec in G711)

    def relay(
        self,
        speech: Speech,
        marker: int,
        sequence: int,
        timestamp: int,
        ssrc: int,
        payload: bytes,
        now: float,
    ) -> None:
        """Send a packet that came from the partner, in this party's codec."""
        if not self.may_send:
            return
        codec = speech.codec
        if codec is self.codec or self.takes_as_it_is(codec):
            if codec is not self.codec:
                payload = payload.translate(ULAW_TO_ALAW if codec is Codec.PCMU else ALAW_TO_ULAW)
            clock = int((now - self._opened) * self.clock_rate)
            self._link.send(
                self.sender.relayed(
                    self.payload_type, marker, sequence, timestamp, ssrc, payload, clock
                )
            )
        else:
            self._convert(speech, timestamp, ssrc, now)
        if not self._relayed_any:
            self._relayed_any = True
            self._relayed_first()
        if self.recorder is not None:
            stamp = timestamp * 8000 // CLOCK_RATES[codec]
            self.recorder.heard.put(speech.ulaw(), stamp, self.recorder.clock(now))

    def _convert(self, speech: Speech, timestamp: int, ssrc: int, now: float) -> None:
        """Send what a partner of another codec says, in frames of our own."""
        clock_rate = CLOCK_RATES[speech.codec]
        begins, payloads = self._encoder().put(speech, timestamp, clock_rate, ssrc)
        if begins:
            self.sender.pause()
        clock = self.clock(now)
        for payload in payloads:
            self._link.send(self.sender.frame(self.payload_type, payload, clock))

    def relay_noise(
        self, codec: Codec, sequence: int, timestamp: int, ssrc: int, payload: bytes, now: float
    ) -> None:
        """Pass comfort noise on, if the party takes it; else it hears nothing for a while."""
        if self.recorder is not None:
            self.recorder.heard.background = noise(noise_level(payload))
        kind = self._comfort_noise_payload_type
        if kind < 0 or not self.may_send or not self.takes_as_it_is(codec):
            self.sender.skip_relayed()
            return
        clock = self.clock(now)
        self._link.send(self.sender.relayed(kind, 0, sequence, timestamp, ssrc, payload, clock))

    def relay_event(
        self,
        source: Outgoing,
        marker: int,
        sequence: int,
        timestamp: int,
        ssrc: int,
        payload: bytes,
        now: float,
    ) -> None:
        """Pass a key press on under this party's payload type, if it takes such.

        Args:
            source: the way towards the party that has pressed the key.
        """
        if not self.may_send or self._event_payload_type < 0:
            self.sender.skip_relayed()
            return
        kind, clock = self._event_payload_type, self.clock(now)
        if self.takes_as_it_is(source.codec):
            packet = self.sender.relayed(kind, marker, sequence, timestamp, ssrc, payload, clock)
            self._link.send(packet)
            return
        # Speech is numbered anew, and so are events: all of a press have one timestamp.
        if self._press[:2] != (ssrc, timestamp):
            self._press = (ssrc, timestamp, self.sender.event_begins(clock))
        payload = scaled_event(payload, source.event_clock_rate, self.event_clock_rate)
        self._link.send(self.sender.event(kind, marker, self._press[2], payload))

    def _encoder(self) -> Encoded:
        if self._encoded is None:
            self._encoded = Encoded(self.codec, fec=self._fec)
        return self._encoded
