"""`queue`: wait for an agent and talk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from switch.ivr.call import Prompt, QueueEnd, QueueOutcome, QueueRequest
from switch.ivr.fields import Key, Listed, Location, NodeName, OutsideName
from switch.ivr.node import ExitsModel, Named, Node
from switch.ivr.old_place import Resume, ResumeKeys, resumes
from switch.ivr.prompts import PromptField, PromptModel, Prompts, located
from switch.ivr.run import Run
from switch.ivr.waiting_fields import AnnounceModel, Levels, Priority, Relax, Sites
from switch.skills_fields import Skills, skills_of
from switch.yaml_wording import complaint_at


class QueueExits(ExitsModel):
    """Where a caller goes who was not connected."""

    acted: ClassVar = frozenset({"timeout", "key", "callback"})

    timeout: NodeName
    """The longest wait has passed."""
    no_agents: NodeName
    """Nobody who is logged in could ever take this call."""
    full: NodeName | None = None
    """Too many wait already; without it, as `no_agents`."""
    closed: NodeName | None = None
    """The queue is not open; without it, as `no_agents`."""
    key: NodeName | None = None
    """One of `leave_keys` was pressed; `call.queue.key` is which."""
    callback: NodeName | None = None
    """`callback_key` was pressed. The place is kept until a `callback` node takes it over."""
    failed: NodeName | None = None
    """The queue could not be used; without it, as `no_agents`."""


class Queue(Node):
    """A place in a queue. `call.queue.*` tells of it; so does `result` afterwards."""

    next_is_acted = True

    type: Literal["queue"]
    queue: OutsideName
    skills: Skills = Field(default_factory=dict)
    """Asked for on top of the queue's own: skill -> lowest level, or `all`, `any`, `not`."""
    preferred: Levels = Field(default_factory=dict)
    """Skill -> level: among those who may take the call, these first."""
    sites: Sites = ()
    """Agents of these sites only; none: of any."""
    relax: Annotated[tuple[Relax, ...], Listed, Field(max_length=20)] = ()
    """What is asked for less strictly, after how long."""
    sticky: bool = False
    """Whom this caller talked with last, if free, before all others."""
    priority: Priority | None = None
    """Higher is served first; null: the queue's own."""
    max_wait_seconds: float | None = Field(default=None, gt=0, le=86_400)
    """null: the queue's own."""
    music: PromptField | None = None
    """null: the queue's own."""
    whisper: Prompts = ()
    """Said to the agent alone who answers, while the caller goes on waiting: who calls, and why."""
    announce: Annotated[tuple[AnnounceModel, ...], Listed, Field(max_length=5)] = ()
    """Place in the queue, expected wait, words of comfort."""
    resume: Resume | None = None
    """Who hung up while waiting and calls again: `always` has the old place, `never` has not,
    `offer` is asked; null: as the queue says."""
    resume_prompts: Prompts = ()
    """The question; none: the switch's own, in the caller's language."""
    resume_keys: ResumeKeys = Field(default_factory=ResumeKeys)
    """The keys for the answer."""
    leave_keys: Annotated[tuple[Key, ...], Listed] = ()
    """Keys that lead to the exit `key`."""
    callback_key: Key | None = None
    """The key that leads to the exit `callback`."""
    next: NodeName | None = None
    """When the agent has hung up; null: the call ends."""
    exits_: QueueExits = Field(alias="exits")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if bool(self.leave_keys) != (self.exits_.key is not None):
            raise complaint_at("`leave_keys` and the exit `key` need each other", "", "exits")
        if (self.callback_key is None) != (self.exits_.callback is None):
            message = "`callback_key` and the exit `callback` need each other"
            raise complaint_at(message, "", "exits")
        if self.callback_key in self.leave_keys:
            raise complaint_at("is one of `leave_keys` too", "", "callback_key")
        if self.resume_keys.keep == self.resume_keys.leave:
            message = "the keys to keep the place and to leave it are the same"
            raise complaint_at(message, "", "resume_keys")
        for name in ("resume_prompts", "resume_keys"):
            if self.resume in ("always", "never") and name in self.model_fields_set:
                message = f"nobody is asked with `resume: {self.resume}`"
                raise complaint_at(message, "`resume: offer`", name)
        times = [step.after_seconds for step in self.relax]
        if times != sorted(set(times)):
            raise complaint_at("should be in the order of `after_seconds`", "", "relax")
        if self.music is not None and not all(each.constant for _, each in self.music.templates()):
            raise complaint_at("music cannot hold values of the call", "", "music")
        return self

    def all_prompts(self) -> Iterator[tuple[Location, PromptModel]]:
        if self.music is not None:
            yield ("music",), self.music
        yield from located("whisper", self.whisper)
        yield from located("resume_prompts", self.resume_prompts)
        for index, announce in enumerate(self.announce):
            for location, prompt in announce.all_prompts():
                yield ("announce", index, *location), prompt

    def names(self) -> Iterator[Named]:
        yield Named(("queue",), "queue", self.queue)
        for location, skill in skills_of(self.skills):
            yield Named(("skills", *location), "skill", skill, is_key=True)
        for skill in self.preferred:
            yield Named(("preferred", skill), "skill", skill, is_key=True)
        for place, sites in ((("sites",), self.sites), *self._relaxed_sites()):
            for index, site in enumerate(sites):
                yield Named((*place, index), "site", site)
        for number, step in enumerate(self.relax):
            for location, skill in skills_of(step.skills or {}):
                yield Named(("relax", number, "skills", *location), "skill", skill, is_key=True)

    def _relaxed_sites(self) -> Iterator[tuple[Location, Sites]]:
        for number, step in enumerate(self.relax):
            yield ("relax", number, "sites"), step.sites or ()

    async def run(self, run: Run) -> str:
        resume = await resumes(run, self.queue, self.resume, self.resume_prompts, self.resume_keys)
        begin_waiting(run, self.queue)
        outcome = await run.call.queue(
            QueueRequest(
                queue=self.queue,
                skills=self.skills,
                priority=self.priority,
                max_wait_seconds=self.max_wait_seconds,
                music=music(run, self.music),
                preferred=self.preferred,
                language=run.language,
                sites=self.sites,
                relax=tuple(step.step() for step in self.relax),
                sticky=self.sticky,
                resume=resume,
                leave_keys=frozenset(self.leave_keys),
                callback_key=self.callback_key or "",
                whisper=tuple(prompt for prompt, _ in run.say(self.whisper, False)),
                announce=tuple(each.announce(run) for each in self.announce),
            )
        )
        return self.parted(run, outcome)

    @property
    def joins(self) -> bool:
        return True

    def parted(self, run: Run, outcome: QueueOutcome) -> str:
        end_waiting(run, outcome)
        return queue_exit(outcome.end, self.exits_)


def begin_waiting(run: Run, queue: str) -> None:
    """Note in `call.queue` where the caller waits now."""
    run.state.facts["queue"] = {**NOT_WAITED, "name": queue}


def end_waiting(run: Run, outcome: QueueOutcome) -> None:
    """Note in `call.queue` and `result` what came of it."""
    told = {
        "end": str(outcome.end),
        "agent": outcome.agent,
        "waited_seconds": outcome.waited_seconds,
        "key": outcome.key,
    }
    run.state.facts["queue"].update(told)
    run.result = told


NOT_WAITED = {
    "name": "",
    "position": 0,
    "expected_wait_seconds": None,
    "end": "",
    "agent": "",
    "waited_seconds": 0.0,
    "key": "",
}
"""`call.queue` before the first queue."""


def queue_exit(end: QueueEnd, exits: QueueExits) -> str:
    """Return where a caller goes whose waiting ended so."""
    if end is QueueEnd.CONNECTED:
        return "next"
    return exits.first_given(str(end), "no_agents")


def music(run: Run, model: PromptModel | None) -> Prompt | None:
    """Return what is heard while waiting."""
    said = [] if model is None else run.say((model,), False)
    return said[0][0] if said else None
