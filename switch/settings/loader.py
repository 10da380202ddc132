"""Read the four files of a configuration directory into one `Settings`.

Everything wrong in all of them is told at once, each with file, line and column. What
is unwise but works (a queue that nobody can serve) is a warning.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from switch.errors import ConfigurationError, Problem
from switch.settings.fields import Section, Surroundings
from switch.settings.main_file import (
    Control,
    DialledNumber,
    FeatureCodes,
    Limits,
    Log,
    MainFile,
    Media,
    Mqtt,
    Records,
    Routing,
    Telemetry,
)
from switch.settings.outside import Http, Mail, Table
from switch.settings.overflow_circles import circles
from switch.settings.people import (
    Agent,
    AgentsFile,
    GeneratedAgents,
    Headsets,
)
from switch.settings.queues import Queue, QueuesFile
from switch.settings.sip import Sip
from switch.settings.trace import Trace
from switch.settings.trunks import Dns, Trunk, TrunksFile
from switch.skills_fields import plain_levels, skills_of
from switch.yaml_source import Location, YamlSource
from switch.yaml_wording import did_you_mean

FILES = ("freeline.yaml", "trunks.yaml", "agents.yaml", "queues.yaml")


def file_model(name: str) -> type[Section]:
    """Return the model of one of `FILES`."""
    models: tuple[type[Section], ...] = (MainFile, TrunksFile, AgentsFile, QueuesFile)
    return dict(zip(FILES, models, strict=True))[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an operator can set, checked. Never changes while it is in force."""

    directory: Path
    """Absolute path of the configuration directory."""
    site: str
    zone: str | None
    """In which flows tell the time; None: this machine's."""
    sip: Sip
    numbers: Mapping[str, str | None]
    """E.164 -> name of the flow that answers; None: out of service."""
    number_languages: Mapping[str, str]
    """E.164 -> language of its callers, for example `mr`."""
    dialled_number: DialledNumber
    flows: Path
    media: Media
    records: Records
    mqtt: Mqtt
    mail: Mail | None
    http: Http
    tables: Mapping[str, Table]
    telemetry: Telemetry
    log: Log
    feature_codes: FeatureCodes
    headsets: Headsets
    routing: Routing
    control: Control
    trace: Trace
    limits: Limits
    dns: Dns
    trunks: tuple[Trunk, ...]
    agents: tuple[Agent, ...]
    queues: tuple[Queue, ...]
    warnings: tuple[Problem, ...]
    """What works but is probably not meant."""
    sources: Mapping[str, YamlSource]
    """File name -> the parsed file, for placing problems that are found later."""

    def accounts(self) -> dict[str, dict[str, str]]:
        """Return headset username -> digest algorithm -> HA1. Secrets: never log them."""
        realm = self.sip.realm
        return {
            agent.headset.username: agent.headset.headset_ha1(realm)
            for agent in self.agents
            if agent.headset is not None
        }

    def skills(self) -> frozenset[str]:
        """Return every skill that an agent has or a queue asks for."""
        asked = {
            skill
            for queue in self.queues
            for needed in (queue.skills, queue.preferred)
            for _, skill in skills_of(needed)
        }
        return frozenset(asked.union(*(agent.skills for agent in self.agents)))

    def problem(
        self, file: str, location: Location, message: str, hint: str = "", *, key: bool = False
    ) -> Problem:
        """Return a problem placed in one of the files, for example a number without a flow.

        Args:
            file: One of `FILES`.
            location: Path of the value; `("numbers", "+18005550100")`.
        """
        return self.sources[file].problem(location, message, hint, key=key)


def load_settings(
    directory: Path,
    environment: Mapping[str, str] = os.environ,
    overrides: Sequence[str] = (),
) -> Settings:
    """Read and check a configuration directory.

    Args:
        directory: Holds freeline.yaml, trunks.yaml, agents.yaml and queues.yaml.
        environment: Where `password_env` is looked up.
        overrides: `section.key=VALUE`, laid over freeline.yaml; VALUE is YAML.

    Raises:
        ConfigurationError: with every problem of all four files.
    """
    surroundings = Surroundings(directory.absolute(), environment)
    return _Loader(directory, surroundings, overrides).load()


_Model = TypeVar("_Model", bound=Section)


