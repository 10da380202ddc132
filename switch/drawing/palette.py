"""PURE: the colours and corners by which kinds of nodes are told apart, for any kind to come."""

from __future__ import annotations

from switch.frozen import frozen


@frozen()
class Style:
    """How a kind of node looks."""

    strong: str
    """Edges and the kind's name."""
    pale: str
    """Behind the node's name."""
    line: str
    """Lines that lead to it."""
    corner: float = 6.0
    """Radius, or the length that is cut off."""
    cut: bool = False
    """Corners are cut off, not rounded."""


_SPEAKS = Style("#1f6feb", "#dcebff", "#6ba4f2", 8)
_ASKS = Style("#7a3fd1", "#ece1fd", "#a97fe3", 12)
_DECIDES = Style("#a86500", "#fdeccd", "#d9a13f", 10, cut=True)
_COMPUTES = Style("#4f5d6b", "#e6eaee", "#94a1ad", 2)
_PEOPLE = Style("#15803d", "#d8f3e1", "#5cb57d", 14)
_LEADS = Style("#0e7490", "#d6f0f6", "#54abc0", 14, cut=True)
_ENDS = Style("#a0353d", "#f8dfe0", "#cd8a8f", 14)
_MISSING = Style("#c11c2a", "#ffffff", "#c11c2a", 6)

_STYLES = {
    **dict.fromkeys(("play", "say"), _SPEAKS),
    **dict.fromkeys(("menu", "collect", "record"), _ASKS),
    **dict.fromkeys(("branch", "hours", "language", "repeat"), _DECIDES),
    **dict.fromkeys(("set", "lookup", "http", "event", "tag"), _COMPUTES),
    **dict.fromkeys(("queue", "callback", "transfer"), _PEOPLE),
    **dict.fromkeys(("call", "return", "goto", "answer"), _LEADS),
    "hangup": _ENDS,
    "flow-wide": _ENDS,
    "missing": _MISSING,
}


def style_of(kind: str) -> Style:
    """Return how a kind of node looks; one without a style of its own computes."""
    return _STYLES.get(kind, _COMPUTES)
