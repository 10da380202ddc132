"""PURE: skills with levels, and what a caller requires of an agent.

A requirement is a small boolean expression over skills. As data, in files and in calls:

    {orders: 5, english: 3}                    every one of them, at that level or above
    {all: [..., ...], any: [..., ...]}         parts that are such data again
    {orders: 5, not: {french: 1}}              and what must not be

Requirements compare and hash by what they mean as far as sorting and merging can tell, so
that callers who need the same stand in one line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from switch.errors import RoutingError
from switch.frozen import frozen

LOWEST_LEVEL = 1
HIGHEST_LEVEL = 10

_WORDS = ("all", "any", "not")
_DEEPEST = 8


def check_levels(skills: Mapping[str, int], whose: str) -> None:
    """Raise RoutingError unless every level is between 1 and 10."""
    for skill, level in skills.items():
        if isinstance(level, bool) or not isinstance(level, int):
            raise RoutingError(f"{whose}: level {level!r} of skill {skill!r} is not a number")
        if not LOWEST_LEVEL <= level <= HIGHEST_LEVEL:
            raise RoutingError(
                f"{whose}: level {level} of skill {skill!r} is not "
                f"between {LOWEST_LEVEL} and {HIGHEST_LEVEL}"
            )


class Requirement:
    """What an agent must be able to do. Hashable; made by `requirement`."""

    __slots__ = ()

    def is_met_by(self, skills: Mapping[str, int]) -> bool:
        """Whether someone with these skills may serve the caller."""
        raise NotImplementedError

    def lacks(self, skills: Mapping[str, int]) -> list[str]:
        """Return in words what someone with these skills lacks; empty when nothing."""
        raise NotImplementedError

    def names(self) -> Iterator[str]:
        """Yield the skills that count in favour of an agent."""
        yield from ()

    def lowered(self, levels: Mapping[str, int]) -> Requirement:
        """Return the requirement with no more than these levels asked of these skills."""
        return self

    def without(self, skills: frozenset[str]) -> Requirement:
        """Return the requirement that does not look at these skills any more."""
        return self

    def data(self) -> dict[str, Any]:
        """Return the data that `requirement` makes this of."""
        raise NotImplementedError


@frozen()
class Has(Requirement):
    """A skill at a level, or above."""

    skill: str
    level: int

    def is_met_by(self, skills: Mapping[str, int]) -> bool:
        return skills.get(self.skill, 0) >= self.level

    def lacks(self, skills: Mapping[str, int]) -> list[str]:
        level = skills.get(self.skill, 0)
        if level >= self.level:
            return []
        return [f"{self} (has {level})" if level else str(self)]

    def names(self) -> Iterator[str]:
        yield self.skill

    def lowered(self, levels: Mapping[str, int]) -> Requirement:
        return Has(self.skill, min(self.level, levels.get(self.skill, self.level)))

    def without(self, skills: frozenset[str]) -> Requirement:
        return ANYBODY if self.skill in skills else self

    def data(self) -> dict[str, Any]:
        return {self.skill: self.level}

    def __str__(self) -> str:
        return f"{self.skill}>={self.level}"


@frozen()
class AllOf(Requirement):
    """Every part. Made by `all_of`, which sorts and merges."""

    parts: tuple[Requirement, ...] = ()

    def is_met_by(self, skills: Mapping[str, int]) -> bool:
        return all(part.is_met_by(skills) for part in self.parts)

    def lacks(self, skills: Mapping[str, int]) -> list[str]:
        return [word for part in self.parts for word in part.lacks(skills)]

    def names(self) -> Iterator[str]:
        for part in self.parts:
            yield from part.names()

    def lowered(self, levels: Mapping[str, int]) -> Requirement:
        return all_of(*(part.lowered(levels) for part in self.parts))

    def without(self, skills: frozenset[str]) -> Requirement:
        return all_of(*(part.without(skills) for part in self.parts))

    def data(self) -> dict[str, Any]:
        return {"all": [part.data() for part in self.parts]} if self.parts else {}

    def __str__(self) -> str:
        """For a person: `english>=3, orders>=5`; `any skills` when nothing is required."""
        return ", ".join(map(str, self.parts)) or "any skills"


ANYBODY = AllOf()
"""Requires nothing."""


@frozen()
class AnyOf(Requirement):
    """One part at least. Made by `any_of`."""

    parts: tuple[Requirement, ...]

    def is_met_by(self, skills: Mapping[str, int]) -> bool:
        return any(part.is_met_by(skills) for part in self.parts)

    def lacks(self, skills: Mapping[str, int]) -> list[str]:
        return [] if self.is_met_by(skills) else [str(self)]

    def names(self) -> Iterator[str]:
        for part in self.parts:
            yield from part.names()

    def lowered(self, levels: Mapping[str, int]) -> Requirement:
        return any_of(*(part.lowered(levels) for part in self.parts))

    def without(self, skills: frozenset[str]) -> Requirement:
        return any_of(*(part.without(skills) for part in self.parts))

    def data(self) -> dict[str, Any]:
        return {"any": [part.data() for part in self.parts]}

    def __str__(self) -> str:
        return " or ".join(
            f"({part})" if isinstance(part, AllOf) else str(part) for part in self.parts
        )


@frozen()
class Not(Requirement):
    """What must not be met. Relaxing never tightens: levels in here stay as they are."""

    part: Requirement

    def is_met_by(self, skills: Mapping[str, int]) -> bool:
        return not self.part.is_met_by(skills)

    def lacks(self, skills: Mapping[str, int]) -> list[str]:
        return [] if self.is_met_by(skills) else [str(self)]

    def without(self, skills: frozenset[str]) -> Requirement:
        return ANYBODY if skills.intersection(self.part.names()) else self

    def data(self) -> dict[str, Any]:
        return {"not": [self.part.data()]}

    def __str__(self) -> str:
        return f"not {self.part}" if isinstance(self.part, Has) else f"not ({self.part})"


def all_of(*parts: Requirement) -> Requirement:
    """Return what meets all parts: of one skill the highest level counts."""
    levels: dict[str, int] = {}
    others: dict[Requirement, None] = {}
    for part in parts:
        for each in part.parts if isinstance(part, AllOf) else (part,):
            if isinstance(each, Has):
                levels[each.skill] = max(each.level, levels.get(each.skill, LOWEST_LEVEL))
            else:
                others[each] = None
    merged = [Has(skill, level) for skill, level in sorted(levels.items())]
    found = (*merged, *sorted(others, key=str))
    return found[0] if len(found) == 1 else AllOf(found)


def any_of(*parts: Requirement) -> Requirement:
    """Return what meets one part at least; anybody does if one part requires nothing."""
    found = dict.fromkeys(parts)
    if ANYBODY in found:
        return ANYBODY
    return parts[0] if len(found) == 1 else AnyOf(tuple(sorted(found, key=str)))


def requirement(data: Mapping[str, Any], whose: str = "contact", depth: int = 0) -> Requirement:
    """Return the requirement that data stands for; the form is in the module's docstring.

    Raises:
        RoutingError: the data has another form, or a level that is not 1 to 10.
    """
    if depth > _DEEPEST:
        raise RoutingError(f"{whose}: skills nested deeper than {_DEEPEST}")
    if not isinstance(data, Mapping):
        raise RoutingError(f"{whose}: skills are a mapping of names to levels, not {data!r}")
    levels = {name: level for name, level in data.items() if name not in _WORDS}
    check_levels(levels, whose)
    parts: list[Requirement] = [Has(skill, level) for skill, level in levels.items()]
    for word in _WORDS:
        if data.get(word) is None:
            continue
        inner = data[word]
        listed = inner if isinstance(inner, Sequence) and not isinstance(inner, str) else [inner]
        found = [requirement(each, whose, depth + 1) for each in listed]
        if not found:
            raise RoutingError(f"{whose}: `{word}` lists nothing")
        if word == "all":
            parts += found
        elif word == "any":
            parts.append(any_of(*found))
        else:
            parts.append(Not(any_of(*found)))
    return all_of(*parts)
