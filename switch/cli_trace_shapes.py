"""Traced messages as a table, as JSON, and on a line each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from switch.cli_trace_ladder import local_time, plain
from switch.trace.frame import SENT, UNREACHABLE
from switch.trace.index import Affair
from switch.trace.sip_text import SipText

_DIRECTIONS = ("received", "sent", "unreachable")
"""In JSON; of a connection that has ended it is `disconnected`."""
"""By `frame.RECEIVED`, `SENT` and `UNREACHABLE`."""


def affairs_table(found: list[Affair]) -> Table:
    """Return a line for each: when, what, who, how it ended."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("begun", "what", "call", "from", "to", "messages", "outcome", "SIP Call-ID"):
        table.add_column(heading, no_wrap=heading != "SIP Call-ID")
    for each in found:
        style = "bold red" if each.failed else ""
        words = (each.call, each.caller, each.dialled, str(each.messages))
        table.add_row(
            f"{local_time(each.began_at):%Y-%m-%d %H:%M:%S}",
            f"{each.kind} (stranger)" if each.stranger else each.kind,
            *(Text(plain(word)) for word in words),
            Text(each.outcome, style=style),
            Text(plain(each.call_ids[0] if each.call_ids else ""), style="dim"),
        )
    return table


def as_json(
    found: list[Affair], messages_of: list[list[SipText]], *, full: bool
) -> list[dict[str, Any]]:
    """Return affairs with their messages; `full` adds each message's text."""
    return [
        {
            "kind": affair.kind,
            "call": affair.call,
            "sip_call_ids": affair.call_ids,
            "began_at": _utc(affair.began_at),
            "caller": affair.caller,
            "dialled": affair.dialled,
            "stranger": affair.stranger,
            "code": affair.code,
            "result": affair.result,
            "reason": affair.reason,
            "messages": [message_json(text, full=full) for text in messages],
        }
        for affair, messages in zip(found, messages_of, strict=True)
    ]


def message_json(text: SipText, *, full: bool) -> dict[str, Any]:
    """Return one message by names."""
    message = text.message
    told = {
        "at": _utc(text.at),
        "direction": "disconnected"
        if message.direction == UNREACHABLE and message.connection
        else _DIRECTIONS[message.direction],
        "transport": message.transport,
        "remote": "{}:{}".format(*message.remote),
        "local": "{}:{}".format(*message.local),
        "first_line": text.first_line,
        "sip_call_id": text.call_id,
        "cseq": text.header("CSeq"),
    }
    return told | ({"text": text.text} if full else {})


def _utc(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")


def message_line(affair: Affair, text: SipText) -> Text:
    """Return one message on one line, for many calls at once."""
    message = text.message
    arrow = "→" if message.direction == SENT else "←"
    place = f"{message.transport}:{message.remote[0]}:{message.remote[1]}"
    style = "bold red" if text.code >= 400 and text.code not in (401, 407) else ""
    return Text.assemble(
        (f"{local_time(text.at):%H:%M:%S.%f}"[:-3], "dim"),
        (f" {(affair.call or affair.kind)[:12]:12}", "cyan"),
        f" {arrow} {place:32} ",
        (plain(text.label), style),
    )
