"""PURE: waiting in a queue as flow files describe it: relaxation over time, announcements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import Field

from switch.ivr.call import Announce, Prompt, RelaxStep, Render
from switch.ivr.fields import FlowModel, Listed, Location, OutsideName
from switch.ivr.prompts import PromptModel, Prompts, located
from switch.ivr.run import Run
from switch.skills_fields import Skills
from switch.yaml_wording import NotEmpty

_EXPECTED = "call.queue.expected_wait_seconds"

Priority = Annotated[int, Field(ge=0, le=100)]
Levels = Mapping[OutsideName, Annotated[int, Field(ge=1, le=10)]]
"""Skill -> level."""
Sites = Annotated[tuple[OutsideName, ...], Listed]


class Relax(FlowModel):
    """What is asked for instead, once a caller has waited for some time."""

    after_seconds: float = Field(gt=0, le=86_400)
    """Since the caller came into the queue."""
    skills: Skills | None = None
    """Instead of the node's `skills`; null: as before."""
    sites: Sites | None = None
    """Instead of the node's `sites`; []: any; null: as before."""
    add_priority: int = Field(default=0, ge=0, le=100)
    """On top of the priority so far."""

    def step(self) -> RelaxStep:
        """Return it as the call takes it."""
        return RelaxStep(self.after_seconds, self.skills, self.sites, self.add_priority)


class AnnounceModel(FlowModel):
    """Messages to those who wait, over the music. One that says the expected wait is left
    out for as long as that is not known."""

    messages: Annotated[tuple[Prompts, ...], NotEmpty, Field(max_length=20)]
    """Heard in turn; `call.queue.position` and `call.queue.expected_wait_seconds` are known."""
    first_after_seconds: float = Field(default=20.0, ge=0, le=3600)
    """From coming into the queue."""
    every_seconds: float = Field(default=60.0, ge=0, le=3600)
    """From one message to the next; 0: one is said once."""

    def all_prompts(self) -> Iterator[tuple[Location, PromptModel]]:
        """Yield the prompts with their places."""
        for index, message in enumerate(self.messages):
            for location, prompt in located("messages", message):
                yield (location[0], index, *location[1:]), prompt

    def announce(self, run: Run) -> Announce:
        """Return it as the call takes it."""
        messages = tuple(_render(run, message) for message in self.messages)
        has_values = any(
            not template.constant
            for _, prompt in self.all_prompts()
            for _, template in prompt.templates()
        )
        return Announce(messages, self.first_after_seconds, self.every_seconds, has_values)


def _render(run: Run, message: Prompts) -> Render:
    needs_expected = any(
        _EXPECTED in template.reads for prompt in message for _, template in prompt.templates()
    )

    def render(position: int, expected_wait: float | None) -> Sequence[Prompt]:
        queue = run.state.facts["queue"]
        queue["position"] = position
        # Whole seconds: `// 60` is a whole number then, and not `2.0`.
        queue["expected_wait_seconds"] = None if expected_wait is None else round(expected_wait)
        if needs_expected and expected_wait is None:
            return []
        return [prompt for prompt, _ in run.say(message, False)]

    return render
