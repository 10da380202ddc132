"""The process in which flows are read while the switch runs.

Whatever a file holds, only this process suffers: its memory and its time are bounded, and the
switch itself reads no flow file. Prompts are rendered here too; they are kept by content, so
that the switch need only be told where they are.

Input: pickled `Settings` on stdin, from the switch that started it. Output: a pickled `Verdict`
on stdout.
"""

from __future__ import annotations

import os
import pickle
import resource
import sys
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path

from switch.app import plan
from switch.app.sounds import Sounds
from switch.errors import ConfigurationError, PromptError
from switch.frozen import frozen
from switch.ivr.loader import flow_files
from switch.ivr.pieces import pieces
from switch.media.prompts import PromptKey
from switch.settings import Settings

_MEMORY_BYTES = 4 * 1024**3
"""Of address space, of which numeric libraries take much and use little."""

MAX_PROBLEMS = 20
"""Told of one change."""

Stamps = Mapping[str, tuple[int, int]]


@frozen()
class Verdict:
    """What came of reading the flows: problems, or the flows."""

    stamps: Stamps
    """Of the files, from before they were read."""
    problems: Sequence[str] = ()
    """A line each; of many the first."""
    pieces: Sequence[bytes] = ()
    """For an `Assembly`."""
    speaks: frozenset[str] = frozenset()
    """Languages in which the flows put values into words."""
    sounds: Mapping[PromptKey, Path] = field(default_factory=dict)
    """Where the prompts are."""


def stamps(directory: Path) -> Stamps:
    """Return what tells whether a flow file has changed: its time in ns, and its size."""
    found: dict[str, tuple[int, int]] = {}
    for path in flow_files([directory]):
        try:
            status = path.stat()
        except OSError:
            continue
        found[path.name] = (status.st_mtime_ns, status.st_size)
    return found


def check(settings: Settings) -> Verdict:
    """Read the flows and render their prompts, or find everything that is wrong with them."""
    seen = stamps(settings.flows)
    try:
        flows = plan.load_plan_flows(settings)
        sounds = Sounds(settings, flows.values())
        sounds.render()
        speaks = frozenset[str]().union(*(flow.speaks for flow in flows.values()))
        return Verdict(seen, (), tuple(pieces(flows)), speaks, sounds.made())
    except ConfigurationError as error:
        problems = [str(problem) for problem in error.problems]
    except PromptError as error:
        problems = str(error).splitlines()
    except MemoryError:
        problems = [f"{settings.flows}: reading the flows took too much memory"]
    more = len(problems) - MAX_PROBLEMS
    rest = [f"and {more} more"] if more > 0 else []
    return Verdict(seen, (*problems[:MAX_PROBLEMS], *rest))


URGENTLY = "--urgently"
"""The argument for whom somebody waits: with as much of a CPU as the switch has itself."""


def main() -> None:
    """Check, and tell."""
    if URGENTLY not in sys.argv:
        os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    verdict = check(pickle.load(sys.stdin.buffer))
    pickle.dump(verdict, sys.stdout.buffer)


if __name__ == "__main__":
    # As the module that the switch knows: what is pickled here is read there.
    from switch.app import flow_check

    flow_check.main()
