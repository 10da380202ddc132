"""PURE: required skills as they stand in YAML: `{orders: 5}`, with `all`, `any` and `not`.

{orders: 5, english: 3}                     every one of them, at that level or above
{any: [{spanish: 5}, {english: 8}]}         one at least
{orders: 5, not: {trainee: 1}}              and what must not be
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from switch.yaml_wording import complaint_at

MAX_DEPTH = 5
MAX_SKILLS = 50

Location = tuple[str | int, ...]

_GROUPS = ("all", "any", "not")
_LIKE = "`{spanish: 5}`"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")


def _checked(value: Any) -> Mapping[str, Any]:
    if value == {}:
        return {}
    _check(value, (), 0)
    if sum(1 for _ in skills_of(value)) > MAX_SKILLS:
        raise complaint_at(f"names more than {MAX_SKILLS} skills")
    checked: Mapping[str, Any] = value
    return checked


def _check(value: Any, path: Location, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise complaint_at(f"is nested more than {MAX_DEPTH} deep", "", *path)
    if not isinstance(value, dict) or not value:
        raise complaint_at("should be a mapping of skill to lowest level", _LIKE, *path)
    for name, inner in value.items():
        if name not in _GROUPS:
            _check_skill(name, inner, path)
        elif name == "not" and isinstance(inner, dict):
            _check(inner, (*path, name), depth + 1)
        elif not isinstance(inner, list) or not inner:
            raise complaint_at(f"`{name}` should be a list of skills", f"`[{_LIKE}]`", *path, name)
        else:
            for index, each in enumerate(inner):
                _check(each, (*path, name, index), depth + 1)


def _check_skill(name: Any, level: Any, path: Location) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        hint = "letters, digits, `_`, `-` and `.`, 64 at most"
        raise complaint_at(f"`{str(name)[:70]}` cannot be the name of a skill", hint, *path)
    if isinstance(level, bool) or not isinstance(level, int) or not 1 <= level <= 10:
        shown = "nothing" if level is None else f"`{level}`"
        raise complaint_at(f"should be a level from 1 to 10, not {shown}", "", *path, name)


def skills_of(value: Mapping[str, Any], path: Location = ()) -> Iterator[tuple[Location, str]]:
    """Yield the skills that are named, with their places."""
    for name, inner in value.items():
        if name not in _GROUPS:
            yield (*path, name), name
        elif isinstance(inner, dict):
            yield from skills_of(inner, (*path, name))
        else:
            for index, each in enumerate(inner):
                yield from skills_of(each, (*path, name, index))


def plain_levels(value: Mapping[str, Any]) -> dict[str, int]:
    """Return the skills that everybody must have, outside of `any` and `not`."""
    found = {name: level for name, level in value.items() if name not in _GROUPS}
    for each in value.get("all", ()):
        for name, level in plain_levels(each).items():
            found[name] = max(level, found.get(name, 0))
    return found


Skills = Annotated[
    Mapping[str, Any],
    PlainValidator(_checked),
    WithJsonSchema({"type": "object", "examples": [{"spanish": 5}]}),
]
