"""PURE: how large the data of a flow file may be, seen before anything else is done with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from switch.errors import Problem
from switch.ivr.fields import Location
from switch.yaml_source import YamlSource

MAX_BYTES = 1024 * 1024
"""Of a flow file: a thousand nodes have a third of it."""
MAX_ENTRIES = 1000
"""Of one list or mapping; and so many nodes may a flow have."""
MAX_VALUES = 50_000
"""In a file, with every alias expanded."""


def check_size(source: YamlSource) -> Iterator[Problem]:
    """Yield the first thing that is too large, if there is one."""
    left = MAX_VALUES
    waiting: list[tuple[Location, Any]] = [((), source.data)]
    while waiting:
        location, value = waiting.pop()
        if not isinstance(value, dict | list):
            continue
        if len(value) > MAX_ENTRIES:
            message = f"has {len(value)} entries, {MAX_ENTRIES} at most"
            yield source.problem(location, message, "split the flow: `call` goes to another file")
            return
        left -= len(value)
        if left < 0:
            message = f"holds more than {MAX_VALUES} values, with all aliases expanded"
            yield source.problem(location, message)
            return
        inside = value.items() if isinstance(value, dict) else enumerate(value)
        waiting += [((*location, step), each) for step, each in inside]
