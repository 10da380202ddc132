"""A scenario file, or the switch's own configuration, made into what is simulated."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pydantic import ValidationError

from switch.errors import ConfigurationError, Problem
from switch.frozen import frozen
from switch.planning.arrivals import HOUR, Arrivals, ByInterval, ByRate, Span, Trace
from switch.planning.csv_source import read_calls, read_seconds, read_times
from switch.planning.distributions import Distribution, Empirical
from switch.planning.driver import may_serve
from switch.planning.model import Group, Model, Stream
from switch.planning.scenario_file import (
    ArrivalsSection,
    EmpiricalTime,
    Hours,
    ScenarioFile,
    Time,
    Traffic,
)
from switch.settings.fields import Surroundings
from switch.settings.loader import Settings
from switch.settings.people import Agent
from switch.settings.queues import Queue
from switch.yaml_source import Location, YamlSource
from switch.yaml_wording import did_you_mean

_DAYS, _SEED = 20, 1
"""Where no file says otherwise."""


@frozen()
class Scenario:
    """What is simulated, and for how long."""

    model: Model
    days: int
    seed: int


def load_scenario(
    path: Path, settings: Settings | None = None, traffic: Sequence[Stream] | None = None
) -> Scenario:
    """Read and check a scenario file.

    Args:
        settings: whose queues and agents stand in for those that the file leaves out.
        traffic: calls instead of those of the file.

    Raises:
        ConfigurationError: with every problem.
    """
    source = YamlSource.load(path)
    surroundings = Surroundings(path.absolute().parent, os.environ)
    try:
        file = ScenarioFile.model_validate(source.data, context=surroundings)
    except ValidationError as error:
        raise ConfigurationError(source.problems(error, ScenarioFile)) from error
    return _Reading(source, file, settings, traffic).scenario()


def scenario_of(settings: Settings, traffic: Sequence[Stream]) -> Scenario:
    """Return the configuration with everyone at work all day, and calls from elsewhere.

    Raises:
        ConfigurationError: calls that no agent may serve.
    """
    known = {queue.name for queue in settings.queues}
    streams = tuple(stream for stream in traffic if stream.queue in known)
    model = Model(settings.queues, streams, groups_of(settings))
    problems = [
        settings.problem(
            "queues.yaml", ("queues", index), "no agent may serve the calls of this queue"
        )
        for index, queue in enumerate(settings.queues)
        for stream in streams
        if stream.queue == queue.name and not able_groups(model, stream)
    ]
    if problems:
        raise ConfigurationError(problems)
    return Scenario(model, _DAYS, _SEED)


def groups_of(settings: Settings) -> tuple[Group, ...]:
    """Return the configured agents, those with equal skills together."""
    alike: dict[tuple[object, ...], list[Agent]] = {}
    for agent in settings.agents:
        skills, languages = sorted(agent.skills.items()), sorted(agent.languages.items())
        kind = (*skills, None, *languages, None, agent.site, agent.max_calls_per_hour)
        alike.setdefault(kind, []).append(agent)
    return tuple(
        Group(
            _together([agent.id for agent in agents]),
            len(agents),
            agents[0].skills,
            languages=agents[0].languages,
            site=agents[0].site,
            max_calls_per_hour=agents[0].max_calls_per_hour,
        )
        for agents in alike.values()
    )


def able_groups(model: Model, stream: Stream) -> list[Group]:
    """Return the groups whose agents may serve a stream's calls, those with nobody too."""
    queue = next(queue for queue in model.queues if queue.name == stream.queue)
    return [group for group in model.groups if may_serve(group, queue, stream)]


def _together(ids: Sequence[str]) -> str:
    return ids[0] if len(ids) == 1 else f"{ids[0]} and {len(ids) - 1} more"


