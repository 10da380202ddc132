"""PURE: events as MQTT topics and JSON payloads, and commands back.

The payload of an event is its dataclass with `event` and `site` in front; the JSON
Schema of all of them is derived from the same classes, so that neither can drift.
"""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from switch import event, events, flow_events, switch_events, termination
from switch.events import (
    EVENT_TYPES,
    AgentEvent,
    AgentStateChanged,
    CallEnded,
    CallEvent,
    DecisionAsked,
    Event,
    FlowEvent,
)
from switch.telemetry.commands import COMMANDS, DecisionChoice

_ADAPTERS: dict[type[Event], TypeAdapter[Event]] = {}


def _adapter(kind: type[Event]) -> TypeAdapter[Event]:
    """Return what encodes events of a kind; made when first needed, for a start without it."""
    found = _ADAPTERS.get(kind)
    if found is None:
        found = _ADAPTERS[kind] = TypeAdapter(kind)
    return found


class CommandRefused(BaseModel):
    """Answer on `agent/<id>/error` to a command that could not be carried out."""

    model_config = ConfigDict(frozen=True)

    event: Literal["error"] = "error"
    site: str
    at: datetime
    agent: str
    message: str
    command: str = Field(description="The beginning of what came.")


class SwitchStatus(BaseModel):
    """Retained on `switch/status`; `offline` is also the last will."""

    model_config = ConfigDict(frozen=True)

    event: Literal["status"] = "status"
    site: str
    at: datetime = Field(description="When it went online, or in order offline.")
    status: Literal["online", "offline"]
    version: str


@dataclass(frozen=True, slots=True)
class Topics:
    """Where things stand in the topic tree of one site."""

    base: str
    """`<prefix>/<site>`."""

    @property
    def status(self) -> str:
        return f"{self.base}/switch/status"

    @property
    def commands(self) -> list[str]:
        """The filters of all that may be asked."""
        return [
            *(f"{self.base}/agent/+/{kind}" for kind in COMMANDS),
            f"{self.base}/decision/+/choice",
        ]

    def of_command(self, topic: str) -> tuple[str, str]:
        """Return whom or which decision a command topic is about, and its last part."""
        subject, _, kind = topic.removeprefix(f"{self.base}/").rpartition("/")
        return subject.partition("/")[2], kind

    def error(self, agent: str) -> str:
        return f"{self.base}/agent/{agent}/error"

    def of(self, event: Event) -> str:
        """Return the topic of an event."""
        if isinstance(event, FlowEvent):
            return f"{self.base}/call/{event.call}/{event.kind}/{event.name}"
        if isinstance(event, CallEvent):
            return f"{self.base}/call/{event.call}/{event.kind}"
        if isinstance(event, AgentEvent):
            return f"{self.base}/agent/{event.agent}/{event.kind}"
        if isinstance(event, DecisionAsked):
            return f"{self.base}/decision/{event.number}/{event.kind}"
        return f"{self.base}/switch/{event.kind}"


def quality_of_service(event: Event) -> int:
    """Return 1 for what must arrive: ended calls and agents' states."""
    return 1 if isinstance(event, CallEnded | AgentStateChanged) else 0


def is_retained(event: Event) -> bool:
    """Return whether the broker keeps the event for whoever subscribes later."""
    return isinstance(event, AgentStateChanged)


def encode(event: Event, site: str) -> bytes:
    """Return the JSON payload of an event."""
    head = f'{{"event":"{event.kind}","site":{json.dumps(site)},'.encode()
    return head + _adapter(type(event)).dump_json(event)[1:]


def schema() -> dict[str, Any]:
    """Return one JSON Schema document of every payload, by topic."""
    inputs: list[tuple[str, Literal["validation", "serialization"], TypeAdapter[Any]]] = [
        *((kind.__name__, "serialization", _adapter(kind)) for kind in EVENT_TYPES),
        *(
            (model.__name__, "validation", TypeAdapter(model))
            for model in (*COMMANDS.values(), DecisionChoice, CommandRefused, SwitchStatus)
        ),
    ]
    places, shared = TypeAdapter.json_schemas(inputs)
    definitions: dict[str, Any] = dict(shared.get("$defs", {}))
    definitions.update(
        (name, place) for (name, _mode), place in places.items() if "$ref" not in place
    )
    topics = {
        **{f"agent/<agent>/{kind}": model.__name__ for kind, model in COMMANDS.items()},
        "decision/<number>/choice": "DecisionChoice",
        "agent/<agent>/error": "CommandRefused",
        "switch/status": "SwitchStatus",
    }
    for kind in EVENT_TYPES:
        topics[_topic_pattern(kind)] = kind.__name__
        definitions[kind.__name__] = _with_head(kind, definitions[kind.__name__])
    for module in (event, events, flow_events, switch_events, termination):
        _describe(definitions, inspect.getsource(module))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Payloads of Freeline's MQTT topics, below <prefix>/<site>/",
        "properties": {
            topic: {"$ref": f"#/$defs/{name}"} for topic, name in sorted(topics.items())
        },
        "$defs": dict(sorted(definitions.items())),
    }


def _describe(definitions: Mapping[str, Any], source: str) -> None:
    """Copy the strings under classes and their fields into their schemas."""
    for node in ast.parse(source).body:
        if not isinstance(node, ast.ClassDef) or node.name not in definitions:
            continue
        definition = definitions[node.name]
        definition["description"] = (ast.get_docstring(node) or "").partition("\n\n")[0]
        properties = definition.get("properties", {})
        for field, below in zip(node.body, node.body[1:], strict=False):
            match field, below:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ) if name in properties:
                    properties[name] = {**properties[name], "description": text}


def _topic_pattern(kind: type[Event]) -> str:
    if kind is FlowEvent:
        return f"call/<call>/{kind.kind}/<name>"
    if issubclass(kind, CallEvent):
        return f"call/<call>/{kind.kind}"
    if issubclass(kind, AgentEvent):
        return f"agent/<agent>/{kind.kind}"
    if issubclass(kind, DecisionAsked):
        return f"decision/<number>/{kind.kind}"
    return f"switch/{kind.kind}"


def _with_head(kind: type[Event], definition: Mapping[str, Any]) -> dict[str, Any]:
    head = {"event": {"const": kind.kind}, "site": {"type": "string"}}
    return {
        **definition,
        "properties": {**head, **definition.get("properties", {})},
        "required": [*head, *definition.get("required", ())],
    }
