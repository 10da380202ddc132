"""The process in which changed flows are read for the first time.

Whatever a file holds, only this process suffers: its memory and its time are bounded, and
the switch reads a file itself only after it was found good here. Prompts are rendered here
too; they are kept by content, so that the switch finds them made.

Input: pickled `Settings` on stdin, from the switch that started it. Output: JSON on stdout,
`{"problems": [...], "stamps": {...}}`; of many problems the first.
"""

from __future__ import annotations

import json
import os
import pickle
import resource
import sys
from pathlib import Path

from switch.app import plan
from switch.app.sounds import Sounds
from switch.errors import ConfigurationError, PromptError
from switch.ivr.loader import flow_files
from switch.settings import Settings

_MEMORY_BYTES = 4 * 1024**3
"""Of address space, of which numeric libraries take much and use little."""

MAX_PROBLEMS = 20
"""Told of one change."""

Stamps = dict[str, tuple[int, int]]


def stamps(directory: Path) -> Stamps:
    """Return what tells whether a flow file has changed: its time in ns, and its size."""
    found: Stamps = {}
    for path in flow_files([directory]):
        try:
            status = path.stat()
        except OSError:
            continue
        found[path.name] = (status.st_mtime_ns, status.st_size)
    return found


def check(settings: Settings) -> list[str]:
    """Return everything that is wrong with the flows, a line each; render their prompts."""
    try:
        flows = plan.load_plan_flows(settings)
        Sounds(settings, flows.values()).render()
    except ConfigurationError as error:
        return [str(problem) for problem in error.problems]
    except PromptError as error:
        return str(error).splitlines()
    except MemoryError:
        return [f"{settings.flows}: reading the flows took too much memory"]
    return []


def main() -> None:
    """Check, and tell."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    settings: Settings = pickle.load(sys.stdin.buffer)
    seen = stamps(settings.flows)
    problems = check(settings)
    more = len(problems) - MAX_PROBLEMS
    told = [*problems[:MAX_PROBLEMS], *([f"and {more} more"] if more > 0 else [])]
    json.dump({"problems": told, "stamps": seen}, sys.stdout)


if __name__ == "__main__":
    main()
