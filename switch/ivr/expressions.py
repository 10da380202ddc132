"""Conditions and values in flows: Jinja2 expressions, compiled and checked at load.

An expression reads `call` and `vars` and computes; it cannot reach Python, loop, or
make anything large. What it may use is listed here, and anything else is refused when
the flow is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment
from pydantic import PlainValidator, WithJsonSchema

from switch.errors import FlowRunError
from switch.yaml_wording import complaint_at, did_you_mean

MAX_SOURCE = 1000
"""Characters of an expression."""
MAX_RESULT = 10_000
"""Characters of a text that an expression may make."""

NAMES = ("call", "vars")
CALL_FIELDS = ("id", "from", "dialled", "trunk")
FILTERS = (
    *("abs", "default", "first", "float", "int", "last", "length", "lower"),
    *("replace", "round", "string", "title", "trim", "upper"),
)
METHODS = (
    *("endswith", "isalpha", "isdigit", "lower", "lstrip", "removeprefix", "removesuffix"),
    *("replace", "rstrip", "startswith", "strip", "upper"),
)

_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.Name, nodes.Getattr),
    *(nodes.Getitem, nodes.Slice, nodes.List, nodes.Tuple, nodes.Compare, nodes.Operand),
    *(nodes.And, nodes.Or, nodes.Not, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div),
    *(nodes.FloorDiv, nodes.Mod, nodes.Neg, nodes.Pos, nodes.Concat, nodes.CondExpr),
    *(nodes.Filter, nodes.Test, nodes.Call),
)


class _Environment(SandboxedEnvironment):
    """Jinja2's sandbox, with `*` and `%` kept from making something large."""

    intercepted_binops = frozenset({"*", "%"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "*" and (_is_long(left) or _is_long(right)):
            raise SecurityError("`*` is for numbers")
        if operator == "%" and isinstance(left, str):
            raise SecurityError("`%` is for numbers")
        return super().call_binop(context, operator, left, right)


def _is_long(value: object) -> bool:
    return isinstance(value, str | list | tuple) or (isinstance(value, int) and abs(value) > 2**63)


_environment = _Environment(undefined=StrictUndefined, autoescape=False)


class Expression:
    """One expression, compiled."""

    __slots__ = ("_run", "source", "variables")

    def __init__(self, source: str) -> None:
        """Compile.

        Raises:
            PydanticCustomError: with what is wrong, for the person who wrote it.
        """
        self.source = source
        tree = _parse("{{ (" + source + "\n) }}", source)
        self.variables = frozenset(_variables(tree))
        """Names of the `vars.*` that it reads."""
        self._run = _environment.compile_expression(source, undefined_to_none=False)

    def evaluate(self, call: Mapping[str, Any], variables: Mapping[str, Any]) -> Any:
        """Return the value.

        Raises:
            FlowRunError: it cannot be computed from what the call has brought.
        """
        try:
            value = self._run(call=call, vars=variables)
            if isinstance(value, StrictUndefined):
                str(value)
        except (TemplateError, SecurityError, TypeError, ValueError, ArithmeticError) as error:
            raise FlowRunError(f"`{self.source}` cannot be computed: {error}") from error
        return _bounded(value, self.source)


class Template:
    """A value to be set: a constant, `{{ an expression }}`, or text with such in it."""

    __slots__ = ("_constant", "_expression", "_text", "source", "variables")

    def __init__(self, source: Any) -> None:
        """Compile.

        Raises:
            PydanticCustomError: with what is wrong, for the person who wrote it.
        """
        self.source = source
        self.variables: frozenset[str] = frozenset()
        self._constant = None
        self._expression: Expression | None = None
        self._text: Any = None
        if not isinstance(source, str) or ("{{" not in source and "{%" not in source):
            self._constant = source
            return
        whole = re.fullmatch(r"\s*\{\{((?:(?!\}\}).)*)\}\}\s*", source, re.S)
        if whole is not None:
            self._expression = Expression(whole[1].strip())
            self.variables = self._expression.variables
            return
        self.variables = frozenset(_variables(_parse(source, source)))
        self._text = _environment.from_string(source)

    def evaluate(self, call: Mapping[str, Any], variables: Mapping[str, Any]) -> Any:
        """Return the value.

        Raises:
            FlowRunError: it cannot be computed from what the call has brought.
        """
        if self._expression is not None:
            return self._expression.evaluate(call, variables)
        if self._text is None:
            return self._constant
        try:
            text = self._text.render(call=call, vars=variables)
        except (TemplateError, SecurityError, TypeError, ValueError, ArithmeticError) as error:
            raise FlowRunError(f"`{self.source}` cannot be computed: {error}") from error
        return _bounded(text, self.source)


def _validate_expression(value: object) -> Expression:
    if isinstance(value, bool | int):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise complaint_at("should be an expression, for example `vars.tries > 2`")
    if "{{" in value:
        raise complaint_at("needs no braces here", "write the expression alone")
    return Expression(value.strip())


ExpressionField = Annotated[
    Expression, PlainValidator(_validate_expression), WithJsonSchema({"type": "string"})
]
TemplateField = Annotated[Template, PlainValidator(Template), WithJsonSchema({})]


def _parse(template: str, source: str) -> nodes.Template:
    """Return the tree, if it holds nothing but what is allowed."""
    if len(source) > MAX_SOURCE:
        raise complaint_at(f"is longer than {MAX_SOURCE} characters")
    try:
        tree = _environment.parse(template)
    except TemplateSyntaxError as error:
        hint = "compare with `==`" if re.search(r"[^=!<>]=[^=]", source) else ""
        raise complaint_at(f"is no expression: {error.message}", hint) from None
    for node in tree.find_all(nodes.Node):
        _check(node)
    methods = {id(call.node) for call in tree.find_all(nodes.Call)}
    for getter in tree.find_all(nodes.Getattr):
        if not isinstance(getter.node, nodes.Name) and id(getter) not in methods:
            raise complaint_at(f"`.{getter.attr}` is not used here", "only `call.*` and `vars.*`")
    return tree


def _check(node: nodes.Node) -> None:
    if not isinstance(node, _ALLOWED):
        raise complaint_at(f"`{type(node).__name__.lower()}` is not used in flows")
    match node:
        case nodes.Name(name=name) if name not in NAMES:
            bare = f"`{name}` is not known"
            raise complaint_at(bare, f"did you mean `vars.{name}` or the text '{name}'?")
        case nodes.Getattr(node=nodes.Name(name="call"), attr=field) if field not in CALL_FIELDS:
            raise complaint_at(f"there is no `call.{field}`", did_you_mean(field, CALL_FIELDS))
        case nodes.Filter(name=name) if name not in FILTERS:
            raise complaint_at(f"there is no filter `{name}`", did_you_mean(name, FILTERS))
        case nodes.Call(node=nodes.Getattr(attr=name)) if name in METHODS:
            pass
        case nodes.Call():
            raise complaint_at("only methods of texts are called", did_you_mean("", METHODS))
        case nodes.Test(name=name) if name not in ("defined", "undefined", "none", "number"):
            raise complaint_at(f"there is no test `{name}`", "`defined`, `none`, `number`")
        case _:
            pass


def _variables(tree: nodes.Template) -> Iterator[str]:
    """Yield the names read as `vars.name`, but for those with a default or a test."""
    guarded = {
        id(guard.node)
        for kind in (nodes.Filter, nodes.Test)
        for guard in tree.find_all(kind)
        if guard.name in ("default", "defined", "undefined")
    }
    for getter in tree.find_all(nodes.Getattr):
        owner = getter.node
        if isinstance(owner, nodes.Name) and owner.name == "vars" and id(getter) not in guarded:
            yield getter.attr


def _bounded(value: Any, source: object) -> Any:
    if isinstance(value, str) and len(value) > MAX_RESULT:
        raise FlowRunError(f"`{source}` makes more than {MAX_RESULT} characters")
    return value
