"""Examples in the documents are run: flows are loaded, hours asked, planning computed."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from typer.testing import CliRunner

from switch.cli import app
from switch.ivr.asking import Asking
from switch.ivr.loader import Known, load_flow
from switch.ivr.models import FlowFile
from switch.ivr.node import Node
from switch.ivr.nodes import NODE_TYPES
from switch.ivr.prompts import PromptModel
from switch.schedule_fields import ScheduleModel
from switch.yaml_source import YamlSource

ROOT = Path(__file__).parents[1]
KNOWN = Known(
    frozenset({"orders", "helpdesk", "operator"}),
    frozenset({"orders", "helpdesk", "spanish"}),
    agents=frozenset({"asha"}),
    tables=frozenset({"customers"}),
    columns=frozenset({"customers.name", "customers.level"}),
    hosts=frozenset({"orders.example.com", "payments.example.com"}),
    trunks=frozenset({"carrier"}),
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
    for other in flows():
        if "results: [ok]" in other:
            (tmp_path / "ask_pin.yaml").write_text(other)
    load_flow(file, KNOWN)


def test_every_kind_of_node_has_an_example() -> None:
    kinds = {kind.model_fields["type"].annotation.__args__[0] for kind in NODE_TYPES}  # type: ignore[union-attr]
    shown = set(re.findall(r"type: (\w+)", "".join(flows())))
    headings = set(re.findall(r"^### (\w+)$", (ROOT / "docs" / "flows.md").read_text(), re.M))
    assert kinds <= shown
    assert kinds <= headings


def settings_of(schema: dict[str, Any], but: frozenset[str]) -> Iterator[str]:
    """Yield the settings of a node and of what stands within it, but for some models."""
    yield from schema.get("properties", {})
    for name, model in schema.get("$defs", {}).items():
        if name not in but:
            yield from model.get("properties", {})


@pytest.mark.parametrize("kind", NODE_TYPES, ids=lambda kind: kind.__name__.lower())
def test_every_setting_of_a_node_is_in_its_section(kind: type[Node]) -> None:
    text = (ROOT / "docs" / "flows.md").read_text()
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##)", text, re.M | re.S))
    (name,) = kind.model_fields["type"].annotation.__args__  # type: ignore[union-attr]
    told = sections[name]
    if issubclass(kind, Asking):
        assert "as in `menu`" in told or name == "menu"
        told += sections["menu"]
    # Prompts and hours have a section and a page of their own.
    elsewhere = frozenset(re.findall(r"\w+Model", str(kind.model_json_schema()))) - {
        "AnnounceModel"
    }
    found = set(settings_of(kind.model_json_schema(by_alias=True), elsewhere))
    assert found - {"type", "note", "next"} - set(re.findall(r"\w+", told)) == set()


@pytest.mark.parametrize(
    ("model", "page"),
    [(PromptModel, "flows.md"), (ScheduleModel, "hours.md"), (FlowFile, "flows.md")],
)
def test_every_setting_of_what_nodes_share_is_on_its_page(
    model: type[BaseModel], page: str
) -> None:
    schema = model.model_json_schema(by_alias=True)
    nodes = frozenset(kind.__name__ for kind in NODE_TYPES)
    told = set(re.findall(r"\w+", (ROOT / "docs" / page).read_text()))
    assert set(settings_of(schema, nodes)) - told == set()


def test_opening_hours_in_the_documents_are_right() -> None:
    text = (ROOT / "docs" / "hours.md").read_text()
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.S)
    assert blocks
    for block in blocks:
        hours = ScheduleModel.model_validate(YamlSource.parse(block, "hours.md").data).schedule()
        state = hours.state(datetime(2026, 12, 24, 6, tzinfo=UTC))
        assert state.why == "closure: stock-taking"


PLANNING = (ROOT / "docs" / "planning.md").read_text()


def sessions() -> list[tuple[str, str]]:
    """Return every command in docs/planning.md whose output is shown, with that output."""
    return re.findall(r"```\n\$ freeline ([^\n]+)\n(.*?)```", PLANNING, re.S)


def without_chance(text: str) -> list[str]:
    """Return lines in which simulated numbers and bars, and the columns they widen, are equal."""
    bars = re.compile("[\N{FULL BLOCK}-\N{LEFT ONE EIGHTH BLOCK}]+")
    lines = [re.sub(r"[\d.]+", "0", bars.sub("", line)) for line in text.splitlines()]
    return [" ".join(line.split()) for line in lines]


@pytest.mark.parametrize(("command", "shown"), sessions(), ids=lambda text: text[:30])
def test_planning_tells_what_the_documents_show(
    command: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    told = CliRunner().invoke(app, shlex.split(command))
    assert told.exit_code == 0, told.output
    if command.startswith("erlang"):
        assert told.stdout.split() == shown.split()
    else:  # what is drawn may differ with another numpy
        assert without_chance(told.stdout) == without_chance(shown)


def test_a_scenario_in_the_documents_is_the_file_it_tells_of() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", PLANNING, re.S)
    file = (ROOT / "docs" / "examples" / "planning" / "forecast.yaml").read_text()
    assert file.endswith(block)


def test_the_settings_for_visual_studio_code_fit_the_shipped_files() -> None:
    text = (ROOT / "docs" / "flow-tools.md").read_text()
    (block,) = re.findall(r"```json\n(\{\n  \"yaml\.schemas\".*?)```", text, re.S)
    schemas = json.loads(block)["yaml.schemas"]
    scenarios = {str(path.relative_to(ROOT)) for path in ROOT.glob("ivr_flows/*.scenarios.yaml")}
    both = {str(path.relative_to(ROOT)) for path in ROOT.glob("ivr_flows/*.yaml")}

    for schema, globs in schemas.items():
        found: set[str] = set()
        for pattern in [globs] if isinstance(globs, str) else globs:
            named = {str(path.relative_to(ROOT)) for path in ROOT.glob(pattern.lstrip("!"))}
            found = found - named if pattern.startswith("!") else found | named
        assert found == (scenarios if "scenarios" in schema else both - scenarios)
        # The commands above the settings write the schemas where these look for them.
        assert f"--output {schema}\n" in text
