"""`freeline` and `python -m switch`."""

from __future__ import annotations

from switch.cli import app


def main() -> None:
    """Run the command line."""
    app(prog_name="freeline")


if __name__ == "__main__":
    main()
