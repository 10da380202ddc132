"""PURE: what a flow asks of a queue, in the router's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from switch.ivr.call import QueueRequest
from switch.routing import Need, Relaxation, SiteGroup
from switch.routing.need import LANGUAGE
from switch.routing.skill import requirement


def need_of(request: QueueRequest, anybody_has: Callable[[str], bool]) -> Need | None:
    """Return what the caller needs on top of the queue's own need; None for nothing.

    Args:
        anybody_has: whether any agent of this site has a skill. The caller's language is asked
            for only where agents have it: elsewhere nobody noted who speaks what.

    Raises:
        RoutingError: skills of another form, or an impossible level.
    """
    language = request.language if anybody_has(LANGUAGE + request.language) else ""
    if not (request.skills or request.preferred or request.sites or request.relax or language):
        return None
    return Need.of(
        request.skills,
        preferred=request.preferred,
        language=language,
        sites=[SiteGroup(frozenset(request.sites))] if request.sites else [],
        relax=[
            Relaxation(
                step.after_seconds,
                any_site=step.sites == (),
                sites=frozenset(step.sites or ()),
                add_priority=step.add_priority,
                instead=None
                if step.skills is None
                else requirement(_spoken(step.skills, language)),
            )
            for step in request.relax
        ],
    )


def _spoken(skills: Mapping[str, Any], language: str) -> Mapping[str, Any]:
    """What is required instead is still required of somebody who speaks the language."""
    return {"all": [skills, {LANGUAGE + language: 1}]} if language else skills


def levels_of(skills: Mapping[str, Any]) -> dict[str, int]:
    """Return skill -> level for records: nested forms flattened, of one skill the highest."""
    found: dict[str, int] = {}
    for skill, level in _levels(skills):
        found[skill] = max(level, found.get(skill, level))
    return found


def _levels(skills: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for name, value in skills.items():
        if name == "not":
            continue
        if isinstance(value, int):
            yield name, value
        for part in value if isinstance(value, list | tuple) else (value,):
            if isinstance(part, Mapping):
                yield from _levels(part)
