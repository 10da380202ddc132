"""PURE: what the core asks of a media worker, and what a worker reports.

The protocol names streams, files and payload types, and nothing of how a worker does
its work, so that another media engine can stand behind it. A *stream* is one RTP and
RTCP port pair towards one party; its id is the leg's id. Commands are imperative,
reports past tense. Messages are msgspec structs tagged by class name (`wire.py`).
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Codec(StrEnum):
    """Speech codings every stream can send and receive, one channel."""

    PCMU = "PCMU"
    PCMA = "PCMA"
    G722 = "G722"
    OPUS = "opus"


class Message(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Base of everything on the wire between core and worker."""


class Command(Message, frozen=True):
    """Core to worker, about one stream."""

    stream: str


class Report(Message, frozen=True):
    """Worker to core, about one stream."""

    stream: str


class Srtp(msgspec.Struct, frozen=True, array_like=True):
    """How both directions are encrypted (RFC 3711). Its keys never show in a text of it."""

    suite: str
    """As RFC 4568 6.2 and RFC 7714 14.2 name it."""
    send_key: bytes
    """Master key and salt of what the worker sends."""
    receive_key: bytes

    def __repr__(self) -> str:
        return f"Srtp(suite={self.suite!r}, keys=...)"


class Ice(msgspec.Struct, frozen=True, array_like=True):
    """Credentials for the checks of a party (RFC 8445 5.3). The password never shows in a text."""

    fragment: str
    """Our user name fragment."""
    password: str
    """Ours: what the party's checks are proved with."""
    remote_fragment: str

    def __repr__(self) -> str:
        return f"Ice(fragment={self.fragment!r}, remote_fragment={self.remote_fragment!r})"


class Dtls(msgspec.Struct, frozen=True, array_like=True):
    """How a party's media is keyed by DTLS (RFC 5763, 5764), at a place that ICE finds."""

    ice: Ice
    fingerprints: tuple[tuple[str, str], ...]
    """Hash and value (`AB:CD:...`) of the party's certificate, one of which must fit (RFC 8122)."""
    client: bool
    """We begin the handshake."""


# Commands


class Allocate(Command, frozen=True):
    """Open a port pair. Answered by `Allocated` or `AllocateFailed`."""

    other_ip: bool = False
    """At the other of our two addresses: of IPv6 when the first is of IPv4."""


class Prepare(Command, frozen=True):
    """Open a port pair for whoever needs one next. Answered by `Prepared` or `AllocateFailed`."""


class Adopt(Command, frozen=True):
    """Give a stream that was opened beforehand the name of a leg."""

    prepared: str
    """Its id so far."""


class Retire(Command, frozen=True):
    """End when this socket is closed, whoever still talks; `stream` is empty."""


class UseCertificate(Command, frozen=True):
    """Be this from now on in every DTLS handshake that begins; `stream` is empty."""

    certificate: bytes
    """PEM."""
    key: bytes
    """PEM: a secret."""
    soon: bool
    """Parties that need it are to be expected: have all ready."""

    def __repr__(self) -> str:
        return f"UseCertificate(certificate={self.certificate!r}, key=...)"


class Connect(Command, frozen=True):
    """Set or change (re-INVITE) what was negotiated with the party."""

    address: str
    """Where to send RTP; the worker latches onto where it really comes from."""
    port: int
    codec: Codec
    payload_type: int
    """Of `codec`, in both directions."""
    event_payload_type: int
    """Of telephone-event (RFC 4733); -1 when not negotiated."""
    may_send: bool
    """False when the party holds us: `sendonly` or `inactive` as seen from it."""
    may_receive: bool
    rtcp_port: int = 0
    """From `a=rtcp` (RFC 3605); 0 means `port + 1`; as `port`: RTCP shares it (RFC 5761)."""
    others: tuple[tuple[int, Codec], ...] = ()
    """Payload type and codec of what the party may change to at any time."""
    comfort_noise_payload_type: int = -1
    """Of comfort noise towards the party (RFC 3389); -1 when it takes none."""
    event_clock_rate: int = 8000
    """In which the durations of events count."""
    fec: bool = False
    """The party makes use of Opus' forward error correction."""
    srtp: Srtp | None = None
    """None: media is not encrypted, or is keyed by `dtls`."""
    dtls: Dtls | None = None
    """Keys come from a handshake; `address` and `port` count for nothing then."""


