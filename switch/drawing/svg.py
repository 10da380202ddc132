"""PURE: a flow as SVG: a card for each node, a row for each exit, lines from row to card.

One file without scripts or fonts from elsewhere. In a browser a card's name shows all that is
heard there, a target's name leads to its card, and the lines of the card under the pointer
stand out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from math import copysign
from textwrap import wrap
from xml.sax.saxutils import escape

from switch.drawing.outline import MISSING, Card, Outline, Way
from switch.drawing.palette import Style, style_of
from switch.drawing.placement import Box, Line, Outlet, Point, Spacing, place

_SPACING = Spacing(
    box_width=236,
    column_gap=64,
    row_gap=26,
    lane_height=10,
    margin=28,
    wanted_width=1900,
    wanted_height=1400,
)
_HEAD = 28.0
_LINE = 16.0
_ROW = 19.0
_WORDS = 33
"""Characters in a line of words on a card."""
_TOP = 72.0
"""For the title and the legend."""


def to_svg(flow: Outline) -> str:
    """Return the picture as an SVG document."""
    cards = flow.cards
    index = {card.name: number for number, card in enumerate(cards)}
    texts = [_words(card) for card in cards]
    boxes = [
        Box(
            _HEAD + len(text) * _LINE + len(card.ways) * _ROW + 8,
            _HEAD / 2,
            [
                Outlet(_HEAD + len(text) * _LINE + (number + 0.5) * _ROW + 2, index[way.target])
                for number, way in enumerate(card.ways)
            ],
        )
        for card, text in zip(cards, texts, strict=True)
    ]
    placement = place(boxes, _SPACING)
    by_name = flow.by_name()
    width = max(placement.width, 640.0)
    height = placement.height + _TOP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img">',
        f"<title>{escape(_title(flow))}</title>",
        f"<style>{_STYLE}{''.join(_rules(cards))}</style>",
        '<rect class="paper" width="100%" height="100%"/>',
        *_heading(flow),
        f'<g transform="translate(0 {_TOP:.0f})">',
    ]
    for card, lines in zip(cards, placement.lines, strict=True):
        for way, line in zip(card.ways, lines, strict=True):
            parts.append(_stroke(card, way, line, by_name))
    entered = {way.target for card in cards for way in card.ways}
    for number, (card, text, box) in enumerate(zip(cards, texts, boxes, strict=True)):
        corner = placement.corners[number]
        parts += _card(card, text, box.height, corner, by_name, first=number == 0)
        if card.name in entered:
            x, y = corner[0], corner[1] + _HEAD / 2
            parts.append(
                f'<path d="M{x - 9:.1f} {y - 5:.1f}L{x:.1f} {y:.1f}L{x - 9:.1f} {y + 5:.1f}z" '
                f'fill="{style_of(card.kind).strong}"/>'
            )
    parts += ["</g>", "</svg>"]
    return "\n".join(parts) + "\n"


def _title(flow: Outline) -> str:
    return f"{flow.name}: {flow.description}" if flow.description else flow.name


def _heading(flow: Outline) -> Iterable[str]:
    """Yield the title, and what the colours mean."""
    yield f'<text class="title" x="28" y="34">{escape(_title(flow))}</text>'
    x = 28.0
    for kind in dict.fromkeys(card.kind for card in flow.cards):
        style = style_of(kind)
        yield (
            f'<g transform="translate({x:.0f} 46)"><path d="{_shape(style, 22, 14)}" '
            f'fill="{style.pale}" stroke="{style.strong}"/>'
            f'<text class="legend" x="28" y="11">{escape(kind)}</text></g>'
        )
        x += 44 + 7.2 * len(kind)
    cards = [card for card in flow.cards if card.kind != MISSING]  # told where they are named
    count = sum(len(card.problems) for card in cards) + len(flow.problems)
    if count:
        told = "1 problem" if count == 1 else f"{count} problems"
        yield (
            f'<text class="legend wrong" x="{x + 8:.0f}" y="57"><title>'
            f"{escape(chr(10).join(flow.problems))}</title>{told}, marked !</text>"
        )


def _card(
    card: Card,
    text: list[str],
    height: float,
    corner: Point,
    others: Mapping[str, Card],
    *,
    first: bool,
) -> Iterable[str]:
    style = style_of(card.kind)
    width = _SPACING.box_width
    wrong = " wrong" if card.problems else ""
    yield (
        f'<g class="card{wrong}" id="{card.name}" '
        f'transform="translate({corner[0]:.1f} {corner[1]:.1f})">'
    )
    yield f"<title>{escape(_tooltip(card, others))}</title>"
    dashed = ' stroke-dasharray="5 4"' if card.kind == MISSING else ""
    yield (
        f'<path class="body" d="{_shape(style, width, height)}" stroke="{style.strong}"{dashed}/>'
    )
    yield f'<path d="{_shape(style, width, _HEAD, head=True)}" fill="{style.pale}"/>'
    if first:
        yield f'<circle cx="-16" cy="{_HEAD / 2}" r="7" fill="{style.strong}"/>'
    mark = "! " if card.problems else ""
    name = escape(_cut(mark + card.title, 22))
    yield f'<text class="name" x="14" y="19"><a href="#{card.name}">{name}</a></text>'
    yield (
        f'<text class="kind" x="{width - 12:.0f}" y="19" fill="{style.strong}">'
        f"{escape(_cut(card.kind, 12))}</text>"
    )
    for number, line in enumerate(text):
        yield (
            f'<text class="words" x="14" y="{_HEAD + number * _LINE + 13:.0f}">'
            f"{escape(line)}</text>"
        )
    for number, way in enumerate(card.ways):
        y = _HEAD + len(text) * _LINE + number * _ROW + 2
        title = others[way.target].title
        label = _cut(way.label, 30 - min(16, len(title)))
        target = _cut(title, 16)
        lost = " lost" if way.is_lost(others) else ""
        yield f'<path class="rule" d="M8 {y:.0f}H{width - 8:.0f}"/>'
        yield f'<text class="label{lost}" x="14" y="{y + 13.5:.1f}">{escape(label)}</text>'
        yield (
            f'<text class="target{lost}" x="{width - 12:.0f}" y="{y + 13.5:.1f}">'
            f'<a href="#{way.target}"><title>{escape(way.label)} → {escape(title)}</title>'
            f"{escape(target)}</a></text>"
        )
    yield "</g>"


def _words(card: Card) -> list[str]:
    """Return what stands on a card, in two lines at most."""
    lines = wrap(card.words, _WORDS)
    if len(lines) > 2:
        lines = [lines[0], _cut(lines[1] + " " + lines[2], _WORDS)]
    return [_cut(line, _WORDS) for line in lines]


def _tooltip(card: Card, others: Mapping[str, Card]) -> str:
    problems = [f"! {problem}" for problem in card.problems]
    ways = [f"{way.label} → {others[way.target].title}" for way in card.ways]
    return "\n".join([f"{card.title} ({card.kind})", *problems, *card.details, *ways])


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _shape(style: Style, width: float, height: float, *, head: bool = False) -> str:
    """Return a card's outline, or that of its head, with the corners of its kind."""
    corner = min(style.corner, height / 2)
    below = 0.0 if head else corner
    if style.cut:
        top, bottom = f"L{width} {corner}", f"L{width - below} {height}"
        left, start = f"L0 {height - below}", f"L{corner} 0"
    else:
        top = f"A{corner} {corner} 0 0 1 {width} {corner}"
        bottom = f"A{below} {below} 0 0 1 {width - below} {height}" if below else ""
        left = f"A{below} {below} 0 0 1 0 {height - below}" if below else ""
        start = f"A{corner} {corner} 0 0 1 {corner} 0"
    return (
        f"M{corner} 0H{width - corner}{top}V{height - below}{bottom}H{below}{left}V{corner}{start}z"
    )


