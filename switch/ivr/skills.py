"""PURE: skills as flows ask for them: `{orders: 5}`, or `all`, `any` and `not` of such."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema

from switch.ivr.fields import Location, OutsideName
from switch.yaml_wording import complaint_at

MAX_DEPTH = 5
MAX_SKILLS = 50

_GROUPS = frozenset({"all", "any", "not"})


def _checked(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise complaint_at("should be a mapping of skill to lowest level", "`{spanish: 5}`")
    _check(value, ())
    if sum(1 for _ in skills_of(value)) > MAX_SKILLS:
        raise complaint_at(f"names more than {MAX_SKILLS} skills")
    return value


def _check(value: Any, path: Location) -> None:
    if len(path) > 2 * MAX_DEPTH:
        raise complaint_at(f"is nested more than {MAX_DEPTH} deep", "", *path)
    if not isinstance(value, dict) or not value:
        raise complaint_at("should be a mapping of skill to lowest level", "`{spanish: 5}`", *path)
    groups = _GROUPS.intersection(value)
    if groups and set(value) - groups:
        hint = "put the skills into a mapping of its own under `all`"
        raise complaint_at("mixes skills with `all`, `any` or `not`", hint, *path)
    for name, inner in value.items():
        if name not in _GROUPS:
            _check_level(inner, (*path, name))
        elif name == "not":
            _check(inner, (*path, name))
        elif not isinstance(inner, list) or not inner:
            raise complaint_at(f"`{name}` should be a list of skills", "", *path, name)
        else:
            for index, each in enumerate(inner):
                _check(each, (*path, name, index))


def _check_level(level: Any, path: Location) -> None:
    if isinstance(level, bool) or not isinstance(level, int) or not 1 <= level <= 10:
        shown = "nothing" if level is None else f"`{level}`"
        raise complaint_at(f"should be a level from 1 to 10, not {shown}", "", *path)


def skills_of(value: Any, path: Location = ()) -> Iterator[tuple[Location, str]]:
    """Yield the skills that are named, with their places."""
    for name, inner in value.items():
        if name not in _GROUPS:
            yield (*path, name), name
        elif name == "not":
            yield from skills_of(inner, (*path, name))
        else:
            for index, each in enumerate(inner):
                yield from skills_of(each, (*path, name, index))


Skills = Annotated[
    Mapping[str, Any],
    PlainValidator(_checked),
    WithJsonSchema({"type": "object", "examples": [{"spanish": 5}]}),
]
Levels = Mapping[OutsideName, Annotated[int, Field(ge=1, le=10)]]
"""Skill -> level."""
