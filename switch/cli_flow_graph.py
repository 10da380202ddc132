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

from switch.errors import ConfigurationError, FlowError, Problem
from switch.ivr.models import FlowFile
from switch.yaml_source import YamlSource

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

    A flow with mistakes is drawn too, with the nodes concerned marked; a
    file that is no flow at all is not. Ends with 0, with 1 when there was
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
    try:
        drawn, count = _outline(flow)
    except FlowError as error:
        console = Console(stderr=True, soft_wrap=True)
        for problem in error.problems:
            console.print(Text(str(problem), style="red"))
        raise typer.Exit(1) from None
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
    if count:
        told = f"{count} problem{'s' * (count > 1)}, marked in the picture: `freeline flow check`"
        Console(stderr=True, soft_wrap=True).print(Text(told, style="yellow"))
        raise typer.Exit(1)


def _outline(path: Path) -> tuple[Outline, int]:
    """Return what to draw, and how many problems the checker found."""
    from pydantic import ValidationError

    from switch.drawing.outline import outline
    from switch.ivr.loader import load_flow

    try:
        source = YamlSource.load(path)
    except ConfigurationError as error:
        raise FlowError(error.problems) from error
    try:
        file = FlowFile.model_validate(source.data)
    except ValidationError as error:
        raise FlowError(source.problems(error, FlowFile)) from error
    problems: Sequence[Problem] = ()
    try:
        load_flow(path)
    except FlowError as error:
        problems = error.problems
    return outline(path.stem, file, source, problems), len(problems)


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