class _Reading:
    """One reading of one file that pydantic has found right."""

    def __init__(
        self,
        source: YamlSource,
        file: ScenarioFile,
        settings: Settings | None,
        traffic: Sequence[Stream] | None,
    ) -> None:
        self._source = source
        self._file = file
        self._settings = settings
        self._traffic = traffic
        self._problems: list[Problem] = []

    def scenario(self) -> Scenario:
        file = self._file
        queues = self._queues()
        answer = file.answer_seconds
        model = Model(
            queues=queues,
            streams=tuple(self._streams(queues)),
            groups=self._groups(),
            day=_span(file.day),
            answer=None if answer is None else self._time(answer, ("answer_seconds",)),
        )
        if not self._problems:
            self._check_service(model)
        if self._problems:
            raise ConfigurationError(self._problems)
        return Scenario(model, file.days, file.seed)

    # Queues and agents.

    def _queues(self) -> tuple[Queue, ...]:
        if self._file.queues is not None:
            self._check_distinct("queues", [queue.name for queue in self._file.queues])
            return self._file.queues
        if self._settings is not None:
            return self._settings.queues
        self._complain((), "`queues` is missing", "write them here, or name a configuration")
        return ()

    def _groups(self) -> tuple[Group, ...]:
        if self._file.groups is not None:
            self._check_distinct("groups", [group.name for group in self._file.groups])
            return tuple(
                Group(
                    group.name,
                    group.agents,
                    group.skills,
                    tuple(map(_span, group.shifts)),
                    group.languages,
                    group.site,
                    group.max_calls_per_hour,
                )
                for group in self._file.groups
            )
        if self._settings is not None:
            return groups_of(self._settings)
        self._complain((), "`groups` is missing", "write them here, or name a configuration")
        return ()

    def _check_distinct(self, what: str, names: Iterable[str]) -> None:
        seen: set[str] = set()
        for index, name in enumerate(names):
            if name in seen:
                self._complain((what, index, "name"), f"`{name}` is given twice")
            seen.add(name)

    def _check_service(self, model: Model) -> None:
        written = self._file.traffic or ()
        overflowing = {queue.name for queue in model.queues if queue.overflow is not None}
        for index, stream in enumerate(model.streams):
            if stream.queue not in overflowing and not able_groups(model, stream):
                place = ("traffic", index) if self._traffic is None and written else ()
                message = f"no group has the skills for these calls to `{stream.queue}`"
                self._complain(place, message)

    # Calls.

    def _streams(self, queues: Sequence[Queue]) -> Iterator[Stream]:
        known = {queue.name for queue in queues}
        if self._traffic is not None:
            yield from (stream for stream in self._traffic if stream.queue in known)
            return
        if self._file.traffic is None:
            self._complain((), "`traffic` is missing", "write it here, or name call records")
        for index, traffic in enumerate(self._file.traffic or ()):
            place: Location = ("traffic", index)
            if traffic.queue not in known and queues:
                hint = did_you_mean(traffic.queue, sorted(known))
                message = f"there is no queue `{traffic.queue}`"
                self._complain((*place, "queue"), message, hint)
            stream = self._stream(traffic, place)
            if stream is not None:
                yield stream

    def _stream(self, traffic: Traffic, place: Location) -> Stream | None:
        arrivals = self._arrivals(traffic.arrivals, (*place, "arrivals"))
        key = "talk_seconds" if traffic.handle_seconds is None else "handle_seconds"
        time = traffic.handle_seconds or traffic.talk_seconds
        assert time is not None
        busy = self._time(time, (*place, key))
        patience = None
        if traffic.patience_seconds is not None:
            patience = self._time(traffic.patience_seconds, (*place, "patience_seconds"))
        if arrivals is None or busy is None:
            return None
        return Stream(
            traffic.queue,
            arrivals,
            busy,
            wraps_up=traffic.talk_seconds is not None,
            patience=patience,
            skills=traffic.skills,
            language=traffic.language,
            priority=traffic.priority,
        )

    def _time(self, time: Time, place: Location) -> Distribution | None:
        if not isinstance(time, EmpiricalTime) or time.file is None:
            return time.distribution()
        try:
            return Empirical(read_seconds(time.file))
        except ConfigurationError as error:
            self._problems += error.problems
            return None

    def _arrivals(self, arrivals: ArrivalsSection, place: Location) -> Arrivals | None:
        if arrivals.per_hour is not None:
            return ByRate(arrivals.per_hour / HOUR)
        try:
            if arrivals.trace is not None:
                return Trace(read_times(arrivals.trace))
            table = arrivals.intervals
            assert table is not None
            if table.file is None:
                return ByInterval(table.from_, table.minutes * 60, table.calls or ())
            return self._table(read_calls(table.file), table.file, table.minutes * 60)
        except ConfigurationError as error:
            self._problems += error.problems
            return None

    def _table(
        self, rows: Sequence[tuple[float, float]], file: Path, seconds: float
    ) -> Arrivals | None:
        times = [time for time, _ in rows]
        for index in range(1, len(times)):
            if abs(times[index] - times[index - 1] - seconds) > 1e-6:
                message = (
                    f"row {index + 1} does not begin {seconds / 60:g} minutes after the one above"
                )
                hint = "give every interval, in order; `minutes` says how long each is"
                self._problems.append(Problem(str(file), 0, 0, message, hint))
                return None
        return ByInterval(times[0], seconds, [calls for _, calls in rows])

    def _complain(self, place: Location, message: str, hint: str = "") -> None:
        self._problems.append(self._source.problem(place, message, hint))


def _span(hours: Hours) -> Span:
    return Span(hours.from_, hours.to)
