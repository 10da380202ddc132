"""A conversation with a person who walks through a flow, at a terminal or through a pipe."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from switch.errors import FlowError
from switch.rehearsal.loader import load_scenarios
from switch.rehearsal.scenario_file import SUFFIX
from switch.rehearsal.trail import End, Kind
from switch.rehearsal.walk import HELP, NotUnderstood, Walk

_STYLES = {
    Kind.ENTERS: "cyan",
    Kind.HEARS: "bold",
    Kind.PRESSES: "yellow",
    Kind.SPEAKS: "yellow",
    Kind.FAXES: "yellow",
    Kind.PROBLEM: "red",
    Kind.FAILS: "red",
    Kind.ENDS: "magenta",
}


class Conversation:
    """Reads what the person says, and shows what comes of it."""

    def __init__(self, walk: Walk, flow: Path) -> None:
        self._walk = walk
        self._file = flow.with_name(flow.stem + SUFFIX)
        self._out = Console(soft_wrap=True, highlight=False)
        self._seen = 0
        self._piped = not sys.stdin.isatty()

    def run(self) -> int:
        """Talk until the end; return the exit code."""
        if not self._piped:
            self._out.print(Text("`help` tells what may be said.", style="dim"))
        while True:
            self._show_news()
            line = self._read()
            if line is None or line in ("quit", "exit"):
                break
            try:
                self._obey(line)
            except NotUnderstood as error:
                self._out.print(Text(str(error), style="red"))
                if self._piped:
                    return 1
        self._walk.performance.stop()
        return 1 if self._walk.call.end is End.ERROR else 0

    def _read(self) -> str | None:
        """Return the next line that says something; None at the end."""
        while True:
            question = self._walk.question
            prompt = question.text if question is not None else "the call is over"
            if not self._piped:
                self._out.print(Text(prompt, style="green"))
                self._out.print(Text("> ", style="bold green"), end="")
            line = sys.stdin.readline()
            if not line:
                return None
            words = line.partition("  #")[0].strip()
            if words:
                return words

    def _obey(self, line: str) -> None:
        verb, _, rest = line.partition(" ")
        match verb:
            case "help":
                table = Table(box=None, show_header=False, pad_edge=False)
                for words, meaning in HELP:
                    table.add_row(Text(words, style="bold"), meaning)
                self._out.print(table)
            case "vars":
                variables = self._walk.performance.variables
                for name, value in variables.items():
                    self._out.print(Text(f"{name} = {value!r}"))
                if not variables:
                    self._out.print("No variable has a value yet.")
            case "path":
                self._out.print(Text(" -> ".join(self._walk.call.path)))
            case "back":
                if not self._walk.back():
                    raise NotUnderstood("nothing was said yet")
                self._seen = 0
                self._out.print(Text("Back. So far:", style="dim"))
            case "save":
                self._save(rest.strip() or "a walk")
            case _:
                self._walk.say(line)

    def _show_news(self) -> None:
        for moment in self._walk.call.trail[self._seen :]:
            self._out.print(Text(str(moment), style=_STYLES.get(moment.kind, "")))
        self._seen = len(self._walk.call.trail)

    def _save(self, name: str) -> None:
        """Add the walk to the flow's scenarios; leave the file as it was if that fails."""
        before = self._file.read_text(encoding="utf-8") if self._file.exists() else None
        text = (before or "scenarios:\n").rstrip("\n") + "\n"
        if before is not None:
            text += "\n"
        text += _entry(self._walk.as_scenario(name))
        self._file.write_text(text, encoding="utf-8")
        try:
            load_scenarios(self._file, self._walk.flow)
        except FlowError as error:
            if before is None:
                self._file.unlink()
            else:
                self._file.write_text(before, encoding="utf-8")
            raise NotUnderstood(f"not saved: {error}") from error
        self._out.print(Text(f"Saved in {self._file} as `{name}`.", style="green"))


def _entry(scenario: dict[str, Any]) -> str:
    """Return a scenario as it stands in a file: a list's entry, two spaces in."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 96
    out = io.StringIO()
    yaml.dump({"scenarios": [scenario]}, out)
    return out.getvalue().partition("\n")[2]
