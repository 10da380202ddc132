"""The C programs: compiled once, kept by content, and at work for a moment."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

import far_ends
import native
import pytest
from figures import BenchError

needs_compiler = pytest.mark.skipif(
    shutil.which("cc") is None and shutil.which("gcc") is None, reason="there is no C compiler"
)


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sources of our own."""
    place = tmp_path / "native"
    place.mkdir()
    (place / "answer.c").write_text("int main(void) { return 42; }\n")
    monkeypatch.setattr(native, "SOURCES", place)
    return place


@needs_compiler
class TestCompiled:
    @pytest.mark.parametrize("name", ["relay", "rtp_load"])
    def test_what_the_benchmarks_need(self, name: str, tmp_path: Path) -> None:
        program = native.compiled(name, tmp_path)
        assert program.read_bytes().startswith(b"\x7fELF")

    def test_what_makes_a_bad_day(self, tmp_path: Path) -> None:
        library = native.compiled_library("bad_day", tmp_path)
        file = tmp_path / "clock"
        file.write_bytes(struct.pack("=q", 86_400))
        code = "import time; print(time.time(), time.monotonic())"
        bad = {"LD_PRELOAD": str(library), "BAD_CLOCK": str(file)}
        told = subprocess.run(
            [sys.executable, "-c", code], env=os.environ | bad, capture_output=True, text=True
        )
        wall, monotonic = map(float, told.stdout.split())
        assert 86_300 < wall - time.time() < 86_500
        assert abs(monotonic - time.monotonic()) < 100

    def test_the_same_source_is_compiled_once(self, sources: Path, tmp_path: Path) -> None:
        cache = tmp_path / "cache"
        program = native.compiled("answer", cache)
        program.write_text("kept")
        assert native.compiled("answer", cache) == program
        assert program.read_text() == "kept"
        assert list(cache.iterdir()) == [program]

    def test_another_source_is_another_program(self, sources: Path, tmp_path: Path) -> None:
        first = native.compiled("answer", tmp_path / "cache")
        (sources / "answer.c").write_text("int main(void) { return 43; }\n")
        assert native.compiled("answer", tmp_path / "cache") != first

    def test_what_the_compiler_says_is_told(self, sources: Path, tmp_path: Path) -> None:
        (sources / "answer.c").write_text("int main(void) { return nothing; }\n")
        with pytest.raises(BenchError, match="nothing"):
            native.compiled("answer", tmp_path / "cache")


def test_a_missing_compiler_is_named_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(BenchError, match="Debian package gcc"):
        native.compiled("relay", tmp_path)


@needs_compiler
class TestFarEnds:
    @pytest.fixture(autouse=True)
    def _cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(native, "cache_directory", lambda: tmp_path)

    def test_know_nobody_at_first(self) -> None:
        load = far_ends.RtpLoad()
        try:
            assert load.count() == {"streams": 0, "heard": 0, "relayed": 0}
            metered = load.measure(0.05)
        finally:
            load.stop()
        assert (metered.sent, metered.received, metered.lost) == (0, 0, 0)

    def test_the_relay_passes_on_what_they_send(self) -> None:
        floor = far_ends.measure_floor(4, 0.2)
        assert floor.metered.streams == 4
        assert floor.metered.sent > 0
        assert floor.metered.relayed > 0
        assert floor.us_per_packet is not None
