"""PURE: what every node of a flow is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import Field

from switch.frozen import frozen
from switch.ivr.call import QueueOutcome
from switch.ivr.expressions import Template
from switch.ivr.fields import FlowModel, Location, NodeName
from switch.ivr.prompts import PromptModel, located
from switch.ivr.run import Run


@dataclass(frozen=True, slots=True)
class Exit:
    """A way on from a node."""

    location: Location
    target: str
    acted: bool
    """Only a caller who does something goes this way: it cannot go round for ever."""
    perhaps: bool = False
    """It may be none: where it was found cannot be read."""

    @property
    def name(self) -> str:
        """What `Node.run` returns to go this way: `next`, `timeout`, a key, `case 1`."""
        if self.location[0] == "cases":
            return f"case {int(self.location[1]) + 1}"
        return str(self.location[-1])


@dataclass(frozen=True, slots=True)
class Named:
    """Something outside of the flow that a node names."""

    location: Location
    kind: str
    """`queue`, `skill`, `table`, ...: a field of `Known` without its plural."""
    name: str
    is_key: bool = False
    """The name is a key in the file, not a value."""


@frozen()
class Enter:
    """Go on in another flow."""

    flow: str
    arguments: Mapping[str, Any]
    """Its variables at the start."""
    returns: bool
    """It comes back to the node that called; otherwise the present flow is left for good."""


@frozen()
class Return:
    """Go back to the node that called this flow."""

    results: Mapping[str, Any]


Outcome = str | Enter | Return
"""The name of an exit, which ends the flow where it leads nowhere; or another flow."""


class Node(FlowModel):
    """One step of a flow. Each kind is a subclass in `nodes/`, with its own `type`."""

    needs_answer: ClassVar[bool] = True
    """The caller must be connected before it runs; the interpreter sees to that."""
    speaks: ClassVar[bool] = False
    """All that it does can be done before the answer, by early media."""
    ends: ClassVar[bool] = False
    """Nothing need follow it."""
    next_is_acted: ClassVar[bool] = False
    """Only a caller who does something goes the way `next`."""

    type: str
    note: str = Field(default="", max_length=2000)
    """For whoever reads the flow."""

    @property
    def leaves_answer(self) -> bool:
        """Whether somebody else may answer, with early media: who is rung, or another flow."""
        return False

    def needs_caller(self) -> bool:
        """Return whether it is of no use once the caller has gone."""
        return self.needs_answer

    def exits(self) -> Iterator[Exit]:
        """Yield every way on: `next` and `exits`, as far as this kind of node has them."""
        target: NodeName | None = getattr(self, "next", None)
        if target is not None:
            yield Exit(("next",), target, self.next_is_acted)
        exits: ExitsModel | None = getattr(self, "exits_", None)
        if exits is not None:
            yield from exits.ways()

    def all_prompts(self) -> Iterator[tuple[Location, PromptModel]]:
        """Yield everything that may be heard here: `prompts`, if this kind of node has any."""
        yield from located("prompts", getattr(self, "prompts", ()))

    def sets(self) -> Iterator[str]:
        """Yield the names of the variables that this node gives a value."""
        yield from ()

    @property
    def sets_unknown(self) -> bool:
        """Whether it gives variables a value of which not even the names can be read."""
        return False

    @property
    def leads_unknown(self) -> bool:
        """Whether it leads somewhere, and where cannot be read."""
        return False

    def expressions(self) -> Iterator[tuple[Location, Template]]:
        """Yield every expression, but for those in prompts."""
        yield from ()

    def names(self) -> Iterator[Named]:
        """Yield what it names outside of the flow."""
        yield from ()

    def keeps_secret(self, location: Location) -> bool:
        """Return whether the expression at this place may read a secret."""
        return False

    def secrets(self) -> Iterator[str]:
        """Yield the names of the variables that it fills with secrets."""
        yield from ()

    @property
    def forgets_keys(self) -> bool:
        """Whether no key pressed before or in it is left for a later question."""
        return self.joins

    @property
    def joins(self) -> bool:
        """Whether the caller may talk with somebody here, and goes on afterwards."""
        return False

    def parted(self, run: Run, outcome: QueueOutcome) -> str:
        """Return where to go on after the talk: the end of `run`, for nodes that join."""
        raise NotImplementedError

    async def run(self, run: Run) -> Outcome:
        """Act, and return where to go on."""
        raise NotImplementedError


class ExitsModel(FlowModel):
    """Named ways on from a node; a way that is not given is none."""

    acted: ClassVar[frozenset[str]] = frozenset()
    """Those that only a caller goes who does something."""

    def ways(self) -> Iterator[Exit]:
        """Yield every way that is given."""
        for name in type(self).model_fields:
            target = getattr(self, name)
            if target is not None:
                yield Exit(("exits", name), target, name in self.acted)

    def first_given(self, *names: str) -> str:
        """Return the first of these that is given; the last of them must be."""
        return next(name for name in names if getattr(self, name) is not None)
