"""PURE: conditions, values and texts in flows: compiled and checked when the flow is loaded.

An expression is Jinja2 in a sandbox (`sandbox.py`): it reads `call`, `vars`, `result` and
`now`, and computes within limits. A text may hold such expressions between braces.
"""

from __future__ import annotations

import marshal
import re
from collections.abc import Mapping
from functools import lru_cache
from types import CodeType
from typing import Annotated, Any

from jinja2 import StrictUndefined, TemplateError, nodes
from pydantic import PlainValidator, WithJsonSchema

from switch.errors import FlowRunError
from switch.ivr.bounded import MASKING, MAX_TEXT, checked_value, text_of
from switch.ivr.sandbox import ENVIRONMENT, MAX_SOURCE, parse, values_read
from switch.speech.filters import FILTERS as SPOKEN
from switch.yaml_wording import complaint_at

Scope = Mapping[str, Any]
"""What an expression reads: `call`, `vars`, `result`, and `now` if it asks for that;
and `tongue`, the language in which values are spoken, which cannot be asked for."""

_GUARDS = frozenset({"default", "defined", "undefined"})
_FAILURES = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError)
_TARGET = "value_of_expression"
_TOLD = ("exposed", "needed", "operations", "reads", "speaks")


class Computation:
    """One compiled expression tree, and what it reads."""

    __slots__ = (
        *("_code", "_root", "_template", "exposed", "needed", "operations", "reads"),
        "speaks",
    )

    def __init__(self, tree: nodes.Expr) -> None:
        body: list[nodes.Node] = [nodes.Assign(nodes.Name(_TARGET, "store"), tree, lineno=1)]
        module = nodes.Template(body, lineno=1)
        module.set_environment(ENVIRONMENT)
        self._use(ENVIRONMENT.compile(module))
        whole = list(nodes.Output([tree]).find_all(nodes.Node))
        self.reads = frozenset(values_read(whole))
        """Full names of all values that it reads: `vars.order.status`, `call.from`."""
        self.needed = _variables(frozenset(values_read(whole, _GUARDS)))
        """Names of the variables that it cannot do without."""
        self.exposed = _variables(frozenset(values_read(whole, MASKING)))
        """Names of the variables that it shows more of than the last four characters."""
        self.speaks = any(isinstance(each, nodes.Filter) and each.name in SPOKEN for each in whole)
        """It puts a value into words of a language."""
        self.operations = len(whole)
        """A measure of its cost: at most some 10 us each."""

    def _use(self, code: CodeType) -> None:
        self._code = code
        self._template = ENVIRONMENT.template_class.from_code(ENVIRONMENT, code, {})
        self._root = self._template.root_render_func

    def __getstate__(self) -> tuple[bytes, dict[str, Any]]:
        """Return it as it can be handed to another process of this version: compiled."""
        found = {name: getattr(self, name) for name in _TOLD}
        return marshal.dumps(self._code), found

    def __setstate__(self, state: tuple[bytes, dict[str, Any]]) -> None:
        code, found = state
        self._use(marshal.loads(code))
        for name, value in found.items():
            setattr(self, name, value)

    def value(self, scope: Scope) -> Any:
        """Return the value. Raises what Jinja2 and Python raise."""
        context = self._template.new_context(scope, shared=True)  # type: ignore[arg-type]
        for _ in self._root(context):
            pass
        value = context.vars[_TARGET]
        if isinstance(value, StrictUndefined):
            str(value)  # raises, and says what is not there
        return checked_value(value)


def _variables(reads: frozenset[str]) -> frozenset[str]:
    return frozenset(name.split(".")[1] for name in reads if name.startswith("vars."))


