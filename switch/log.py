"""The log: structured lines on stderr, each with its call's id, none with a secret.

structlog renders a line where it is logged, and one thread writes it out: a terminal or
pipe that has stopped reading delays nobody. What the writer cannot keep up with is
dropped, counted, and told when the way is free again. Levels that are off cost one
empty method call. The standard library's loggers (aiohttp, asyncio, paho) end up here
too.
"""

from __future__ import annotations

import atexit
import logging
import queue
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TextIO

import msgspec
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

CALL = "call"
"""The key under which every line about a call has its id."""

QUEUE_LIMIT = 10_000
"""Lines that wait for the writer at most."""

_GATHER_SECONDS = 0.02
"""How long lines gather before they are written together."""


def get_logger(**bound: object) -> FilteringBoundLogger:
    """Return a logger; `get_logger(call=id)` puts the call's id on each of its lines."""
    logger: FilteringBoundLogger = structlog.get_logger(**bound)
    return logger


def bind_call(call: str) -> None:
    """Put a call's id on every line of the running task and the tasks it will start."""
    structlog.contextvars.bind_contextvars(call=call)


def configure_logging(
    level: str = "info",
    format: str = "console",
    stream: TextIO | None = None,
) -> LineWriter:
    """Set the process's log up; close what is returned to flush it and undo that.

    Args:
        level: `debug`, `info`, `warning` or `error`.
        format: `console`, with colours on a terminal, or `json`.
        stream: Where to; stderr by default.
    """
    stream = sys.stderr if stream is None else stream
    number = logging.getLevelNamesMapping()[level.upper()]
    render: structlog.typing.Processor
    if format == "json":
        render = structlog.processors.JSONRenderer(serializer=_to_json)
    else:
        render = structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        _Stamp(),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redact,
        render,
    ]

    def dropped_line(count: int) -> str:
        event: Any = {"event": "log_lines_dropped", "count": count}
        for process in processors[1:]:
            event = process(None, "warning", event)
        return str(event)

    writer = LineWriter(stream, dropped_line)
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: writer,
        cache_logger_on_first_use=False,
    )
    bridge = _Bridge(number)
    root = logging.getLogger()
    before = root.handlers[:], root.level
    root.handlers[:] = [bridge]
    root.setLevel(max(number, logging.INFO))
    logging.captureWarnings(True)

    def undo() -> None:
        root.handlers[:], level_before = before
        root.setLevel(level_before)
        logging.captureWarnings(False)
        structlog.reset_defaults()

    writer.on_close(undo)
    return writer


class LineWriter:
    """Writes lines in a thread of its own, in order; `write` never waits.

    It is what structlog calls a logger: something with a method for every level.
    """

    def __init__(
        self, stream: TextIO, dropped_line: Callable[[int], str], limit: int = QUEUE_LIMIT
    ) -> None:
        self.dropped = 0
        """Lines that found the queue full, or the stream gone."""
        self._stream = stream
        self._dropped_line = dropped_line
        self._limit = limit
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._undo: list[Callable[[], None]] = []
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def write(self, line: str) -> None:
        """Queue a line, or drop and count it when the writer is far behind."""
        if self._closed or self._lines.qsize() >= self._limit:
            self.dropped += 1
        else:
            self._lines.put(line)

    msg = log = debug = info = warning = error = critical = exception = write

    def on_close(self, act: Callable[[], None]) -> None:
        """Do this when the writer is closed."""
        self._undo.append(act)

    def close(self, timeout: float = 2.0) -> None:
        """Write what is queued, for so many seconds at most, and stop."""
        if self._closed:
            return
        self._closed = True
        atexit.unregister(self.close)
        for act in reversed(self._undo):
            act()
        self._lines.put(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        told = 0
        while True:
            line = self._lines.get()
            if line is not None and not self._closed:
                # Lines that come meanwhile wake nobody: a thread that wakes for each of
                # them costs the event loop more than writing does.
                time.sleep(_GATHER_SECONDS)
            batch: list[str] = []
            while line is not None:
                batch.append(line)
                if len(batch) >= 256 or self._lines.empty():
                    break
                line = self._lines.get()
            dropped = self.dropped
            if dropped > told:
                batch.append(self._dropped_line(dropped - told))
                told = dropped
            try:
                self._stream.write("".join(f"{text}\n" for text in batch))
                self._stream.flush()
            except (OSError, ValueError):  # the reader has gone; the switch goes on
                self.dropped = told = self.dropped + len(batch)
            if line is None:
                return


class _Stamp:
    """Puts the time on a line, in UTC; all but the microseconds is made once a second."""

    def __init__(self) -> None:
        self._second = -1
        self._text = ""

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        now = time.time_ns() // 1000
        second, micros = divmod(now, 1_000_000)
        if second != self._second:
            self._text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._second = second
        event["timestamp"] = f"{self._text}.{micros:06}Z"
        return event


# Secrets

_SECRET_KEY = re.compile(r"passw|secret|token|ha1|authori[sz]ation|credential", re.IGNORECASE)
_DIGEST = re.compile(r"((?:Proxy-)?Authorization\s*:\s*\S+)[^\r\n]*", re.IGNORECASE)
_RESPONSE = re.compile(r'\b(c?nonce|response)=("[^"]*"|[0-9a-fA-F]{16,})', re.IGNORECASE)
_URL_PASSWORD = re.compile(r"(://[^:/@\s]*):[^/@\s]+@")
_PLAIN = (int, float, bool)
MASK = "[secret]"


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask what is named like a secret and what stands in texts like one.

    Credentials in a dumped SIP message and passwords in URLs are masked too.
    """
    for key, value in event.items():
        if _is_secret(key):
            event[key] = MASK
        elif type(value) is str:
            if "=" in value or ":" in value:  # no secret is told without
                event[key] = _without_secrets(value)
        elif value is None or type(value) in _PLAIN:
            pass
        elif isinstance(value, bytes):
            event[key] = _without_secrets(value.decode("utf-8", "backslashreplace"))
        elif isinstance(value, str | Mapping | list | tuple):
            event[key] = _redacted(value, 0)
    return event


@lru_cache(maxsize=1024)
def _is_secret(key: str) -> bool:
    return _SECRET_KEY.search(key) is not None


def _redacted(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return _without_secrets(value)
    if depth > 6:
        return "..."
    if isinstance(value, Mapping):
        return {
            key: MASK if _is_secret(str(key)) else _redacted(part, depth + 1)
            for key, part in value.items()
        }
    if isinstance(value, list | tuple):
        return [_redacted(part, depth + 1) for part in value]
    return value


def _without_secrets(text: str) -> str:
    if "uthorization" in text or "UTHORIZATION" in text:
        text = _DIGEST.sub(rf"\1 {MASK}", text)
    if "nonce=" in text or "response=" in text:
        text = _RESPONSE.sub(rf"\1={MASK}", text)
    if "://" in text and "@" in text:
        text = _URL_PASSWORD.sub(rf"\1:{MASK}@", text)
    return text


def _to_json(event: EventDict, **_options: object) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()


class _Bridge(logging.Handler):
    """Hands the standard library's records to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level = max(10, min(record.levelno // 10 * 10, 50))
            get_logger().log(
                level, record.getMessage(), exc_info=record.exc_info or None, logger=record.name
            )
        except Exception:  # a log line must not end what it tells of
            self.handleError(record)
