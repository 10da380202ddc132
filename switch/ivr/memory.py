"""PURE: what of a flow must survive while its caller talks, if the switch is started anew."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from switch.frozen import frozen
from switch.ivr.run import Run


@frozen()
class FrameMemory:
    """One flow on the way, at the node where it stands."""

    flow: str
    node: str
    variables: Mapping[str, Any]
    rounds: Mapping[str, int]
    failed: bool
    """Its `on_error` was taken."""


@frozen()
class FlowMemory:
    """The flow of the call, and the sub-flows below each other in which it stands."""

    frames: tuple[FrameMemory, ...]
    language: str
    queue: Mapping[str, Any]
    """`call.queue` of expressions."""
    steps: int


def why_not_kept(run: Run) -> str:
    """Return why a flow's variables may not be written down; empty: they may."""
    for name, value in run.variables.items():
        if name in run.flow.secrets and value not in (None, ""):
            return f"the flow {run.flow.name} holds a secret in `vars.{name}`"
        if not _is_plain(value):
            return f"`vars.{name}` of the flow {run.flow.name} cannot be written as JSON"
    return ""


def _is_plain(value: object) -> bool:
    match value:
        case None | bool() | int() | str():
            return True
        case float():
            return math.isfinite(value)
        case list():
            return all(map(_is_plain, value))
        case dict():
            return all(isinstance(key, str) and _is_plain(each) for key, each in value.items())
        case _:
            return False
