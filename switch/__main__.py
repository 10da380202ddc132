"""`freeline` and `python -m switch`."""

from __future__ import annotations

import gc

# What is loaded and built at a start stays: the collector would walk all of it, for nothing.
# `app.memory.Collector` switches it on for the switch, `cli` for every other command.
gc.disable()

from switch.cli import app  # noqa: E402


def main() -> None:
    """Run the command line."""
    app(prog_name="freeline")


if __name__ == "__main__":
    main()
