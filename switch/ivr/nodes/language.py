"""`language`: go on in another language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from switch.ivr.expressions import Template, TextField
from switch.ivr.fields import Location, NodeName
from switch.ivr.node import ExitsModel, Named, Node
from switch.ivr.run import Run


class LanguageExits(ExitsModel):
    """Where a call goes whose language the flow does not speak."""

    unknown: NodeName


class Language(Node):
    """The caller's language, for prompts, spoken values, queues and records."""

    needs_answer = False

    type: Literal["language"]
    language: TextField
    """`hi`; or computed, `{{ vars.chosen }}`, and then with an exit `unknown`."""
    next: NodeName
    exits_: LanguageExits | None = Field(default=None, alias="exits")

    def expressions(self) -> Iterator[tuple[Location, Template]]:
        yield ("language",), self.language

    def names(self) -> Iterator[Named]:
        if self.language.constant:
            yield Named(("language",), "language", str(self.language.source))

    async def run(self, run: Run) -> str:
        language = str(run.evaluate(self.language))
        if language not in run.flow.voices.languages:
            return "unknown"
        run.set_language(language)
        return "next"
