"""PURE: the formulas of Erlang B, Erlang C and Erlang A.

All three take Poisson arrivals and exponential handle times at `agents` servers:

- B (M/M/n/n; Erlang 1917): a call that finds all agents busy is lost.
- C (M/M/n; Erlang 1917): it waits, however long.
- A (M/M/n+M; Palm 1957, Garnett, Mandelbaum and Reiman 2002): it waits while its patience,
  which is exponential too, lasts.

Load is in erlangs (calls per second times mean handle time in seconds), times are in
seconds, shares are 0 to 1. The recurrences only add positive numbers, so that thousands
of agents lose no precision.
"""

from __future__ import annotations

import math

from switch.errors import PlanningError
from switch.frozen import frozen

_NEGLIGIBLE = 1e-17
"""States of a longer queue are left out once all of them weigh less than this share."""

_RESCALE_ABOVE = 1e200
"""Weights of an overloaded queue grow without end: they are scaled down beyond this."""


MOST_AGENTS = 1_000_000
"""Beyond this the figures are a mistake, not a call centre."""

_MOST_WAITING = 3_000_000
"""A queue that would get longer than this is none that Erlang A is asked about."""


@frozen()
class Blocking:
    """What Erlang B tells."""

    p_wait: float
    """Share of calls that find all agents busy, as of the others; here they are lost."""
    asa_seconds: float
    """Average speed of answer: 0, for who is answered is answered at once."""
    service_level: float
    """As of Erlang A: 1, for who is lost is lost at once, and counts neither for nor against."""
    occupancy: float
    """Share of their time that agents are busy."""
    p_block: float
    """Share of calls that find all agents busy and are lost."""


@frozen()
class Waiting:
    """What Erlang C tells."""

    p_wait: float
    """Share of calls that find all agents busy."""
    asa_seconds: float
    """Average speed of answer: mean wait of all calls, those answered at once included;
    infinite when the load is too much."""
    service_level: float
    """Share of calls answered in time; all are answered."""
    occupancy: float
    """Share of their time that agents are busy."""


@frozen()
class Abandonment:
    """What Erlang A tells."""

    p_wait: float
    """Share of calls that find all agents busy."""
    asa_seconds: float
    """Average speed of answer: mean wait of the calls that were answered, those answered at
    once included."""
    wait_seconds: float
    """Mean wait of all calls: until the answer, or until the caller gave up."""
    service_level: float
    """Answered within X / (answered + lost after X), as the switch counts it
    (`routing/service_level.py`): who gave up within X counts neither for nor against."""
    occupancy: float
    """Share of their time that agents are busy."""
    p_abandon: float
    """Share of calls that give up before they are answered."""


def erlang_b(agents: int, load: float) -> Blocking:
    """Return how many calls are lost if none may wait (Erlang 1917).

    Raises:
        PlanningError: no agents, or a load below 0.
    """
    _check(agents, load)
    p_block = 1 / _inverse_blocking(agents, load)
    return Blocking(p_block, 0.0, 1.0, load * (1 - p_block) / agents, p_block)


def erlang_c(agents: int, load: float, aht_seconds: float, within_seconds: float) -> Waiting:
    """Return how long calls wait if nobody gives up (Erlang 1917).

    When the load is as much as the agents can do, or more, the queue grows for ever:
    everyone waits, without end.

    Args:
        aht_seconds: mean handle time.
        within_seconds: the X of the service level.

    Raises:
        PlanningError: no agents, or a figure that is out of its range.
    """
    _check(agents, load, aht_seconds=aht_seconds, within_seconds=within_seconds)
    spare = agents - load
    if spare <= 0:
        return Waiting(1.0, math.inf, 0.0, 1.0)
    # C = B / (1 - rho (1 - B)), with numerator and denominator divided by B.
    p_wait = agents / (load + spare * _inverse_blocking(agents, load))
    late = p_wait * math.exp(-spare * within_seconds / aht_seconds)
    return Waiting(p_wait, p_wait * aht_seconds / spare, 1 - late, load / agents)


def erlang_a(
    agents: int,
    load: float,
    aht_seconds: float,
    patience_seconds: float,
    within_seconds: float,
) -> Abandonment:
    """Return how long calls wait and how many give up, patience being exponential.

    Exact, by the birth-death chain: Palm 1957; Garnett, Mandelbaum and Reiman 2002,
    "Designing a call center with impatient customers".

    Args:
        aht_seconds: mean handle time.
        patience_seconds: mean time until a caller gives up; may be infinite.
        within_seconds: the X of the service level.

    Raises:
        PlanningError: no agents, or a figure that is out of its range; or millions would
            wait, since patience is endless and the load too much.
    """
    _check(agents, load, aht_seconds=aht_seconds, within_seconds=within_seconds)
    if not patience_seconds > 0:
        raise PlanningError(f"patience is a time above 0 seconds, not {patience_seconds:g}")
    if math.isinf(patience_seconds):
        c = erlang_c(agents, load, aht_seconds, within_seconds)
        return Abandonment(c.p_wait, c.asa_seconds, c.asa_seconds, c.service_level, c.occupancy, 0)
    queue = _sum_over_queue(agents, load, aht_seconds, patience_seconds, within_seconds)
    total = queue.below + queue.waiting
    p_wait = queue.waiting / total
    p_abandon = queue.abandoned / total
    at_once = 1 - p_wait
    answered_in_time = at_once + queue.answered_in_time / total
    judged = answered_in_time + queue.beyond / total
    answered = at_once + queue.answered / total
    return Abandonment(
        p_wait=p_wait,
        asa_seconds=queue.answered_wait / total / answered if answered > 0 else math.inf,
        wait_seconds=p_abandon * patience_seconds,
        service_level=answered_in_time / judged if judged > 0 else 0.0,
        occupancy=load * (1 - p_abandon) / agents,
        p_abandon=p_abandon,
    )


