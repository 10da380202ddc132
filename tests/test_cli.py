"""`freeline` itself: what a shell completes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = [
    sys.executable,
    "-c",
    "import sys; sys.argv[0] = 'freeline'; from switch.__main__ import main; main()",
]


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_completion_for(shell: str) -> None:
    environment = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    told = run("--show-completion", shell, **environment)
    assert told.returncode == 0, told.stderr
    assert "_FREELINE_COMPLETE" in told.stdout


def test_commands_are_completed() -> None:
    told = run(_FREELINE_COMPLETE="complete_bash", COMP_WORDS="freeline flow ", COMP_CWORD="2")
    assert {"check", "test", "try", "graph", "schema"} <= set(told.stdout.split())
