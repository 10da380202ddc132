"""The streams of a worker in which tones are looked for, all of them at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy

from switch.media.messages import Digit, FaxTone, ListenForTones, Report
from switch.media.stream import Stream
from switch.media.tone_detection import classify, spectra
from switch.media.tone_listener import ToneListener


class ToneWatch:
    """Listens where it was asked to; `report` takes keys and fax machines."""

    def __init__(self, report: Callable[[Report], None]) -> None:
        self._report = report
        self._streams: dict[int, Stream] = {}

    def listen(self, stream: Stream, command: ListenForTones) -> None:
        """Begin, change or end listening."""
        if not command.digits and not command.fax:
            self.forget(stream)
        elif stream.listener is None:
            stream.listener = ToneListener(digits=command.digits, fax=command.fax)
            self._streams[id(stream)] = stream
        else:
            stream.listener.digits = command.digits
            stream.listener.fax = command.fax

    def forget(self, stream: Stream) -> None:
        """Listen no more; nothing when nobody did."""
        if stream.listener is not None:
            stream.listener = None
            del self._streams[id(stream)]

    def handle_tick(self, now: float) -> None:
        """Look at what has come."""
        if not self._streams:
            return
        heard: list[tuple[Stream, ToneListener, numpy.ndarray]] = []
        for stream in self._streams.values():
            assert stream.listener is not None
            windows = stream.listener.windows()
            if len(windows):
                heard.append((stream, stream.listener, windows))
        if not heard:
            return
        windows = numpy.concatenate([each for _, _, each in heard])
        answers = spectra(windows)
        before = numpy.empty_like(answers)
        before[1:] = answers[:-1]
        at = 0
        for _, listener, own in heard:
            before[at] = listener.before
            at += len(own)
            listener.before = answers[at - 1]
        found = classify(windows, answers, before).tolist()
        at = 0
        for stream, listener, own in heard:
            for window in found[at : at + len(own)]:
                self._tell(stream, listener.hear(window))
            at += len(own)
            if listener.sounding and stream.recorder is not None:
                stream.recorder.key_sounds(now)

    def _tell(self, stream: Stream, what: str) -> None:
        if what == "fax":
            self._report(FaxTone(stream.id))
        elif what:
            self._report(Digit(stream.id, what, "inband"))
