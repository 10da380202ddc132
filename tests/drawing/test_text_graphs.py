"""Mermaid and Graphviz: every node and way, and no word that these programs misread."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from ruamel.yaml import YAML

from switch.drawing.text_graphs import to_dot, to_mermaid
from tests.drawing.flows import FLOW, drawn


def test_mermaid_has_every_node_and_way() -> None:
    text = to_mermaid(drawn())
    assert text.splitlines()[3] == "flowchart LR"
    for card in drawn().cards:
        assert f"    n_{card.name}" in text
    arrows = {(card.name, way.target) for card in drawn().cards for way in card.ways}
    assert text.count("-->") == len(arrows)
    assert 'n_orders -->|"timeout, no_agents"| n_end' in text


def test_mermaid_gets_its_title_as_yaml() -> None:
    _, head, *_ = to_mermaid(drawn()).split("---\n")
    assert YAML(typ="safe").load(head) == {"title": 'small: Small & "quoted" ‹flow›'}


def test_mermaid_gets_no_character_that_means_something_to_it() -> None:
    labels = re.findall(r'"([^"\n]*)"', to_mermaid(drawn()).split("---\n")[2])
    assert labels
    assert not any(set(re.sub(r"#\d+;|<br>", "", label)) & set('"<>&;|`') for label in labels)


def test_dot_has_every_node_and_way() -> None:
    text = to_dot(drawn())
    assert text.count(" -> ") == sum(len(card.ways) for card in drawn().cards)
    assert '"hello" -> "ask" [label="next"];' in text


def test_problems_are_drawn_thicker() -> None:
    wrong = drawn(FLOW.replace("otherwise: end", "otherwise: nowhere"))
    assert "penwidth=3" in to_dot(wrong)
    assert "stroke-width:4px" in to_mermaid(wrong)


@pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz is not installed")
def test_graphviz_reads_it() -> None:
    finished = subprocess.run(
        ["dot", "-Tsvg"], input=to_dot(drawn()), capture_output=True, text=True, timeout=60
    )
    assert finished.returncode == 0, finished.stderr


def test_a_long_flow_leads_down_a_page() -> None:
    chain = [f"  n{each}: {{type: say, text: Go on., next: n{each + 1}}}" for each in range(8)]
    text = "nodes:\n" + "\n".join(chain) + "\n  n8: {type: hangup}\n"
    assert "\nflowchart TD\n" in to_mermaid(drawn(text))
    assert "\nflowchart LR\n" in to_mermaid(drawn())


def test_what_is_wrong_is_red_and_what_leads_nowhere_dashed() -> None:
    flow = drawn(FLOW.replace("otherwise: end", "otherwise: nowhere"))
    mermaid, dot = to_mermaid(flow), to_dot(flow)
    assert 'n_judge -.->|"otherwise"| n_nowhere' in mermaid
    assert "stroke:#c11c2a,stroke-width:4px,stroke-dasharray:5 4" in mermaid
    assert mermaid.count("linkStyle") == 1
    assert '"judge" -> "nowhere" [label="otherwise", style=dashed, color="#c11c2a"' in dot