def _stroke(card: Card, way: Way, line: Line, others: Mapping[str, Card]) -> str:
    """Return one line, bending between columns and straight along its lanes."""
    points = line.points
    path = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    last = len(points) - 2
    for number, (here, there) in enumerate(pairwise(points)):
        if number % 2:
            path.append(f"H{there[0]:.1f}")
            continue
        out = 1.0 if number == 0 else copysign(1.0, here[0] - points[number - 1][0])
        into = 1.0 if number == last else copysign(1.0, points[number + 2][0] - there[0])
        reach = 30.0 if out != into else max(24.0, abs(there[0] - here[0]) / 2)
        path.append(
            f"C{here[0] + out * reach:.1f} {here[1]:.1f} "
            f"{there[0] - into * reach:.1f} {there[1]:.1f} {there[0]:.1f} {there[1]:.1f}"
        )
    looks = (" back" if line.back else "") + (" lost" if way.is_lost(others) else "")
    return (
        f'<path class="line{looks} f-{card.name} t-{way.target}" d="{"".join(path)}" '
        f'stroke="{style_of(others[way.target].kind).line}"/>'
    )


def _rules(cards: Iterable[Card]) -> Iterable[str]:
    """Yield what makes a card's own lines stand out while the pointer is on it."""
    for card in cards:
        name = card.name
        yield (
            f"\nsvg:has(#{name}:hover) :is(.f-{name},.t-{name})"
            "{opacity:1;stroke-width:2.6;stroke-opacity:1}"
        )


_STYLE = """
text { font: 12px "Segoe UI", "Helvetica Neue", "DejaVu Sans", Arial, sans-serif; fill: #24292f }
.paper { fill: #fdfdfc }
.title { font-size: 19px; font-weight: 600 }
.legend { font-size: 12px; fill: #57606a }
.legend.wrong { fill: #c11c2a; font-weight: 600 }
.body { fill: #fff; stroke-width: 1.4 }
.name { font-size: 13px; font-weight: 600 }
.kind { font-size: 11px; text-anchor: end }
.words { font-size: 11.5px; fill: #57606a }
.label { font-size: 12px }
.target { font-size: 11px; fill: #57606a; text-anchor: end }
.rule { stroke: #eceef0; fill: none }
.line { fill: none; stroke-width: 1.5; stroke-opacity: .75 }
.line.back { stroke-dasharray: 6 3 }
.line.lost { stroke-dasharray: 2 4; stroke: #c11c2a; stroke-width: 2; stroke-opacity: 1 }
text.lost { fill: #c11c2a; font-weight: 600 }
a { text-decoration: none; fill: inherit }
a:hover { text-decoration: underline }
.card.wrong .body { stroke: #c11c2a; stroke-width: 2.4 }
.card.wrong .name { fill: #c11c2a }
.card:target .body { stroke-width: 3.2 }
svg:has(.card:hover) .line { opacity: .15 }
"""
