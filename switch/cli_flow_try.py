"""`freeline flow try`: be the caller, in the terminal or from a pipe."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from switch.cli_flow_test import prompt_length
from switch.errors import FlowError
from switch.ivr.loader import load_flow
from switch.rehearsal.loader import load_scenarios
from switch.rehearsal.scenario_file import SUFFIX, Dials
from switch.rehearsal.trail import Kind
from switch.rehearsal.walk import HELP, NotUnderstood, Walk

_STYLES = {
    Kind.ENTERS: "cyan",
    Kind.HEARS: "bold",
    Kind.PRESSES: "yellow",
    Kind.SPEAKS: "yellow",
    Kind.PROBLEM: "red",
    Kind.ENDS: "magenta",
}


def try_(
    flow: Annotated[Path, typer.Argument(metavar="FLOW", help="A flow file.")],
    caller: Annotated[str, typer.Option("--from", metavar="NUMBER", help="Who calls.")] = "",
    dialled: Annotated[str, typer.Option(metavar="NUMBER", help="The number called.")] = "",
    trunk: Annotated[str, typer.Option(help="Where the call comes in.")] = "",
    language: Annotated[str, typer.Option(help="The dialled number's language.")] = "",
    at: Annotated[str, typer.Option(metavar="TIME", help="When: `2026-11-24 18:30`.")] = "",
) -> None:
    """Walk through a flow as its caller: hear, press keys, wait, hang up.

    Nothing is played and nobody is rung; time jumps. What you say is taken
    from the terminal, or line by line from a pipe. `help` tells what may be
    said, `back` takes the last thing back, `save` makes a scenario of the
    walk. Ends with 0, with 1 when the flow is wrong or fails, or a piped
    line is not understood, with 2 for a wrong command line.

    \b
    Examples:
      freeline flow try ivr_flows/main.yaml
      freeline flow try ivr_flows/main.yaml --from +14155550100 --at "2026-11-24 20:00"
      printf '1\\nagents none\\n' | freeline flow try ivr_flows/main.yaml
    """
    told = {"from": caller, "dialled": dialled, "trunk": trunk, "language": language, "at": at}
    try:
        dials = Dials.model_validate({key: value for key, value in told.items() if value})
    except ValidationError as error:
        raise typer.BadParameter(str(error.errors()[0]["msg"])) from None
    try:
        loaded = load_flow(flow)
    except FlowError as error:
        console = Console(stderr=True, soft_wrap=True)
        for problem in error.problems:
            console.print(Text(str(problem), style="red"))
        raise typer.Exit(1) from None
    conversation = _Conversation(Walk(loaded, dials, prompt_length), flow)
    raise typer.Exit(conversation.run())


class _Conversation:
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
        return 1 if self._walk.call.end is not None and self._walk.call.end == "error" else 0

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
                for name, value in self._walk.performance.variables.items():
                    self._out.print(Text(f"{name} = {value!r}"))
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