class _Loader:
    """One reading of one directory."""

    def __init__(
        self, directory: Path, surroundings: Surroundings, overrides: Sequence[str]
    ) -> None:
        self._directory = directory
        self._overrides = overrides
        self._surroundings = surroundings
        self._problems: list[Problem] = []
        self._sources: dict[str, YamlSource] = {}

    def load(self) -> Settings:
        if not self._directory.is_dir():
            message = "is not a directory with configuration files"
            raise ConfigurationError([Problem(str(self._directory), 0, 0, message)])
        for name in FILES:
            try:
                self._sources[name] = YamlSource.load(self._directory / name)
            except ConfigurationError as error:
                self._problems += error.problems
        for override in self._overrides:
            self._override(override)
        main = self._validated("freeline.yaml", MainFile)
        trunks = self._validated("trunks.yaml", TrunksFile)
        agents = self._agents()
        queues = self._validated("queues.yaml", QueuesFile)
        if trunks is not None:
            self._check_trunks(trunks.trunks)
        self._check_agents(agents)
        if queues is not None:
            self._check_distinct("queues.yaml", "queue", _named("queues", queues.queues))
            self._check_queues(queues.queues, [agent for _, agent in agents])
        if self._problems or main is None or trunks is None or queues is None:
            raise ConfigurationError(self._problems)
        people = tuple(agent for _, agent in agents)
        return Settings(
            directory=self._surroundings.directory,
            **{name: getattr(main, name) for name in MainFile.model_fields},
            dns=trunks.dns,
            trunks=trunks.trunks,
            agents=people,
            queues=queues.queues,
            warnings=tuple(self._warnings(people, queues.queues)),
            sources=self._sources,
        )

    def _validated(self, name: str, model: type[_Model]) -> _Model | None:
        source = self._sources.get(name)
        if source is None:
            return None
        return self._part(source, model, source.data, ())

    def _part(
        self, source: YamlSource, model: type[_Model], data: Any, prefix: Location
    ) -> _Model | None:
        try:
            return model.model_validate(data, context=self._surroundings)
        except ValidationError as error:
            self._problems += source.problems(error, model, prefix)
            return None

    def _override(self, override: str) -> None:
        """Lay `section.key=VALUE` over the main file."""
        path, equals, text = override.partition("=")
        keys = path.strip().split(".")
        try:
            if not equals or not all(keys):
                raise ConfigurationError(
                    [Problem(f"--set {override}", 0, 0, "is not like section.key=VALUE")]
                )
            value = YamlSource.parse(text, f"--set {override}").data
        except ConfigurationError as error:
            self._problems += error.problems
            return
        source = self._sources.get("freeline.yaml")
        if source is None or not isinstance(source.data, dict):
            return
        place = source.data
        for key in keys[:-1]:
            below = place.get(key)
            if not isinstance(below, dict):
                below = place[key] = {}
            place = below
        place[keys[-1]] = value

    def _agents(self) -> list[tuple[Location, Agent]]:
        """Return every agent that is right, with its place in the file."""
        file = self._validated("agents.yaml", AgentsFile)
        source = self._sources.get("agents.yaml")
        found: list[tuple[Location, Agent]] = []
        if file is None or source is None:
            return found
        for index, data in enumerate(file.agents):
            place: Location = ("agents", index)
            entries: Iterable[Any] = (data,)
            if isinstance(data, dict) and "generate" in data:
                many = self._part(source, GeneratedAgents, data, place)
                if many is None:
                    continue
                entries = many.generate.expand()
                place = ("agents", index, "generate", "agent")
            for entry in entries:
                agent = self._part(source, Agent, entry, place)
                if agent is None:  # what is wrong in one made agent is wrong in all
                    break
                found.append((place, agent))
        return found

    def _check_trunks(self, trunks: Iterable[Trunk]) -> None:
        trunks = tuple(trunks)
        self._check_distinct("trunks.yaml", "trunk", _named("trunks", trunks))
        networks = (
            (("trunks", index, "networks", number), network)
            for index, trunk in enumerate(trunks)
            for number, network in enumerate(trunk.networks)
        )
        self._check_distinct("trunks.yaml", "network", networks)

    def _check_agents(self, agents: Iterable[tuple[Location, Agent]]) -> None:
        agents = tuple(agents)
        ids = (((*place, "id"), agent.id) for place, agent in agents)
        self._check_distinct("agents.yaml", "agent", ids)
        usernames = (
            ((*place, "headset", "username"), agent.headset.username)
            for place, agent in agents
            if agent.headset is not None
        )
        self._check_distinct("agents.yaml", "headset account", usernames)

    def _check_queues(self, queues: tuple[Queue, ...], agents: Sequence[Agent]) -> None:
        """See that queues name queues and sites that there are."""
        source = self._sources["queues.yaml"]
        names = [queue.name for queue in queues]
        sites = sorted({agent.site for agent in agents if agent.site})
        for index, queue in enumerate(queues):
            place = ("queues", index)
            if queue.overflow is not None and queue.overflow.to not in names:
                to = queue.overflow.to
                message = f"there is no queue `{to}`"
                hint = did_you_mean(to, names)
                overflow = (*place, "overflow", "to")
                self._problems.append(source.problem(overflow, message, hint))
            for where, site in _sites(queue):
                if site not in sites:
                    message = f"no agent is at the site `{site}`"
                    hint = did_you_mean(site, sites)
                    self._problems.append(source.problem((*place, *where), message, hint))
        for circle in circles(queues):
            if circle.waits_for_ever:
                self._problems.append(source.problem(circle.place, *circle.mistake))

    def _check_distinct(self, file: str, what: str, names: Iterable[tuple[Location, str]]) -> None:
        first: dict[str, Location] = {}
        told: set[Location] = set()
        source = self._sources.get(file)
        for place, name in names:
            if name in first and source is not None and place not in told:
                line, _ = source.position(first[name])
                message = f"the {what} `{name}` is given twice; it stands already in line {line}"
                if place == first[name]:
                    message = f"makes the {what} `{name}` more than once"
                told.add(place)
                hint = "put `{n}` into it" if "generate" in place else ""
                self._problems.append(source.problem(place, message, hint))
            first.setdefault(name, place)

    def _warnings(self, agents: tuple[Agent, ...], queues: tuple[Queue, ...]) -> Iterator[Problem]:
        source = self._sources["queues.yaml"]
        best: dict[str, int] = {}
        for agent in agents:
            for skill, level in agent.skills.items():
                best[skill] = max(level, best.get(skill, 0))
        for index, queue in enumerate(queues):
            place = ("queues", index, "skills")
            able = True
            for skill, level in plain_levels(queue.skills).items():
                if best.get(skill, 0) < level:
                    able = False
                    has = f"the best has {best[skill]}" if skill in best else "nobody has the skill"
                    message = f"no agent has `{skill}` at level {level} or more: {has}"
                    where = (*place, skill) if skill in queue.skills else place
                    yield source.problem(where, message, key=True)
            if able and not qualified(agents, queue):
                message = "no agent has all the skills that this queue asks for"
                yield source.problem(place, message, key=True)
        yield from self._idle_words(best.keys(), queues)
        for circle in circles(queues):
            yield source.problem(circle.place, circle.warning)

    def _idle_words(self, had: Iterable[str], queues: tuple[Queue, ...]) -> Iterator[Problem]:
        """Yield skills that are preferred or relaxed and that nobody has: they do nothing."""
        source = self._sources["queues.yaml"]
        known = sorted(had)
        for index, queue in enumerate(queues):
            named: list[tuple[Location, str]] = [
                (("preferred", name), name) for name in queue.preferred
            ]
            for step, relax in enumerate(queue.relax):
                named += [(("relax", step, "lower", name), name) for name in relax.lower]
                named += [(("relax", step, "drop"), name) for name in relax.drop]
            for place, name in named:
                if name not in known:
                    where = ("queues", index, *place)
                    hint = did_you_mean(name, known)
                    message = f"no agent has the skill `{name}`: this does nothing"
                    yield source.problem(where, message, hint, key=True)