class Template:
    """A value or a text: a constant, `{{ an expression }}`, or text with such in it."""

    __slots__ = (
        *("constant", "exposed", "operations", "parts", "reads", "reads_now", "source"),
        *("speaks", "variables"),
    )

    def __init__(self, source: Any) -> None:
        """Compile.

        Raises:
            PydanticCustomError: with what is wrong, for the person who wrote it.
        """
        self.source = source
        if isinstance(source, str) and (alone := _SINGLE_BRACE.search(source)):
            hint = "an expression stands between `{{` and `}}`"
            raise complaint_at(f"`{alone[0]}` would be taken as it stands", hint)
        self.parts: tuple[str | Computation, ...] = ()
        """The text around the expressions, and these; none for a constant."""
        if isinstance(source, str) and ("{{" in source or "{%" in source or "{#" in source):
            self.parts = _compiled(source)
        elif isinstance(source, str) and len(source) > MAX_TEXT:
            raise complaint_at(f"is longer than {MAX_TEXT} characters")
        elif not isinstance(source, str | int | float | bool | None):
            raise complaint_at("should be a single value, not a list or mapping")
        self._gather()

    def _gather(self) -> None:
        computations = [part for part in self.parts if isinstance(part, Computation)]
        self.constant = not computations
        self.reads = frozenset[str]().union(*(each.reads for each in computations))
        self.variables = frozenset[str]().union(*(each.needed for each in computations))
        self.exposed = frozenset[str]().union(*(each.exposed for each in computations))
        self.operations = sum(each.operations for each in computations)
        self.speaks = any(each.speaks for each in computations)
        self.reads_now = any(name.startswith("now.") for name in self.reads)

    def evaluate(self, scope: Scope) -> Any:
        """Return the value; a text unless the whole is one expression or a constant.

        Raises:
            FlowRunError: it cannot be computed from what the call has brought.
        """
        parts = self.parts
        if not parts:
            return self.source
        try:
            if len(parts) == 1 and not isinstance(parts[0], str):
                return parts[0].value(scope)
            return checked_value(
                "".join(
                    [
                        part if isinstance(part, str) else text_of(part.value(scope))
                        for part in parts
                    ]
                )
            )
        except _FAILURES as error:
            raise FlowRunError(f"`{self.source}` cannot be computed: {error}") from error

    def part_text(self, part: Computation, scope: Scope) -> str:
        """Return one of the expressions as text. Raises FlowRunError."""
        try:
            return text_of(part.value(scope))
        except _FAILURES as error:
            raise FlowRunError(f"`{self.source}` cannot be computed: {error}") from error


class Expression(Template):
    """One expression, written without braces."""

    __slots__ = ()

    def __init__(self, source: str) -> None:
        """Compile.

        Raises:
            PydanticCustomError: with what is wrong, for the person who wrote it.
        """
        self.source = source
        self.parts = _compiled_alone(source)
        self._gather()


@lru_cache(maxsize=4096)
def _compiled(source: str) -> tuple[str | Computation, ...]:
    """Return the parts of a text, compiled; a text that is loaded again is not compiled again."""
    whole = source.strip()
    if whole.startswith("{{") and whole.endswith("}}") and whole.count("{{") == 1:
        return _compiled_alone(whole[2:-2].strip("-+ \n\t"))
    return tuple(
        part.data if isinstance(part, nodes.TemplateData) else Computation(part)
        for output in parse(source, source).body
        if isinstance(output, nodes.Output)
        for part in output.nodes
    )


_SINGLE_BRACE = re.compile(r"(?<!\{)\{\s*(?:vars|call|now)\.\w+[^{}]{0,40}\}(?!\})")
"""What was meant for an expression."""


@lru_cache(maxsize=4096)
def _compiled_alone(source: str) -> tuple[str | Computation, ...]:
    if "{{" in source or "}}" in source:
        raise complaint_at("is no expression: braces within braces")
    output = parse("{{ (" + source + "\n) }}", source).body[0]
    if not isinstance(output, nodes.Output) or len(output.nodes) != 1:
        raise complaint_at("is no expression")
    return (Computation(output.nodes[0]),)


def _validate_expression(value: object) -> Expression:
    if isinstance(value, bool | int):
        value = str(value).lower()
    if not isinstance(value, str) or not value.strip():
        raise complaint_at("should be an expression, for example `vars.tries > 2`")
    if "{{" in value:
        raise complaint_at("needs no braces here", "write the expression alone")
    return Expression(value.strip())


def _validate_text(value: object) -> Template:
    if not isinstance(value, str) or not value.strip():
        hint = "put it in quotes" if isinstance(value, int | float) else ""
        raise complaint_at("should be text, perhaps with `{{ expressions }}` in it", hint)
    if len(value) > MAX_SOURCE:
        raise complaint_at(f"is longer than {MAX_SOURCE} characters")
    return Template(value.strip())


ExpressionField = Annotated[
    Expression, PlainValidator(_validate_expression), WithJsonSchema({"type": "string"})
]
"""A condition or value, without braces."""
TemplateField = Annotated[Template, PlainValidator(Template), WithJsonSchema({})]
"""A constant, or text with `{{ expressions }}` in it."""
TextField = Annotated[Template, PlainValidator(_validate_text), WithJsonSchema({"type": "string"})]
"""A text that is not empty, perhaps with `{{ expressions }}` in it."""
