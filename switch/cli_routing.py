"""`freeline agents`, `queues`, `why`, `route`, `agent` and `reload`: ask the switch that runs."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

import typer

from switch import cli_routing_tables as tables
from switch.cli_switch import CONFIG, AsJson, Config, Socket, Watch, show, socket_of
from switch.control_client import ask


def register(app: typer.Typer) -> None:
    """Add the commands to the `freeline` application."""
    app.command("agents")(agents)
    app.command("queues")(queues)
    app.command("why")(why)
    app.command("route")(route)
    app.command("agent")(agent)
    app.command("reload")(reload)


def agents(
    state: Annotated[str, typer.Option(help="Only those in this state: ready, talking ...")] = "",
    config: Config = CONFIG,
    socket: Socket = None,
    watch: Watch = False,
    as_json: AsJson = False,
) -> None:
    """Show the agents: state, since when, call, occupancy, skills.

    Ends with 1 when no switch runs.

    \b
    Examples:
      freeline agents
      freeline agents --state ready --watch
      freeline agents --json | jq '.[] | select(.forced)'
    """
    path = socket_of(config, socket)
    show(lambda: ask(path, "agents", {"state": state}), tables.agents, watch, as_json)


def queues(
    config: Config = CONFIG, socket: Socket = None, watch: Watch = False, as_json: AsJson = False
) -> None:
    """Show the queues: who waits, how long, and how well they are served.

    Ends with 1 when no switch runs.

    \b
    Examples:
      freeline queues
      freeline queues --watch
    """
    path = socket_of(config, socket)
    show(lambda: ask(path, "queues"), tables.queues, watch, as_json)


def why(
    call: Annotated[str, typer.Argument(help="The call's id, as in the log and `freeline calls`.")],
    config: Config = CONFIG,
    socket: Socket = None,
    as_json: AsJson = False,
) -> None:
    """Tell why a call was given to this agent, and why not to others.

    The decisions of the last 1000 calls are kept. Ends with 1 when there
    is none about this call, or no switch runs.

    \b
    Examples:
      freeline why 3f9a1c02d4e5
      freeline why 3f9a1c02d4e5 --json
    """
    path = socket_of(config, socket)
    show(lambda: ask(path, "why", {"call": call}), tables.decisions, False, as_json)


def route(
    queue: Annotated[str, typer.Option(help="The queue that a caller would enter.")],
    skills: Annotated[
        str, typer.Option(help="Asked for on top: `orders=5,english=3`, or JSON with all/any/not.")
    ] = "",
    prefer: Annotated[str, typer.Option(help="Preferred skills: `vip=5`.")] = "",
    language: Annotated[str, typer.Option(help="The caller's language: `es`.")] = "",
    site: Annotated[list[str] | None, typer.Option(help="Sites, in order of preference.")] = None,
    waited: Annotated[float, typer.Option(min=0, help="Seconds that the caller has waited.")] = 0.0,
    config: Config = CONFIG,
    socket: Socket = None,
    as_json: AsJson = False,
) -> None:
    """Tell who would be rung now, or how long a caller would wait. Nobody is rung.

    Ends with 0 when somebody is free, with 3 when the caller would wait,
    with 1 when no switch runs or there is no such queue.

    \b
    Examples:
      freeline route --queue orders
      freeline route --queue orders --skills spanish=5 --waited 60
      freeline route --queue orders --skills '{"any": [{"hindi": 5}, {"english": 8}]}'
    """
    parameters = {
        "queue": queue,
        "skills": _skills(skills, "--skills"),
        "preferred": _skills(prefer, "--prefer"),
        "language": language,
        "sites": site or [],
        "waited_seconds": waited,
    }
    path = socket_of(config, socket)
    found = show(lambda: ask(path, "route", parameters), tables.forecast, False, as_json)
    if not found["agent"]:
        raise typer.Exit(3)


def agent(
    name: Annotated[str, typer.Argument(metavar="AGENT", help="The agent's id.")],
    state: Annotated[
        str, typer.Argument(help="ready, not_ready, logged_out, release, or extend=SECONDS.")
    ],
    force: Annotated[
        bool, typer.Option("--force", help="As supervisor: only `release` takes it back.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why, for reports.")] = "",
    config: Config = CONFIG,
    socket: Socket = None,
    as_json: AsJson = False,
) -> None:
    """Change an agent's state, or extend the wrap-up.

    Ends with 1 when that cannot be done; the switch says why.

    \b
    Examples:
      freeline agent asha not_ready --reason lunch
      freeline agent asha logged_out --force --reason "training"
      freeline agent asha release
      freeline agent asha extend=60
    """
    parameters: dict[str, Any] = {"agent": name, "reason": reason}
    if state == "release":
        parameters["release"] = True
    elif found := re.fullmatch(r"extend=(\d+(?:\.\d+)?)", state):
        parameters["extend_seconds"] = float(found[1])
    else:
        parameters |= {"state": state, "force": force}
    path = socket_of(config, socket)
    show(lambda: [ask(path, "agent", parameters)], tables.agents, False, as_json)


def reload(config: Config = CONFIG, socket: Socket = None, as_json: AsJson = False) -> None:
    """Let the switch read its configuration again: agents, queues, trunks, numbers.

    No caller loses a place, no call is cut. Ends with 1 when something in
    the files is wrong: nothing has changed then.

    \b
    Examples:
      freeline reload
      freeline check && freeline reload
    """
    path = socket_of(config, socket)
    found = show(lambda: ask(path, "reload"), tables.reloaded, False, as_json)
    if found["problems"]:
        raise typer.Exit(1)


def _skills(text: str, option: str) -> dict[str, Any]:
    """Read `orders=5,english=3`, or JSON."""
    if not text:
        return {}
    if text.lstrip().startswith("{"):
        try:
            found: dict[str, Any] = json.loads(text)
        except ValueError as error:
            raise typer.BadParameter(f"this is not JSON: {error}", param_hint=option) from None
        return found
    levels = {}
    for part in text.split(","):
        match = re.fullmatch(r"\s*([\w.-]+)\s*=\s*(\d{1,2})\s*", part)
        if match is None:
            message = f"`{part}` is not like orders=5"
            raise typer.BadParameter(message, param_hint=option)
        levels[match[1]] = int(match[2])
    return levels
