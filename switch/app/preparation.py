"""What is done before the event loop runs: flows are read, prompts are made ready."""

from __future__ import annotations

from collections.abc import Callable

from switch.app import plan
from switch.app.sounds import Sounds
from switch.ivr.models import Flow
from switch.settings import Settings


def prepare(
    settings: Settings, progress: Callable[[int, int], None] | None = None
) -> tuple[dict[str, Flow], Sounds]:
    """Read the flows and make their prompts ready. Blocks; to be done before the loop runs.

    Raises:
        ConfigurationError: a flow or a number is wrong.
        PromptError: a prompt cannot be made.
    """
    flows = plan.load_plan_flows(settings)
    sounds = Sounds(settings, flows.values())
    sounds.render(progress)
    return flows, sounds
