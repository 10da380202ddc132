"""The media stream of one leg, in a media worker: what is commanded of it.

`leg.py` adds the signalling, and hears what the worker reports.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from switch.calls.ports import MediaControl
from switch.errors import MediaError, WorkerLost
from switch.media.messages import (
    Bridge,
    Codec,
    Command,
    Connect,
    Dtls,
    Ice,
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
from switch.sdp.dtls import DtlsTerms
from switch.sdp.offer_answer import LocalMedia, Negotiated


class LegStream:
    """What a leg does with its media."""

    __slots__ = (
        "_listening",
        "_media",
        "_near",
        "_next_play",
        "_turning",
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
        self._near = ""
        self._turning: asyncio.Task[None] | None = None
        self._next_play = 0

    async def open(self, *, near: str = "") -> None:
        """Open the media stream, unless it is open already.

        Raises:
            PortsExhausted, WorkerLost: there is no stream.
        """
        if self.opened:
            return
        self.opened, self._near = True, near
        self.local.port = await self._media.allocate(
            self.id, near=near, other_ip=self.local.other_ip
        )

    def turn(self, address: str, then: Callable[[str], None]) -> None:
        """Do as `turn_to`, at once where nothing is to be done, else behind the scenes.

        Args:
            then: gets why it could not be, or an empty string.
        """
        if self._speaks_to(address):
            then("")
            return
        self._turning = asyncio.get_running_loop().create_task(self._turn(address, then))

    async def _turn(self, address: str, then: Callable[[str], None]) -> None:
        try:
            await self.turn_to(address)
        except MediaError as error:
            then(str(error))
        else:
            then("")

    def _speaks_to(self, address: str) -> bool:
        """Whether our side takes RTP of that address's version of IP already, or never can."""
        local = self.local
        return not local.other_address or (":" in address) == (":" in local.address)

    async def turn_to(self, address: str, *, near: str = "") -> None:
        """Take RTP at our address of that party's version of IP, with another stream if need be.

        Before there is an offer of ours.

        Args:
            near: a stream of the same worker is wanted; empty: as when it was opened.

        Raises:
            PortsExhausted, WorkerLost: there is no stream.
        """
        if self._speaks_to(address):
            return
        self.local.speak_to(address)
        if self.opened:
            await self._release()
            await self.open(near=near or self._near)

    async def close(self) -> StreamStats:
        """Close the media stream and return what it counted."""
        if self._turning is not None and not self._turning.done():
            await asyncio.wait([self._turning])  # or what it opens would stay
        return await self._release()

    async def _release(self) -> StreamStats:
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
                None if (terms := negotiated.dtls) is None else _dtls(terms),
            )
        )
        self.listen()

    def connect_again(self) -> None:
        """Give a party whose keys come by DTLS its time anew: only now must it be there."""
        if self.negotiated is not None and self.negotiated.dtls is not None:
            self.connect(self.negotiated)

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
        if negotiated.dtls is not None and self.local.dtls is not None:
            self.local.dtls.take_up(negotiated.dtls)
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


def _dtls(terms: DtlsTerms) -> Dtls:
    ice = Ice(terms.fragment, terms.password, terms.remote.fragment)
    return Dtls(ice, terms.remote.fingerprints, terms.client)
