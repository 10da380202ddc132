"""The models of a scenario file: a call centre and a day in it, as an operator writes it.

Queues are written as in config/queues.yaml. Times of the day are texts like 08:30.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from switch.planning.distributions import (
    Constant,
    Distribution,
    Empirical,
    Exponential,
    LogNormal,
)
from switch.planning.model import DAY_SECONDS
from switch.settings.fields import ConfigPath, Level, Name, Section
from switch.settings.people import Language, Languages
from switch.settings.queues import Queue
from switch.skills_fields import Skills
from switch.yaml_wording import NotEmpty, complaint_at

_TIME = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?")


def seconds_of_day(text: str) -> float | None:
    """Return the seconds since midnight meant by 8:30 or 08:30:15; None when it is no time."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    seconds = int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3] or 0)
    return seconds if seconds <= DAY_SECONDS else None


def _time_of_day(value: Any) -> Any:
    seconds = seconds_of_day(value) if isinstance(value, str) else None
    if seconds is None:
        raise complaint_at("is not a time of the day", "write it like 08:30, up to 24:00")
    return seconds


TimeOfDay = Annotated[float, BeforeValidator(_time_of_day)]
"""Seconds since midnight."""

Amount = Annotated[float, Field(gt=0, le=1e6)]
"""A mean time in seconds."""

Times = tuple[Annotated[float, Field(ge=0, le=1e6)], ...]


class Hours(Section):
    """From when until when."""

    from_: TimeOfDay = Field(alias="from")
    to: TimeOfDay

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.to <= self.from_:
            raise complaint_at("ends before it begins", "a day ends at 24:00", "to")
        return self


# How long something takes.


class ConstantTime(Section):
    """Always the same."""

    kind: Literal["constant"]
    mean: Amount

    def distribution(self) -> Distribution:
        """Return what to draw from."""
        return Constant(self.mean)


class ExponentialTime(Section):
    """As in Erlang's formulas."""

    kind: Literal["exponential"]
    mean: Amount

    def distribution(self) -> Distribution:
        """Return what to draw from."""
        return Exponential(self.mean)


class LogNormalTime(Section):
    """Like handle times of real calls."""

    kind: Literal["lognormal"]
    mean: Amount
    cv: float = Field(gt=0, le=20)

    def distribution(self) -> Distribution:
        """Return what to draw from."""
        return LogNormal(self.mean, self.cv)


class EmpiricalTime(Section):
    """As it once was: times in the file, or in a CSV file with one column `seconds`."""

    kind: Literal["empirical"]
    values: Annotated[Times, NotEmpty] | None = None
    file: ConfigPath | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.values is None) == (self.file is None):
            raise complaint_at("give either `values` or `file`")
        return self

    def distribution(self) -> Distribution:
        """Return what to draw from; the loader has put a file's times into `values`."""
        return Empirical(self.values or ())


Time = Annotated[
    ConstantTime | ExponentialTime | LogNormalTime | EmpiricalTime, Field(discriminator="kind")
]


# When calls come.


class Intervals(Section):
    """Expected calls, interval by interval; or a CSV file with columns `time` and `calls`."""

    minutes: float = Field(default=30, ge=1, le=1440)
    from_: TimeOfDay = Field(default=0.0, alias="from")
    calls: tuple[Annotated[float, Field(ge=0, le=100_000)], ...] | None = None
    file: ConfigPath | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.calls is None) == (self.file is None):
            raise complaint_at("give either `calls` or `file`")
        if self.file is not None and self.model_fields_set & {"from_"}:
            raise complaint_at("the file says when its first interval begins", "", "from")
        return self


class ArrivalsSection(Section):
    """When calls come: one of three ways to say it."""

    per_hour: Annotated[float, Field(gt=0, le=200_000)] | None = None
    intervals: Intervals | None = None
    trace: ConfigPath | None = None
    """A CSV file with one column `time`: the same calls every day."""

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        given = [self.per_hour, self.intervals, self.trace]
        if sum(each is not None for each in given) != 1:
            raise complaint_at("give one of `per_hour`, `intervals` and `trace`")
        return self


class Traffic(Section):
    """Calls of one kind, to one queue."""

    queue: Name
    arrivals: ArrivalsSection
    handle_seconds: Time | None = None
    """Talk and wrap-up together."""
    talk_seconds: Time | None = None
    """Talk alone; the queue's `wrap_up_seconds` follow."""
    patience_seconds: Time | None = None
    """Left out: callers wait for ever, or the queue's `max_wait_seconds`."""
    skills: Skills = Field(default_factory=dict)
    """Required on top of the queue's own."""
    language: Language | Literal[""] = ""
    """That the agent must speak."""
    priority: Annotated[int, Field(ge=0, le=100)] | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.handle_seconds is None) == (self.talk_seconds is None):
            raise complaint_at("give either `handle_seconds` or `talk_seconds`")
        return self


# Who answers.


def _in_order(shifts: tuple[Hours, ...]) -> tuple[Hours, ...]:
    for index in range(1, len(shifts)):
        if shifts[index].from_ < shifts[index - 1].to:
            raise complaint_at("begins before the one above it has ended", "", index)
    return shifts


class GroupSection(Section):
    """Agents who can do the same and work at the same hours."""

    name: Name
    agents: int = Field(ge=0, le=100_000)
    skills: dict[Name, Level] = Field(default_factory=dict)
    shifts: Annotated[tuple[Hours, ...], AfterValidator(_in_order)] = ()
    """Left out: at work all day."""
    languages: Languages = Field(default_factory=dict)
    site: Name | Literal[""] = ""
    max_calls_per_hour: Annotated[int, Field(ge=1, le=1000)] | None = None


class ScenarioFile(Section):
    """All of a scenario file."""

    day: Hours = Field(default={"from": "00:00", "to": "24:00"}, validate_default=True)
    days: int = Field(default=20, ge=2, le=100_000)
    """How many days are simulated."""
    seed: int = Field(default=1, ge=0)
    answer_seconds: Time | None = None
    """How long a headset rings before its agent answers; left out: no time at all."""
    queues: tuple[Queue, ...] | None = None
    """Left out: those of the configuration."""
    groups: tuple[GroupSection, ...] | None = None
    """Left out: the agents of the configuration."""
    traffic: Annotated[tuple[Traffic, ...], NotEmpty] | None = None
    """Left out: as in the call records."""
