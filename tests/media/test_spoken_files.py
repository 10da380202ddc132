"""Files of speech: up to a size, the last used longest, gone with their process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.errors import PromptError
from switch.media.spoken_files import SpokenFiles


def kept(parent: Path) -> set[str]:
    """Return the names of all files of speech."""
    return {file.name for file in parent.glob("spoken-*/*") if file.name != "lock"}


def test_what_was_put_is_there(tmp_path: Path) -> None:
    files = SpokenFiles(tmp_path, 100)
    assert files.path("a") is None
    assert not list(tmp_path.iterdir())
    path = files.put("a", b"12345")
    assert files.path("a") == path
    assert Path(path).read_bytes() == b"12345"
    assert files.total_bytes == 5
    files.close()


def test_above_the_size_what_was_used_longest_ago_goes(tmp_path: Path) -> None:
    files = SpokenFiles(tmp_path, 10)
    files.put("a", b"1234")
    files.put("b", b"1234")
    files.path("a")
    files.put("c", b"1234")
    assert kept(tmp_path) == {"a", "c"}
    assert files.path("b") is None
    assert files.total_bytes == 8
    files.close()


def test_one_that_is_too_large_stays_until_the_next(tmp_path: Path) -> None:
    files = SpokenFiles(tmp_path, 10)
    files.put("a", b"1" * 20)
    assert kept(tmp_path) == {"a"}
    files.put("b", b"1")
    assert kept(tmp_path) == {"b"}
    files.close()


def test_the_same_name_again_takes_the_place_of_the_old(tmp_path: Path) -> None:
    files = SpokenFiles(tmp_path, 10)
    files.put("a", b"1234")
    files.put("a", b"12")
    assert files.total_bytes == 2
    files.close()


def test_all_goes_at_the_end(tmp_path: Path) -> None:
    files = SpokenFiles(tmp_path, 10)
    files.put("a", b"1234")
    files.close()
    files.close()
    assert not list(tmp_path.iterdir())
    assert files.path("a") is None


def test_what_a_killed_process_left_is_swept_away_and_what_others_use_is_not(
    tmp_path: Path,
) -> None:
    code = (
        "import os, sys\nfrom pathlib import Path\n"
        "from switch.media.spoken_files import SpokenFiles\n"
        "SpokenFiles(Path(sys.argv[1]), 100).put('left', b'1')\nos._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], timeout=60)
    assert kept(tmp_path) == {"left"}
    mine, other = SpokenFiles(tmp_path, 100), SpokenFiles(tmp_path, 100)
    mine.put("mine", b"1")
    other.put("other", b"1")
    assert kept(tmp_path) == {"mine", "other"}
    mine.close()
    other.close()


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PromptError, match="cannot write speech below"):
        SpokenFiles(tmp_path / "file", 100).put("a", b"1")


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 12)), max_size=30))
def test_it_is_a_cache_of_the_last_used(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    parent = tmp_path_factory.mktemp("cache")
    files = SpokenFiles(parent, 20)
    expected: dict[str, int] = {}
    for name, size in steps:
        if size > 10:  # used, not put
            assert (files.path(name) is not None) == (name in expected)
            if name in expected:
                expected[name] = expected.pop(name)
            continue
        expected.pop(name, None)
        expected[name] = size
        files.put(name, b"x" * size)
        while sum(expected.values()) > 20:
            del expected[next(iter(expected))]
        assert kept(parent) == set(expected)
        assert files.total_bytes == sum(expected.values())
    files.close()
