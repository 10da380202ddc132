"""What a worker records: conversations and messages, from the streams to the disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from switch.media.messages import (
    MessageTaken,
    Record,
    RecordingEnded,
    Released,
    Report,
    StopMessage,
    TakeMessage,
)
from switch.media.recorder import Recorder
from switch.media.recording_writer import Recording, RecordingWriter
from switch.media.stream import Stream
from switch.media.voice_message import VoiceMessage

_STOPPED = "stopped"
_LOOK_TICKS = 5
"""Messages are looked at every 100 ms."""


@dataclass(slots=True)
class _Message:
    """A message under way."""

    stream: Stream
    recording: Recording
    voice: VoiceMessage
    written: bool = False


class Recordings:
    """All that is recorded of a worker's streams; `report` takes what is finished."""

    def __init__(self, report: Callable[[Report], None]) -> None:
        self._report = report
        self._recordings: dict[str, Recording] = {}
        self._silenced: set[str] = set()
        """Streams of which nothing may be recorded just now."""
        self._messages: dict[str, _Message] = {}
        self._ended: dict[int, tuple[Recording, str]] = {}
        """Messages that wait for the disk, by identity of the recording, and why they ended."""
        self._releasing: dict[str, tuple[Released, int]] = {}
        """Streams that are closed but for so many recordings."""
        self._writer = RecordingWriter()
        self._ticks = 0

    @property
    def wake_fd(self) -> int:
        """Becomes readable when `tell_finished` has something to do."""
        return self._writer.wake_fd

    def start(self, stream: Stream, command: Record, now: float) -> None:
        """Record a conversation, in place of what is recorded of it already."""
        self.stop(stream, now)
        self._recordings[stream.id] = Recording(stream.id, command.path)
        stream.recorder = Recorder(now)
        if stream.id in self._silenced:
            stream.recorder.silence(True, now)

    def silence(self, stream: Stream, on: bool, now: float) -> None:
        """Let nothing of the stream into recordings, or everything again."""
        if on:
            self._silenced.add(stream.id)
        else:
            self._silenced.discard(stream.id)
        if stream.recorder is not None:
            stream.recorder.silence(on, now)

    def stop(self, stream: Stream, now: float) -> None:
        """End the recording of a conversation, if there is one."""
        recording = self._recordings.pop(stream.id, None)
        recorder, stream.recorder = stream.recorder, None
        if recording is not None and recorder is not None:
            for left, right in recorder.chunks(now, all_of_it=True):
                self._writer.write(recording, left, right)
            self._writer.finish(recording)

    def take_message(self, stream: Stream, command: TakeMessage, now: float) -> None:
        """Begin a message; one that is under way ends."""
        self.stop_message(stream, StopMessage(stream.id))
        voice = VoiceMessage(now, command.max_seconds, command.silence_seconds)
        recording = Recording(stream.id, command.path, mono=True)
        stream.message = voice
        self._messages[stream.id] = _Message(stream, recording, voice)

    def stop_message(self, stream: Stream, command: StopMessage) -> None:
        """End a message, if there is one."""
        message = self._messages.get(stream.id)
        if message is not None:
            self._write(message, message.voice.take_rest(command.cut_seconds))
            self._end(message, _STOPPED)

    def release(self, stream: Stream, released: Released, now: float) -> None:
        """End all of a stream, and report the release once everything is on disk."""
        self.stop_message(stream, StopMessage(stream.id))
        self._silenced.discard(stream.id)
        waiting = sum(each.id == stream.id for each, _ in self._ended.values())
        waiting += stream.id in self._recordings
        self.stop(stream, now)
        if waiting:
            self._releasing[stream.id] = (released, waiting)
        else:
            self._report(released)

    def write_chunks(self, stream: Stream, now: float) -> None:
        """Hand on what of a conversation is complete."""
        recording = self._recordings.get(stream.id)
        if recording is not None and stream.recorder is not None:
            for left, right in stream.recorder.chunks(now):
                self._writer.write(recording, left, right)

    def handle_tick(self, now: float) -> None:
        """See which messages are over."""
        if not self._messages:
            return
        self._ticks += 1
        if self._ticks % _LOOK_TICKS:
            return
        for message in tuple(self._messages.values()):
            self._write(message, message.voice.take(now))
            if message.voice.end is not None:
                self._end(message, message.voice.end.value)

    def tell_finished(self, now: float) -> None:
        """Report what has come to the disk."""
        for done in self._writer.finished():
            recording = done.recording
            _, end = self._ended.pop(id(recording), (recording, ""))
            if end:
                taken = MessageTaken(recording.id, recording.path, done.seconds, end, done.error)
                self._report(taken)
            else:
                ended = RecordingEnded(recording.id, recording.path, done.seconds, done.error)
                self._report(ended)
            released, waiting = self._releasing.pop(recording.id, (None, 0))
            if released is not None and waiting > 1:
                self._releasing[recording.id] = (released, waiting - 1)
            elif released is not None:
                self._report(released)

    def close(self) -> None:
        """Write what is queued."""
        self._writer.stop()

    def _write(self, message: _Message, samples: bytes) -> None:
        if samples:
            message.written = True
            self._writer.write(message.recording, samples, b"")

    def _end(self, message: _Message, end: str) -> None:
        message.stream.message = None
        del self._messages[message.stream.id]
        if message.written:
            self._ended[id(message.recording)] = (message.recording, end)
            self._writer.finish(message.recording)
        else:
            self._report(MessageTaken(message.stream.id, "", 0.0, end))
