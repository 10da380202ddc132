"""A call's messages as a ladder: a column for each party, Freeline in its place, time downward.

Columns are added as parties appear, so that a ladder can be drawn while the call goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from rich.text import Text

from switch.trace.frame import RECEIVED, UNREACHABLE
from switch.trace.sip_text import SipText

_WIDTH = 30
"""From one column's line to the next."""
_MIDDLE = _WIDTH // 2
_LEFT = 24
"""For time and distance."""
_LEGS = ("cyan", "magenta", "blue", "yellow", "green")
"""Colours by leg, in the order of appearance."""


class Ladder:
    """Draws messages one after another; each call of `add` returns the lines to print."""

    def __init__(self, names: dict[str, str] | None = None, *, full: bool = False) -> None:
        """Prepare.

        Args:
            names: what to call parties, by `transport:host:port` or by SIP Call-ID.
            full: print each message whole below its arrow.
        """
        self._names = names or {}
        self._full = full
        self._parties: list[str] = []
        """Keys of the columns but Freeline's, which is the second."""
        self._titles: dict[str, str] = {}
        self._legs: list[str] = []
        self._seen: set[tuple[int, tuple[str, int], bytes]] = set()
        self._last_at: float | None = None

    def add(self, text: SipText) -> list[Text]:
        """Return the lines that one more message makes."""
        lines = self._headings(text)
        lines.append(self._arrow(text))
        if self._full and text.message.data.strip():
            lines += [Text(" " * _LEFT + line, style="dim") for line in _printable(text.text)]
            lines.append(Text())
        self._last_at = text.at
        return lines

    def draw(self, texts: Iterable[SipText]) -> Iterator[Text]:
        """Yield the lines of a whole ladder, with all columns from the start."""
        messages = list(texts)
        for text in messages:
            self._party(text)
        if messages:
            yield from self._head_lines()
        for text in messages:
            yield from self.add(text)

    def _party(self, text: SipText) -> str:
        message = text.message
        key = f"{message.transport}:{_place(message.remote)}"
        if key not in self._parties:
            self._parties.append(key)
            name = self._names.get(text.call_id) or self._names.get(key) or ""
            self._titles[key] = name
        return key

    def _headings(self, text: SipText) -> list[Text]:
        known = len(self._parties)
        self._party(text)
        return list(self._head_lines()) if len(self._parties) != known else []

    def _head_lines(self) -> Iterator[Text]:
        order = self._columns()
        names = ["Freeline" if key is None else self._titles[key] for key in order]
        places = ["" if key is None else key for key in order]
        if any(name and name != "Freeline" for name in names):
            yield _centred(names, "bold")
        else:
            names = ["Freeline" if key is None else "" for key in order]
            places = ["Freeline" if key is None else key for key in order]
        yield _centred(places, "bold" if "Freeline" in places else "dim")

    def _columns(self) -> list[str | None]:
        """Return the parties from left to right; None is Freeline."""
        return [*self._parties[:1], None, *self._parties[1:]]

    def _arrow(self, text: SipText) -> Text:
        columns = self._columns()
        ours, theirs = columns.index(None), columns.index(self._party(text))
        left, right = min(ours, theirs), max(ours, theirs)
        sent = text.message.direction != RECEIVED
        label, style = self._label(text)
        canvas = list(" " * (_MIDDLE + 1 + (len(columns) - 1) * _WIDTH))
        for number in range(len(columns)):
            canvas[_MIDDLE + number * _WIDTH] = "│"
        begin, end = _MIDDLE + left * _WIDTH + 1, _MIDDLE + right * _WIDTH
        shaft = _shaft(label, end - begin, to_the_right=sent == (theirs > ours))
        if text.message.direction == UNREACHABLE:
            shaft = f" {label} ".center(end - begin, "╳")
        canvas[begin:end] = shaft
        time = self._time(text)
        line = Text(time.ljust(_LEFT) + "".join(canvas), style="dim")
        line.stylize(f"not dim {style}", _LEFT + begin, _LEFT + end)
        return line

    def _label(self, text: SipText) -> tuple[str, str]:
        message = text.message
        if message.direction == UNREACHABLE:
            if text.message.connection:
                return "disconnected", "yellow"
            return "unreachable", "bold red"
        label = plain(text.label)
        if text.has_sdp:
            label += " (SDP)"
        key = (message.direction, message.remote, message.data)
        if key in self._seen:
            return f"{label} again", "dim"
        self._seen.add(key)
        if text.code >= 400 and text.code not in (401, 407):
            return label, "bold red"
        if text.call_id not in self._legs:
            self._legs.append(text.call_id)
        return label, _LEGS[self._legs.index(text.call_id) % len(_LEGS)]

    def _time(self, text: SipText) -> str:
        clock = f"{local_time(text.at):%H:%M:%S.%f}"[:-3]
        if self._last_at is None:
            return clock
        return f"{clock} {_distance(text.at - self._last_at)}"


def _shaft(label: str, length: int, *, to_the_right: bool) -> str:
    room = length - 4
    if len(label) > room - 4:
        label = label[: room - 5] + "…"
    less = (room - len(label) - 2) // 2
    more = room - len(label) - 2 - less
    if to_the_right:
        return f" {'─' * more} {label} {'─' * less}─▶ "
    return f" ◀─{'─' * less} {label} {'─' * more} "


def _place(remote: tuple[str, int]) -> str:
    host, port = remote
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _distance(seconds: float) -> str:
    if seconds < 0.0995:
        return f"+{seconds * 1000:.1f} ms"
    return f"+{seconds:.2f} s" if seconds < 99.5 else f"+{seconds:.0f} s"


def _centred(words: list[str], style: str) -> Text:
    cells = [word[: _WIDTH - 2].center(_WIDTH) for word in words]
    return Text((" " * _LEFT + "".join(cells)).rstrip(), style=style)


def local_time(at: float) -> datetime:
    """Return a Unix time as this machine's clock on the wall shows it."""
    return datetime.fromtimestamp(at, UTC).astimezone()


def plain(text: str) -> str:
    """Return text of which nothing can steer a terminal."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def _printable(text: str) -> list[str]:
    return [plain(line) for line in text.splitlines() or [""]]
