"""Tables for the terminal of what the control socket answers."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

COLOURS = {
    "ready": "green",
    "reserved": "cyan",
    "talking": "bold cyan",
    "wrap_up": "yellow",
    "not_ready": "magenta",
    "logged_out": "dim",
    "chosen": "bold green",
    "next": "green",
    "busy": "yellow",
    "away": "magenta",
    "unfit": "dim",
}


def agents(found: list[dict[str, Any]]) -> RenderableType:
    """Return a table of agents."""
    table = plain_table("agent", "state", "for", "reason", "call", "occupied", "skills", "site")
    for each in found:
        state = each["state"]
        marks = [word for word in ("forced", "off_shift") if each[word]]
        if each["wish"]:
            marks.append(f"then {each['wish'].removeprefix('set_')}")
        if each["missed_calls"]:
            marks.append(f"missed {each['missed_calls']}")
        if each["ends_in_seconds"] is not None:
            marks.append(f"ends in {duration(each['ends_in_seconds'])}")
        reason = ", ".join([each["reason"], *marks]) if marks else each["reason"]
        skills = " ".join(f"{skill}:{level}" for skill, level in each["skills"].items())
        table.add_row(
            each["agent"],
            Text(state, style=COLOURS.get(state, "")),
            duration(each["for_seconds"]) if state != "logged_out" else "",
            reason,
            each["call"],
            f"{each['occupancy']:.0%}",
            skills,
            each["site"],
        )
    return table if found else Text("There are no such agents.")


def queues(found: list[dict[str, Any]]) -> RenderableType:
    """Return a table of queues."""
    table = plain_table(
        *("queue", "waiting", "oldest", "expected", "ready", "at work", "level 15 min"),
        *("hour", "start", "ASA", "lost"),
    )
    for each in found:
        hour = each["last_hour"]
        name = each["queue"] if each["open"] else f"{each['queue']} (closed)"
        table.add_row(
            name,
            Text(str(each["unanswered"]), style="bold red" if each["unanswered"] else ""),
            duration(each["oldest_wait_seconds"]) if each["unanswered"] else "",
            _expected(each["expected_wait_seconds"]),
            str(each["ready_agents"]),
            str(each["logged_in_agents"]),
            *(
                _share(each[span]["service_level"])
                for span in ("last_quarter", "last_hour", "since_start")
            ),
            "" if hour["asa_seconds"] is None else duration(hour["asa_seconds"]),
            _share(hour["abandon_rate"]),
        )
    return table if found else Text("There are no queues.")


def decisions(found: list[dict[str, Any]]) -> RenderableType:
    """Return why each agent was chosen, and why not the others."""
    parts: list[RenderableType] = []
    for each in found:
        parts.append(
            Text.assemble(
                (each["agent"], "bold green"),
                f" for {each['call']} in {each['queue']}, {duration(each['seconds_ago'])} ago, "
                f"after {duration(each['waited_seconds'])} of waiting: {each['why']}",
            )
        )
        if each["rule"] == "stand_in":
            note = "The program outside did not decide: the queue's own rule stood in."
            parts.append(Text(note, style="yellow"))
        table = plain_table("agent", "", "why")
        for one in each["candidates"]:
            verdict = one["verdict"]
            style = COLOURS.get(verdict, "")
            table.add_row(one["agent"], Text(verdict, style=style), one["why"])
        parts.append(table)
        if each["next"]:
            parts.append(Text("next in order: " + "; ".join(each["next"])))
        if each["not_named"]:
            parts.append(Text(f"and {each['not_named']} more agents", style="dim"))
        if not each["states_known"]:
            parts.append(Text("too much has happened since to tell what all did", style="yellow"))
        parts.append(Text())
    return Group(*parts)


def forecast(found: dict[str, Any]) -> RenderableType:
    """Return who would be rung, and who else could be, choice by choice."""
    if found["agent"]:
        head = Text.assemble((found["agent"], "bold green"), f" would be rung: {found['why']}")
    else:
        place = ""
        if found["position"]:
            wait = _expected(found["expected_wait_seconds"])
            place = f"; position {found['position']}, expected wait {wait}"
        head = Text.assemble(
            ("nobody would be rung now", "bold yellow"), f": {found['why']}{place}"
        )
    table = plain_table("choice", "from", "asked for", "at work", "ready", "in this order")
    for number, tier in enumerate(found["tiers"], 1):
        table.add_row(
            str(number),
            duration(tier["after_seconds"]),
            tier["need"],
            str(tier["logged_in_count"]),
            str(tier["ready_count"]),
            ", ".join(tier["ready"][:5]),
        )
    return Group(head, table)


def reloaded(found: dict[str, Any]) -> RenderableType:
    """Return what a reload has changed."""
    if found["problems"]:
        lines = [Text(line, style="red") for line in found["problems"]]
        return Group(*lines, Text("Nothing has changed.", style="bold red"))
    parts: list[RenderableType] = []
    for what, names in found["changes"].items():
        if names:
            shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if names[10:] else "")
            parts.append(Text(f"{what.replace('_', ' ')}: {shown}"))
    if found["needs_restart"]:
        sections = ", ".join(found["needs_restart"])
        parts.append(Text(f"changed, but only a restart takes it over: {sections}", style="yellow"))
    parts += [Text(f"warning: {line}", style="yellow") for line in found["warnings"]]
    return Group(*(parts or [Text("Nothing was different.")]))


def plain_table(*columns: str) -> Table:
    """Return a table without lines, as all of these are."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column)
    return table


def duration(seconds: float) -> str:
    """Return a duration for people: `7.5 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 120:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def _expected(seconds: float | None) -> str:
    return "unknown" if seconds is None else duration(seconds)


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"
