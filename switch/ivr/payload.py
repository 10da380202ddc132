"""PURE: JSON in a flow file whose texts may hold expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from switch.ivr.expressions import Template
from switch.ivr.fields import Location
from switch.yaml_wording import complaint_at

MAX_DEPTH = 8
MAX_TEXTS = 200


class JsonPayload:
    """Mappings, lists and values as written, with every text compiled."""

    __slots__ = ("_texts", "_tree")

    def __init__(self, data: Any) -> None:
        """Compile. Raises PydanticCustomError."""
        self._texts: list[tuple[Location, Template]] = []
        self._tree = self._compiled(data, ())

    def _compiled(self, data: Any, location: Location) -> Any:
        if len(location) > MAX_DEPTH:
            raise complaint_at(f"is nested more than {MAX_DEPTH} deep", "", *location)
        if isinstance(data, dict):
            return {name: self._compiled(each, (*location, name)) for name, each in data.items()}
        if isinstance(data, list):
            return [self._compiled(each, (*location, n)) for n, each in enumerate(data)]
        try:
            template = Template(data)
        except PydanticCustomError as error:
            context = error.context or {}
            raise complaint_at(context["message"], context["hint"], *location) from None
        self._texts.append((location, template))
        if len(self._texts) > MAX_TEXTS:
            raise complaint_at(f"has more than {MAX_TEXTS} values", "", *location)
        return template

    def templates(self) -> Iterator[tuple[Location, Template]]:
        """Yield every value with its place."""
        yield from self._texts

    def fill(self, evaluate: Callable[[Template], Any]) -> Any:
        """Return plain data with all values computed."""
        return _filled(self._tree, evaluate)


def _filled(tree: Any, evaluate: Callable[[Template], Any]) -> Any:
    if isinstance(tree, dict):
        return {name: _filled(each, evaluate) for name, each in tree.items()}
    if isinstance(tree, list):
        return [_filled(each, evaluate) for each in tree]
    return evaluate(tree)


Payload = Annotated[JsonPayload, PlainValidator(JsonPayload), WithJsonSchema({})]
