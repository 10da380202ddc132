"""PURE: all that a caller asks of an agent, and how that is relaxed while waiting.

A *need* becomes *tiers*: sets of agents in order of preference. Tier 0 may serve at once,
each further one once the caller has waited so long. Whoever fits an earlier tier is always
taken before whoever fits only a later one, however long the caller has waited: a
relaxation opens a door and closes none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from switch.errors import RoutingError
from switch.frozen import frozen
from switch.routing.skill import ANYBODY, Requirement, all_of, check_levels, requirement

LANGUAGE = "language:"
"""Begins the name of the skill that stands for speaking a language."""


@frozen()
class SiteGroup:
    """Sites that may serve, once the caller has waited so long."""

    sites: frozenset[str]
    """Empty: any site."""
    after_seconds: float = 0.0


ANY_SITE = SiteGroup(frozenset())


@frozen()
class Relaxation:
    """What changes for a caller who has waited so long. Steps add up."""

    after_seconds: float
    lower: tuple[tuple[str, int], ...] = ()
    """Skill -> the level that is enough from now on."""
    drop: frozenset[str] = frozenset()
    """Skills that are not looked at any more."""
    any_site: bool = False
    sites: frozenset[str] = frozenset()
    """Sites that may serve from now on, too."""
    add_priority: int = 0
    instead: Requirement | None = None
    """What is required from now on, in place of all before; `lower` and `drop` come on top."""


@frozen()
class TierPlan:
    """Who may serve from when on, besides those of the tiers before."""

    after_seconds: float
    requirement: Requirement
    sites: frozenset[str]
    """Empty: any site."""

    def __str__(self) -> str:
        return (
            f"{self.requirement} at {' or '.join(sorted(self.sites))}"
            if self.sites
            else str(self.requirement)
        )


@frozen()
class Need:
    """What a queue, or a caller on top of it, asks for. Hashable; `Need.of` makes one."""

    requirement: Requirement = ANYBODY
    preferred: tuple[tuple[str, int], ...] = ()
    """Skill and level: who has more of these is taken first. Excludes nobody."""
    sites: tuple[SiteGroup, ...] = ()
    """In order of preference; empty: any site."""
    relaxations: tuple[Relaxation, ...] = ()

    @classmethod
    def of(
        cls,
        skills: Mapping[str, Any] | None = None,
        *,
        preferred: Mapping[str, int] | None = None,
        language: str = "",
        language_level: int = 1,
        sites: Sequence[SiteGroup] = (),
        relax: Sequence[Relaxation] = (),
        whose: str = "contact",
    ) -> Need:
        """Return a need from data as it stands in files; `skills` as in `skill.py`.

        Raises:
            RoutingError: skills of another form, or an impossible level.
        """
        required = requirement(skills or {}, whose)
        if language:
            spoken = {LANGUAGE + language: language_level}
            required = all_of(required, requirement(spoken, whose))
        check_levels(preferred or {}, whose)
        for step in relax:
            check_levels(dict(step.lower), whose)
            if step.after_seconds < 0:
                raise RoutingError(f"{whose}: a relaxation after {step.after_seconds} seconds")
        return cls(
            required,
            tuple(sorted((preferred or {}).items())),
            tuple(sites),
            tuple(sorted(relax, key=lambda step: step.after_seconds)),
        )

    def data(self) -> dict[str, Any]:
        """Return the need as plain data, of which `Need.of_data` makes it again."""
        if self == NO_NEED:
            return {}
        return {
            "skills": self.requirement.data(),
            "preferred": dict(self.preferred),
            "sites": [[sorted(group.sites), group.after_seconds] for group in self.sites],
            "relax": [
                {
                    "after_seconds": step.after_seconds,
                    "lower": dict(step.lower),
                    "drop": sorted(step.drop),
                    "any_site": step.any_site,
                    "sites": sorted(step.sites),
                    "add_priority": step.add_priority,
                }
                for step in self.relaxations
            ],
        }

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> Need:
        """Return the need whose `data` this is."""
        return cls.of(
            data.get("skills"),
            preferred=data.get("preferred"),
            sites=[SiteGroup(frozenset(sites), after) for sites, after in data.get("sites", ())],
            relax=[
                Relaxation(
                    step["after_seconds"],
                    tuple(sorted(step["lower"].items())),
                    frozenset(step["drop"]),
                    step["any_site"],
                    frozenset(step["sites"]),
                    step["add_priority"],
                )
                for step in data.get("relax", ())
            ],
        )

    def with_extra(self, extra: Need) -> Need:
        """Return what a caller of a queue needs who brings a need of the own.

        Skills add up; sites and relaxations of the caller stand in for the queue's.
        """
        relaxations = tuple(
            step
            if step.instead is None
            else replace(step, instead=all_of(self.requirement, step.instead))
            for step in extra.relaxations
        )
        return Need(
            all_of(self.requirement, extra.requirement),
            tuple(sorted({**dict(self.preferred), **dict(extra.preferred)}.items())),
            extra.sites or self.sites,
            relaxations or self.relaxations,
        )

    def tiers(self) -> tuple[TierPlan, ...]:
        """Return the tiers in order of preference and time; one at least."""
        groups = sorted(self.sites, key=lambda group: group.after_seconds) or [ANY_SITE]
        opened = [group.sites for group in groups[:1]]
        required = self.requirement
        plans = [TierPlan(0.0, required, opened[0])]
        steps: list[tuple[float, SiteGroup | Relaxation]] = [
            *((group.after_seconds, group) for group in groups[1:]),
            *((step.after_seconds, step) for step in self.relaxations),
        ]
        for after, step in sorted(steps, key=lambda entry: entry[0]):
            if isinstance(step, SiteGroup):
                further = [step.sites]
                relaxed = required
            else:
                further = [frozenset()] if step.any_site else [step.sites] if step.sites else []
                relaxed = required if step.instead is None else step.instead
                relaxed = relaxed.lowered(dict(step.lower)).without(step.drop)
            if relaxed != required:
                required = relaxed
                plans += [TierPlan(after, required, sites) for sites in opened]
            for sites in further:
                if sites not in opened:
                    opened.append(sites)
                    plans.append(TierPlan(after, required, sites))
        return tuple(plans)

    def added_priorities(self) -> tuple[tuple[float, int], ...]:
        """Return from when on how much is added to the priority, each on top of the last."""
        return tuple(
            (step.after_seconds, step.add_priority)
            for step in self.relaxations
            if step.add_priority
        )


NO_NEED = Need()


@frozen()
class Traits:
    """What an agent has, as needs see it."""

    skills: Mapping[str, int] = field(default_factory=dict)
    """Languages among them, as `language:es`."""
    site: str = ""

    def fits(self, plan: TierPlan) -> bool:
        """Whether someone like this may serve in a tier."""
        return (not plan.sites or self.site in plan.sites) and plan.requirement.is_met_by(
            self.skills
        )
