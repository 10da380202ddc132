"""PURE: the rules by which a caller and an agent find each other, and their wording.

Two questions, one function each: a caller has come, who shall serve? An agent is
free, whom to serve? Both only look at the tops of heaps. A richer strategy goes here
and nowhere else.
"""

from __future__ import annotations

from switch.routing.agent import Agent
from switch.routing.queue import Contact, Line, Place


def choose_agent(line: Line, now: float) -> tuple[Agent, str] | None:
    """Return who shall serve a caller of this line, and why: the longest idle."""
    agent = line.longest_idle()
    if agent is None:
        return None
    idle = f"{now - agent.idle_since:.0f} s"
    if line.ready_count == 1:
        return agent, f"the only one free (idle {idle}) with {line.requirement}"
    return agent, f"longest idle ({idle}) of {line.ready_count} with {line.requirement}"


def choose_contact(agent: Agent, now: float) -> tuple[Contact, str] | None:
    """Return whom a free agent shall serve, and why: highest priority, then oldest."""
    best: Place | None = None
    best_line: Line | None = None
    waiting = 0
    for line in agent.lines:
        if line.waiting_count:
            place = line.first_place()
            if place is not None:
                waiting += line.waiting_count
                if best is None or place < best:
                    best, best_line = place, line
    if best_line is None:
        return None
    contact = best_line.pop_first()
    why = (
        f"free with {best_line.requirement}; the caller is first of {waiting} "
        f"(priority {contact.priority}, {now - contact.entered:.0f} s)"
    )
    return contact, why
