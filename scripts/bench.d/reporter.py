"""How a benchmark tells a person that it goes on: a running line, and lines that stay."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text


class Reporter:
    """Writes to stderr, so that the table alone is on stdout; use it as a context."""

    def __init__(self, title: str, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[word]}"))
        self._bar = Progress(
            *columns,
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task(title, total=1.0, word="")

    def __enter__(self) -> Reporter:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    @property
    def is_watched(self) -> bool:
        """Whether a person sees the running line."""
        return self._console.is_terminal

    def title(self, text: str) -> None:
        """Say what is measured now."""
        self._bar.update(self._task, description=text, completed=0.0, word="")

    def progress(self, share: float, word: str) -> None:
        """Say how much of it is done, and how it goes."""
        self._bar.update(self._task, completed=min(1.0, share), word=word)

    def note(self, text: str) -> None:
        """Print a line that stays."""
        self._console.print(Text(text), soft_wrap=True)
