"""`freeline trace`: what went over SIP, as a ladder, a list, JSON or a capture file."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from switch.cli_trace_ladder import Ladder, local_time, plain
from switch.cli_trace_shapes import affairs_table, message_json, message_line
from switch.cli_trace_shapes import as_json as shown_as_json
from switch.cli_trace_source import TraceSource, fail
from switch.errors import ControlError
from switch.trace.files import read_memory
from switch.trace.frame import Frame
from switch.trace.index import Affair, Index, collect, matches, texts
from switch.trace.sip_text import SipText

_POLL_SECONDS = 0.3
_SEALED_WITHIN_SECONDS = 2.0
"""How much later than its messages a frame may be numbered, and its clock be off."""
_PIPE_WIDTH = 200
"""Columns when the output is no terminal: wide enough that nothing is cut off."""
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class What(StrEnum):
    """What is listed."""

    CALLS = "calls"
    REGISTRATIONS = "registrations"
    STRANGERS = "strangers"
    ALL = "all"


def register(app: typer.Typer) -> None:
    """Add the command to the `freeline` application."""
    app.command("trace")(trace)


def trace(
    whose: Annotated[
        str,
        typer.Argument(
            metavar="[CALL|NUMBER|USER]",
            help="A call's id or its start, a SIP Call-ID, a number or its last digits, or a "
            "headset's user name.",
        ),
    ] = "",
    last: Annotated[bool, typer.Option("--last", help="The newest that fits.")] = False,
    last_failed: Annotated[
        bool, typer.Option("--last-failed", help="The newest that failed or was refused.")
    ] = False,
    what: Annotated[
        What | None, typer.Option(help="Only these; without WHOSE, calls are listed.")
    ] = None,
    since: Annotated[
        str, typer.Option(metavar="AGE|TIME", help="Begun since then: 30m, 2h, 7d, 2026-01-31.")
    ] = "2d",
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Show messages as they come, until Ctrl-C.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Print whole messages as well.")] = False,
    pcap: Annotated[
        Path | None, typer.Option(help="Write the messages into this file, for Wireshark.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most to list.")] = 20,
    config: Annotated[Path, typer.Option(help="Configuration directory of the switch.")] = Path(
        "config"
    ),
    socket: Annotated[
        Path | None, typer.Option(help="Control socket of the switch, instead of the configured.")
    ] = None,
    directory: Annotated[
        Path | None, typer.Option(help="Directory with traces, instead of the configured one.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs, in UTC.")] = False,
) -> None:
    """Show the SIP of a call with all its legs, of a registration, or of a stranger.

    It reads what the switch has kept on disk, also when none runs, and asks
    the one that runs for the rest. One that fits is drawn as a ladder, several
    are listed. Proofs of passwords and keys of SRTP are crossed out.

    Ends with 1 when nothing fits.

    \b
    Examples:
      freeline trace --last-failed
      freeline trace 4f0c --full
      freeline trace +12125550123 --since 1d
      freeline trace 0123 --follow
      freeline trace asha --what registrations --last
      freeline trace --what strangers --since 1h
      freeline trace 4f0c --pcap call.pcap
    """
    source = TraceSource(config, socket, directory)
    if follow:
        with suppress(KeyboardInterrupt):
            _follow(source, whose, what, full=full, as_json=as_json)
        return
    begin = _since(since)
    index = Index()
    for frame in source.frames(begin):
        index.add(frame)
    found = [each for each in index if _fits(each, whose, what)]
    if last_failed:
        found = [each for each in found if each.failed]
    if last or last_failed:
        found = found[-1:]
    if not found:
        fail(_nothing(source, whose, since))
    if pcap is not None:
        _write_pcap(pcap, source, begin, found)
    elif as_json:
        chosen = found[-limit:]
        messages = _collected(source, begin, chosen)
        typer.echo(json.dumps(shown_as_json(chosen, messages, full=full), indent=2))
    elif len(found) == 1 and (whose or last or last_failed):
        _draw(source, begin, found[0], full=full)
    else:
        _console().print(affairs_table(found[-limit:]))
        _hints(index, found, limit)


def _fits(affair: Affair, whose: str, what: What | None) -> bool:
    if whose and not matches(affair, whose):
        return False
    match what or (What.ALL if whose else What.CALLS):
        case What.ALL:
            return True
        case What.STRANGERS:
            return affair.stranger
        case What.REGISTRATIONS:
            return affair.kind == "register" and not affair.stranger
        case _:
            return affair.kind == "call" and not affair.stranger


def _nothing(source: TraceSource, whose: str, since: str) -> str:
    places = [str(each) for each in (source.directory, source.socket) if each is not None]
    about = f" about {whose!r}" if whose else " of this kind"
    return (
        f"nothing{about} was traced since {since} (looked in {' and asked '.join(places)}); "
        "`--since` looks further back, `--what all` shows everything"
    )


def _since(text: str) -> float:
    age = re.fullmatch(r"(\d{1,6})([smhdw])", text.strip().lower())
    if age is not None:
        return time.time() - int(age[1]) * _UNITS[age[2]]
    try:
        return datetime.fromisoformat(text.strip()).timestamp()
    except (ValueError, OverflowError, OSError):
        raise typer.BadParameter(
            f"{text!r} is neither an age like 30m, 2h or 7d nor a time like 2026-01-31T09:00",
            param_hint="--since",
        ) from None


# What is shown.


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=_PIPE_WIDTH)


def _hints(index: Index, found: list[Affair], limit: int) -> None:
    told = Console(stderr=True)
    if len(found) > limit:
        told.print(f"{len(found) - limit} older ones fit as well: --limit shows more", style="dim")
    if index.left_out:
        told.print(f"{index.left_out} messages of strangers were not kept", style="dim")


def _collected(source: TraceSource, begin: float, found: list[Affair]) -> list[list[SipText]]:
    """Read again, from where the first of them begins, and return the messages of each."""
    first = min(affair.began_at for affair in found) - _SEALED_WITHIN_SECONDS
    return collect(source.frames(max(begin, first)), found)


def _draw(source: TraceSource, begin: float, affair: Affair, *, full: bool) -> None:
    (messages,) = _collected(source, begin, [affair])
    console = _wide_console()
    title = " ".join(word for word in (affair.kind, affair.call) if word)
    way = " → ".join(plain(each) or "?" for each in (affair.caller, affair.dialled))
    day = f"{local_time(affair.began_at):%Y-%m-%d}"
    console.print(Text(f"{title}, {way}, {day}, {affair.outcome or 'going on'}", style="bold"))
    for number, call_id in enumerate(affair.call_ids, 1):
        console.print(Text(f"leg {number}: {plain(call_id)}", style="dim"))
    for line in Ladder(_names(affair, messages), full=full).draw(messages):
        console.print(line)


def _wide_console() -> Console:
    """A ladder is never wrapped: who has four parties scrolls, or makes the window wider."""
    return Console(soft_wrap=True)


def _names(affair: Affair, messages: list[SipText]) -> dict[str, str]:
    """Return what to call the party of each leg: the number, the account, or what it is."""
    names = {}
    for text in messages:
        if text.is_response or text.call_id in names or not text.users:
            continue
        first = text.call_id == affair.call_ids[0]
        user = affair.caller if first else text.users[0]
        names[text.call_id] = plain(user or ("caller" if first else ""))
    return names


def _write_pcap(path: Path, source: TraceSource, begin: float, found: list[Affair]) -> None:
    from switch.trace.pcap import write_pcap  # loads dpkt

    messages = [text for each in _collected(source, begin, found) for text in each]
    messages.sort(key=lambda text: text.at)
    try:
        with path.open("wb") as file:
            count = write_pcap(file, messages)
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}")
    typer.echo(f"{count} messages in {path}")


# Live.


def _follow(
    source: TraceSource, whose: str, what: What | None, *, full: bool, as_json: bool
) -> None:
    """Show messages as they come: ladders of the calls asked for, or a line for each of all."""
    follower = _Follower(whose, what, full=full, as_json=as_json)
    asker = source.asker()
    newest = 0
    try:
        frames = list(read_memory(asker, 0))
        follower.catch_up(frames)
        Console(stderr=True).print("following; Ctrl-C ends", style="dim")
        while True:
            newest = max([newest, *(frame.id for frame in frames)])
            time.sleep(_POLL_SECONDS)
            frames = list(read_memory(asker, newest))
            for frame in frames:
                follower.show(frame)
    except ControlError as error:
        fail(str(error))


class _Follower:
    """Prints the messages that are asked for, frame by frame."""

    def __init__(self, whose: str, what: What | None, *, full: bool, as_json: bool) -> None:
        self._whose = whose
        self._what = what
        self._full = full
        self._as_json = as_json
        self._index = Index()
        self._ladders: dict[str, Ladder] = {}
        self._console = _wide_console()

    def catch_up(self, frames: list[Frame]) -> None:
        """Know the calls that go on, and show what was said so far in those asked for."""
        for frame in frames:
            self._index.add(frame)
        running = [each for each in self._index if each.call and not each.result]
        if self._whose:
            for messages in collect(frames, [each for each in running if self._fits(each)]):
                self._print(messages)

    def show(self, frame: Frame) -> None:
        """Take a new frame."""
        self._index.add(frame)
        self._print(texts(frame))

    def _fits(self, affair: Affair) -> bool:
        return _fits(affair, self._whose, self._what)

    def _print(self, messages: Iterable[SipText]) -> None:
        for text in messages:
            affair = self._index.of(text)
            if affair is None or not self._fits(affair):
                continue
            if self._as_json:
                typer.echo(json.dumps(message_json(text, full=self._full)))
            elif self._whose:
                ladder = self._ladders.setdefault(affair.call_ids[0], Ladder(full=self._full))
                for line in ladder.add(text):
                    self._console.print(line)
            else:
                self._console.print(message_line(affair, text))
