"""`record`: take a message and deliver it: voicemail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from switch.errors import CallOver
from switch.ivr.call import Delivery, RecordEnd, RecordMessage
from switch.ivr.expressions import Template, TextField
from switch.ivr.fields import Key, Listed, Location, NodeName, OutsideName, matching
from switch.ivr.node import ExitsModel, Named, Node
from switch.ivr.prompts import Prompts
from switch.ivr.run import Run
from switch.yaml_wording import NotEmpty

Address = Annotated[
    str, matching(r"[^@\s]{1,64}@[^@\s]{1,255}", "is not an e-mail address", "`desk@example.com`")
]


class RecordExits(ExitsModel):
    """Where a caller goes who left no message."""

    nothing_said: NodeName
    """Nothing but silence, or less than `min_seconds`."""
    failed: NodeName | None = None
    """It could not be recorded; without it, as `nothing_said`."""


class Record(Node):
    """A message of the caller. One who hangs up meanwhile has left what was said."""

    type: Literal["record"]
    prompts: Annotated[Prompts, NotEmpty]
    """Heard before the tone."""
    box: OutsideName
    """The voice mailbox that gets it."""
    max_seconds: float = Field(default=120.0, ge=1, le=3600)
    min_seconds: float = Field(default=1.0, ge=0, le=60)
    """Shorter ones are thrown away."""
    silence_seconds: float = Field(default=5.0, ge=0.5, le=60)
    """So much silence ends the message."""
    terminators: Annotated[tuple[Key, ...], Listed] = ("#",)
    """Keys that end it."""
    beep: bool = True
    """A tone says when to begin."""
    mail_to: Annotated[tuple[Address, ...], Listed] = ()
    """Who gets it by e-mail, where the site has a mail server."""
    subject: TextField | None = None
    """Of the mail; null: who called when."""
    next: NodeName
    exits_: RecordExits = Field(alias="exits")

    @property
    def forgets_keys(self) -> bool:
        return True

    def expressions(self) -> Iterator[tuple[Location, Template]]:
        if self.subject is not None:
            yield ("subject",), self.subject

    def names(self) -> Iterator[Named]:
        yield Named(("box",), "mailbox", self.box)

    async def run(self, run: Run) -> str:
        subject = "" if self.subject is None else str(run.evaluate(self.subject))
        recorded = await run.call.record(
            [prompt for prompt, _ in run.say(self.prompts, False)],
            RecordMessage(
                self.max_seconds, self.silence_seconds, frozenset(self.terminators), self.beep
            ),
        )
        run.result = {"seconds": recorded.seconds, "end": str(recorded.end)}
        kept = bool(recorded.path) and recorded.seconds >= self.min_seconds
        if kept:
            run.call.deliver_recording(
                Delivery(
                    recorded.path,
                    recorded.seconds,
                    self.box,
                    self.mail_to,
                    subject,
                    run.language,
                )
            )
        if recorded.end is RecordEnd.HUNG_UP:
            raise CallOver("the caller hung up after a message")
        if recorded.end is RecordEnd.FAILED:
            return self.exits_.first_given("failed", "nothing_said")
        return "next" if kept else "nothing_said"
