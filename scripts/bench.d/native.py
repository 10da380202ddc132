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
    return _compiled(name, _FLAGS, cache)


def compiled_library(name: str, cache: Path | None = None) -> Path:
    """Return the library `native/NAME.c`, to be preloaded into other programs. Raises as above."""
    return _compiled(name, (*_FLAGS, "-shared", "-fPIC"), cache)


def _compiled(name: str, flags: tuple[str, ...], cache: Path | None) -> Path:
    source = SOURCES / f"{name}.c"
    key = hashlib.sha256(" ".join(flags).encode() + source.read_bytes()).hexdigest()[:16]
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
            [compiler, *flags, "-o", str(made), str(source), "-ldl", "-lpthread"],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise BenchError(f"{compiler} refuses native/{name}.c:\n{done.stderr.strip()}")
        made.replace(program)
    return program
