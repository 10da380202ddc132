"""What a configuration that is read again has changed, by name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from switch.app.reload_changes import compare, names
from switch.settings import load_settings

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "ivr_flows").mkdir()
    shutil.copytree(CONFIG, tmp_path / "config")
    return tmp_path / "config"


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("agents.yaml", "name: Tom Becker", "name: Tom Baker", "agent tom"),
        ("agents.yaml", "password: demo-tom", "password: another", "agent tom"),
        ("queues.yaml", "ring_seconds: 15", "ring_seconds: 16", "queue orders"),
        ("trunks.yaml", "srtp: offered", "srtp: never", "trunk loopback"),
        ("freeline.yaml", '"+18005550177": vip', '"+18005550177": main', "number +18005550177"),
        ("freeline.yaml", '  "+18005550177": vip\n', "", "number +18005550177"),
        ("freeline.yaml", "region: US", "region: IN", "setting dialled_number"),
        ("freeline.yaml", "max_calls: 2000", "max_calls: 2001", None),
    ],
)
def test_one_change(config: Path, file: str, old: str, new: str, told: str | None) -> None:
    before = load_settings(config)
    text = (config / file).read_text()
    assert text.count(old) == 1
    (config / file).write_text(text.replace(old, new))
    changes = compare(before, load_settings(config))
    assert list(names(changes)) == ([] if told is None else [told])


def test_what_comes_and_what_goes_is_told_apart(config: Path) -> None:
    before = load_settings(config)
    text = (config / "trunks.yaml").read_text()
    (config / "trunks.yaml").write_text(text.replace("name: loopback", "name: home"))
    after = load_settings(config)
    changes = compare(before, after)
    assert (changes["trunks_added"], changes["trunks_removed"]) == (("home",), ("loopback",))
    assert not any(compare(after, after).values())
