"""The JSON Schemas: valid themselves, right about right files, wrong about typical mistakes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from switch.ivr.models import FlowFile
from switch.rehearsal.scenario_file import ScenarioFile
from switch.schemas import schema_of
from switch.settings import FILES, file_model
from switch.yaml_source import YamlSource

ROOT = Path(__file__).parents[1]
FLOW = schema_of(FlowFile, "flow")
SCENARIOS = schema_of(ScenarioFile, "scenarios")


def complaints(schema: Any, text: str) -> list[str]:
    """Return what a validator has against a YAML file."""
    data = json.loads(json.dumps(YamlSource.parse(text, "x.yaml").data))
    return [error.message for error in Draft202012Validator(schema).iter_errors(data)]


@pytest.mark.parametrize("schema", [FLOW, SCENARIOS], ids=["flow", "scenarios"])
class TestBoth:
    def test_is_a_schema_of_its_draft(self, schema: Any) -> None:
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        Draft202012Validator.check_schema(schema)

    def test_describes_every_field(self, schema: Any) -> None:
        bare = [
            f"{name}.{key}"
            for name, part in {"": schema, **schema["$defs"]}.items()
            for key, value in part.get("properties", {}).items()
            if not value.get("description")
        ]
        assert bare == []


@pytest.mark.parametrize("file", sorted((ROOT / "ivr_flows").glob("*.yaml")), ids=lambda p: p.name)
def test_shipped_files_are_right(file: Path) -> None:
    schema = SCENARIOS if file.name.endswith(".scenarios.yaml") else FLOW
    assert complaints(schema, file.read_text()) == []


def documented(page: str, word: str) -> list[str]:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / page).read_text(), re.S)
    return [block for block in blocks if re.search(word, block, re.M)]


@pytest.mark.parametrize("block", documented("flows.md", "^nodes:"))
def test_documented_flows_are_right(block: str) -> None:
    assert complaints(FLOW, block) == []


@pytest.mark.parametrize("block", documented("flow-tools.md", "^scenarios:"))
def test_documented_scenarios_are_right(block: str) -> None:
    assert complaints(SCENARIOS, block) == []


@pytest.mark.parametrize(
    "text",
    [
        "description: no nodes",
        "nodes:\n  a: {type: plya, prompts: A., next: a}",
        "nodes:\n  a: {type: play, prompts: A., nxt: a}",
        "nodes:\n  a: {type: play, prompts: 7, next: a}",
        "nodes:\n  a: {type: menu, prompts: A., options: [a], exits: {}}",
        "nodes:\n  a: {type: collect, prompts: A., into: x, max_digits: 0, next: a}",
        "nodes:\n  a: {type: hangup, cause: bored}",
        "nodes:\n  a: {type: queue}",
        "nodess: {}",
    ],
)
def test_typical_mistakes_are_underlined(text: str) -> None:
    assert complaints(FLOW, text)


@pytest.mark.parametrize(
    "text",
    [
        "scenarios:\n  - steps: []",
        "scenarios:\n  - {name: x, steps: [{press: '1'}]}",
        "scenarios:\n  - {name: x, queues: {orders: nobody}}",
        "scenarios:\n  - {name: x, expect: {ends: somehow}}",
    ],
)
def test_mistakes_in_scenarios_are_underlined(text: str) -> None:
    assert complaints(SCENARIOS, text)


@pytest.mark.parametrize("name", FILES)
def test_the_configuration_has_schemas_and_is_right(name: str) -> None:
    schema = schema_of(file_model(name), name)
    Draft202012Validator.check_schema(schema)
    assert complaints(schema, (ROOT / "config" / name).read_text()) == []
