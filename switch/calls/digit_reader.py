"""PURE: the rules for reading keys from a caller, with buffered keys and two timers.

A `DigitReader` lives as long as one input; keys pressed before it wait in the call's
buffer and are fed first. Time is `now` seconds; the deadline is whoever drives it's
business (VoiceXML 2.1 Appendix D has the same two timers).
"""

from __future__ import annotations

from switch.collect_end import CollectEnd


class DigitReader:
    """Reads up to `max_digits` keys.

    Inputs: `receive_digit`, `prompts_ended`, `handle_timer`. Output: `end`, `digits`
    and `deadline`.
    """

    __slots__ = (
        "_first_seconds",
        "_inter_seconds",
        "_max_digits",
        "_terminator_seconds",
        "_terminators",
        "deadline",
        "digits",
        "end",
    )

    def __init__(
        self,
        max_digits: int,
        terminators: frozenset[str],
        first_digit_timeout_seconds: float,
        inter_digit_timeout_seconds: float,
        terminator_timeout_seconds: float = 0.0,
    ) -> None:
        self._max_digits = max_digits
        self._terminators = terminators
        self._first_seconds = first_digit_timeout_seconds
        self._inter_seconds = inter_digit_timeout_seconds
        self._terminator_seconds = terminator_timeout_seconds
        self.digits = ""
        self.end: CollectEnd | None = None
        self.deadline: float | None = None
        """When `handle_timer` is due; None while prompts play and no key came."""

    def prompts_ended(self, now: float) -> None:
        """Start the first-digit timer unless a key has come already."""
        if not self.digits and self.end is None:
            self.deadline = now + self._first_seconds

    def receive_digit(self, digit: str, now: float) -> bool:
        """Take one key; False when it belongs to the next input."""
        if self.end is not None:
            return False
        if digit in self._terminators:
            self._finish(CollectEnd.TERMINATED)
            return True
        if self._is_full():  # no terminator came: this key answers the next question
            self._finish(CollectEnd.COMPLETE)
            return False
        self.digits += digit
        if not self._is_full():
            self.deadline = now + self._inter_seconds
        elif self._terminator_seconds > 0:
            self.deadline = now + self._terminator_seconds
        else:
            self._finish(CollectEnd.COMPLETE)
        return True

    def _is_full(self) -> bool:
        return len(self.digits) >= self._max_digits

    def handle_timer(self, now: float) -> None:
        """End the input when its deadline has passed."""
        if self.end is None and self.deadline is not None and now >= self.deadline:
            if self._is_full():
                self._finish(CollectEnd.COMPLETE)
            else:
                self._finish(CollectEnd.STOPPED_HALF_WAY if self.digits else CollectEnd.NO_INPUT)

    def _finish(self, end: CollectEnd) -> None:
        self.end = end
        self.deadline = None
