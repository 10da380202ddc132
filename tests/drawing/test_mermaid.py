"""Mermaid itself, in a browser, draws what `freeline flow graph --format mermaid` writes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from switch.cli import app
from switch.drawing.outline import Card, Outline, outline
from switch.drawing.text_graphs import to_mermaid
from switch.ivr.models import FlowFile
from switch.yaml_source import YamlSource
from tests.drawing.flows import broken, drawn, tree
from tests.support.browser import PACKAGES, Tab, browser, served

pytestmark = pytest.mark.interop(peer="Chromium and Mermaid", role="reader", over="Markdown")

FLOWS = sorted(
    path
    for path in (Path(__file__).parents[2] / "ivr_flows").glob("*.yaml")
    if "." not in path.stem
)
_PAGE = '<!doctype html><meta charset="utf-8"><script src="mermaid.min.js"></script>'
_DRAW = """
mermaid.initialize({startOnLoad: false});
const place = document.createElement("div");
document.body.replaceChildren(place);
place.innerHTML = (await mermaid.render("drawn", a)).svg;
for (const each of place.querySelectorAll("br")) each.replaceWith("\\n");
const all = (what) => [...place.querySelectorAll(what)];
const texts = (what) => all(what).map((each) => [each.id, each.textContent]);
return {
  nodes: texts("g.node"),
  edges: texts("g.edgeLabel").map(([, text]) => text),
  title: texts(".flowchartTitleText").map(([, text]) => text),
};
"""


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """A page with Mermaid."""
    library = PACKAGES / "mermaid" / "dist" / "mermaid.min.js"
    assert library.exists(), f"{library} is not there: run scripts/install test"
    page = tmp_path_factory.mktemp("page")
    shutil.copy(library, page)
    (page / "index.html").write_text(_PAGE)
    with served(page) as origin, browser(tmp_path_factory.mktemp("chromium")) as tab:
        tab.visit(origin)
        yield tab


def one_line(text: str) -> str:
    """Return a text as a browser shows it: with single spaces."""
    return " ".join(text.split())


def words(card: Card) -> str:
    """Return how what a node says begins; what is long is cut."""
    return one_line(f"{card.title} ({card.kind}) {card.words[:50]}")


def is_drawn(tab: Tab, text: str, flow: Outline) -> dict[str, Any]:
    """Have a chart drawn, see that every node and way is there, and return what is shown."""
    shown: dict[str, Any] = tab.run(_DRAW, text)
    by_name = {
        identifier.partition("flowchart-n_")[2].rpartition("-")[0]: one_line(label)
        for identifier, label in shown["nodes"]
    }
    assert by_name.keys() == {card.name for card in flow.cards}
    for card in flow.cards:
        assert by_name[card.name].removeprefix("! ").startswith(words(card))
    labels = sorted(filter(None, map(one_line, shown["edges"])))
    assert len(labels) == len({(card.name, way.target) for card in flow.cards for way in card.ways})
    for card in flow.cards:
        for way in card.ways:
            assert any(one_line(way.label[:50]) in label for label in labels), way
    return shown


@pytest.mark.interop(proves="draws each of the flows that are shipped, every node and way")
@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_a_shipped_flow(tab: Tab, path: Path) -> None:
    told = CliRunner().invoke(app, ["flow", "graph", str(path), "--format", "mermaid"])
    assert told.exit_code == 0, told.output
    source = YamlSource.load(path)
    file = FlowFile.model_validate(source.data)
    shown = is_drawn(tab, told.stdout, outline(path.stem, file, source, ()))
    assert shown["title"] == [f"{path.stem}: {one_line(file.description)}"]


@pytest.mark.interop(proves="draws a broken version of each, as far as it can be read")
@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_a_broken_flow(tab: Tab, path: Path) -> None:
    flow = drawn(broken(path))
    assert any(card.problems for card in flow.cards)
    is_drawn(tab, to_mermaid(flow), flow)


@pytest.mark.interop(proves="draws a flow of 100 nodes")
def test_a_hundred_nodes(tab: Tab) -> None:
    flow = drawn(tree(99, 3))
    assert len(flow.cards) == 100
    is_drawn(tab, to_mermaid(flow), flow)


HARD = """
description: "<b>Tags</b> &amp; <script>x()</script> 'so' \\"more\\" #35; [x] {y} & 1 < 2 > 0"
nodes:
  end:
    type: say
    text: '<i>Say</i> & "so" #1; `code` **bold** 1. [x](y) {{ call.from }}'
    next: graph
  graph:
    type: branch
    cases:
      - {when: 'call.from < "<tag>" and call.from > "&lt;"', next: subgraph}
      - {when: 'call.dialled == "|a|" or call.dialled == "--> b"', next: subgraph}
    otherwise: style
  subgraph: {type: hangup, prompts: "1. A list"}
  style: {type: hangup, prompts: "- another"}
"""


@pytest.mark.interop(proves="shows tags, quotes and its own marks as text")
def test_words_that_mean_something_to_it(tab: Tab) -> None:
    flow = drawn(HARD)
    shown = is_drawn(tab, to_mermaid(flow), flow)
    angles = str.maketrans("<>", "‹›")  # it would take a title with a `<` for HTML
    assert shown["title"] == [f"small: {flow.description.translate(angles)}"]
