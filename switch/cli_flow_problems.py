"""What is wrong with a flow, as the terminal shows it."""

from __future__ import annotations

from collections.abc import Collection

from rich.console import Console
from rich.text import Text

from switch.errors import Problem


def show_problems(problems: Collection[Problem]) -> None:
    """Print problems, a line each, and their number, beside the output proper."""
    console = Console(stderr=True, soft_wrap=True)
    for problem in sorted(problems):
        place, _, rest = str(problem).partition(": ")
        console.print(Text.assemble((place, "bold"), ": ", (rest, "red")))
    count = len(problems)
    console.print(Text(f"{count} problem{'s' * (count > 1)}.", style="bold red"))