class ListenForTones(Command, frozen=True):
    """Tell keys and fax machines by their tones in what the party says, or no longer.

    Leads to `Digit` with the method `inband`, and to `FaxTone`.
    """

    digits: bool
    """For parties that have no telephone-event."""
    fax: bool


class Play(Command, frozen=True):
    """Send prompts to the party, one after another, ahead of anything bridged.

    Replaces what is playing. Ends with `Played`, always, exactly once per play_id.
    """

    play: int
    """Chosen by the core, unique within the stream."""
    prompts: tuple[str, ...]
    """Paths of G.711 mu-law files, 8 kHz, no header, as `prompts.py` prepares them."""
    loop: bool = False
    """Repeat until stopped: music on hold."""


class StopPlaying(Command, frozen=True):
    """Stop what is playing, if it is still `play`."""

    play: int


class Bridge(Command, frozen=True):
    """Relay between two streams of this worker, both ways, until `Unbridge`."""

    other: str


class Unbridge(Command, frozen=True):
    """End the relay of this stream and its partner; both stay open."""


class Record(Command, frozen=True):
    """Record into a stereo WAV: left what the party says, right what it hears."""

    path: str


class StopRecording(Command, frozen=True):
    """Finish the WAV. Ends with `RecordingEnded`."""


class SilenceRecording(Command, frozen=True):
    """Record silence in place of what is said and heard, now and later, or no longer."""

    on: bool


class TakeMessage(Command, frozen=True):
    """Record what the party says into a mono WAV, until silence, a length or `StopMessage`.

    Ends with `MessageTaken`, always, once.
    """

    path: str
    max_seconds: float
    silence_seconds: float
    """So much silence ends it, and is cut off."""


class StopMessage(Command, frozen=True):
    """End the message now."""

    cut_seconds: float = 0.0
    """Cut off at its end: the sound of a key."""


class Release(Command, frozen=True):
    """Finish everything and close the ports. Answered by `Released`."""


# Reports


class Allocated(Report, frozen=True):
    port: int
    """RTP; RTCP is `port + 1`."""


class Prepared(Report, frozen=True):
    port: int
    """RTP; RTCP is `port + 1`."""


class AllocateFailed(Report, frozen=True):
    reason: str


class Survived(Report, frozen=True):
    """The stream outlived the core that opened it; told to the next one."""

    partner: str
    """The stream it is bridged with."""


class SurvivorsTold(Report, frozen=True):
    """That were all that survived; `stream` is empty."""


class Digit(Report, frozen=True):
    """A key press has begun and is certain (RFC 4733 2.5: once per event)."""

    digit: str
    method: str = "rfc4733"
    """Or `inband`: by its tones."""


class FaxTone(Report, frozen=True):
    """The party is a fax machine that calls: its CNG tone was heard (ITU-T T.30 4.1)."""


class Played(Report, frozen=True):
    play: int
    completed: bool
    """False when stopped, replaced or failed."""
    error: str = ""


class AudioBegan(Report, frozen=True):
    """First packet `received` from the party, or first one `relayed` to it."""

    direction: str


class RecordingEnded(Report, frozen=True):
    """The WAV is complete on disk, or as complete as the disk allowed."""

    path: str
    seconds: float
    error: str = ""


class MessageTaken(Report, frozen=True):
    """The message is complete on disk."""

    path: str
    """Empty when nothing was said: there is no file."""
    seconds: float
    end: str
    """`silence`, `max_seconds` or `stopped`."""
    error: str = ""


class StreamStats(msgspec.Struct, frozen=True, array_like=True):
    """Counters of one stream since it was opened."""

    packets_received: int = 0
    packets_sent: int = 0
    packets_lost: int = 0
    """Expected minus received (RFC 3550 A.3)."""
    packets_refused: int = 0
    """From a source that was not the negotiated or latched one, or not RTP."""
    jitter_ms: float = 0.0
    """RFC 3550 A.8."""
    remote_lost: int = 0
    """Cumulative, from the peer's receiver reports."""
    round_trip_ms: float = -1.0
    """-1 when unknown."""


class Stats(Report, frozen=True):
    """Sent every few seconds while a stream is open."""

    stats: StreamStats


class Silent(Report, frozen=True):
    """No RTP came for this long although the party may send."""

    seconds: float


class LinkLost(Report, frozen=True):
    """Media keyed by DTLS goes no way to the party, or no longer."""

    why: str


class Released(Report, frozen=True):
    """The stream is closed; its last counters."""

    stats: StreamStats
