"""What is done before the event loop runs: flows are read, prompts are made ready."""

from __future__ import annotations

from collections.abc import Callable

from switch.app import plan, routing_plan
from switch.app.certificates import read_certificates
from switch.app.sounds import Sounds
from switch.app.trunk_plan import trunk_plans
from switch.errors import ConfigurationError, Problem
from switch.ivr.models import Flow
from switch.settings import Settings
from switch.transport.tls import Tls


def examine(settings: Settings) -> tuple[dict[str, Flow], Tls | None]:
    """Read what the settings name, and see whether all of it can be served. Blocks.

    Raises:
        ConfigurationError: everything that is wrong.
    """
    problems: list[Problem] = []
    flows: dict[str, Flow] = {}
    tls: Tls | None = None
    listening = plan.listeners(settings)
    try:
        flows = plan.load_plan_flows(settings)
    except ConfigurationError as error:
        problems += error.problems
    try:
        tls = read_certificates(settings)
    except ConfigurationError as error:
        problems += error.problems
    for look in (
        lambda: routing_plan.strategies(settings),
        lambda: trunk_plans(settings, listening),
        lambda: plan.directory_agents(settings, listening),
    ):
        try:
            look()
        except ConfigurationError as error:
            problems += error.problems
    if problems:
        raise ConfigurationError(problems)
    return flows, tls


def prepare(
    settings: Settings, progress: Callable[[int, int], None] | None = None
) -> tuple[dict[str, Flow], Sounds]:
    """Read the flows and make their prompts ready. Blocks; to be done before the loop runs.

    Raises:
        ConfigurationError: everything that is wrong.
        PromptError: a prompt cannot be made.
    """
    flows, _ = examine(settings)
    sounds = Sounds(settings, flows.values())
    sounds.render(progress)
    return flows, sounds
