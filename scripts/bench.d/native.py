"""The C programs beside this file, compiled when first needed and kept by their content."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from figures import BenchError

SOURCES = Path(__file__).parent / "native"
_FLAGS = ("-O2", "-Wall")


def cache_directory() -> Path:
    """Return where compiled programs are kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "freeline-bench"


def compiled(name: str, cache: Path | None = None) -> Path:
    """Return the program `native/NAME.c`, compiling it unless that very source has been.

    Raises:
        BenchError: there is no compiler, or it refuses the source.
    """
    source = SOURCES / f"{name}.c"
    key = hashlib.sha256(" ".join(_FLAGS).encode() + source.read_bytes()).hexdigest()[:16]
    program = (cache or cache_directory()) / f"{name}-{key}"
    if program.exists():
        return program
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise BenchError(
            f"native/{name}.c has to be compiled and there is no C compiler: install the "
            "Debian package gcc (apt-get install gcc libc6-dev)"
        )
    program.parent.mkdir(parents=True, exist_ok=True)
    # Made aside and then renamed: two benchmarks may be started at the same time.
    with tempfile.TemporaryDirectory(dir=program.parent) as place:
        made = Path(place) / name
        done = subprocess.run(
            [compiler, *_FLAGS, "-o", str(made), str(source)], capture_output=True, text=True
        )
        if done.returncode:
            raise BenchError(f"{compiler} refuses native/{name}.c:\n{done.stderr.strip()}")
        made.replace(program)
    return program
