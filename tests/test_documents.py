"""Examples in the documents are run: every flow in docs/flows.md is loaded, hours are asked."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from switch.ivr.loader import Known, load_flow
from switch.schedule_fields import ScheduleModel
from switch.yaml_source import YamlSource

ROOT = Path(__file__).parents[1]
KNOWN = Known(
    frozenset({"orders", "helpdesk", "operator"}), frozenset({"orders", "helpdesk", "spanish"})
)


def flows() -> list[str]:
    """Return every block of YAML that is a flow."""
    text = (ROOT / "docs" / "flows.md").read_text()
    return [block for block in re.findall(r"```yaml\n(.*?)```", text, re.S) if "nodes:" in block]


@pytest.mark.parametrize("block", flows(), ids=lambda block: block.splitlines()[1].strip())
def test_flows_in_the_documents_are_right(block: str, tmp_path: Path) -> None:
    (tmp_path / "sounds").symlink_to(ROOT / "ivr_flows" / "sounds")
    file = tmp_path / "example.yaml"
    file.write_text(block)
    load_flow(file, KNOWN)


def test_every_kind_of_node_has_an_example() -> None:
    from switch.ivr.nodes import NODE_TYPES

    kinds = {kind.model_fields["type"].annotation.__args__[0] for kind in NODE_TYPES}  # type: ignore[union-attr]
    shown = set(re.findall(r"type: (\w+)", "".join(flows())))
    headings = set(re.findall(r"^### (\w+)$", (ROOT / "docs" / "flows.md").read_text(), re.M))
    assert kinds <= shown
    assert kinds <= headings


def test_opening_hours_in_the_documents_are_right() -> None:
    text = (ROOT / "docs" / "hours.md").read_text()
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.S)
    assert blocks
    for block in blocks:
        hours = ScheduleModel.model_validate(YamlSource.parse(block, "hours.md").data).schedule()
        state = hours.state(datetime(2026, 12, 24, 6, tzinfo=UTC))
        assert state.why == "closure: stock-taking"
