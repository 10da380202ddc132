"""Read the four files of a configuration directory into one `Settings`.

Everything wrong in all of them is told at once, each with file, line and column. What
is unwise but works (a queue that nobody can serve) is a warning.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from switch.errors import ConfigurationError, Problem
from switch.settings.agreement import agents_mistakes, queues_mistakes, trunks_mistakes
from switch.settings.doubts import doubts
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
from switch.settings.overrides import OverriddenSource, read_override
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
from switch.skills_fields import skills_of
from switch.yaml_source import Location, YamlSource

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
        self._sources: dict[str, OverriddenSource] = {}

    def load(self) -> Settings:
        if not self._directory.is_dir():
            message = "is not a directory with configuration files"
            raise ConfigurationError([Problem(str(self._directory), 0, 0, message)])
        for name in FILES:
            try:
                self._sources[name] = OverriddenSource.load(self._directory / name)
            except ConfigurationError as error:
                self._problems += error.problems
        self._lay_over()
        main = self._validated("freeline.yaml", MainFile)
        trunks = self._validated("trunks.yaml", TrunksFile)
        before = len(self._problems)
        agents = self._agents()
        all_known = "agents.yaml" in self._sources and len(self._problems) == before
        queues = self._validated("queues.yaml", QueuesFile)
        people = tuple(agent for _, agent in agents)
        if trunks is not None:
            self._problems += trunks_mistakes(self._sources["trunks.yaml"], trunks.trunks)
        if agents:
            self._problems += agents_mistakes(self._sources["agents.yaml"], agents)
        if queues is not None:
            source = self._sources["queues.yaml"]
            known = people if all_known else None
            self._problems += queues_mistakes(source, queues.queues, known)
        if self._problems or main is None or trunks is None or queues is None:
            raise ConfigurationError(self._problems)
        return Settings(
            directory=self._surroundings.directory,
            **{name: getattr(main, name) for name in MainFile.model_fields},
            dns=trunks.dns,
            trunks=trunks.trunks,
            agents=people,
            queues=queues.queues,
            warnings=tuple(doubts(self._sources["queues.yaml"], queues.queues, people)),
            sources=self._sources,
        )

    def _lay_over(self) -> None:
        """Lay single values over the main file."""
        source = self._sources.get("freeline.yaml")
        for override in self._overrides:
            try:
                keys, value = read_override(override)
            except ConfigurationError as error:
                self._problems += error.problems
                continue
            if source is not None:
                source.lay_over(keys, value)

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
