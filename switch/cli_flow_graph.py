"""`freeline flow graph` and `freeline flow schema`: pictures for people, schemas for editors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from switch.cli_flow_problems import show_problems
from switch.errors import Problem
from switch.ivr.models import FlowFile

if TYPE_CHECKING:
    from switch.drawing.outline import Outline


class Format(StrEnum):
    """What a picture may be."""

    SVG = "svg"
    MERMAID = "mermaid"
    DOT = "dot"


class Config(StrEnum):
    """The configuration's files."""

    FREELINE = "freeline"
    TRUNKS = "trunks"
    AGENTS = "agents"
    QUEUES = "queues"


def graph(
    flow: Annotated[Path, typer.Argument(metavar="FLOW", help="A flow file.")],
    form: Annotated[
        Format, typer.Option("--format", help="`svg` needs nothing but a browser to look at.")
    ] = Format.SVG,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write here, not to the terminal.")
    ] = None,
) -> None:
    """Draw a flow: its nodes, their exits, and what is wrong where.

    A flow with mistakes is drawn too, as far as it can be read: the nodes
    concerned are red, and ways to nodes that are not there red and dashed.
    The mistakes are told beside it. Ends with 0, with 1 when there was
    something wrong, with 2 for a wrong command line.

    \b
    Examples:
      freeline flow graph ivr_flows/main.yaml --output main.svg
      freeline flow graph ivr_flows/main.yaml --format mermaid
      freeline flow graph ivr_flows/main.yaml --format dot | dot -Tpdf -o main.pdf
    """
    from switch.drawing.svg import to_svg
    from switch.drawing.text_graphs import to_dot, to_mermaid

    writers = {Format.SVG: to_svg, Format.MERMAID: to_mermaid, Format.DOT: to_dot}
    drawn, problems = _outline(flow)
    if drawn is None:
        show_problems(problems)
        raise typer.Exit(1)
    picture = writers[form](drawn)
    if output is None:
        typer.echo(picture, nl=False)
    else:
        try:
            output.write_text(picture, encoding="utf-8")
        except OSError as error:
            told = f"{output}: cannot be written: {error.strerror or error}"
            Console(stderr=True, soft_wrap=True).print(Text(told, style="red"))
            raise typer.Exit(1) from None
    if problems:
        show_problems(problems)
        raise typer.Exit(1)


def _outline(path: Path) -> tuple[Outline | None, Sequence[Problem]]:
    """Return what to draw, if anything could be read, and what the checker found."""
    from switch.drawing.outline import outline
    from switch.ivr.loader import read_in_part

    file, source, problems = read_in_part(path)
    if file is None or source is None:
        return None, problems
    return outline(path.stem, file, source, problems), problems


def schema(
    scenarios: Annotated[
        bool, typer.Option("--scenarios", help="Of scenario files, not of flows.")
    ] = False,
    config: Annotated[
        Config | None, typer.Option(help="Of a file of the configuration, not of flows.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write here, not to the terminal.")
    ] = None,
) -> None:
    """Print the JSON Schema of flow files: editors complete and underline with it.

    \b
    Examples:
      freeline flow schema --output ivr_flows/flow.schema.json
      freeline flow schema --scenarios
      freeline flow schema --config queues
    """
    if scenarios and config is not None:
        raise typer.BadParameter("give either --scenarios or --config, not both")
    from switch.schemas import schema_of

    if scenarios:
        from switch.rehearsal.scenario_file import ScenarioFile

        made = schema_of(ScenarioFile, "Scenarios of a Freeline flow")
    elif config is not None:
        from switch.settings import file_model

        made = schema_of(file_model(f"{config.value}.yaml"), f"Freeline's {config.value}.yaml")
    else:
        made = schema_of(FlowFile, "A Freeline flow")
    text = json.dumps(made, indent=2, ensure_ascii=False) + "\n"
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
