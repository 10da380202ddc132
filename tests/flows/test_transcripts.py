"""Every flow's transcripts: keys pressed, the way they lead, what is heard."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from switch.errors import CallOver
from switch.ivr.interpreter import run_flow
from switch.ivr.loader import TRANSCRIPT, flow_files, load_flow
from switch.yaml_source import YamlSource
from tests.support.fake_call import Act, FakeCall, Keys, Listen

FLOWS = Path(__file__).parents[2] / "ivr_flows"


def transcripts() -> list[Any]:
    found = []
    for file in sorted(FLOWS.glob(f"*{TRANSCRIPT}")):
        flow = FLOWS / file.name.replace(TRANSCRIPT, ".yaml")
        for entry in YamlSource.load(file).data:
            found.append(pytest.param(flow, entry, id=f"{flow.stem}: {entry['caller']}"))
    return found


def acts(entry: dict[str, Any]) -> list[Act]:
    """Return what the caller does: `keys` at once, or `acts` after listening."""
    if "keys" in entry:
        return [Keys(str(keys)) for keys in entry["keys"]]
    listed: list[Act] = []
    for act in entry["acts"]:
        if "key" in act and listed and listed[-1] == Listen():
            listed[-1] = Listen(str(act["key"]))
        else:
            listed.append(Keys(str(act["key"])) if "key" in act else Listen())
    return listed


@pytest.mark.parametrize(("path", "entry"), transcripts())
async def test_a_caller_gets_where_the_transcript_says(path: Path, entry: dict[str, Any]) -> None:
    call = FakeCall(*acts(entry))
    with suppress(CallOver):
        await run_flow(load_flow(path), call)
    assert call.path == entry["path"]
    assert len(call.heard) == len(entry["hears"])
    assert all(
        title.startswith(begin) for title, begin in zip(call.heard, entry["hears"], strict=True)
    )


def test_every_flow_has_transcripts() -> None:
    assert all(file.with_name(f"{file.stem}{TRANSCRIPT}").exists() for file in flow_files([FLOWS]))
