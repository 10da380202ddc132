"""The models of queues.yaml: where callers wait, for whom, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from switch.schedule_fields import ScheduleModel
from switch.settings.fields import Level, Name, Section, Sound
from switch.skills_fields import Skills
from switch.yaml_wording import complaint_at

Seconds = Annotated[float, Field(ge=0, le=86_400)]

_TurnedAway = Literal["full", "closed", "timeout", "no_agents"]


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) or value is None else [value]


class ServiceLevel(Section):
    """The promise: so many of the callers answered within so many seconds."""

    within_seconds: float = Field(default=20, gt=0, le=86_400)
    target: float = Field(default=0.8, gt=0, le=1)
    short_abandon_seconds: float = Field(default=0, ge=0, le=600)
    """Who hangs up sooner counts neither for nor against."""


class SiteGroup(Section):
    """Sites that may serve, once a caller has waited so long."""

    sites: Annotated[tuple[Name, ...], BeforeValidator(_listed)] | Literal["any"]
    after_seconds: Seconds = 0


class Relax(Section):
    """What is asked for less strictly, once a caller has waited so long."""

    after_seconds: float = Field(gt=0, le=86_400)
    lower: Mapping[Name, Level] = Field(default_factory=dict)
    """Skill -> the level that is enough from now on."""
    drop: Annotated[tuple[Name, ...], BeforeValidator(_listed)] = ()
    """Skills that are not looked at any more."""
    sites: Annotated[tuple[Name, ...], BeforeValidator(_listed)] | Literal["any"] = ()
    """Further sites that may serve."""
    add_priority: int = Field(default=0, ge=0, le=100)

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not (self.lower or self.drop or self.sites or self.add_priority):
            raise complaint_at("changes nothing", "`lower`, `drop`, `sites` or `add_priority`")
        return self


class Overflow(Section):
    """Where callers go who would be turned away."""

    to: Name
    """Another queue."""
    when: Annotated[tuple[_TurnedAway, ...], BeforeValidator(_listed)] = (
        "full",
        "closed",
        "timeout",
        "no_agents",
    )


class Sticky(Section):
    """Callers are brought to the agent of the last time."""

    within_seconds: float = Field(default=86_400, gt=0, le=31_536_000)
    """How long after a talk."""
    wait_seconds: float = Field(default=0, ge=0, le=3600)
    """How long for that agent alone, who is busy."""


class Outside(Section):
    """An outside program decides over MQTT, within so long."""

    within_seconds: float = Field(default=0.2, ge=0.01, le=10)
    candidates: int = Field(default=10, ge=1, le=100)


class Queue(Section):
    """Where callers wait for an agent with the right skills."""

    name: Name
    skills: Skills = Field(default_factory=dict)
    """What an agent must have: skill -> lowest level, or `all`, `any` and `not` of such."""
    preferred: Mapping[Name, Level] = Field(default_factory=dict)
    """Who has more of these is taken first; nobody is excluded."""
    sites: tuple[SiteGroup, ...] = ()
    """Where agents must be, in order of preference; none: anywhere."""
    relax: tuple[Relax, ...] = ()
    strategy: Name = "longest_idle"
    """In which order free agents are taken."""
    priority: int = Field(default=5, ge=0, le=100)
    aging_seconds: Annotated[float, Field(gt=0, le=86400)] | Literal["promise"] | None = "promise"
    """How much waiting counts as one priority more; `promise`: as much as the service level
    promises; null: none does."""
    ring_seconds: float = Field(default=20, gt=0, le=300)
    wrap_up_seconds: float = Field(default=10, ge=0, le=3600)
    longest_wrap_up_seconds: float = Field(default=600, ge=0, le=14_400)
    """To which agents may extend it."""
    max_wait_seconds: Annotated[float, Field(gt=0, le=86_400)] | None = None
    max_length: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """Callers who wait, at most."""
    open: ScheduleModel | None = None
    """Opening hours; null: always."""
    overflow: Overflow | None = None
    sticky: Sticky | None = None
    resume_seconds: Seconds = 300
    """How long who hangs up while waiting may come back to the old place."""
    resume: Literal["always", "offer", "never"] = "always"
    """Whether they have it at once, are asked by the flow, or have it not."""
    outside: Outside | None = None
    service_level: ServiceLevel = Field(default={}, validate_default=True)
    no_answer_pauses: Annotated[
        tuple[Seconds | None, ...], BeforeValidator(_listed), Field(min_length=1, max_length=10)
    ] = (30,)
    """Rest after calls not answered on end: the first, the second ...; null: until the agent
    says ready."""
    busy_pause_seconds: float = Field(default=5, ge=0, le=3600)
    music: Sound | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.overflow is not None and self.overflow.to == self.name:
            raise complaint_at("overflows into itself", "", "overflow", "to")
        if self.sites and self.sites[0].after_seconds:
            message = "the first sites serve at once: `after_seconds` is 0 here"
            raise complaint_at(message, "", "sites", 0, "after_seconds")
        if self.resume == "offer" and not self.resume_seconds:
            message = "offers old places, and `resume_seconds: 0` keeps none"
            raise complaint_at(message, "", "resume")
        if self.longest_wrap_up_seconds < self.wrap_up_seconds:
            message = "is less than `wrap_up_seconds`"
            raise complaint_at(message, "", "longest_wrap_up_seconds")
        return self

    @property
    def seconds_a_priority(self) -> float | None:
        """How much waiting counts as one priority more; None: none does."""
        if self.aging_seconds == "promise":
            return self.service_level.within_seconds
        assert not isinstance(self.aging_seconds, str)
        return self.aging_seconds


class QueuesFile(Section):
    """All of config/queues.yaml."""

    queues: tuple[Queue, ...] = ()
