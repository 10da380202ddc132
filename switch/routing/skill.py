"""PURE: skills with levels, and what a caller requires of an agent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from switch.errors import RoutingError

LOWEST_LEVEL = 1
HIGHEST_LEVEL = 10


def check_levels(skills: Mapping[str, int], whose: str) -> None:
    """Raise RoutingError unless every level is between 1 and 10."""
    for skill, level in skills.items():
        if not LOWEST_LEVEL <= level <= HIGHEST_LEVEL:
            raise RoutingError(
                f"{whose}: level {level} of skill {skill!r} is not "
                f"between {LOWEST_LEVEL} and {HIGHEST_LEVEL}"
            )


@dataclass(frozen=True, slots=True)
class Requirement:
    """Skills that an agent must have, each at a lowest level. Hashable."""

    minimums: tuple[tuple[str, int], ...] = ()
    """Skill and lowest level, sorted by skill."""

    @classmethod
    def of(cls, *demands: Mapping[str, int]) -> Requirement:
        """Return what meets all demands: the highest level asked of each skill."""
        merged: dict[str, int] = {}
        for demand in demands:
            for skill, level in demand.items():
                merged[skill] = max(level, merged.get(skill, LOWEST_LEVEL))
        return cls(tuple(sorted(merged.items())))

    def is_met_by(self, skills: Mapping[str, int]) -> bool:
        """Whether someone with these skills may serve the caller."""
        return all(skills.get(skill, 0) >= level for skill, level in self.minimums)

    def __str__(self) -> str:
        """For a person: `orders>=5, english>=3`; `any skills` when nothing is required."""
        return ", ".join(f"{skill}>={level}" for skill, level in self.minimums) or "any skills"
