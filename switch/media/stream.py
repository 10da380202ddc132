"""One RTP and RTCP socket pair towards one party, and everything that flows through it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable

from switch.media.comfort_noise import PAYLOAD_TYPE as COMFORT_NOISE
from switch.media.comfort_noise import noise, noise_level
from switch.media.dtmf_event import DtmfReceiver
from switch.media.messages import AudioBegan, Codec, Connect, Digit, Played, Report, StreamStats
from switch.media.outgoing import Outgoing
from switch.media.player import Player
from switch.media.poll import Passed, Poll
from switch.media.reception import Reception
from switch.media.recorder import Recorder
from switch.media.rtcp_session import RtcpSession
from switch.media.rtp_link import RtpLink, is_rtcp
from switch.media.rtp_packet import HEADER, HEADER_BYTES, MARKER, VERSION_2, parse_rtp
from switch.media.sender import RtpSender
from switch.media.speech_coding import CLOCK_RATES
from switch.media.tone_listener import ToneListener
from switch.media.transcoding import Speech
from switch.media.voice_message import VoiceMessage


class Stream:
    """A party. `now` is monotonic seconds, everywhere."""

    def __init__(
        self,
        stream_id: str,
        rtp: socket.socket,
        rtcp: socket.socket,
        port: int,
        cname: str,
        poll: Poll,
        report: Callable[[Report], None],
        now: float,
    ) -> None:
        self.id = stream_id
        self.link = RtpLink(rtp, rtcp)
        self.port = port
        self.partner: Stream | None = None
        """The stream this one is bridged with."""
        self.player: Player | None = None
        self.message: VoiceMessage | None = None
        """What the party says is taken down as a message."""
        self.listener: ToneListener | None = None
        """What the party says is searched for tones."""
        self.round = 0
        """In which tick of a round the worker looks after it."""
        self.connected = False
        """What was negotiated is known."""
        self.heard_at = now
        """When RTP came last, or when it was first expected."""
        self.resting = False
        """The party has said that it is silent (RFC 3389), and need not send."""
        self.may_receive = False
        self.poll = poll
        """Where lanes are; a better one may take its place while none is open."""
        self._has_lane = False
        """Plain packets go to the partner past this object."""
        self._report = report
        self._payload_types: dict[int, Codec] = {}
        """What the party may send."""
        self._payload_type = -1
        """What it sends."""
        self._event_payload_type = -1
        self._speech = Speech(Codec.PCMU)
        self._dtmf = DtmfReceiver()
        self._press_is_shared = False
        """The key that is pressed now is for the partner too, who was there when it began: the
        rest of one that chose whom to ring is not."""
        self._received_any = False
        random = os.urandom(10)
        self.sender = RtpSender(
            int.from_bytes(random[:4], "big"),
            int.from_bytes(random[4:6], "big"),
            int.from_bytes(random[6:], "big"),
        )
        self.out = Outgoing(self.link, self.sender, self._report_relayed, now)
        self.reception = Reception()
        self._rtcp_session = RtcpSession(cname, self.sender, self.reception, time.time)

    # Commands.

    def use_link(self, link: RtpLink) -> None:
        """Reach the party by another link on the same sockets."""
        link.refused = self.link.refused
        self.link = link
        self.out.use_link(link)

    def connect(self, command: Connect, now: float) -> None:
        """Set or change what was negotiated."""
        if self.link.aim(command, now):
            self._dtmf.restart()
        self._payload_types = {**dict(command.others), command.payload_type: command.codec}
        self._use_codec(command.codec, command.payload_type)
        self._event_payload_type = command.event_payload_type
        self.may_receive = command.may_receive
        self.out.connect(command, now)
        self._rtcp_session.remote = (command.address, command.rtcp_port or command.port + 1)
        self.heard_at = now
        self.resting = False
        self.connected = True

    def _use_codec(self, codec: Codec, payload_type: int) -> None:
        self._payload_type = payload_type
        if codec is not self._speech.codec:
            self._speech = Speech(codec)
            self.reception.change_clock(CLOCK_RATES[codec])

    @property
    def recorder(self) -> Recorder | None:
        """Takes down what the party says and hears."""
        return self.out.recorder

    @recorder.setter
    def recorder(self, recorder: Recorder | None) -> None:
        self.out.recorder = recorder

    def stop_player(self, *, completed: bool, error: str = "") -> None:
        """End what is playing, and tell."""
        player, self.player = self.player, None
        if player is not None:
            self.sender.pause()
            self._report(Played(self.id, player.play, completed, error))

    def send_frame(self, now: float) -> bool:
        """Send the next 20 ms of what is playing; False when that was all."""
        player = self.player
        if player is None:
            return False
        if not self.connected:
            return True
        frame = player.next_frame()
        if frame is None:
            self.stop_player(completed=True)
            return False
        self.out.send_frame(frame, now)
        return True

    # Packets.

    def receive_rtp(self, now: float) -> None:
        """Take one packet from the socket."""
        self.link.receive(self.receive_packet, self._take_rtcp, now)

    def receive_packet(self, data: bytes | memoryview, now: float) -> None:
        """Take one packet of the party: count it, read its key, hand it to the partner."""
        if self._has_lane:
            self._close_lane()
        size = len(data)
        if size < HEADER_BYTES:
            self.link.refused += 1
            return
        if self.link.mux and is_rtcp(data):
            self._take_rtcp(data, now)
            return
        first, second, sequence, timestamp, ssrc = HEADER.unpack_from(data)
        if first == VERSION_2:
            payload = bytes(data[HEADER_BYTES:])
        else:
            packet = parse_rtp(data)
            if packet is None:
                self.link.refused += 1
                return
            payload = packet.payload
        self.heard_at = now
        if not self._received_any:
            self._received_any = True
            self._report(AudioBegan(self.id, "received"))
        kind = second & 0x7F
        if kind == self._event_payload_type:
            self._receive_event(second & MARKER, sequence, timestamp, ssrc, payload, now)
            return
        if ssrc != self.reception.ssrc:
            self._dtmf.restart()
        self.reception.receive(sequence, timestamp, ssrc, now)
        if kind != self._payload_type and not self._is_other_codec(kind, now):
            if kind == COMFORT_NOISE and self.may_receive:
                self._receive_noise(sequence, timestamp, ssrc, payload, now)
            return
        self.resting = False
        if self.may_receive:
            self._hear(second & MARKER, sequence, timestamp, ssrc, payload, now)

    def _is_other_codec(self, kind: int, now: float) -> bool:
        """Whether the party has changed to another codec that was agreed upon; we follow."""
        codec = self._payload_types.get(kind)
        if codec is None:
            return False
        self._use_codec(codec, kind)
        partner = self.partner
        if partner is not None:
            partner.close_lanes()
        self.out.use(codec, kind, now)
        return True

    def _hear(
        self, marker: int, sequence: int, timestamp: int, ssrc: int, payload: bytes, now: float
    ) -> None:
        """Give a packet of speech to whoever listens."""
        speech = self._speech
        speech.payload = payload
        speech.fresh = True
        recorder = self.out.recorder
        if recorder is not None or self.message is not None or self.listener is not None:
            ulaw = speech.ulaw()
            stamp = timestamp * 8000 // self.reception.clock_rate
            if recorder is not None:
                recorder.said.put(ulaw, stamp, recorder.clock(now))
            if self.message is not None:
                self.message.put(ulaw, stamp, now)
            if self.listener is not None:
                self.listener.put(ulaw, stamp)
        partner = self.partner
        if partner is not None and partner.player is None:
            partner.out.relay(speech, marker, sequence, timestamp, ssrc, payload, now)
            self._open_lane(partner, ssrc)

    def _receive_noise(
        self, sequence: int, timestamp: int, ssrc: int, payload: bytes, now: float
    ) -> None:
        """The party is silent, and says how loud its silence is (RFC 3389)."""
        self.resting = True
        if self.out.recorder is not None:
            self.out.recorder.said.background = noise(noise_level(payload))
        partner = self.partner
        if partner is not None and partner.player is None:
            codec = self._speech.codec
            partner.out.relay_noise(codec, sequence, timestamp, ssrc, payload, now)

    def _receive_event(
        self, marker: int, sequence: int, timestamp: int, ssrc: int, payload: bytes, now: float
    ) -> None:
        """A key press (RFC 4733): tell the core, and let the partner hear of it too."""
        if ssrc != self.reception.ssrc:
            self._dtmf.restart()
        self.reception.receive_event(sequence, ssrc)
        self.resting = False
        partner = self.partner
        digit = self._dtmf.receive(timestamp, payload)
        if digit:
            self._report(Digit(self.id, digit))
            self._press_is_shared = partner is not None
        if self.recorder is not None:
            self.recorder.key_sounds(now)
        if partner is None or partner.player is not None:
            return
        if self._press_is_shared:
            partner.out.relay_event(self.out, marker, sequence, timestamp, ssrc, payload, now)
        else:
            partner.sender.skip_relayed()

    def receive_rtcp(self, now: float) -> None:
        """Take one RTCP packet from the party's host."""
        data, source = self.link.receive_rtcp()
        if data:
            self._rtcp_session.receive(data, (source[0], source[1]), now)

    def _take_rtcp(self, data: bytes | memoryview, now: float) -> None:
        """Take an RTCP packet that came on the socket of RTP."""
        self._rtcp_session.receive(bytes(data), self._rtcp_session.remote, now)

    def _report_relayed(self) -> None:
        self._report(AudioBegan(self.id, "relayed"))

    # The fast lane.

    def _open_lane(self, partner: Stream, ssrc: int) -> None:
        """Let plain packets pass from now on, when nothing has to look at them."""
        link, other, out = self.link, partner.link, partner.out
        if not (out.may_send and link.is_connected and other.is_connected):
            return
        if self.out.recorder or out.recorder or self.message or self.listener:
            return
        if link.srtp or other.srtp:
            return
        reception, sender = self.reception, partner.sender
        sequence_offset, timestamp_offset = sender.offsets
        self._has_lane = self.poll.open(
            link.rtp.fileno(),
            other.rtp.fileno(),
            in_codec=self._speech.codec,
            in_type=self._payload_type,
            in_ssrc=ssrc,
            out_codec=out.codec,
            out_type=out.payload_type,
            out_ssrc=sender.ssrc,
            sequence_offset=sequence_offset,
            timestamp_offset=timestamp_offset,
            so_far=Passed(
                received=0,
                octets=0,
                highest_sequence=reception.highest_sequence,
                transit=reception.transit,
                jitter=reception.jitter_exact,
                heard_at=self.heard_at,
                last_sequence=sender.last_sequence,
                last_timestamp=sender.last_timestamp,
            ),
        )

    def close_lanes(self) -> None:
        """Close both directions, and learn what has passed: before anything is changed or read."""
        if self._has_lane:
            self._close_lane()
        partner = self.partner
        if partner is not None and partner._has_lane:
            partner._close_lane()

    def _close_lane(self) -> None:
        self._has_lane = False
        passed = self.poll.close(self.link.rtp.fileno())
        self.heard_at = passed.heard_at
        self.reception.add(passed.received, passed.highest_sequence, passed.transit, passed.jitter)
        if self.partner is not None:
            self.partner.sender.add(
                passed.received, passed.octets, passed.last_sequence, passed.last_timestamp
            )

    # Now and then.

    def send_report(self, now: float) -> None:
        """Send a sender or receiver report when one is due."""
        if self.connected:
            data = self._rtcp_session.report(self.out.clock(now), now)
            if data:
                self.link.send_rtcp(data, self._rtcp_session.remote)

    def stats(self) -> StreamStats:
        """Return the counters so far."""
        return StreamStats(
            packets_received=self.reception.received,
            packets_sent=self.sender.packets,
            packets_lost=self.reception.lost,
            packets_refused=self.link.refused,
            jitter_ms=round(self.reception.jitter_ms, 3),
            remote_lost=self._rtcp_session.remote_lost,
            round_trip_ms=self._rtcp_session.round_trip_ms,
        )

    def close(self, now: float) -> None:
        """Say good-bye and close both sockets."""
        if self.connected and (self.sender.packets or self.reception.received):
            self.link.send_rtcp(self._rtcp_session.farewell(now), self._rtcp_session.remote)
        self.link.close()
