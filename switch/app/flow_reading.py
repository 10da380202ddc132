"""Flows are read beside the switch, and put together in it between calls.

The reading of a large flow takes seconds, and the interpreter's lock with it, in whatever
thread it goes on: another process does it (`flow_check.py`). Here comes in what it found, one
node in a turn of the event loop.
"""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys
from collections.abc import Sequence

from switch import speech
from switch.app.flow_check import URGENTLY, Stamps, Verdict
from switch.app.retirement import Retirement
from switch.app.sounds import Sounds
from switch.errors import FreelineError
from switch.ivr.models import Flow
from switch.ivr.pieces import Assembly
from switch.settings import Settings

_CHECK_SECONDS = 120.0
"""Many new prompts take long to speak; a file that takes longer is refused."""


class FlowsRefused(FreelineError):
    """The flows cannot be used; `problems` says why, a line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class FlowReading:
    """Reads all flows, whenever they or what they name may have changed."""

    def __init__(self, sounds: Sounds) -> None:
        """Prepare.

        Args:
            sounds: learns where the prompts of the flows are.
        """
        self._sounds = sounds
        self._retirement = Retirement()
        self._processes: set[subprocess.Popen[bytes]] = set()

    def stop(self) -> None:
        """End what is under way: it fails."""
        for process in tuple(self._processes):
            process.kill()

    async def read(
        self, settings: Settings, *, urgently: bool = False
    ) -> tuple[dict[str, Flow], Stamps]:
        """Return the flows as they are on disk, ready to run, and what their files were.

        Once nobody has them any more they go as they came, piece by piece.

        Args:
            urgently: somebody waits for it.

        Raises:
            FlowsRefused: with everything that is wrong.
        """
        verdict = await asyncio.to_thread(self._run, settings, *([URGENTLY] if urgently else []))
        if verdict.problems:
            raise FlowsRefused(verdict.problems)
        assembly = Assembly()
        for piece in verdict.pieces:
            assembly.add(piece)
            await asyncio.sleep(0)
        await asyncio.to_thread(speech.prepare, sorted(verdict.speaks))
        self._sounds.learn(verdict.sounds)
        flows = assembly.flows()
        self._retirement.await_end(flows.values())
        return flows, verdict.stamps

    def _run(self, settings: Settings, *arguments: str) -> Verdict:
        """Read in a process of its own. Blocks."""
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "switch.app.flow_check", *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            raise FlowsRefused([f"the flows could not be checked: {error}"]) from error
        self._processes.add(process)
        try:
            out, errors = process.communicate(pickle.dumps(settings), _CHECK_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            took = f"checking the flows took longer than {_CHECK_SECONDS:g} s"
            raise FlowsRefused([took]) from None
        finally:
            self._processes.discard(process)
        if process.returncode or not out:
            last = errors.decode(errors="replace").strip().rpartition("\n")[2]
            why = f"it ended with {process.returncode}" + (f": {last}" if last else "")
            raise FlowsRefused([f"checking the flows failed: {why}"])
        verdict: Verdict = pickle.loads(out)
        return verdict
