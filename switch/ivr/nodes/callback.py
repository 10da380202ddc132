"""`callback`: keep the place in the queue and have the caller rung back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from switch.ivr.call import CallbackEnd, CallbackRequest, QueueRequest, RingFirst
from switch.ivr.expressions import Template, TextField
from switch.ivr.fields import Location, NodeName, OutsideName
from switch.ivr.node import ExitsModel, Named, Node
from switch.ivr.prompts import Prompts
from switch.ivr.run import Run
from switch.ivr.waiting_fields import Levels, Priority
from switch.skills_fields import Skills, skills_of


class CallbackExits(ExitsModel):
    """Where a caller goes who cannot be rung back."""

    refused: NodeName
    """This number may not be rung, or has a callback standing already."""
    full: NodeName | None = None
    """No more are taken for this queue; without it, as `refused`."""
    failed: NodeName | None = None
    """Queue or trunk could not be used; without it, as `refused`."""


class Callback(Node):
    """A callback that stands in the queue in the caller's place."""

    type: Literal["callback"]
    queue: OutsideName
    number: TextField | None = None
    """To ring back; null: the caller's own."""
    keep_place: bool = True
    """Take over the place that this call has in the queue; false: at the end."""
    skills: Skills = Field(default_factory=dict)
    """As in `queue`."""
    preferred: Levels = Field(default_factory=dict)
    """As in `queue`."""
    priority: Priority | None = None
    """As in `queue`."""
    trunk: OutsideName | None = None
    """Through which to ring; null: the site's."""
    attempts: int = Field(default=2, ge=1, le=10)
    """How often to ring in all."""
    retry_after_seconds: float = Field(default=300.0, ge=10, le=86_400)
    ring_first: RingFirst = RingFirst.AGENT
    """Whose telephone rings first when it is the caller's turn: the other one rings once that is
    answered. `agent`: the caller waits for nobody. `caller`: no agent waits for a phone that
    nobody answers."""
    prompts: Prompts = ()
    """Said to the caller who answers, before the two are connected."""
    next: NodeName
    exits_: CallbackExits = Field(alias="exits")

    def expressions(self) -> Iterator[tuple[Location, Template]]:
        if self.number is not None:
            yield ("number",), self.number

    def names(self) -> Iterator[Named]:
        yield Named(("queue",), "queue", self.queue)
        for location, skill in skills_of(self.skills):
            yield Named(("skills", *location), "skill", skill, is_key=True)
        for skill in self.preferred:
            yield Named(("preferred", skill), "skill", skill, is_key=True)
        if self.trunk is not None:
            yield Named(("trunk",), "trunk", self.trunk)

    async def run(self, run: Run) -> str:
        number = self.number
        to = str(run.state.facts["from"] if number is None else run.evaluate(number))
        if not to:
            return "refused"
        waiting = QueueRequest(
            queue=self.queue,
            skills=self.skills,
            priority=self.priority,
            preferred=self.preferred,
            language=run.language,
        )
        end = await run.call.request_callback(
            CallbackRequest(
                waiting,
                to,
                self.keep_place,
                self.trunk or "",
                self.attempts,
                self.retry_after_seconds,
                tuple(prompt for prompt, _ in run.say(self.prompts, False)),
                self.ring_first,
            )
        )
        if end is CallbackEnd.ACCEPTED:
            return "next"
        return self.exits_.first_given(str(end), "refused")
