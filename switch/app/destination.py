"""Whom a call may be sent to: an agent, a queue, or an outside number."""

from __future__ import annotations

from switch.frozen import frozen


@frozen()
class Destination:
    """One of the three; the others are empty.

    Of an agent and a queue: the agent whom that queue has found.
    """

    agent: str = ""
    queue: str = ""
    number: str = ""
    """E.164."""
    trunk: str = ""
    """Through which the number is dialled; empty: the first that may be dialled through."""
    or_else: tuple[str, ...] = ()
    """Further trunks, of which the next is taken when one cannot."""


@frozen()
class Refusal:
    """Why somebody may not be called."""

    code: int
    """SIP status."""
    why: str
    """For the one who wanted to call."""


@frozen()
class Brought:
    """Whom an agent has brought a caller to, or an agent's own call has reached."""

    to: Destination
    by: str
    """The agent."""
    since: float
    """By the clock of the endpoint; UTC in the journal."""
