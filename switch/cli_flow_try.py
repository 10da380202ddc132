"""`freeline flow try`: be the caller, in the terminal or from a pipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from switch.cli_flow_problems import show_problems
from switch.errors import FlowError


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
    from pydantic import ValidationError

    from switch.cli_flow_results import prompt_length
    from switch.cli_flow_walk import Conversation
    from switch.ivr.loader import load_flow
    from switch.rehearsal.scenario_file import Dials
    from switch.rehearsal.walk import Walk

    told = {"from": caller, "dialled": dialled, "trunk": trunk, "language": language, "at": at}
    try:
        dials = Dials.model_validate({key: value for key, value in told.items() if value})
    except ValidationError as error:
        first = error.errors()[0]
        hint = first.get("ctx", {}).get("hint", "")
        raise typer.BadParameter(f"{first['msg']}{hint and f' ({hint})'}") from None
    try:
        loaded = load_flow(flow)
    except FlowError as error:
        show_problems(error.problems)
        raise typer.Exit(1) from None
    conversation = Conversation(Walk(loaded, dials, prompt_length), flow)
    raise typer.Exit(conversation.run())
