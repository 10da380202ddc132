"""Flows written in a test, loaded and run against a caller in memory."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from switch.errors import CallOver, FlowError
from switch.ivr.interpreter import run_flow
from switch.ivr.loader import Known, load_flow
from tests.support.fake_call import FakeCall

END = "  end: {type: hangup}\n"


def write(directory: Path, text: str, name: str = "flow") -> Path:
    """Write a flow; text without `nodes:` is nodes alone, and gets an end."""
    file = directory / f"{name}.yaml"
    file.write_text(text if "nodes:" in text else f"nodes:\n{text.rstrip()}\n{END}")
    return file


async def run(
    directory: Path, text: str, call: FakeCall, variables: dict[str, Any] | None = None
) -> FakeCall:
    """Run a flow; that it hung up, or the caller, is no failure."""
    flow = load_flow(write(directory, text))
    with suppress(CallOver):
        await run_flow(flow, call, variables)
    return call


def problems(directory: Path, text: str, known: Known | None = None) -> list[str]:
    """Return what is wrong with a flow, without the file's directory."""
    file = write(directory, text)
    with pytest.raises(FlowError) as caught:
        load_flow(file, known)
    return [str(problem).replace(f"{directory}/", "") for problem in caught.value.problems]
