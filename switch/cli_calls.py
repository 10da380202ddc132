"""`freeline calls`: list the calls on record, or show one with its time line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from switch.errors import FreelineError, RecordsError
from switch.records.call_record import CallRecord
from switch.records.rows import to_json
from switch.records.waiting import Offer, QueueWait
from switch.termination import Result

_COLOURS = {
    Result.COMPLETED: "green",
    Result.ABANDONED: "yellow",
    Result.REJECTED: "magenta",
    Result.FAILED: "bold red",
}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_PIPE_WIDTH = 200
"""Columns when the output is no terminal: wide enough that nothing is cut off."""


def register(app: typer.Typer) -> None:
    """Add the command to the `freeline` application."""
    app.command("calls")(calls)


def calls(
    call: Annotated[
        str,
        typer.Argument(metavar="[ID]", help="Show this call in detail; the id's start is enough."),
    ] = "",
    config: Annotated[
        Path, typer.Option(help="Configuration directory that names the database.")
    ] = Path("config"),
    database: Annotated[
        str,
        typer.Option(
            envvar="FREELINE_DATABASE",
            metavar="URL",
            help="Database, instead of the configured one: sqlite:///PATH or postgresql+DRIVER://...",
        ),
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most calls to list.")] = 20,
    since: Annotated[
        str,
        typer.Option(metavar="AGE|TIME", help="Arrived since then: 30m, 2h, 1d, or 2026-01-31."),
    ] = "",
    result: Annotated[Result | None, typer.Option(help="Only calls that ended so.")] = None,
    queue: Annotated[str, typer.Option(help="Only calls that waited in this queue last.")] = "",
    agent: Annotated[str, typer.Option(help="Only calls that talked to this agent last.")] = "",
    tag: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=VALUE]", help="Only calls that the flow tagged so; may be repeated."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs, in UTC.")] = False,
) -> None:
    """List the calls on record, newest first, or show one in detail.

    Ends with 0 also when there is nothing to list, with 1 when there is no
    database or no such call.
    """
    begin = _parse_since(since) if since else None
    try:
        from switch.records.reader import RecordReader  # loads SQLAlchemy

        with RecordReader(database or _configured_database(config)) as reader:
            if call:
                _show_one(reader.get(call), call, as_json)
                return
            found = reader.query(
                limit,
                since=begin,
                result="" if result is None else result.value,
                queue=queue,
                agent=agent,
                tags=_parse_tags(tag or []),
            )
    except FreelineError as error:
        Console(stderr=True).print(Text(str(error), style="red"))
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps([to_json(record) for record in found], indent=2))
    elif found:
        _console().print(_calls_table(found))
    else:
        filtered = any((since, result, queue, agent, tag))
        _console().print("No call on record fits." if filtered else "No calls on record yet.")


def _configured_database(config: Path) -> str:
    from switch.settings import load_settings  # only when needed: it reads all of the settings

    return load_settings(config).records.database_url()


def _parse_since(text: str) -> datetime:
    """Return the time meant by an age or a date; without a zone it is local.

    Raises:
        typer.BadParameter: neither.
    """
    now = datetime.now().astimezone()
    age = re.fullmatch(r"(\d{1,6})([smhdw])", text.strip().lower())
    try:
        if age is not None:
            return now - timedelta(seconds=int(age[1]) * _UNITS[age[2]])
        when = datetime.fromisoformat(text.strip())
        return when if when.tzinfo is not None else when.astimezone()
    except (ValueError, OverflowError, OSError):
        raise typer.BadParameter(
            f"{text!r} is neither an age like 30m, 2h or 1d nor a time like 2026-01-31T09:00",
            param_hint="--since",
        ) from None


def _parse_tags(given: list[str]) -> dict[str, str]:
    """Return name -> value of `NAME=VALUE`; an empty value for a name alone."""
    parts = [text.partition("=") for text in given]
    if not all(name for name, _, _ in parts):
        raise typer.BadParameter("write it like NAME or NAME=VALUE", param_hint="--tag")
    return {name: value for name, _, value in parts}


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=_PIPE_WIDTH)


def _plain(text: str) -> str:
    """Callers choose what they send: nothing of it may steer the terminal."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def _result_text(record: CallRecord) -> Text:
    style = _COLOURS.get(Result(record.result), "") if record.result in list(Result) else ""
    return Text(_plain(record.result), style=style)


def _seconds(seconds: float) -> str:
    """Return a duration for people: `7 s`, `1:05`, `2:00:09`; empty for none."""
    if seconds <= 0:
        return ""
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


# The list.


