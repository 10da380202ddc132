"""PURE: a flow as text for other programs' eyes: Mermaid (in Markdown) and Graphviz."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from switch.drawing.outline import MISSING, Card, Outline
from switch.drawing.palette import style_of
from switch.drawing.placement import Box, Outlet, columns_of

_MERMAID_SHAPES = {
    **dict.fromkeys(("branch", "hours", "language", "repeat"), ("{{", "}}")),
    **dict.fromkeys(("queue", "callback", "transfer", "hangup"), ("([", "])")),
    **dict.fromkeys(("menu", "collect", "record"), ("[/", "/]")),
    **dict.fromkeys(("set", "lookup", "http", "event", "tag"), ("[[", "]]")),
}
_DOT_SHAPES = {
    **dict.fromkeys(("branch", "hours", "language", "repeat"), "hexagon"),
    **dict.fromkeys(("queue", "callback", "transfer"), "oval"),
    **dict.fromkeys(("menu", "collect", "record"), "parallelogram"),
    **dict.fromkeys(("set", "lookup", "http", "event", "tag"), "component"),
}
_LIKE_ANGLES = str.maketrans("<>", "‹›")
_WRONG = "#c11c2a"
_WORDS = 60
_LONG = 8
"""Nodes one after another, after which left to right is too small to read on a page."""


def to_mermaid(flow: Outline) -> str:
    """Return a Mermaid flowchart."""
    head = f"flowchart {_direction(flow)}"
    # The title is YAML, where a JSON text is one in quotes. It knows no character references;
    # with a `<` it is taken for HTML, and loses its tags.
    title = json.dumps(_title(flow).translate(_LIKE_ANGLES), ensure_ascii=False)
    lines = ["---", f"title: {title}", "---", head]
    for card in flow.cards:
        opening, closing = _MERMAID_SHAPES.get(card.kind, ("(", ")"))
        text = "<br>".join(_mermaid(line) for line in _words(card))
        # The prefix keeps names such as `end` from being read as Mermaid's own words.
        lines.append(f'    n_{card.name}{opening}"{text}"{closing}')
    lost: list[int] = []
    by_name = flow.by_name()
    arrows = [(card, *arrow) for card in flow.cards for arrow in _arrows(card, by_name)]
    for number, (card, target, label, is_lost) in enumerate(arrows):
        shaft = "-.->" if is_lost else "-->"
        lines.append(f'    n_{card.name} {shaft}|"{_mermaid(label)}"| n_{target}')
        lost += [number] if is_lost else []
    if lost:
        lines.append(f"    linkStyle {','.join(map(str, lost))} stroke:{_WRONG},color:{_WRONG}")
    for card in flow.cards:
        style = style_of(card.kind)
        edge = f"{_WRONG},stroke-width:4px" if card.problems else style.strong
        dashes = ",stroke-dasharray:5 4" if card.kind == MISSING else ""
        colours = f"fill:{style.pale},stroke:{edge}{dashes}"
        lines.append(f"    style n_{card.name} {colours}")
    return "\n".join(lines) + "\n"


def to_dot(flow: Outline) -> str:
    """Return a graph for Graphviz's `dot`."""
    lines = [
        f"digraph {_quoted(flow.name)} {{",
        f'  graph [label={_quoted(_title(flow))}, labelloc=t, rankdir=LR, fontname="Helvetica"];',
        '  node [style="filled", fontname="Helvetica", fontsize=11];',
        '  edge [fontname="Helvetica", fontsize=9, color="#57606a"];',
    ]
    for card in flow.cards:
        style = style_of(card.kind)
        shape = _DOT_SHAPES.get(card.kind, "box")
        looks = [
            f"label={_quoted(chr(10).join(_words(card)))}",
            f"shape={shape}",
            f'fillcolor="{style.pale}"',
            f'color="{style.strong}"',
            f"tooltip={_quoted(chr(10).join((card.title, *card.problems, *card.details)))}",
        ]
        if card.problems:
            looks += [f'color="{_WRONG}"', "penwidth=3"]
        if card.kind == MISSING:
            looks.append('style="filled,dashed"')
        lines.append(f"  {_quoted(card.name)} [{', '.join(looks)}];")
    by_name = flow.by_name()
    for card in flow.cards:
        for way in card.ways:
            ends = f"{_quoted(card.name)} -> {_quoted(way.target)}"
            looks = [f"label={_quoted(_cut(way.label))}"]
            if way.is_lost(by_name):
                looks.append(f'style=dashed, color="{_WRONG}", fontcolor="{_WRONG}"')
            lines.append(f"  {ends} [{', '.join(looks)}];")
    return "\n".join([*lines, "}"]) + "\n"


def _arrows(card: Card, cards: Mapping[str, Card]) -> Iterator[tuple[str, str, bool]]:
    """Yield target, label, and whether it is lost: one arrow for all ways there, as Mermaid draws
    500 at most."""
    labels: dict[tuple[str, bool], list[str]] = {}
    for way in card.ways:
        labels.setdefault((way.target, way.is_lost(cards)), []).append(_cut(way.label))
    for (target, is_lost), each in labels.items():
        yield target, ", ".join(each), is_lost


def _direction(flow: Outline) -> str:
    """Return `LR`, or `TD` for a long flow: a page is narrow, and as long as need be."""
    index = {card.name: number for number, card in enumerate(flow.cards)}
    boxes = [
        Box(0.0, 0.0, [Outlet(0.0, index[way.target]) for way in card.ways]) for card in flow.cards
    ]
    return "TD" if max(columns_of(boxes), default=0) >= _LONG else "LR"


def _title(flow: Outline) -> str:
    return f"{flow.name}: {flow.description}" if flow.description else flow.name


def _words(card: Card) -> list[str]:
    head = f"{'! ' if card.problems else ''}{card.title} ({card.kind})"
    return [head, *([_cut(card.words)] if card.words else [])]


def _cut(text: str) -> str:
    return text if len(text) <= _WORDS else text[: _WORDS - 1].rstrip() + "…"


def _mermaid(text: str) -> str:
    """Write what has a meaning in Mermaid's quoted texts as character references."""
    return "".join(f"#{ord(each)};" if each in '#"<>&;`|' else each for each in text)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
