"""PURE: what the parts of one configuration must agree on: names are given once, and are there.

Each function looks at what is right by itself, and yields what is wrong between its parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from switch.errors import Problem
from switch.settings.overflow_circles import circles
from switch.settings.people import Agent
from switch.settings.queues import Queue
from switch.settings.trunks import Trunk
from switch.yaml_source import Location, YamlSource
from switch.yaml_wording import did_you_mean


def trunks_mistakes(source: YamlSource, trunks: Sequence[Trunk]) -> Iterator[Problem]:
    """Yield trunks, networks and certificates that are given twice."""
    yield from _given_twice(source, "trunk", _named("trunks", trunks))
    for what in ("network", "certificate"):
        told = (
            (("trunks", index, f"{what}s", number), each)
            for index, trunk in enumerate(trunks)
            for number, each in enumerate(getattr(trunk, f"{what}s"))
        )
        yield from _given_twice(source, what, told)


def agents_mistakes(
    source: YamlSource, agents: Sequence[tuple[Location, Agent]]
) -> Iterator[Problem]:
    """Yield agents and headset accounts that are given twice; each agent comes with its place."""
    yield from _given_twice(
        source, "agent", (((*place, "id"), agent.id) for place, agent in agents)
    )
    usernames = (
        ((*place, "headset", "username"), agent.headset.username)
        for place, agent in agents
        if agent.headset is not None
    )
    yield from _given_twice(source, "headset account", usernames)


def queues_mistakes(
    source: YamlSource, queues: Sequence[Queue], agents: Iterable[Agent] | None
) -> Iterator[Problem]:
    """Yield queues that are given twice, and queues and sites that are named but not there.

    Args:
        agents: who is at the sites; None: not known while something is wrong with them.
    """
    yield from _given_twice(source, "queue", _named("queues", queues))
    names = [queue.name for queue in queues]
    sites = sorted({agent.site for agent in agents or () if agent.site})
    for index, queue in enumerate(queues):
        place = ("queues", index)
        if queue.overflow is not None and queue.overflow.to not in names:
            to = queue.overflow.to
            hint = did_you_mean(to, names)
            yield source.problem((*place, "overflow", "to"), f"there is no queue `{to}`", hint)
        for where, site in _sites(queue):
            if site not in sites and agents is not None:
                message = f"no agent is at the site `{site}`"
                yield source.problem((*place, *where), message, did_you_mean(site, sites))
    for circle in circles(queues):
        if circle.waits_for_ever:
            yield source.problem(circle.place, *circle.mistake)


def _named(top: str, entries: Iterable[Trunk | Queue]) -> Iterator[tuple[Location, str]]:
    return (((top, index, "name"), entry.name) for index, entry in enumerate(entries))


def _given_twice(
    source: YamlSource, what: str, names: Iterable[tuple[Location, str]]
) -> Iterator[Problem]:
    first: dict[str, Location] = {}
    told: set[Location] = set()
    for place, name in names:
        if name in first and place not in told:
            line, _ = source.position(first[name])
            message = f"the {what} `{name}` is given twice; it stands already in line {line}"
            if place == first[name]:
                message = f"makes the {what} `{name}` more than once"
            told.add(place)
            yield source.problem(place, message, "put `{n}` into it" if "generate" in place else "")
        first.setdefault(name, place)


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
