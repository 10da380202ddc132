"""The router's laws, and every decision, held against a naive router under any events."""

from __future__ import annotations

from collections import Counter

from hypothesis import settings
from hypothesis.stateful import invariant

from switch.routing import AgentState
from switch.routing.queue import WhenNoAgents
from tests.routing.both_routers import BothRouters
from tests.routing.naive_people import NaiveContact
from tests.routing.small_centre import QUEUES


class RouterLaws(BothRouters):
    """What holds after everything that may happen."""

    @invariant()
    def both_know_the_same_agents(self) -> None:
        assert self.views_of_real() == {
            agent.id: (
                agent.state,
                agent.contact,
                agent.wish,
                agent.forced,
                agent.off_shift,
                agent.misses,
            )
            for agent in self.naive.agents.values()
        }

    def views_of_real(self) -> dict[str, tuple[object, ...]]:
        return {
            view.id: (
                view.state.value,
                view.contact,
                view.wish,
                view.forced,
                view.off_shift,
                view.misses,
            )
            for view in self.views()
        }

    @invariant()
    def no_agent_has_two_callers_and_no_caller_two_agents(self) -> None:
        serving = [view.contact for view in self.views() if view.contact]
        assert len(serving) == len(set(serving))

    @invariant()
    def an_agent_has_a_caller_when_reserved_or_talking_and_only_then(self) -> None:
        for view in self.views():
            assert (view.state in (AgentState.RESERVED, AgentState.TALKING)) is bool(view.contact)

    @invariant()
    def nobody_free_is_idle_while_a_caller_waits_whom_they_may_serve(self) -> None:
        ready = {view.id for view in self.views() if view.state is AgentState.READY}
        for contact in self.naive.waiting():
            for agent in self.naive.agents.values():
                assert agent.id not in ready or not self.naive.may_serve(agent, contact)

    @invariant()
    def nobody_waits_in_vain_where_the_queue_sends_away(self) -> None:
        for contact in self.naive.waiting():
            exits = self.naive.queues[contact.queue].when_no_agents is WhenNoAgents.EXIT
            assert not exits or self.naive.servable(contact)

    @invariant()
    def whatever_ends_by_itself_has_a_deadline(self) -> None:
        ends = sum(view.state is AgentState.RESERVED for view in self.views())
        ends += sum(view.state is AgentState.WRAP_UP for view in self.views())
        ends += sum(
            view.state is AgentState.NOT_READY and view.until is not None for view in self.views()
        )
        ends += sum(contact.due is not None for contact in self.naive.waiting())
        assert len(self.router._deadlines) == ends

    @invariant()
    def wrap_up_is_as_long_as_configured_unless_somebody_asked(self) -> None:
        for view in self.views():
            agent = self.naive.agents[view.id]
            if view.state in (AgentState.WRAP_UP, AgentState.TALKING):
                self.asked.discard(view.id)
            if view.state is AgentState.WRAP_UP:
                assert view.until == agent.rests_until
            elif self.now < agent.rests_until:
                assert view.id in self.asked or view.state is AgentState.TALKING
                agent.rests_until = 0.0

    @invariant()
    def the_next_deadline_is_known(self) -> None:
        assert self.router.next_deadline() == self.naive.next_due()

    @invariant()
    def positions_are_counted(self) -> None:
        for contact in self.naive.contacts.values():
            standing = self.router.ask.standing(contact.id, self.now)
            assert standing is not None
            assert standing.queue == contact.queue
            expected = 0 if contact.talking else self.naive.position(contact, self.now)
            assert standing.position == expected

    @invariant()
    def counters_equal_a_recount(self) -> None:
        counted = Counter(view.state for view in self.views())
        assert {state: n for state, n in self.router.ask.agents_by_state().items() if n} == counted
        for queue in QUEUES:
            unanswered = [
                contact
                for contact in self.naive.contacts.values()
                if contact.queue == queue.name and not contact.talking
            ]
            self.counters_of_one_queue(queue.name, unanswered)

    def counters_of_one_queue(self, queue: str, unanswered: list[NaiveContact]) -> None:
        status = self.router.ask.queue_status(queue, self.now)
        oldest = max((self.now - contact.entered for contact in unanswered), default=0)
        waiting = sum(not contact.agent for contact in unanswered)
        assert status.unanswered == len(unanswered) == self.router.ask.queue_length(queue)
        assert status.waiting == waiting
        assert status.oldest_wait_seconds == oldest
        plans = self.naive.queues[queue].need.tiers()
        suits = [
            agent.state
            for agent in self.naive.agents.values()
            if any(agent.profile.traits().fits(plan) for plan in plans)
        ]
        assert status.ready_agents == suits.count("ready")
        assert status.logged_in_agents == len(suits) - suits.count("logged_out")
        tally, total = self.naive.tallies[queue], status.since_start
        assert (tally.answered, tally.within, tally.lost, tally.lost_after, tally.short) == (
            total.answered,
            total.answered_within,
            total.lost,
            total.lost_after,
            total.short_abandoned,
        )


TestRouterLaws = RouterLaws.TestCase
TestRouterLaws.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
