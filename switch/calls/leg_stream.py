"""The media stream of one leg, in a media worker: what is commanded of it.

`leg.py` adds the signalling, and hears what the worker reports.
"""

from __future__ import annotations

from collections.abc import Sequence

from switch.calls.ports import MediaControl
from switch.errors import WorkerLost
from switch.media.messages import (
    Bridge,
    Codec,
    Command,
    Connect,
    ListenForTones,
    Play,
    Record,
    SilenceRecording,
    Srtp,
    StopMessage,
    StopPlaying,
    StreamStats,
    TakeMessage,
    Unbridge,
)
from switch.sdp.offer_answer import LocalMedia, Negotiated


class LegStream:
    """What a leg does with its media."""

    __slots__ = (
        "_listening",
        "_media",
        "_next_play",
        "hears_fax",
        "hears_keys",
        "id",
        "local",
        "media_lost",
        "negotiated",
        "opened",
    )

    def __init__(self, leg_id: str, local: LocalMedia, media: MediaControl) -> None:
        self.id = leg_id
        self.local = local
        self.negotiated: Negotiated | None = None
        self.opened = False
        """A stream exists in a worker."""
        self.media_lost = False
        self.hears_keys = False
        """Keys of the party count: by their tones, if it has no other way to tell them."""
        self.hears_fax = False
        """Whether the party is a fax machine counts."""
        self._listening = (False, False)
        """For keys and for fax machines, as the worker knows it."""
        self._media = media
        self._next_play = 0

    async def open(self, *, near: str = "") -> None:
        """Open the media stream, unless it is open already.

        Raises:
            PortsExhausted, WorkerLost: there is no stream.
        """
        if self.opened:
            return
        self.opened = True
        self.local.port = await self._media.allocate(
            self.id, near=near, other_ip=self.local.other_ip
        )

    async def close(self) -> StreamStats:
        """Close the media stream and return what it counted."""
        if not self.opened:
            return StreamStats()
        self.opened = False
        return await self._media.release(self.id)

    def play(self, prompts: Sequence[str], *, loop: bool = False) -> int:
        """Play prompt files to the party; `LegPlayed` with the returned number follows."""
        self._next_play += 1
        self._command(Play(self.id, self._next_play, tuple(prompts), loop))
        return self._next_play

    def stop_playing(self, play: int) -> None:
        """Stop that play if it is still on."""
        self._command(StopPlaying(self.id, play))

    def bridge(self, other: LegStream) -> None:
        """Relay media between this leg and another of the same worker."""
        self._command(Bridge(self.id, other.id))

    def unbridge(self) -> None:
        """Stop relaying."""
        self._command(Unbridge(self.id))

    def record(self, path: str) -> None:
        """Record the party and what it hears."""
        self._command(Record(self.id, path))

    def silence_recording(self, on: bool) -> None:
        """Keep what is said and heard out of the recording, or no longer."""
        self._command(SilenceRecording(self.id, on))

    def take_message(self, path: str, max_seconds: float, silence_seconds: float) -> None:
        """Take down what the party says; `LegMessageTaken` follows."""
        self._command(TakeMessage(self.id, path, max_seconds, silence_seconds))

    def stop_message(self, cut_seconds: float = 0.0) -> None:
        """End the message, without the sound of a key at its end."""
        self._command(StopMessage(self.id, cut_seconds))

    def connect(self, negotiated: Negotiated) -> None:
        """Send and receive as the two parties have agreed."""
        self.negotiated = negotiated
        self._command(
            Connect(
                self.id,
                negotiated.remote_address,
                negotiated.remote_port,
                Codec(negotiated.codec),
                negotiated.payload_type,
                negotiated.event_payload_type,
                negotiated.may_send,
                negotiated.may_receive,
                negotiated.rtcp_port,
                tuple((number, Codec(name)) for number, name in negotiated.others),
                negotiated.comfort_noise_payload_type,
                negotiated.event_clock_rate,
                negotiated.fec,
                None
                if (encryption := negotiated.encryption) is None
                else Srtp(encryption.suite, encryption.send_key, encryption.receive_key),
            )
        )
        self.listen()

    def hear_fax(self, on: bool) -> None:
        """Listen for a fax machine, or no longer."""
        if on != self.hears_fax:
            self.hears_fax = on
            self.listen()

    def listen(self) -> None:
        """Have tones looked for if the party can tell its keys in no other way, or for faxes."""
        negotiated = self.negotiated
        if negotiated is None:
            return
        wanted = (self.hears_keys and negotiated.event_payload_type < 0, self.hears_fax)
        if wanted != self._listening:
            self._listening = wanted
            self._command(ListenForTones(self.id, *wanted))

    @property
    def plays(self) -> int:
        """How many plays there have been; the last one has this number."""
        return self._next_play

    def take_up_stream(
        self, negotiated: Negotiated, *, port: int, plays: int, opened: bool
    ) -> None:
        """Make a stream that outlived the last core this leg's own."""
        self.negotiated = negotiated
        self.local.port = port
        self.opened = opened
        self._next_play = plays

    @property
    def codec(self) -> str:
        """The negotiated codec's name; empty before negotiation."""
        return self.negotiated.codec if self.negotiated is not None else ""

    def handle_media_lost(self) -> None:
        """Learn that the worker with this leg's stream has died."""
        raise NotImplementedError

    def _command(self, command: Command) -> None:
        """Send a media command; a dead worker is learnt of in `handle_media_lost`."""
        if self.opened:
            try:
                self._media.send(command)
            except WorkerLost:
                self.handle_media_lost()
