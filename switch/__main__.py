"""`freeline` and `python -m switch`."""

from __future__ import annotations

import gc

# What is loaded and built at a start stays: the collector would walk all of it, for nothing,
# a hundred times.
gc.set_threshold(100_000, 50, 100)

from switch.cli import app  # noqa: E402


def main() -> None:
    """Run the command line."""
    app(prog_name="freeline")


if __name__ == "__main__":
    main()
