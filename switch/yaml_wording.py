"""PURE: say in plain words what pydantic found wrong in a file's data.

Pydantic names a failure by a type and by a location that mixes the data's path with
union tags and member names. This file brings the location back to the data's path,
words each type for a person who edits YAML, and guesses what was meant: from the
model's JSON Schema for unknown keys, from the listed values for choices. Values of
secret fields are never shown.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    PydanticSchemaGenerationError,
    PydanticUserError,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError


@dataclass(frozen=True, slots=True)
class Complaint:
    """One failure, placed in the data."""

    location: tuple[str | int, ...]
    """Path in the data; the last step may be a key that is absent or unknown."""
    at_key: bool
    """Whether the key itself is what is wrong, not its value."""
    message: str
    hint: str = ""
    meant: str = ""
    """The key for which this one was probably meant."""
    is_missing: bool = False


def complaint_at(message: str, hint: str = "", *path: str | int) -> PydanticCustomError:
    """Return the error a validator raises to place a complaint and to give a hint.

    Args:
        message: What is wrong.
        hint: What was probably meant, or what to do.
        path: From the value being validated down to what is wrong in it.
    """
    return PydanticCustomError(
        "complaint", "{message}", {"message": message, "hint": hint, "path": path}
    )


_Sized = TypeVar("_Sized", bound=Sized)


def _not_empty(value: _Sized) -> _Sized:
    if not len(value):
        raise complaint_at("is empty; it needs one entry at least")
    return value


NotEmpty = AfterValidator(_not_empty)
"""Instead of `min_length`, which counts only the entries that are right."""


def did_you_mean(given: str, known: Sequence[str]) -> str:
    """Return a hint for a misspelt name: the nearest known one, or a short list."""
    if near := nearest(given, known):
        return f"did you mean `{near}`?"
    if not known:
        return ""
    listed = ", ".join(f"`{name}`" for name in sorted(known)[:12])
    return f"known here: {listed}" + (", ..." if len(known) > 12 else "")


def nearest(given: str, known: Sequence[str]) -> str:
    """Return the known name that was probably meant; empty when none is near."""
    given = given.lower()
    for near in difflib.get_close_matches(given, [name.lower() for name in known]):
        # Of short words, many are near to each other: `next` to `exits`.
        if near[:1] == given[:1] or difflib.SequenceMatcher(None, given, near).ratio() >= 0.7:
            return next(name for name in known if name.lower() == near)
    longer = [name for name in known if name.lower().startswith(given)]
    return longer[0] if len(longer) == 1 and len(given) > 2 else ""


def complaints(error: ValidationError, model: type[BaseModel], data: Any) -> Iterator[Complaint]:
    """Yield what is wrong, one complaint a place, in pydantic's order."""
    schema = _Schema(model)
    by_place: dict[tuple[tuple[str | int, ...], bool], list[Complaint]] = {}
    for details in error.errors(include_url=False):
        found = _complaint(details, data, schema)
        by_place.setdefault((found.location, found.at_key), []).append(found)
    meant = {
        (*place[:-1], each.meant)
        for (place, _), found_here in by_place.items()
        for each in found_here
        if each.meant
    }
    for (place, _), found_here in by_place.items():
        if place in meant and all(found.is_missing for found in found_here):
            continue  # it is there, misspelt, and that is told
        # Each member of a union complains; a person reads them as alternatives.
        messages = list(dict.fromkeys(found.message for found in found_here))
        hint = next((found.hint for found in found_here if found.hint), "")
        first = found_here[0]
        yield Complaint(first.location, first.at_key, ", or ".join(messages), hint)


def _complaint(details: ErrorDetails, data: Any, schema: _Schema) -> Complaint:
    location, value, at_key = _data_path(details, data)
    context = details.get("ctx", {})
    if details["type"] == "complaint":
        path = (*location, *context["path"])
        return Complaint(path, at_key, context["message"], context["hint"])
    if details["type"] in ("value_error", "assertion_error"):
        message = details["msg"].partition(", ")[2] or details["msg"]
        return Complaint(location, at_key, message)
    if details["type"] == "extra_forbidden":
        name = str(location[-1])
        known = schema.keys_at(details["loc"][:-1], data)
        hint = did_you_mean(name, known)
        message = f"unknown key `{name}`"
        return Complaint(location, True, message, hint, meant=nearest(name, known))
    if details["type"] == "missing":
        message = f"`{location[-1]}` is missing"
        hint = schema.example(details["loc"], data)
        return Complaint(location, at_key, message, hint, is_missing=True)
    if details["type"] == "union_tag_invalid":
        location = (*location, str(context["discriminator"]).strip("'"))
    wording = _WORDING.get(details["type"])
    if wording is None:
        return Complaint(location, at_key, details["msg"][:1].lower() + details["msg"][1:])
    shown = "this" if schema.is_secret(details["loc"], data) else _shown(value)
    if at_key and location:
        shown = f"the key `{location[-1]}`"
    message, hint = wording(shown, context, value)
    return Complaint(location, at_key, message, hint)


