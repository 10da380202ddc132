"""`lookup`: find a row of a local table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from switch.errors import FlowRunError
from switch.ivr.bounded import MAX_TEXT
from switch.ivr.expressions import Template, TextField
from switch.ivr.fields import Location, NodeName, OutsideName, VariableName
from switch.ivr.node import ExitsModel, Named, Node
from switch.ivr.run import Run


class LookupExits(ExitsModel):
    """Where a call goes without a row."""

    not_found: NodeName
    """The table has no such key."""
    failed: NodeName | None = None
    """The table cannot be read just now; without it, the flow's `on_error`."""


class Lookup(Node):
    """A row by its key; `result` is the row, column by column."""

    needs_answer = False

    type: Literal["lookup"]
    table: OutsideName
    """One of the site's tables: a CSV file or a table of an SQLite file."""
    key: TextField
    """Looked for in the table's key column: `{{ call.from }}`."""
    into: Annotated[Mapping[VariableName, str], Field(max_length=64)] = Field(default_factory=dict)
    """Variable -> column."""
    next: NodeName
    exits_: LookupExits = Field(alias="exits")

    def sets(self) -> Iterator[str]:
        yield from self.into

    def expressions(self) -> Iterator[tuple[Location, Template]]:
        yield ("key",), self.key

    def names(self) -> Iterator[Named]:
        yield Named(("table",), "table", self.table)
        for variable, column in self.into.items():
            yield Named(("into", variable), "column", f"{self.table}.{column}")

    async def run(self, run: Run) -> str:
        for variable in self.into:
            run.variables.setdefault(variable, "")
        key = str(run.evaluate(self.key))
        try:
            row = await run.call.lookup(self.table, key)
        except FlowRunError:
            if self.exits_.failed is None:
                raise
            return "failed"
        if row is None:
            return "not_found"
        cells = {
            name: cell[:MAX_TEXT] if isinstance(cell, str) else cell for name, cell in row.items()
        }
        run.result = cells
        for variable, column in self.into.items():
            run.variables[variable] = cells.get(column, "")
        return "next"
