"""PURE: what unquoted words mean in YAML 1.2, by its core schema (10.3.2)."""

from __future__ import annotations

import re
from typing import Any

_INTEGER = re.compile(r"[-+]?[0-9]{1,30}|0x[0-9a-fA-F]{1,24}|0o[0-7]{1,30}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {"": None, "~": None}
for _text, _value in (("null", None), ("true", True), ("false", False)):
    _WORDS.update({_text: _value, _text.title(): _value, _text.upper(): _value})
for _text in (".inf", ".Inf", ".INF"):
    _WORDS.update({_text: float("inf"), "+" + _text: float("inf"), "-" + _text: float("-inf")})
for _text in (".nan", ".NaN", ".NAN"):
    _WORDS[_text] = float("nan")


def plain_value(text: str) -> Any:
    """Return what an unquoted scalar stands for."""
    if text[:1] not in "+-.0123456789~ntfNTF":
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0x", "0o") else int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