def _inverse_blocking(agents: int, load: float) -> float:
    """Return 1/B; infinite where B is too small for a float.

    B(n) = a B(n-1) / (n + a B(n-1)), turned over: 1/B(n) = 1 + (n/a) / B(n-1).
    """
    if load == 0:
        return math.inf
    inverse = 1.0
    for number in range(1, agents + 1):
        inverse = 1 + number / load * inverse
    return inverse


class _QueueSums:
    """Sums over the states of the chain, each weighed against "all busy, nobody waits"."""

    __slots__ = (
        "abandoned",
        "answered",
        "answered_in_time",
        "answered_wait",
        "below",
        "beyond",
        "waiting",
    )

    def __init__(self, below: float) -> None:
        self.below = below
        """States in which a call is answered at once."""
        self.waiting = 0.0
        """The others; the following are parts of it."""
        self.answered = 0.0
        self.abandoned = 0.0
        self.answered_in_time = 0.0
        self.beyond = 0.0
        """Calls whose wait, however it ends, is longer than X."""
        self.answered_wait = 0.0
        """Waits of those answered, in seconds."""

    def scale(self, factor: float) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) * factor)


def _sum_over_queue(
    agents: int, load: float, aht_seconds: float, patience_seconds: float, within_seconds: float
) -> _QueueSums:
    """Go through the states "all busy, j wait", until those left have no weight.

    A call that finds j waiting is offered an agent after a time V: the sum of j+1
    exponential times with the rates s, s+t, ..., s+jt, where s is the rate of all agents
    and t that of one patience. It is answered if its own patience is longer, with
    probability s / (s + (j+1) t); given that, V has the rates s+t, ..., s+(j+1)t. Such a
    sum is longer than x with the probability that a negative binomial number, of shape s/t
    (given an answer: s/t + 1) and success probability exp(-tx), is at most j; so each
    state adds one term of that distribution.
    """
    serve = agents / aht_seconds
    leave = 1 / patience_seconds
    shape = serve / leave
    log_failure = math.log(-math.expm1(-leave * within_seconds)) if within_seconds else -math.inf
    log_term, log_term_answered = -serve * within_seconds, -(serve + leave) * within_seconds
    longer = longer_answered = expected = 0.0
    weight = 1.0
    sums = _QueueSums(_inverse_blocking(agents, load) - 1)
    waiting_before = 0
    while True:
        longer += math.exp(log_term)
        longer_answered += math.exp(log_term_answered)
        outflow = serve + (waiting_before + 1) * leave
        expected += 1 / outflow
        answered = weight * serve / outflow
        sums.waiting += weight
        sums.answered += answered
        sums.abandoned += weight * (waiting_before + 1) * leave / outflow
        sums.answered_in_time += answered * max(0.0, 1 - longer_answered)
        sums.beyond += weight * min(1.0, longer) * math.exp(-leave * within_seconds)
        sums.answered_wait += answered * expected
        ratio = load / aht_seconds / outflow
        weight *= ratio
        if ratio < 1 and weight < _NEGLIGIBLE * sums.waiting * (1 - ratio):
            return sums
        if weight > _RESCALE_ABOVE:
            weight /= _RESCALE_ABOVE
            sums.scale(1 / _RESCALE_ABOVE)
        log_term += log_failure + math.log((shape + waiting_before) / (waiting_before + 1))
        log_term_answered += log_failure + math.log(
            (shape + 1 + waiting_before) / (waiting_before + 1)
        )
        waiting_before += 1
        if waiting_before > _MOST_WAITING:
            raise PlanningError(
                f"at {load:g} erlangs and {patience_seconds:g} s of patience millions would wait: "
                "nobody gives up in time, which is what Erlang C is for"
            )


def _check(
    agents: int, load: float, *, aht_seconds: float = 1.0, within_seconds: float = 0.0
) -> None:
    """Raise PlanningError unless every figure is one that can be."""
    if agents < 1:
        raise PlanningError(f"at least one agent is needed, not {agents}")
    if agents > MOST_AGENTS:
        raise PlanningError(f"at most {MOST_AGENTS} agents can be planned, not {agents}")
    if not 0 <= load < math.inf:
        raise PlanningError(f"the load is 0 erlangs or more, not {load:g}")
    if not 0 < aht_seconds < math.inf:
        raise PlanningError(f"the mean handle time is above 0 seconds, not {aht_seconds:g}")
    if not 0 <= within_seconds < math.inf:
        raise PlanningError(f"an answer is due within 0 seconds or more, not {within_seconds:g}")
