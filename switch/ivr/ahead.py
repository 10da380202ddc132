"""PURE: sentences with values that a caller may hear next: they are spoken ahead of their time.

While something is played or asked, the sentences of the nodes that can follow are made, as far
as their values are known already and nothing on the way there changes them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping

from switch.errors import FlowRunError
from switch.frozen import frozen
from switch.ivr.expressions import Computation
from switch.ivr.node import Node
from switch.ivr.nodes.language import Language
from switch.ivr.prompt import Prompt
from switch.ivr.prompts import PromptModel, Saying, Spoken

MAX_SENTENCES = 8
"""Made ahead at one node: the nearest."""
MAX_NODES = 64
MAX_PARTS = 500
"""Looked at from one node: a call of a bad flow must not hold up the others."""

_TAKES_TIME = frozenset(
    {"play", "say", "menu", "collect", "record", "http", "queue", "transfer", "callback"}
)
"""Types of nodes in which a caller listens, keys or waits: there is time to make what follows."""

_ELSEWHERE = frozenset({"announce", "music", "resume_prompts", "whisper"})
"""Prompts of a queue, which has its own time for them; `callback` says its own on the phone."""

_CHANGES = ("result", "call.queue.", "call.language", "now.second", "now.iso", "now.minute")
"""What is different by the time a sentence is heard, or begins with that. `now.time` is told to
the minute: it is worth a try."""

LIKELY_PLACES = range(1, 21)
LIKELY_MINUTES = range(31)
"""What is told of a queue: sentences with these values are ready before any call."""

_PLACE, _WAIT = "call.queue.position", "call.queue.expected_wait_seconds"


@frozen()
class _Step:
    """A node on the way."""

    name: str
    changed: frozenset[str]
    """Variables that are given values on the way there."""
    language: str
    """That is chosen on the way; empty: the caller's."""


def has_values(sayings: Mapping[PromptModel, Saying]) -> bool:
    """Return whether any prompt holds a value of the call."""
    return any(
        isinstance(part, Spoken)
        for saying in sayings.values()
        for parts in saying.values()
        for part in parts
    )


def upcoming(
    nodes: Mapping[str, Node],
    sayings: Mapping[PromptModel, Saying],
    name: str,
    language: str,
) -> tuple[Spoken, ...]:
    """Return what may be heard after a node has begun, the nearest first.

    Nothing when the node takes no time, in which it could be made.

    Args:
        language: the caller's, one of the flow's.
    """
    if nodes[name].type not in _TAKES_TIME:
        return ()
    found: dict[int, Spoken] = {}
    looked_at = 0
    for model, step in _reached(nodes, name):
        for part in sayings[model].get(step.language or language, ()):
            looked_at += 1
            if isinstance(part, Spoken) and not _is_open(part.computation, step.changed):
                found[id(part)] = part
            if len(found) == MAX_SENTENCES or looked_at == MAX_PARTS:
                return tuple(found.values())
    return tuple(found.values())


def _reached(nodes: Mapping[str, Node], start: str) -> Iterator[tuple[PromptModel, _Step]]:
    """Yield the prompts that can be heard after a node began, the nearest first."""
    own = _Step(start, frozenset(nodes[start].sets()), "")
    for location, model in nodes[start].all_prompts():
        first = location[0] in ("prompts", "text", "wait_prompts") and model.count == 1
        if not first and location[0] not in _ELSEWHERE:
            yield model, own
    waiting, seen = deque([_Step(start, frozenset(), "")]), {start}
    while waiting:
        step = waiting.popleft()
        node = nodes[step.name]
        if step.name != start:
            if node.type != "callback":
                for location, model in node.all_prompts():
                    if location[0] not in _ELSEWHERE:
                        yield model, step
            if node.type in _TAKES_TIME:
                continue  # it has time for what follows itself
        following = _following(node, step)
        if following is None:
            continue
        for way in node.exits():
            if way.target not in seen and len(seen) < MAX_NODES:
                seen.add(way.target)
                waiting.append(_Step(way.target, following.changed, following.language))


def _following(node: Node, step: _Step) -> _Step | None:
    """Return how it is after a node; None: that cannot be told."""
    language = step.language
    if isinstance(node, Language):
        chosen = node.language
        if not chosen.constant:
            return None
        language = str(chosen.source)
    return _Step(step.name, step.changed | frozenset(node.sets()), language)


def _is_open(computation: Computation, changed: frozenset[str]) -> bool:
    """Whether its value is not known before its turn."""
    for name in computation.reads:
        if name.startswith(_CHANGES):
            return True
        scope, _, rest = name.partition(".")
        if scope == "vars" and rest.partition(".")[0] in changed:
            return True
    return False


def likely(sayings: Iterable[Saying]) -> Iterator[Prompt]:
    """Yield what will be told of places and waits in queues: numbers are finite."""
    for saying in sayings:
        for parts in saying.values():
            for part in parts:
                if isinstance(part, Spoken):
                    yield from _likely(part)


def _likely(part: Spoken) -> Iterator[Prompt]:
    reads = part.computation.reads
    if reads == {_PLACE}:
        told: list[tuple[int, int | None]] = [(place, None) for place in LIKELY_PLACES]
    elif reads == {_WAIT}:
        told = [(0, 60 * minutes) for minutes in LIKELY_MINUTES]
    else:
        return
    for place, wait in told:
        queue = {"position": place, "expected_wait_seconds": wait}
        scope = {"call": {"queue": queue}, "vars": {}, "result": None, "tongue": part.language}
        try:
            text = part.template.part_text(part.computation, scope).strip()
        except FlowRunError:
            continue
        if text:
            yield Prompt("", text, part.voice, part.language, made_for_call=True)
