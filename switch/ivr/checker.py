"""PURE: what is wrong with a flow whose parts are right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from switch.errors import Problem
from switch.ivr.check_names import check_names, check_variables
from switch.ivr.check_prompts import SoundFiles, check_prompts
from switch.ivr.check_secrets import check_secrets
from switch.ivr.check_ways import Summary, check_ways
from switch.ivr.check_work import check_work
from switch.ivr.models import FlowFile
from switch.yaml_source import YamlSource


@dataclass(frozen=True, slots=True)
class Known:
    """What the configuration has, for a flow to name. None: not checked."""

    queues: frozenset[str]
    skills: frozenset[str]
    agents: frozenset[str] | None = None
    """Their ids."""
    sites: frozenset[str] | None = None
    tables: frozenset[str] | None = None
    """Of `lookup`."""
    columns: frozenset[str] | None = None
    """Of these tables, as `TABLE.COLUMN`."""
    hosts: frozenset[str] | None = None
    """That `http` may ask, as they stand in the URL: `api.example.com`, `127.0.0.1:8080`."""
    trunks: frozenset[str] | None = None
    """Through which outside numbers may be dialled."""
    mailboxes: frozenset[str] | None = None
    """Of `record`; None: a box is made when it is first used."""


def check_flow(
    file: FlowFile,
    source: YamlSource,
    sounds: SoundFiles,
    known: Known | None,
    others: Mapping[str, Summary],
) -> Iterator[Problem]:
    """Yield every problem of one file.

    Args:
        known: None: names outside of the flow are not checked.
        others: what the flows do that this one calls, by name.
    """
    yield from check_names(file, source, known)
    yield from check_prompts(file, source, sounds)
    yield from check_variables(file, source)
    yield from check_secrets(file, source)
    yield from check_work(file, source)
    yield from check_ways(file, source, others)
