"""`freeline phone`: a SIP phone without a face (placeholder replaced below)."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
