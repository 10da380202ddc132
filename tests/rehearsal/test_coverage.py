"""Coverage: nodes and exits passed, of all there are."""

from __future__ import annotations

from pathlib import Path

from switch.rehearsal.caller import Presses
from switch.rehearsal.coverage import Coverage
from tests.rehearsal.flows import call, flow, run


def test_what_was_never_tried(tmp_path: Path) -> None:
    tried = flow(tmp_path)
    coverage = Coverage([tried])
    assert coverage.percent == 0
    coverage.add(run(tried, call(Presses("1"))))
    found = coverage.flows["flow"]
    assert found.missed_nodes == ["ask", "late", "nobody", "silent", "lost"]
    assert ("menu", "1") not in found.missed_exits
    assert ("menu", "2") in found.missed_exits
    assert ("orders", "next") not in found.missed_exits
    assert 0 < found.percent < 100


def test_exits_that_lead_to_one_node_are_told_apart(tmp_path: Path) -> None:
    text = """
nodes:
  menu:
    type: menu
    prompts: Press 1.
    options: {"1": end, "2": end}
    retries: 0
    exits: {no_input: end, no_match: end}
  end: {type: hangup}
"""
    tried = flow(tmp_path, text)
    coverage = Coverage([tried])
    coverage.add(run(tried, call(Presses("2"))))
    coverage.add(run(tried, call(Presses("5"))))
    assert coverage.flows["flow"].missed_exits == [("menu", "1"), ("menu", "no_input")]


def test_a_flow_that_another_leads_to_is_counted_too(tmp_path: Path) -> None:
    (tmp_path / "below.yaml").write_text("nodes:\n  end: {type: hangup}\n")
    above = flow(tmp_path, "nodes:\n  on: {type: transfer, flow: below}\n", "above")
    coverage = Coverage([above])
    coverage.add(run(above, call()))
    assert coverage.flows["below"].percent == 100
