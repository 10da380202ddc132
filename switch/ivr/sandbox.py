"""PURE: Jinja2 as flows may use it: the environment, and what is refused when a flow is loaded.

An expression reads `call`, `vars`, `result` and `now` and computes. It cannot reach Python:
values have no attributes here but the members of mappings and a few methods of texts. It
cannot loop, and what it makes stays small (`bounded.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes, pass_context
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import SandboxedEnvironment
from jinja2.visitor import NodeTransformer

from switch.ivr.bounded import FILTERS, METHODS, called, checked_text, computed, joined
from switch.speech.filters import FILTERS as SPOKEN
from switch.speech.filters import SpokenFilter
from switch.yaml_wording import complaint_at, did_you_mean, nearest

MAX_SOURCE = 2000
"""Characters of an expression or of a text with expressions in it."""
MAX_DEPTH = 30
"""Operations within operations; deeper ones could not be compiled either."""
MAX_OPERATIONS = 150
"""Nodes of the tree of an expression, or of a text with expressions in it."""

QUEUE_FIELDS = (
    *("name", "position", "expected_wait_seconds", "end", "agent", "waited_seconds", "key"),
)
CALL_FIELDS = (
    *("id", "from", "dialled", "trunk", "language", "queue"),
    *("withheld", "diverted_from", "verstat", "attestation"),
)
NOW_FIELDS = (
    *("date", "time", "weekday", "year", "month", "day", "hour", "minute", "second", "iso"),
)
FIELDS: Mapping[str, tuple[str, ...] | None] = {
    "call": CALL_FIELDS,
    "now": NOW_FIELDS,
    "result": None,
    "vars": None,
}
"""Every name that an expression may read, with its members; None: any."""

TESTS = ("defined", "undefined", "none", "number", "string", "true", "false")

_JOINED = "joined"
"""The filter that `~` becomes; its name cannot be written in a flow."""

_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.Name, nodes.Getattr),
    *(nodes.Getitem, nodes.Slice, nodes.List, nodes.Tuple, nodes.Compare, nodes.Operand),
    *(nodes.And, nodes.Or, nodes.Not, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div),
    *(nodes.FloorDiv, nodes.Mod, nodes.Neg, nodes.Pos, nodes.Concat, nodes.CondExpr),
    *(nodes.Filter, nodes.Test, nodes.Call, nodes.Keyword),
)


class FlowEnvironment(SandboxedEnvironment):
    """Jinja2's sandbox without attributes of Python objects, and with bounded operations."""

    intercepted_binops = frozenset({"+", "*", "%"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, dict):
            if attribute in obj:
                return obj[attribute]
        elif isinstance(obj, str) and attribute in METHODS:
            return getattr(obj, attribute)
        elif isinstance(obj, Undefined):
            return obj  # so that one `default` is enough for a long path
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, dict | list | tuple | str):
            try:
                return obj[argument]
            except (LookupError, TypeError):
                pass
        elif isinstance(obj, Undefined):
            return obj
        return self.undefined(obj=obj, name=argument)

    def call(self, context: Context, obj: Any, *args: Any, **kwargs: Any) -> Any:
        return called(obj, args)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        return computed(operator, left, right, lambda: self.binop_table[operator](left, right))


def _spoken(speak: SpokenFilter) -> Callable[..., str]:
    """Return a filter that speaks a value in the language of the text around it."""

    @pass_context
    def spoken(context: Context, value: Any, *arguments: Any, **options: Any) -> str:
        return checked_text(speak(value, context["tongue"], *arguments, **options))

    return spoken


FILTER_NAMES = (*FILTERS, *SPOKEN)

ENVIRONMENT = FlowEnvironment(undefined=StrictUndefined, autoescape=False)
ENVIRONMENT.filters = {
    **FILTERS,
    **{name: _spoken(speak) for name, speak in SPOKEN.items()},
    _JOINED: joined,
}
ENVIRONMENT.globals = {}


