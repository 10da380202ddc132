"""The benchmarks are a program of several files, not a package: they are found by path."""

from __future__ import annotations

import sys
from pathlib import Path

_PLACE = str(Path(__file__).parents[2] / "scripts" / "bench.d")
if _PLACE not in sys.path:
    sys.path.append(_PLACE)
