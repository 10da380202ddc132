"""One RTP and RTCP socket pair towards one party, and everything that flows through it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress

from switch.media.dtmf_event import DtmfReceiver
from switch.media.g711 import ALAW_TO_ULAW, ULAW_TO_ALAW
from switch.media.latching import disconnect, may_latch
from switch.media.messages import AudioBegan, Codec, Connect, Digit, Played, Report, StreamStats
from switch.media.player import Player
from switch.media.poll import Passed, Poll
from switch.media.reception import CLOCK_RATE, Reception
from switch.media.recorder import Recorder
from switch.media.rtcp_session import RtcpSession
from switch.media.rtp_packet import HEADER, HEADER_BYTES, MARKER, VERSION_2, parse_rtp
from switch.media.sender import RtpSender
from switch.media.voice_message import VoiceMessage

_BUFFER = bytearray(2048)
_VIEW = memoryview(_BUFFER)
_NO_PAYLOAD_TYPE = 128

Address = tuple[str, int]


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
        self.rtp = rtp
        self.rtcp = rtcp
        self.port = port
        self.partner: Stream | None = None
        """The stream this one is bridged with."""
        self.player: Player | None = None
        self.recorder: Recorder | None = None
        self.message: VoiceMessage | None = None
        """What the party says is taken down as a message."""
        self.round = 0
        """In which tick of a round the worker looks after it."""
        self.connected = False
        """What was negotiated is known."""
        self.heard_at = now
        """When RTP came last, or when it was first expected."""
        self.may_receive = False
        self.poll = poll
        """Where lanes are; a better one may take its place while none is open."""
        self._has_lane = False
        """Plain packets go to the partner past this object."""
        self._report = report
        self._opened = now
        self._remote: Address = ("", 0)
        """Where to send: as negotiated, or as latched."""
        self._negotiated: Address = ("", 0)
        self._latched: Address | None = None
        """The only source accepted, once the first packet came."""
        self._socket_is_connected = False
        self._codec = Codec.PCMU
        self._payload_type = _NO_PAYLOAD_TYPE
        self._event_payload_type = -1
        self._may_send = False
        self._refused = 0
        self._dtmf = DtmfReceiver()
        self._received_any = False
        self._relayed_any = False
        random = os.urandom(10)
        self.sender = RtpSender(
            int.from_bytes(random[:4], "big"),
            int.from_bytes(random[4:6], "big"),
            int.from_bytes(random[6:], "big"),
        )
        self.reception = Reception()
        self._rtcp_session = RtcpSession(cname, self.sender, self.reception, time.time)

    # Commands.

    def connect(self, command: Connect, now: float) -> None:
        """Set or change what was negotiated."""
        negotiated = command.address, command.port
        if negotiated != self._negotiated:
            self._negotiated = self._remote = negotiated
            if self._latched is not None:
                self._latched = None
                self._socket_is_connected = False
                disconnect(self.rtp)
            self._dtmf.restart()
        if command.codec != self._codec or not command.may_send:
            self.sender.pause()
        self._codec = command.codec
        self._payload_type = command.payload_type
        self._event_payload_type = command.event_payload_type
        self._may_send = command.may_send
        self.may_receive = command.may_receive
        self._rtcp_session.remote = (command.address, command.rtcp_port or command.port + 1)
        self.heard_at = now
        self.connected = True

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
        if self._may_send:
            clock = int((now - self._opened) * CLOCK_RATE)
            payload = frame if self._codec is Codec.PCMU else frame.translate(ULAW_TO_ALAW)
            packet = self.sender.frame(self._payload_type, payload, clock)
            self._send(packet)
            if self.recorder is not None:
                stamp = self.sender.last_timestamp
                self.recorder.heard.put(frame, stamp, self.recorder.clock(now))
        return True

    # Packets.

    def receive_rtp(self, now: float) -> None:
        """Take one packet from the socket."""
        latched = self._latched
        if not self._receive_one(now):
            return
        if self._latched is not latched:
            # The kernel lets only this source through from now on; what others have sent
            # before is in the queue, and is refused here.
            with suppress(OSError):
                self.rtp.connect(self._remote)
                self._socket_is_connected = True
            while self._receive_one(now):
                pass

    def _receive_one(self, now: float) -> bool:
        """Take one packet; False when there was none."""
        try:
            size, source = self.rtp.recvfrom_into(_BUFFER)
        except OSError:  # nothing there, or an ICMP error of something we sent
            return False
        if source != self._latched and not self._latch(source):
            self._refused += 1
        else:
            self.receive_packet(_VIEW[:size], now)
        return True

    def receive_packet(self, data: bytes | memoryview, now: float) -> None:
        """Take one packet of the party: count it, read its key, hand it to the partner."""
        if self._has_lane:
            self._close_lane()
        size = len(data)
        if size < HEADER_BYTES:
            self._refused += 1
            return
        first, second, sequence, timestamp, ssrc = HEADER.unpack_from(data)
        if first == VERSION_2:
            payload = bytes(data[HEADER_BYTES:])
        else:
            packet = parse_rtp(data)
            if packet is None:
                self._refused += 1
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
        if kind != self._payload_type or not self.may_receive:
            return
        if self.recorder is not None:
            ulaw = payload if self._codec is Codec.PCMU else payload.translate(ALAW_TO_ULAW)
            self.recorder.said.put(ulaw, timestamp, self.recorder.clock(now))
        if self.message is not None:
            ulaw = payload if self._codec is Codec.PCMU else payload.translate(ALAW_TO_ULAW)
            self.message.put(ulaw, timestamp, now)
        partner = self.partner
        if partner is not None and partner.player is None:
            partner.relay(self._codec, second & MARKER, sequence, timestamp, ssrc, payload, now)
            self._open_lane(partner, ssrc)

    def relay(
        self,
        codec: Codec,
        marker: int,
        sequence: int,
        timestamp: int,
        ssrc: int,
        payload: bytes,
        now: float,
    ) -> None:
        """Send a packet that came from the partner, in this party's codec."""
        if not self._may_send:
            return
        if codec is not self._codec:
            payload = payload.translate(ULAW_TO_ALAW if codec is Codec.PCMU else ALAW_TO_ULAW)
        clock = int((now - self._opened) * CLOCK_RATE)
        self._send(
            self.sender.relayed(
                self._payload_type, marker, sequence, timestamp, ssrc, payload, clock
            )
        )
        if not self._relayed_any:
            self._relayed_any = True
            self._report(AudioBegan(self.id, "relayed"))
        if self.recorder is not None:
            ulaw = payload if self._codec is Codec.PCMU else payload.translate(ALAW_TO_ULAW)
            self.recorder.heard.put(ulaw, timestamp, self.recorder.clock(now))

    def _receive_event(
        self, marker: int, sequence: int, timestamp: int, ssrc: int, payload: bytes, now: float
    ) -> None:
        """A key press (RFC 4733): tell the core, and let the partner hear of it too."""
        if ssrc != self.reception.ssrc:
            self._dtmf.restart()
        self.reception.receive_event(sequence, ssrc)
        digit = self._dtmf.receive(timestamp, payload)
        if digit:
            self._report(Digit(self.id, digit))
        partner = self.partner
        if partner is not None and partner.player is None:
            partner.relay_event(marker, sequence, timestamp, ssrc, payload, now)

    def relay_event(
        self, marker: int, sequence: int, timestamp: int, ssrc: int, payload: bytes, now: float
    ) -> None:
        """Pass a key press on under this party's payload type, if it takes such."""
        if not self._may_send or self._event_payload_type < 0:
            self.sender.skip_relayed()
            return
        clock = int((now - self._opened) * CLOCK_RATE)
        kind = self._event_payload_type
        self._send(self.sender.relayed(kind, marker, sequence, timestamp, ssrc, payload, clock))

    def receive_rtcp(self, now: float) -> None:
        """Take one RTCP packet from the party's host."""
        try:
            size, source = self.rtcp.recvfrom_into(_BUFFER)
        except OSError:
            return
        if not self.connected or source[0] != self._remote[0]:
            self._refused += 1
            return
        self._rtcp_session.receive(bytes(_VIEW[:size]), source, now)

    # The fast lane.

    def _open_lane(self, partner: Stream, ssrc: int) -> None:
        """Let plain packets pass from now on, when nothing has to look at them."""
        if not (partner._may_send and self._socket_is_connected and partner._socket_is_connected):
            return
        if self.recorder or partner.recorder or self.message:
            return
        reception, sender = self.reception, partner.sender
        sequence_offset, timestamp_offset = sender.offsets
        self._has_lane = self.poll.open(
            self.rtp.fileno(),
            partner.rtp.fileno(),
            in_codec=self._codec,
            in_type=self._payload_type,
            in_ssrc=ssrc,
            out_codec=partner._codec,
            out_type=partner._payload_type,
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
        passed = self.poll.close(self.rtp.fileno())
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
            clock = int((now - self._opened) * CLOCK_RATE)
            data = self._rtcp_session.report(clock, now)
            if data:
                self._send_rtcp(data)

    def stats(self) -> StreamStats:
        """Return the counters so far."""
        return StreamStats(
            packets_received=self.reception.received,
            packets_sent=self.sender.packets,
            packets_lost=self.reception.lost,
            packets_refused=self._refused,
            jitter_ms=round(self.reception.jitter_ms, 3),
            remote_lost=self._rtcp_session.remote_lost,
            round_trip_ms=self._rtcp_session.round_trip_ms,
        )

    def close(self, now: float) -> None:
        """Say good-bye and close both sockets."""
        if self.connected and (self.sender.packets or self.reception.received):
            self._send_rtcp(self._rtcp_session.farewell(now))
        self.rtp.close()
        self.rtcp.close()

    # Inside.

    def _latch(self, source: Address) -> bool:
        """Whether the first packet may come from here; then only this source counts."""
        if self._latched is not None or not self.connected:
            return False
        if not may_latch(source[0], self._negotiated[0]):
            return False
        self._latched = self._remote = source
        return True

    def _send(self, packet: bytes) -> None:
        try:
            if self._socket_is_connected:
                self.rtp.send(packet)
            else:
                self.rtp.sendto(packet, self._remote)
        except OSError:
            pass  # a full socket or an unreachable party: it is lost, as the network would lose it

    def _send_rtcp(self, data: bytes) -> None:
        with suppress(OSError):
            self.rtcp.sendto(data, self._rtcp_session.remote)
