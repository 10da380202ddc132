"""PURE: a caller who follows a script: when which key is pressed, and what is waited for.

A script is a list of steps. `Hears` and `Reaches` wait until a prompt has been heard or a node
is entered; `Waits` lets time go by; `Presses`, `Speaks`, `Faxes` and `HangsUp` are acts. An act
is due when the steps before it are done: at once if nothing stands before it. A caller whose
script is over listens in silence.
"""

from __future__ import annotations

from collections.abc import Sequence

from switch.frozen import frozen
from switch.ivr.prompt import Prompt


@frozen()
class Hears:
    """Listen until a prompt that begins like this was heard to its end.

    What is given may also be a sound file's name.
    """

    text: str


@frozen()
class Reaches:
    """Listen until the flow enters this node."""

    node: str


@frozen()
class Waits:
    """Do nothing for so long."""

    seconds: float


@frozen()
class Presses:
    """Press keys, one right after the other."""

    keys: str


@frozen()
class Speaks:
    """Say something for so long."""

    seconds: float


@frozen()
class Faxes:
    """Send the tone of a fax machine that calls."""


@frozen()
class HangsUp:
    """Go."""


Act = Presses | Speaks | Faxes | HangsUp
Step = Hears | Reaches | Waits | Act


class Caller:
    """Follows a script. Inputs: prompts heard, nodes entered, acts done. Output: `due`."""

    def __init__(self, steps: Sequence[Step] = ()) -> None:
        self._steps = list(steps)
        self._next = 0
        self._since = 0.0
        """When the step before the next one was done."""

    def add(self, step: Step, now: float) -> None:
        """Follow one more step, from now on."""
        if self.is_done:
            self._since = now
        self._steps.append(step)

    @property
    def is_done(self) -> bool:
        """Whether the script is over."""
        return self._next >= len(self._steps)

    @property
    def waits_for(self) -> tuple[int, Step] | None:
        """The step that is not done yet, with its index; None when the script is over."""
        return None if self.is_done else (self._next, self._steps[self._next])

    @property
    def due(self) -> float | None:
        """When the next act comes; None while something must happen before, or never."""
        at = self._since
        for step in self._steps[self._next :]:
            if isinstance(step, Waits):
                at += step.seconds
            elif isinstance(step, Hears | Reaches):
                return None
            else:
                return at
        return None

    @property
    def free_at(self) -> float | None:
        """When the script is over, if only pauses are left; None if more is, or nothing."""
        rest = self._steps[self._next :]
        pauses = [step.seconds for step in rest if isinstance(step, Waits)]
        return self._since + sum(pauses) if rest and len(pauses) == len(rest) else None

    def act(self) -> Act:
        """Do the act that is due."""
        due = self.due
        assert due is not None
        while isinstance(self._steps[self._next], Waits):
            self._next += 1
        step = self._steps[self._next]
        assert isinstance(step, Presses | Speaks | Faxes | HangsUp)
        self._next += 1
        self._since = due
        return step

    def spoke_until(self, end: float) -> None:
        """Note how long the caller's last words take: what follows comes after them."""
        self._since = end

    def past(self, now: float) -> None:
        """Note that time has gone by: pauses that are over are done."""
        while not self.is_done:
            step = self._steps[self._next]
            if not isinstance(step, Waits) or self._since + step.seconds > now:
                break
            self._since += step.seconds
            self._next += 1

    def heard(self, prompt: Prompt, now: float) -> None:
        """Note that a prompt was heard to its end."""
        self.past(now)
        if not self.is_done:
            step = self._steps[self._next]
            if isinstance(step, Hears) and begins(prompt.title, step.text):
                self._done(now)

    def reached(self, node: str, now: float) -> None:
        """Note that the flow entered a node."""
        self.past(now)
        if not self.is_done:
            step = self._steps[self._next]
            if isinstance(step, Reaches) and step.node == node:
                self._done(now)

    def _done(self, now: float) -> None:
        self._next += 1
        self._since = now


def begins(title: str, wanted: str) -> bool:
    """Return whether a prompt is the one meant: by its beginning, whatever case and spaces."""
    return _plain(title).startswith(_plain(wanted))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
