"""What can be asked of the router: what would be, without anything having come of the question."""

from __future__ import annotations

from switch.routing import AgentProfile, Need, QueueProfile, Router, SiteGroup


def router(**queue: object) -> Router:
    agents = [
        AgentProfile("asha", "", {"orders": 9}, site="mumbai"),
        AgentProfile("ben", "", {"orders": 3}, site="boston"),
    ]
    profile = QueueProfile("orders", Need.of({"orders": 1}), **queue)  # type: ignore[arg-type]
    made = Router(agents, [profile])
    for number, name in enumerate(("ben", "asha")):
        made.set_ready(name, float(number))
    return made


class TestForecast:
    def test_names_who_would_be_rung_and_why(self) -> None:
        found = router().ask.forecast("orders", 10.0)
        assert (found.agent, found.position, found.expected_wait_seconds) == ("ben", 1, 0.0)
        assert found.why == "longest_idle of 2 in choice 1"
        assert found.tiers[0].ready == ("ben (idle 10 s)", "asha (idle 9 s)")

    def test_is_right_about_what_then_happens(self) -> None:
        made = router(strategy="most_skilled")
        foretold = made.ask.forecast("orders", 10.0).agent
        made.enter("call", "orders", 10.0)
        assert [each.agent for each in made.ask.decisions("call")] == [foretold] == ["asha"]

    def test_leaves_no_trace(self) -> None:
        made = router()
        while made.next_event() is not None:
            pass
        before = [made.ask.agent(name, 20.0) for name in ("asha", "ben")]
        for level in range(1, 11):
            made.ask.forecast("orders", 20.0, need=Need.of({"orders": level}))
        assert [made.ask.agent(name, 20.0) for name in ("asha", "ben")] == before
        assert made.next_event() is None
        assert made.ask.queue_length("orders") == 0

    def test_opens_the_choices_that_the_wait_has_earned(self) -> None:
        need = Need.of(
            {"orders": 5}, sites=[SiteGroup(frozenset({"boston"})), SiteGroup(frozenset(), 30.0)]
        )
        made = router()
        assert made.ask.forecast("orders", 10.0, need=need, waited_seconds=29.0).agent == ""
        assert made.ask.forecast("orders", 10.0, need=need, waited_seconds=30.0).agent == "asha"

    def test_says_that_nobody_could(self) -> None:
        found = router().ask.forecast("orders", 10.0, need=Need.of({"orders": 10}))
        assert found.why == "nobody who is logged in could serve the caller"

    def test_says_that_a_closed_queue_takes_nobody_in(self) -> None:
        made = router()
        made.set_open("orders", is_open=False)
        found = made.ask.forecast("orders", 10.0)
        assert (found.agent, found.position) == ("", 0)
        assert "the queue is closed" in found.why

    def test_says_that_a_full_queue_takes_nobody_in(self) -> None:
        made = router(max_length=2)
        for number in range(3):
            made.enter(f"call{number}", "orders", 10.0)
        assert "the queue is full" in made.ask.forecast("orders", 11.0).why