def _data_path(details: ErrorDetails, data: Any) -> tuple[tuple[str | int, ...], Any, bool]:
    """Return the path of an error in the data, the value there, and whether its key is meant."""
    path: list[str | int] = []
    value = data
    steps = details["loc"]
    tag_may_come = True
    for index, step in enumerate(steps):
        last = index == len(steps) - 1
        if step == "[key]" and last:
            return tuple(path), value, True
        named = last and details["type"] in ("missing", "extra_forbidden")
        if tag_may_come and not named and _is_tag(value, step):
            tag_may_come = False
            continue
        child = _child(value, step)
        if child is not _ABSENT:
            path.append(step)
            value = child
            tag_may_come = True
        elif named:
            path.append(step)
        # else: a union's tag or member name, which is no part of the data
    return tuple(path), value, False


def _is_tag(value: Any, step: str | int) -> bool:
    """Whether a step names the member of a union that a mapping is, and no key of it.

    A node of type `queue` has a key `queue` too: the tag comes first.
    """
    return isinstance(value, dict) and step in value and value.get("type") == step


_ABSENT = object()


def _child(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step, _ABSENT)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return _ABSENT


class _Schema:
    """The model's JSON Schema, walked along the location of an error."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._model = model
        self._root: Mapping[str, Any] | None = None

    def keys_at(self, location: Sequence[str | int], data: Any) -> list[str]:
        """Return the keys that may stand in the mapping at a location."""
        keys: dict[str, None] = {}
        for schema in self._at(location, data):
            keys.update(dict.fromkeys(schema.get("properties", {})))
        return list(keys)

    def example(self, location: Sequence[str | int], data: Any) -> str:
        """Return how to write what is missing at a location, where that is a mapping."""
        name = str(location[-1])
        for schema in self._at(location[:-1], data):
            for inside in self._expand([schema.get("properties", {}).get(name, {})], None):
                if required := inside.get("required"):
                    written = ", ".join(f"{each}: ..." for each in required)
                    return f"`{name}: {{{written}}}`"
        return ""

    def is_secret(self, location: Sequence[str | int], data: Any) -> bool:
        """Return whether a secret stands at a location."""
        return any(schema.get("format") == "password" for schema in self._at(location, data))

    def _at(self, location: Sequence[str | int], data: Any) -> list[Mapping[str, Any]]:
        if self._root is None:
            try:
                self._root = self._model.model_json_schema(by_alias=True)
            except (PydanticUserError, PydanticSchemaGenerationError):
                self._root = {}
        schemas = self._expand([self._root], None)
        tag_may_come = True
        for step in location:
            child = _child(data, step)
            if child is _ABSENT and isinstance(step, int):  # one thing stands for a list of one
                alone = [schema["items"] for schema in schemas if "items" in schema]
                schemas = self._expand(alone, data) or schemas
                continue
            if child is _ABSENT or (tag_may_come and _is_tag(data, step)):  # a union's tag
                tag_may_come = False
                tagged = [s["x-tagged"][step] for s in schemas if step in s.get("x-tagged", ())]
                schemas = self._expand(tagged, None) or schemas
                continue
            data = child
            tag_may_come = True
            below: list[Mapping[str, Any]] = []
            for schema in schemas:
                properties = schema.get("properties", {})
                if isinstance(step, int):
                    below.append(schema.get("items", {}))
                elif step in properties:
                    below.append(properties[step])
                elif isinstance(schema.get("additionalProperties"), dict):
                    below.append(schema["additionalProperties"])
            schemas = self._expand(below, data)
        return schemas

    def _expand(self, schemas: Sequence[Mapping[str, Any]], data: Any) -> list[Mapping[str, Any]]:
        """Follow references and list the members of unions."""
        found: list[Mapping[str, Any]] = []
        for schema in schemas:
            if reference := schema.get("$ref"):
                target = (self._root or {}).get("$defs", {}).get(reference.rpartition("/")[2], {})
                found += self._expand([target], data)
                continue
            members = [*schema.get("anyOf", ()), *schema.get("allOf", ())]
            one_of = schema.get("oneOf", ())
            if mapping := schema.get("discriminator", {}).get("mapping"):
                tagged = {tag: {"$ref": reference} for tag, reference in mapping.items()}
                found.append({"x-tagged": tagged})
                name = schema["discriminator"].get("propertyName")
                tag = data.get(name) if isinstance(data, dict) else None
                one_of = [tagged[tag]] if isinstance(tag, str) and tag in tagged else one_of
            members += one_of
            if members:
                found += self._expand(members, data)
            else:
                found.append(schema)
        return found


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = str(value)
    return f"`{text}`" if len(text) <= 60 else f"`{text[:57]}...`"


_Wording = Callable[[str, Mapping[str, Any], Any], tuple[str, str]]


def _should_be(what: str, hint: str = "") -> _Wording:
    def word(shown: str, context: Mapping[str, Any], value: Any) -> tuple[str, str]:
        limits = {
            name: int(limit) if isinstance(limit, float) and limit.is_integer() else limit
            for name, limit in context.items()
        }
        return f"should be {what.format(**limits)}, not {shown}", hint

    return word


def _text(shown: str, context: Mapping[str, Any], value: Any) -> tuple[str, str]:
    scalar = isinstance(value, int | float)
    return f"should be text, not {shown}", "put it in quotes" if scalar else ""


def _choice(shown: str, context: Mapping[str, Any], value: Any) -> tuple[str, str]:
    expected = str(context.get("expected") or context.get("expected_tags") or "")
    known = re.findall(r"'([^']*)'", expected)
    near = nearest(value, known) if isinstance(value, str) else ""
    hint = f"did you mean `{near}`?" if near else ""
    return f"{shown} is not one of {', '.join(known) or expected}", hint


def _tag(shown: str, context: Mapping[str, Any], value: Any) -> tuple[str, str]:
    name = str(context.get("discriminator", "")).strip("'")
    known = re.findall(r"'([^']*)'", str(context.get("expected_tags", "")))
    given = str(context.get("tag", ""))
    return f"`{name}: {given}` is not known", did_you_mean(given, known)


def _no_tag(shown: str, context: Mapping[str, Any], value: Any) -> tuple[str, str]:
    name = str(context.get("discriminator", "")).strip("'")
    if isinstance(value, dict):
        return f"`{name}` is missing", ""
    return f"should be a mapping with `{name}`, not {shown}", _with_space(value)


def _mapping(shown: str, context: Mapping[str, Any], value: Any) -> tuple[str, str]:
    hint = "indent what belongs to it" if value is None else _with_space(value)
    return f"should be a mapping (`key: value`), not {shown}", hint


def _with_space(value: Any) -> str:
    """Return a hint for a text that would be a key and a value, but for a space."""
    match = re.fullmatch(r"([A-Za-z_]\w*):(\S[^\n]*)", value) if isinstance(value, str) else None
    return f"write `{match[1]}: {match[2][:40]}`" if match else ""


def _length(what: str) -> _Wording:
    return lambda shown, context, value: (what.format(**context), "")


_WORDING: dict[str, _Wording] = {
    "string_type": _text,
    "string_sub_type": _text,
    "bool_type": _should_be("`true` or `false`"),
    "bool_parsing": _should_be("`true` or `false`"),
    "int_type": _should_be("a whole number"),
    "int_parsing": _should_be("a whole number"),
    "int_from_float": _should_be("a whole number"),
    "float_type": _should_be("a number"),
    "float_parsing": _should_be("a number"),
    "finite_number": _should_be("a finite number"),
    "greater_than": _should_be("more than {gt}"),
    "greater_than_equal": _should_be("{ge} or more"),
    "less_than": _should_be("less than {lt}"),
    "less_than_equal": _should_be("{le} or less"),
    "list_type": _should_be("a list", "begin each entry with `- `"),
    "tuple_type": _should_be("a list", "begin each entry with `- `"),
    "set_type": _should_be("a list", "begin each entry with `- `"),
    "frozen_set_type": _should_be("a list", "begin each entry with `- `"),
    "dict_type": _mapping,
    "mapping_type": _mapping,
    "model_type": _mapping,
    "model_attributes_type": _mapping,
    "dataclass_type": _mapping,
    "none_required": _should_be("left empty"),
    "path_type": _text,
    "enum": _choice,
    "literal_error": _choice,
    "union_tag_invalid": _tag,
    "union_tag_not_found": _no_tag,
    "string_too_short": _length("is too short, {min_length} characters at least"),
    "string_too_long": _length("is too long, {max_length} characters at most"),
    "too_short": _length("needs {min_length} entries at least, there are {actual_length}"),
    "too_long": _length("has too many entries, {max_length} at most"),
    "string_pattern_mismatch": _should_be("text matching {pattern}"),
    "ip_v4_address": _should_be("an IPv4 address"),
    "ip_v4_network": _should_be("an IPv4 network such as 192.0.2.0/24"),
    "ip_any_address": _should_be("an IP address"),
    "ip_any_network": _should_be("a network such as 192.0.2.0/24"),
}