def _named(top: str, entries: Iterable[Trunk | Queue]) -> Iterator[tuple[Location, str]]:
    return (((top, index, "name"), entry.name) for index, entry in enumerate(entries))


def qualified(agents: Iterable[Agent], queue: Queue) -> list[Agent]:
    """Return the agents whose skills satisfy a queue."""
    return [agent for agent in agents if _has(agent.skills, queue.skills)]


def _has(skills: Mapping[str, int], needed: Mapping[str, Any]) -> bool:
    """Whether someone with these skills has what is needed."""
    for name, inner in needed.items():
        parts = [_has(skills, each) for each in (inner if isinstance(inner, list) else ())]
        match name:
            case "all":
                met = all(parts)
            case "any":
                met = any(parts)
            case "not":
                met = not (any(parts) if isinstance(inner, list) else _has(skills, inner))
            case _:
                met = skills.get(name, 0) >= inner
        if not met:
            return False
    return True


def _sites(queue: Queue) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the sites that a queue names, with their places."""
    groups: list[tuple[tuple[str, int], Iterable[str]]] = [
        *((("sites", index), group.sites) for index, group in enumerate(queue.sites)),
        *((("relax", index), step.sites) for index, step in enumerate(queue.relax)),
    ]
    for place, sites in groups:
        if sites != "any":
            for number, site in enumerate(sites):
                yield (*place, "sites", number), site
