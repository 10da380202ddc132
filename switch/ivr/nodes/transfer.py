"""`transfer`: hand the caller on: to a queue, a flow, an agent or an outside number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from switch.ivr.call import QueueEnd, QueueOutcome, QueueRequest, TransferEnd, TransferRequest
from switch.ivr.expressions import Template, TextField
from switch.ivr.fields import Listed, Location, Name, NodeName, OutsideName
from switch.ivr.node import Enter, ExitsModel, Named, Node, Outcome
from switch.ivr.nodes.queue import begin_waiting, end_waiting
from switch.ivr.old_place import resumes
from switch.ivr.run import Run
from switch.yaml_wording import complaint_at

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_TARGETS = ("queue", "flow", "agent", "number")


class TransferExits(ExitsModel):
    """Where a caller goes who was not connected."""

    acted: ClassVar = frozenset({"timeout", "busy", "no_answer"})

    failed: NodeName
    """It could not be done."""
    busy: NodeName | None = None
    """Agent or number: busy or declined; without it, as `failed`."""
    no_answer: NodeName | None = None
    """Agent or number: nobody answered; without it, as `failed`."""
    unreachable: NodeName | None = None
    """Agent or number: not there; without it, as `failed`."""
    timeout: NodeName | None = None
    """Queue: the longest wait has passed; without it, as `failed`."""
    no_agents: NodeName | None = None
    """Queue: nobody could ever take this call; without it, as `failed`."""


_OF_QUEUES = ("timeout", "no_agents")
_OF_OTHERS = ("busy", "no_answer", "unreachable")


class Transfer(Node):
    """To a flow for good; to others until the far side hangs up."""

    next_is_acted = True

    type: Literal["transfer"]
    queue: OutsideName | None = None
    """With the queue's own settings; `queue` nodes have more."""
    flow: Name | None = None
    """Another flow, from its start. It does not come back."""
    agent: TextField | None = None
    """An agent's id."""
    number: TextField | None = None
    """An outside number, E.164; needs `trunk`."""
    trunk: Annotated[tuple[OutsideName, ...], Listed, Field(max_length=16)] = ()
    """Through which `number` is dialled: one, or several of which the next is taken when one
    cannot. Those that allow the longest prefix of the number come first."""
    ring_seconds: float = Field(default=30.0, ge=5, le=180)
    """Agent or number: how long it rings."""
    show_caller: bool = True
    """Number: tell it the caller's number; false: the dialled one."""
    next: NodeName | None = None
    """When the far side has hung up; null: the call ends."""
    exits_: TransferExits | None = Field(default=None, alias="exits")

    @property
    def ends(self) -> bool:  # type: ignore[override]
        return self.flow is not None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        given = [name for name in _TARGETS if getattr(self, name) is not None]
        if len(given) != 1:
            raise complaint_at("give one of `queue`, `flow`, `agent` and `number`")
        target = given[0]
        if (target == "number") != bool(self.trunk):
            raise complaint_at("`number` and `trunk` need each other", "", "trunk")
        if (target == "flow") == (self.exits_ is not None):
            needs = "has no exits: the other flow goes on" if self.exits_ else "needs `exits`"
            raise complaint_at(f"a transfer to a {target} {needs}", "`exits: {failed: NODE}`")
        if target == "flow" and self.next is not None:
            hint = "`call` comes back"
            raise complaint_at("a transfer to a flow does not come back", hint, "next")
        for name in _OF_OTHERS if target == "queue" else _OF_QUEUES:
            if self.exits_ is not None and getattr(self.exits_, name) is not None:
                message = f"a transfer to a {target} has no exit `{name}`"
                raise complaint_at(message, "", "exits", name)
        number = self.number
        if number is not None and number.constant and not _NUMBER.fullmatch(str(number.source)):
            message = f"`{number.source}` is not a number in E.164"
            raise complaint_at(message, "`+18005550100`, in quotes", "number")
        return self

    def expressions(self) -> Iterator[tuple[Location, Template]]:
        if self.agent is not None:
            yield ("agent",), self.agent
        if self.number is not None:
            yield ("number",), self.number

    def names(self) -> Iterator[Named]:
        for kind in ("queue", "flow"):
            if (name := getattr(self, kind)) is not None:
                yield Named((kind,), kind, name)
        for index, trunk in enumerate(self.trunk):
            place = ("trunk", index) if len(self.trunk) > 1 else ("trunk",)
            yield Named(place, "trunk", trunk)
        if self.agent is not None and self.agent.constant:
            yield Named(("agent",), "agent", str(self.agent.source))

    async def run(self, run: Run) -> Outcome:
        if self.flow is not None:
            return Enter(self.flow, {}, returns=False)
        assert self.exits_ is not None
        if self.queue is not None:
            return await self._wait(run, self.queue, self.exits_)
        number = "" if self.number is None else str(run.evaluate(self.number))
        if number and not _NUMBER.fullmatch(number):
            return "failed"
        end = await run.call.transfer(
            TransferRequest(
                "" if self.agent is None else str(run.evaluate(self.agent)),
                number,
                self.trunk,
                self.ring_seconds,
                self.show_caller,
            )
        )
        return self._left(run, end, self.exits_)

    @property
    def leaves_answer(self) -> bool:
        return self.queue is None

    @property
    def joins(self) -> bool:
        return self.flow is None

    def parted(self, run: Run, outcome: QueueOutcome) -> str:
        assert self.exits_ is not None
        if self.queue is not None:
            return self._waited(run, outcome, self.exits_)
        return self._left(run, TransferEnd.CONNECTED, self.exits_)

    def _left(self, run: Run, end: TransferEnd, exits: TransferExits) -> str:
        run.result = {"end": str(end)}
        return "next" if end is TransferEnd.CONNECTED else exits.first_given(str(end), "failed")

    async def _wait(self, run: Run, queue: str, exits: TransferExits) -> str:
        resume = await resumes(run, queue)
        begin_waiting(run, queue)
        outcome = await run.call.queue(QueueRequest(queue, language=run.language, resume=resume))
        return self._waited(run, outcome, exits)

    def _waited(self, run: Run, outcome: QueueOutcome, exits: TransferExits) -> str:
        end_waiting(run, outcome)
        if outcome.end is QueueEnd.CONNECTED:
            return "next"
        if outcome.end is QueueEnd.TIMEOUT:
            return exits.first_given("timeout", "failed")
        if outcome.end is QueueEnd.FAILED:
            return "failed"
        return exits.first_given("no_agents", "failed")