def _calls_table(found: list[CallRecord]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("arrived", "id", "caller", "dialled", "queue", "agent"):
        table.add_column(heading, no_wrap=True)
    for heading in ("wait", "talk"):
        table.add_column(heading, no_wrap=True, justify="right")
    table.add_column("result", no_wrap=True)
    table.add_column("reason")
    for record in found:
        reason = record.reason + (f" ({record.sip_code})" if record.sip_code else "")
        table.add_row(
            f"{record.arrived_at.astimezone():%Y-%m-%d %H:%M:%S}",
            Text(_plain(record.id), style="cyan"),
            *(
                Text(_plain(value))
                for value in (record.caller, record.dialled, record.queue, record.agent)
            ),
            _seconds(record.wait_seconds),
            _seconds(record.talk_seconds),
            _result_text(record),
            Text(_plain(reason)),
        )
    return table


# One call.


def _show_one(found: list[CallRecord], call: str, as_json: bool) -> None:
    if not found:
        raise RecordsError(f"there is no call {_plain(call)!r} on record")
    if len(found) > 1:
        ids = ", ".join(_plain(record.id) for record in found)
        raise RecordsError(f"{_plain(call)!r} may be any of {ids}")
    record = found[0]
    if as_json:
        typer.echo(json.dumps(to_json(record), indent=2))
        return
    console = _console()
    console.print(_summary(record))
    console.print(_time_line(record))
    if record.media:
        console.print(_media_table(record))


def _summary(record: CallRecord) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold")
    grid.add_column()

    def row(name: str, value: str | Text) -> None:
        if value:
            grid.add_row(name, Text(_plain(value)) if isinstance(value, str) else value)

    ended = _result_text(record).append(f", {_plain(record.reason)}", style="default")
    if record.sip_code:
        ended.append(f", SIP {record.sip_code}", style="default")
    row("call", record.id)
    row("caller", record.caller or "withheld")
    row("verified", _verdict(record))
    row("dialled", record.dialled)
    row("from", record.source)
    row("flow", record.flow)
    row("arrived", f"{record.arrived_at.astimezone():%Y-%m-%d %H:%M:%S %Z}")
    row("lasted", _seconds(record.seconds))
    row("waited", _seconds(record.wait_seconds))
    row("talked", _seconds(record.talk_seconds))
    row("on hold", _seconds(record.hold_seconds))
    row("ended", ended)
    row("detail", record.detail)
    row("language", record.language)
    row("rung back for", record.origin)
    for name, value in record.tags.items():
        row(f"tag {_plain(name)}", json.dumps(value, ensure_ascii=False))
    row("recording", record.recording)
    row("recording failed", Text(_plain(record.recording_error), style="red"))
    row("SIP Call-ID", record.sip_call_id)
    return grid


def _verdict(record: CallRecord) -> str:
    """Return what the carrier says of the caller's number; empty when it says nothing."""
    told = [] if record.verstat == "none" else [record.verstat]
    if record.attestation:
        told.append(f"attestation {record.attestation}")
    return ", ".join(told)


def _time_line(record: CallRecord) -> Table:
    moments = sorted(_moments(record), key=lambda moment: moment[0])
    table = Table(box=None, header_style="bold", pad_edge=False, title_justify="left")
    table.add_column("time", no_wrap=True)
    table.add_column("after", no_wrap=True, justify="right")
    table.add_column("what")
    for at, what, style in moments:
        after = (at - record.arrived_at).total_seconds()
        table.add_row(
            f"{at.astimezone():%H:%M:%S}", f"{after:.2f} s", Text(_plain(what), style=style)
        )
    return table


def _moments(record: CallRecord) -> Iterator[tuple[datetime, str, str]]:
    """Yield when, what and in which style; of equal times, in this order."""
    yield record.arrived_at, "arrived", ""
    if record.answered_at is not None:
        yield record.answered_at, f"answered, {record.inbound_codec}", ""
    for step in record.path:
        keys = "" if step.keys == 0 else f", {step.keys} key{'s' * (step.keys > 1)}"
        chosen = f", chose {step.choice}" if step.choice else keys
        yield step.at, f"{step.node_type} {step.node}{chosen}", "cyan"
    for wait in record.queues:
        yield from _queue_moments(wait)
    for offer in record.offers:
        yield from _offer_moments(offer)
    for transfer in record.transfers:
        to = transfer.agent or transfer.queue or f"{transfer.number} by {transfer.trunk}"
        by = f" by {transfer.by}" if transfer.by else ""
        code = f", SIP {transfer.sip_code}" if transfer.sip_code else ""
        yield transfer.at, f"transfer{by} to {to}: {transfer.outcome}{code}", "magenta"
    for left in record.messages:
        yield left.at, f"message of {_seconds(left.seconds)} for {left.box}: {left.path}", "green"
    for start in record.audio:
        yield start.at, f"first audio {start.direction}, {start.leg}", "dim"
    yield record.ended_at, f"ended: {record.result}, {record.reason}", "bold"


def _queue_moments(wait: QueueWait) -> Iterator[tuple[datetime, str, str]]:
    extra = "".join(f", {skill}>={level}" for skill, level in wait.skills.items())
    if wait.expected_wait_seconds is not None:
        extra += f", expected wait {wait.expected_wait_seconds:.0f} s"
    extra += ", at the old place" if wait.resumed else ""
    if wait.moved_from:
        extra += f", sent on by {wait.moved_from} ({wait.moved_why})"
    yield (
        wait.at,
        f"queue {wait.queue}: position {wait.position}, priority {wait.priority}{extra}",
        "blue",
    )
    if wait.outcome:
        promise = ", within the service level" if wait.within_service_level else ""
        left = wait.at + timedelta(seconds=wait.waited_seconds)
        yield left, f"queue {wait.queue}: {wait.outcome}{promise}", "blue"


def _offer_moments(offer: Offer) -> Iterator[tuple[datetime, str, str]]:
    yield offer.at, f"rings {offer.agent}: {offer.why}", "magenta"
    if offer.outcome:
        code = f", SIP {offer.sip_code}" if offer.sip_code else ""
        end = offer.at + timedelta(seconds=offer.ring_seconds)
        style = "green" if offer.outcome == "connected" else "yellow"
        yield end, f"{offer.agent}: {offer.outcome}{code}", style


def _media_table(record: CallRecord) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("leg")
    table.add_column("codec")
    for heading in ("received", "sent", "lost", "lost there", "jitter", "round trip"):
        table.add_column(heading, justify="right", no_wrap=True)
    for leg in record.media:
        trip = "" if leg.round_trip_ms is None else f"{leg.round_trip_ms:.1f} ms"
        table.add_row(
            leg.leg,
            leg.codec,
            str(leg.packets_received),
            str(leg.packets_sent),
            str(leg.packets_lost),
            str(leg.remote_lost),
            f"{leg.jitter_ms:.1f} ms",
            trip,
        )
    return table
