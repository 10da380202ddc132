"""JSON Schemas (draft 2020-12) of the files that operators write, for editors.

Made from the models that the files are read with, so that neither can drift from the other;
descriptions are the strings that stand below the models' fields. Where a file may say a thing
shorter than its model has it (a text for a prompt, one prompt for a list of them), the schema
is widened to what is really accepted.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from switch.ivr.fields import Listed

Schema = dict[str, Any]

_LANGUAGES = "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$"

_SHORT: Mapping[str, Schema] = {
    "PromptModel": {
        "anyOf": [
            {"type": "string", "description": "Text to speak."},
            {
                "type": "object",
                "description": "Text to speak, for each language.",
                "patternProperties": {_LANGUAGES: {"type": "string"}},
                "additionalProperties": False,
            },
        ]
    },
    "Step": {"const": "hangs_up", "description": "Go."},
    "QueueEntry": {"$ref": "#/$defs/QueueEnd"},
}
"""Model -> what a file may say instead of a mapping."""

_ONE_FOR_MANY = frozenset({"PromptModel", "QueueEntry"})
"""Models of which one may stand where a list of them is taken."""

_SHORT_FIELDS: Mapping[tuple[str, str], Schema] = {
    ("PromptModel", "text"): {"type": "string"},
    ("PromptModel", "file"): {"type": "string"},
    ("FlowFile", "languages"): {
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
    },
}
"""Model and field -> what may stand there as well."""

_NUMBERS_TOO = frozenset({"presses", "when"})
"""Fields of text for which a bare number is taken as well."""

_COMMON: Mapping[str, str] = {
    "type": "The kind of node.",
    "next": "The node where the call goes on.",
    "prompts": "What is heard: a text, a sound file, or a list of such.",
    "text": "Text to speak.",
    "voice": "espeak-ng voice for the text; empty: the flow's or the site's.",
    "language": "A language, for example `en`.",
    "options": "Key -> the node where it leads.",
    "cases": "Conditions and where they lead; the first true one counts.",
    "when": "A condition, for example `vars.tries > 2`.",
    "otherwise": "The node where the call goes on when no condition is true.",
    "values": "Variable -> value: a constant or `{{ an expression }}`.",
    "exits": "Where the call goes on otherwise.",
    "exits_": "Where the call goes on otherwise.",
    "nodes": "The flow's nodes by name; a call begins at `start`, or else at the first.",
    "no_input": "The node for callers who said nothing, after all retries.",
    "no_match": "The node for callers whose keys mean nothing, after all retries.",
    "min_digits": "The least number of digits.",
    "max_digits": "The greatest number of digits.",
    "barge_in": "A key stops the prompts.",
    "retries": "How often it is asked again.",
    "queue": "Name of a queue in queues.yaml.",
    "cause": "What the caller's side is told.",
    "min": "The least amount.",
    "max": "The greatest amount.",
    "yes": "The key that confirms.",
    "no": "The key that asks again.",
    "timeout_seconds": "How long is waited.",
    "retry_after_seconds": "From one attempt to the next.",
    "closed": "The node outside of the opening hours.",
    "unknown": "The node for callers whose language is none of these.",
    "method": "The request's method.",
    "headers": "Header -> value: a constant or a template.",
    "max_seconds": "The longest message.",
    "times": "How often.",
    "done": "The node after the last time.",
}
"""For fields whose names say all to whoever reads the code."""


def schema_of(model: type[BaseModel], title: str) -> Schema:
    """Return the schema of a file that a model reads."""
    schema: Schema = model.model_json_schema(by_alias=True, mode="validation")
    definitions = schema.setdefault("$defs", {})
    described = {each.__name__: each for each in _models(model, set())}
    for name, definition in definitions.items():
        if name in described:
            _describe(definition, described[name])
    _describe(schema, model)
    _widen(schema)
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema, "title": title}


def _models(model: type[BaseModel], seen: set[type]) -> Iterator[type[BaseModel]]:
    """Yield a model and every model among its fields."""
    if model in seen:
        return
    seen.add(model)
    yield model
    for field in model.model_fields.values():
        waiting = [field.annotation, *field.metadata]
        while waiting:
            part = waiting.pop()
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from _models(part, seen)
            waiting += getattr(part, "__args__", ()) or ()


def _either(also: Schema, value: Schema) -> Schema:
    """Return a property that takes something else as well."""
    outer: Schema = {key: value[key] for key in ("description", "default", "title") if key in value}
    inner = {key: each for key, each in value.items() if key not in outer}
    return {**outer, "anyOf": [also, *inner.get("anyOf", [inner])]}


@cache
def _strings_below(module: str) -> Mapping[str, Mapping[str, str]]:
    """Return, for each class of a module, the strings below its fields."""
    found: dict[str, dict[str, str]] = {}
    for node in ast.parse(inspect.getsource(sys.modules[module])).body:
        if not isinstance(node, ast.ClassDef):
            continue
        strings = found[node.name] = {}
        for field, below in zip(node.body, node.body[1:], strict=False):
            match field, below:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ):
                    strings[name] = " ".join(text.split())
    return found


def _describe(definition: Schema, model: type[BaseModel]) -> None:
    """Give every property a description, and the whole that of its class."""
    definition.setdefault("description", inspect.cleandoc(model.__doc__ or ""))
    properties = definition.get("properties", {})
    for name, field in model.model_fields.items():
        key = field.alias or name
        text = field.description or next(
            (
                text
                for base in model.__mro__
                if issubclass(base, BaseModel) and base is not BaseModel
                if (text := _strings_below(base.__module__).get(base.__name__, {}).get(name))
            ),
            _COMMON.get(name, ""),
        )
        if key not in properties:
            continue
        if text:
            properties[key]["description"] = text
        also = _SHORT_FIELDS.get((model.__name__, name))
        if Listed in field.metadata:
            also = properties[key].get("items")
        if also is not None:
            properties[key] = _either(also, properties[key])


def _widen(part: Any) -> None:
    """Let short forms stand wherever their models are referred to."""
    if isinstance(part, list):
        for each in part:
            _widen(each)
        return
    if not isinstance(part, dict):
        return
    for key, value in part.items():
        if key == "$defs" or not isinstance(value, dict | list):
            continue
        _widen(value)
        if isinstance(value, dict):
            part[key] = _wider(value)
        else:
            part[key] = [_wider(each) if isinstance(each, dict) else each for each in value]
    for name, value in part.get("properties", {}).items():
        if name in _NUMBERS_TOO:
            _take_numbers(value)
        value.pop("format", None) if value.get("format") == "date-time" else None
    if part.get("$defs"):
        for definition in part["$defs"].values():
            _widen(definition)


def _wider(value: Schema) -> Schema:
    name = str(value.get("$ref", "")).rpartition("/")[2]
    if name in _SHORT:
        rest = {key: each for key, each in value.items() if key != "$ref"}
        return {**rest, "anyOf": [_SHORT[name], {"$ref": value["$ref"]}]}
    items = value.get("items")
    if value.get("type") == "array" and isinstance(items, dict):
        many = {key: each for key, each in value.items() if key not in ("description", "default")}
        for member in items.get("anyOf", ()):
            if str(member.get("$ref", "")).rpartition("/")[2] in _ONE_FOR_MANY:
                rest = {key: value[key] for key in ("description", "default") if key in value}
                return {**rest, "anyOf": [*items["anyOf"], many]}
    return value


def _take_numbers(value: Schema) -> None:
    for each in (value, *value.get("anyOf", ())):
        if each.get("type") == "string":
            each["type"] = ["string", "integer", "boolean"]
