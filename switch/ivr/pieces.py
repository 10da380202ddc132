"""PURE: flows in pieces, on their way from the process that read them to the one that runs them.

A flow of a thousand nodes takes half a second to read and check. What comes out is taken apart
node by node, each with its prompts and compiled expressions, so that the switch can put it
together again a little at a time, between calls. Only for a process of the same version, and
from one that it has started itself: a piece is a pickle.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import cast

from switch.frozen import frozen
from switch.ivr.models import Flow
from switch.ivr.node import Node
from switch.ivr.prompts import PromptModel, Saying


@frozen()
class _Outline:
    """A flow without its nodes: those that follow are its own."""

    flow: Flow
    others: tuple[str, ...]


@frozen()
class _Piece:
    """One node, and what was found out of it."""

    title: str
    node: Node
    sayings: tuple[tuple[PromptModel, Saying], ...]
    ways: Mapping[str, str]


def pieces(flows: Mapping[str, Flow]) -> Iterator[bytes]:
    """Take flows apart: all that call each other."""
    for flow in flows.values():
        outline = replace(flow, nodes={}, sayings={}, ways={}, others={}, upcoming={})
        yield pickle.dumps(_Outline(outline, tuple(flow.others)))
        for title, node in flow.nodes.items():
            said = tuple((prompt, flow.sayings[prompt]) for _, prompt in node.all_prompts())
            yield pickle.dumps(_Piece(title, node, said, flow.ways[title]))


class Assembly:
    """Puts flows together again, a piece at a time, in their order."""

    def __init__(self) -> None:
        self._outlines: list[_Outline] = []

    def add(self, piece: bytes) -> None:
        """Take the next piece."""
        part = pickle.loads(piece)
        if isinstance(part, _Outline):
            self._outlines.append(part)
            return
        assert isinstance(part, _Piece)
        flow = self._outlines[-1].flow
        cast(dict[str, Node], flow.nodes)[part.title] = part.node
        cast(dict[str, Mapping[str, str]], flow.ways)[part.title] = part.ways
        cast(dict[PromptModel, Saying], flow.sayings).update(part.sayings)

    def flows(self) -> dict[str, Flow]:
        """Return the flows by name, once every piece is there."""
        found = {outline.flow.name: outline.flow for outline in self._outlines}
        for outline in self._outlines:
            outline.flow.others.update({name: found[name] for name in outline.others})
        return found