class _Joining(NodeTransformer):
    """`~` as a filter, which keeps what it makes small."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802 (Jinja2's name)
        self.generic_visit(node)
        return nodes.Filter(nodes.List(node.nodes), _JOINED, [], [], None, None)


def parse(template: str, source: str) -> nodes.Template:
    """Return the tree of a text with expressions in it, if it holds nothing that is refused.

    Args:
        source: as the operator wrote it.

    Raises:
        PydanticCustomError: with what is wrong, for that person.
    """
    if len(source) > MAX_SOURCE:
        raise complaint_at(f"is longer than {MAX_SOURCE} characters")
    try:
        tree = ENVIRONMENT.parse(template)
    except TemplateSyntaxError as error:
        hint = "compare with `==`" if re.search(r"[^=!<>]=[^=]", source) else ""
        if source.count("{{") != source.count("}}"):
            hint = "an expression stands between `{{` and `}}`"
        raise complaint_at(f"is no expression: {error.message}", hint) from None
    except RecursionError:
        raise complaint_at("is nested too deeply", "compute it in several steps") from None
    _check_size(tree)
    everything = list(tree.find_all(nodes.Node))
    for node in everything:
        _check(node)
    _check_members(everything)
    joining: nodes.Template = _Joining().visit(tree)
    return joining


def _check_size(tree: nodes.Template) -> None:
    level: list[nodes.Node] = [tree]
    count = 0
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in node.iter_child_nodes()]
        count += len(level)
        if count > MAX_OPERATIONS:
            raise complaint_at("is too much for one expression", "compute it in several steps")
        if not level:
            return
    raise complaint_at("is nested too deeply", "compute it in several steps")


def _check(node: nodes.Node) -> None:
    if not isinstance(node, _ALLOWED):
        raise complaint_at(f"`{type(node).__name__.lower()}` is not used in flows")
    match node:
        case nodes.Name(name=name) if name not in FIELDS:
            near = nearest(name, tuple(FIELDS))
            meant = f"`{near}`, `vars.{name}`" if near else f"`vars.{name}`"
            hint = f"did you mean {meant} or the text '{name}'?"
            raise complaint_at(f"`{name}` is not known", hint)
        case nodes.Getattr(node=nodes.Name(name=owner), attr=field):
            known = FIELDS.get(owner)
            if known is not None and field not in known:
                raise complaint_at(f"there is no `{owner}.{field}`", did_you_mean(field, known))
        case nodes.Getattr(
            node=nodes.Getattr(node=nodes.Name(name="call"), attr="queue"), attr=field
        ) if field not in QUEUE_FIELDS:
            hint = did_you_mean(field, QUEUE_FIELDS)
            raise complaint_at(f"there is no `call.queue.{field}`", hint)
        case nodes.Filter(name=name) if name not in FILTER_NAMES:
            raise complaint_at(f"there is no filter `{name}`", did_you_mean(name, FILTER_NAMES))
        case nodes.Test(name=name) if name not in TESTS:
            hint = ", ".join(f"`{test}`" for test in TESTS)
            raise complaint_at(f"there is no test `{name}`", hint)
        case nodes.Call() | nodes.Filter() | nodes.Test():
            _check_call(node)
        case _:
            pass


def _check_call(node: nodes.Call | nodes.Filter | nodes.Test) -> None:
    if isinstance(node, nodes.Call):
        getter = node.node
        if not isinstance(getter, nodes.Getattr) or getter.attr not in METHODS:
            hint = did_you_mean("", sorted(METHODS))
            raise complaint_at("only methods of texts are called", hint)
        if node.kwargs or len(node.args) > 3:
            raise complaint_at(f"`{getter.attr}` does not take all this")
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        raise complaint_at("`*` before an argument is not used in flows")


def _check_members(everything: Sequence[nodes.Node]) -> None:
    """See that whole namespaces stay out, and that only data has members."""
    methods = {id(node.node) for node in everything if isinstance(node, nodes.Call)}
    getters = [node for node in everything if isinstance(node, nodes.Getattr)]
    owners = {id(getter.node) for getter in getters}
    for name in everything:
        if not isinstance(name, nodes.Name):
            continue
        if id(name) not in owners and name.name != "result":
            raise complaint_at(f"`{name.name}` is not one value", f"write `{name.name}.NAME`")
    for getter in getters:
        if id(getter) in methods or isinstance(getter.node, nodes.Name):
            continue
        path = dotted(getter)
        if getter.attr.startswith("_") or not path.startswith(("vars.", "result.", "call.queue.")):
            raise complaint_at(f"`.{getter.attr}` is not used here", "only `call.*` and `vars.*`")


def dotted(node: nodes.Node) -> str:
    """Return the name by which a value is read, `vars.order.status`; empty for others."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        owner = dotted(node.node)
        return f"{owner}.{node.attr}" if owner else ""
    if isinstance(node, nodes.Getitem):
        owner = dotted(node.node)
        return f"{owner}.?" if owner else ""
    return ""


def values_read(
    everything: Sequence[nodes.Node], without: frozenset[str] = frozenset()
) -> Iterator[str]:
    """Yield the full names of all that is read among the nodes of a tree, but for what stands
    under these filters or tests."""
    guarded = {
        id(node.node)
        for node in everything
        if isinstance(node, nodes.Filter | nodes.Test) and node.name in without
    }
    inner = {id(node.node) for node in everything if isinstance(node, _GETTERS)}
    for node in everything:
        if isinstance(node, (*_GETTERS, nodes.Name)):
            whole = dotted(node)
            if whole and id(node) not in inner and id(node) not in guarded:
                yield whole


_GETTERS = (nodes.Getattr, nodes.Getitem)
