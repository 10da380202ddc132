"""Erlang's formulas against published tables, against brute force, and against each other."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.errors import PlanningError
from switch.planning.erlang import erlang_a, erlang_b, erlang_c

agents_drawn = st.integers(1, 60)
loads = st.fractions(Fraction(1, 20), 80, max_denominator=40)
times = st.floats(0.5, 2000)


class TestErlangB:
    @pytest.mark.parametrize(
        ("lines", "load", "p_block"),
        [
            # The usual table of 1 % and 0.1 % (e.g. ITU-D Teletraffic Engineering Handbook).
            *((1, 0.0101, 0.01), (2, 0.1526, 0.01), (5, 1.361, 0.01), (10, 4.461, 0.01)),
            *((20, 12.03, 0.01), (50, 37.90, 0.01), (100, 84.06, 0.01)),
            *((5, 0.762, 0.001), (10, 3.092, 0.001), (20, 9.411, 0.001), (50, 32.51, 0.001)),
        ],
    )
    def test_as_in_the_tables(self, lines: int, load: float, p_block: float) -> None:
        assert erlang_b(lines, load).p_block == pytest.approx(p_block, rel=0.01)

    @given(agents_drawn, loads)
    def test_is_the_truncated_poisson_sum(self, agents: int, load: Fraction) -> None:
        weights = [load**k / math.factorial(k) for k in range(agents + 1)]
        exact = weights[-1] / sum(weights)
        assert erlang_b(agents, float(load)).p_block == pytest.approx(float(exact), rel=1e-12)

    @given(agents_drawn, loads)
    def test_agents_are_busy_with_what_is_not_lost(self, agents: int, load: Fraction) -> None:
        found = erlang_b(agents, float(load))
        assert found.occupancy * agents == pytest.approx(float(load) * (1 - found.p_block))

    def test_nothing_is_lost_of_nothing(self) -> None:
        assert erlang_b(3, 0).p_block == 0

    def test_thousands_of_agents(self) -> None:
        # Large n at load n: B tends to sqrt(2 / (pi n)).
        n = 100_000
        assert erlang_b(n, n).p_block == pytest.approx(math.sqrt(2 / (math.pi * n)), rel=0.01)
        assert erlang_b(5000, 10).p_block == 0


class TestErlangC:
    def test_as_in_a_worked_example(self) -> None:
        # Angus, "An Introduction to Erlang B and Erlang C" (Telemanagement 187, 2001): 360
        # calls in 30 minutes, 4 minutes each, 55 agents.
        found = erlang_c(55, 48, 240, 15)
        assert found.p_wait == pytest.approx(0.239, abs=0.001)
        assert found.asa_seconds == pytest.approx(8.2, abs=0.1)
        assert found.service_level == pytest.approx(0.845, abs=0.001)
        assert found.occupancy == pytest.approx(0.873, abs=0.001)

    @given(agents_drawn, loads)
    def test_is_the_sum_over_the_states(self, agents: int, load: Fraction) -> None:
        if load >= agents:
            load = load / (load + 1) * agents
        below = sum((load**k / math.factorial(k) for k in range(agents)), Fraction(0))
        above = load**agents / math.factorial(agents) * agents / (agents - load)
        exact = float(above / (below + above))
        found = erlang_c(agents, float(load), 180, 20)
        assert found.p_wait == pytest.approx(exact, rel=1e-9)
        assert found.asa_seconds == pytest.approx(exact * 180 / float(agents - load), rel=1e-9)

    @given(agents_drawn, loads, times, times)
    def test_all_is_a_share(self, agents: int, load: Fraction, aht: float, within: float) -> None:
        found = erlang_c(agents, float(load), aht, within)
        for share in (found.p_wait, found.service_level, found.occupancy):
            assert 0 <= share <= 1

    def test_within_no_time_are_answered_who_need_not_wait(self) -> None:
        found = erlang_c(14, 10, 180, 0)
        assert found.service_level == pytest.approx(1 - found.p_wait)

    @pytest.mark.parametrize("load", [9.0, 9.5, 1000.0])
    def test_a_queue_that_grows_without_end_is_told_plainly(self, load: float) -> None:
        found = erlang_c(9, load, 180, 20)
        assert (found.p_wait, found.service_level, found.occupancy) == (1, 0, 1)
        assert found.asa_seconds == math.inf

    def test_one_agent_is_the_textbook_queue(self) -> None:
        # M/M/1: P(wait) = rho, mean wait = rho / (mu - lambda).
        found = erlang_c(1, 0.75, 100, 30)
        assert found.p_wait == pytest.approx(0.75)
        assert found.asa_seconds == pytest.approx(300)


def erlang_a_by_brute_force(
    agents: int, load: float, aht: float, patience: float, within: float
) -> dict[str, float]:
    """Solve the chain on a grid of states, and each wait by stepping through time.

    The virtual wait's distribution comes from the chain itself: who finds j waiting steps
    down j+1 places at rates s + i t; that death process is integrated by uniformization.
    """
    arrive, serve, leave = load / aht, 1 / aht, 1 / patience
    places = 400
    weights = [1.0]
    for state in range(1, agents + places):
        gone = min(state, agents) * serve + max(0, state - agents) * leave
        weights.append(weights[-1] * arrive / gone)
    total = sum(weights)
    waiting = [weight / total for weight in weights[agents:]]
    top = agents * serve + (places + 1) * leave
    # chance[j]: who has j before them is answered before giving up and before `within`.
    steps = top * within
    answered = [0.0] * places
    alive = [1.0] * places  # still waiting after `within`, own patience included
    poisson, done, k = math.exp(-steps), 0.0, 0
    reach = [0.0] * (places + 1)
    stay = [1.0] * (places + 1)
    in_time, beyond = [0.0] * places, [0.0] * places
    while done < 1 - 1e-13:
        for j in range(places):
            in_time[j] += poisson * reach[j]
            beyond[j] += poisson * stay[j]
        done += poisson
        k += 1
        poisson *= steps / k
        new_reach, new_stay = reach[:], stay[:]
        for j in range(places):
            down = (agents * serve + j * leave) / top
            own = leave / top
            below_reach = reach[j - 1] if j else 1.0
            below_stay = stay[j - 1] if j else 0.0
            new_reach[j] = down * below_reach + (1 - down - own) * reach[j]
            new_stay[j] = down * below_stay + (1 - down - own) * stay[j]
        reach, stay = new_reach, new_stay
    answered, alive = in_time, beyond
    at_once = 1 - sum(waiting)
    good = at_once + sum(p * a for p, a in zip(waiting, answered, strict=True))
    late = sum(p * a for p, a in zip(waiting, alive, strict=True))
    queue = sum(p * j for j, p in enumerate(waiting))
    return {
        "p_wait": sum(waiting),
        "p_abandon": queue * leave / arrive,
        "service_level": good / (good + late),
    }


class TestErlangA:
    def test_as_published(self) -> None:
        # Garnett, Mandelbaum and Reiman 2002, table 1: 48 calls a minute of one minute, 50
        # agents, patience of two minutes; beside it M/M/n: 20.8 s and 96 %.
        found = erlang_a(50, 48, 60, 120, 20)
        assert found.p_abandon == pytest.approx(0.031, abs=0.0005)
        assert found.asa_seconds == pytest.approx(3.7, abs=0.1)
        assert found.occupancy == pytest.approx(0.93, abs=0.005)
        endless = erlang_c(50, 48, 60, 20)
        assert endless.asa_seconds == pytest.approx(20.8, abs=0.05)
        assert endless.occupancy == pytest.approx(0.96)

    @pytest.mark.parametrize(
        ("agents", "load", "aht", "patience", "within"),
        [
            *((1, 0.8, 180, 60, 20), (2, 3.0, 180, 90, 20), (5, 4.0, 100, 300, 0)),
            *((10, 12.0, 180, 120, 60), (14, 10.0, 180, 90, 20), (3, 6.0, 60, 20, 5)),
        ],
    )
    def test_is_what_the_chain_does(
        self, agents: int, load: float, aht: float, patience: float, within: float
    ) -> None:
        found = erlang_a(agents, load, aht, patience, within)
        exact = erlang_a_by_brute_force(agents, load, aht, patience, within)
        for name, value in exact.items():
            assert getattr(found, name) == pytest.approx(value, rel=1e-6), name

    @given(agents_drawn, loads, times, times, times)
    def test_laws(
        self, agents: int, load: Fraction, aht: float, patience: float, within: float
    ) -> None:
        found = erlang_a(agents, float(load), aht, patience, within)
        for share in (found.p_wait, found.service_level, found.occupancy, found.p_abandon):
            assert -1e-12 <= share <= 1 + 1e-12
        assert found.p_abandon <= found.p_wait + 1e-12
        # Little's law: who gives up does so at rate 1/patience while waiting.
        assert found.wait_seconds == pytest.approx(found.p_abandon * patience)
        assert found.occupancy * agents == pytest.approx(float(load) * (1 - found.p_abandon))

    @given(agents_drawn, loads, times)
    def test_no_patience_is_erlang_b(self, agents: int, load: Fraction, aht: float) -> None:
        found = erlang_a(agents, float(load), aht, 1e-9 * aht, 0)
        assert found.p_abandon == pytest.approx(erlang_b(agents, float(load)).p_block, rel=1e-5)

    @pytest.mark.parametrize("patience", [1e8, math.inf])
    def test_endless_patience_is_erlang_c(self, patience: float) -> None:
        found = erlang_a(14, 10, 180, patience, 20)
        exact = erlang_c(14, 10, 180, 20)
        assert found.p_wait == pytest.approx(exact.p_wait, rel=1e-4)
        assert found.asa_seconds == pytest.approx(exact.asa_seconds, rel=1e-4)
        assert found.service_level == pytest.approx(exact.service_level, rel=1e-4)

    def test_patience_like_handle_time_makes_infinitely_many_servers(self) -> None:
        # With t = mu the number in the system is that of M/M/inf: Poisson with mean `load`.
        found = erlang_a(10, 8, 180, 180, 20)
        busy = sum(math.exp(-8) * 8**k / math.factorial(k) for k in range(10))
        assert found.p_wait == pytest.approx(1 - busy)

    def test_a_heavy_overload_loses_what_agents_cannot_do(self) -> None:
        found = erlang_a(10, 5000, 180, 1e4, 20)
        assert found.p_abandon == pytest.approx(1 - 10 / 5000, rel=1e-6)
        assert found.occupancy == pytest.approx(1)
        # The offered wait w solves exp(-w / patience) = agents / load.
        assert found.asa_seconds == pytest.approx(1e4 * math.log(500), rel=0.01)

    def test_thousands_of_agents(self) -> None:
        found = erlang_a(5000, 5200, 180, 90, 20)
        assert found.p_abandon == pytest.approx(1 - 5000 / 5200, abs=0.001)
        assert 0 < found.service_level <= 1


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: erlang_b(0, 1), "at least one agent"),
        (lambda: erlang_b(10**9, 1), "at most 1000000 agents"),
        (lambda: erlang_a(5, 20, 180, 1e12, 20), "what Erlang C is for"),
        (lambda: erlang_b(1, -1), "0 erlangs or more, not -1"),
        (lambda: erlang_b(1, math.nan), "0 erlangs or more"),
        (lambda: erlang_c(1, 0.5, 0, 20), "handle time is above 0"),
        (lambda: erlang_c(1, 0.5, 180, -1), "within 0 seconds or more"),
        (lambda: erlang_a(1, 0.5, 180, 0, 20), "patience is a time above 0"),
    ],
)
def test_figures_that_cannot_be_are_refused_in_a_sentence(act: object, words: str) -> None:
    assert callable(act)
    with pytest.raises(PlanningError, match=words):
        act()
