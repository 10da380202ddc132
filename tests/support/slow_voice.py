"""An espeak-ng that is slow, hangs or is not there: a program of that name before the real one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


class SlowVoice:
    """Stands in a directory of its own, which is all of the switch's PATH.

    It does as the file `mood` says: nothing special without one, so that prompts of the start
    are made at once.
    """

    def __init__(self, directory: Path) -> None:
        real, starter = shutil.which("espeak-ng"), shutil.which("setpriv")
        assert real is not None
        assert starter is not None
        directory.mkdir()
        (directory / "setpriv").symlink_to(starter)  # by which tests start processes
        self._mood = directory / "mood"
        self._program = directory / "espeak-ng"
        self._spoken = directory / "spoken"
        self._program.write_text(
            "#!/bin/sh\n"
            "text=$(/bin/cat)\n"
            f'if [ -e "{self._mood}" ]; then\n'
            f'  echo "$text" >> "{self._spoken}"\n'
            f'  . "{self._mood}"\n'
            "fi\n"
            f'echo "$text" | exec {real} "$@"\n'
        )
        self._program.chmod(0o755)
        self.environment = {"PATH": str(directory)}

    def takes(self, seconds: float) -> None:
        """Take so much longer for everything from now on."""
        self._be(f"/bin/sleep {seconds}")

    def hangs(self) -> None:
        """Stop, as if by SIGSTOP, whatever is to be spoken from now on."""
        self._be("kill -STOP $$")

    def goes(self) -> None:
        """Be no longer installed."""
        self._program.unlink()

    @property
    def spoken(self) -> list[str]:
        """The texts that were to be spoken since it has a mood."""
        return self._spoken.read_text().splitlines() if self._spoken.exists() else []

    def _be(self, mood: str) -> None:
        part = Path(f"{self._mood}.part")
        part.write_text(mood + "\n")
        os.replace(part, self._mood)
