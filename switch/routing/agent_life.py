"""PURE: what moves agents: their own wishes, a supervisor, offers, wrap-up, shifts, time."""

from __future__ import annotations

from collections.abc import Callable

from switch.deadlines import Deadlines
from switch.errors import RoutingError
from switch.routing.agent import Agent, AgentInput, AgentState, Watch, Wish
from switch.routing.contact import Contact
from switch.routing.departures import Departures
from switch.routing.events import OfferWithdrawn, RouterEvent
from switch.routing.line_book import LineBook
from switch.routing.matching import Matcher
from switch.routing.queue import NO_ANSWER, QueueProfile, TurnedAway
from switch.routing.roster import Roster

OFF_SHIFT = "off_shift"
HOURLY_LIMIT = "hourly_limit"
FORCED = "forced"
REMOVED = "removed"
"""Why an agent who wants calls gets none."""

MISSED_HEARTBEAT = "missed_heartbeat"

_AT_WORK = (AgentState.LOGGED_OUT, AgentState.NOT_READY, AgentState.WRAP_UP)


class AgentLife:
    """Everything that happens to agents."""

    def __init__(
        self,
        roster: Roster,
        deadlines: Deadlines,
        lines: LineBook,
        matcher: Matcher,
        departures: Departures,
        report: Callable[[RouterEvent], None],
        heartbeat_seconds: float,
    ) -> None:
        self._roster = roster
        self._deadlines = deadlines
        self._lines = lines
        self._matcher = matcher
        self._departures = departures
        self._report = report
        self._heartbeat_seconds = heartbeat_seconds

    # What agents ask for.

    def set_ready(self, agent: Agent, now: float, reason: str) -> str:
        """The agent wants calls: return empty, or why there will be none for now."""
        if agent.forced:
            return FORCED
        if agent.removed:
            return REMOVED
        agent.wish = None
        if agent.state not in _AT_WORK:
            return ""
        if agent.state is AgentState.LOGGED_OUT:
            agent.misses = 0
        refused = self._become_ready(agent, reason, now, AgentInput.SET_READY)
        if not refused:
            self._matcher.employ(agent, now)
        return refused

    def set_not_ready(self, agent: Agent, now: float, reason: str) -> None:
        """The agent wants no calls: at once, or after the present call and its wrap-up."""
        if agent.forced or agent.removed:
            return  # there will be no calls as it is, and what is to follow is not the agent's
        if agent.state is AgentState.TALKING:
            self._wish(agent, Wish(AgentInput.SET_NOT_READY, reason), now)
            return
        paused = agent.until is not None
        if agent.state is not AgentState.NOT_READY or paused or agent.reason != reason:
            self._stop_offers(agent, reason, now, AgentInput.SET_NOT_READY)

    def log_out(self, agent: Agent, now: float, reason: str) -> None:
        """The agent goes home: at once, or after the present call, without wrap-up."""
        if agent.state is AgentState.TALKING:
            self._wish(agent, Wish(AgentInput.LOG_OUT, reason), now)
        elif agent.state is not AgentState.LOGGED_OUT:
            self._stop_offers(agent, reason, now, AgentInput.LOG_OUT)
            self._gone(agent, now)

    def remove(self, agent: Agent, now: float) -> None:
        """The agent is not in the configuration any more: goes for good after the call."""
        agent.removed = True
        if agent.state is AgentState.LOGGED_OUT:
            self._gone(agent, now)
        else:
            self.log_out(agent, now, REMOVED)

    def extend_wrap_up(self, agent: Agent, seconds: float) -> float:
        """Give an agent more time for the work of the last call; return when it ends.

        Raises:
            RoutingError: the agent is not in a wrap-up that ends by itself.
        """
        if agent.state is not AgentState.WRAP_UP or agent.until is None:
            raise RoutingError(f"agent {agent.profile.id!r} is {agent.state}, not in wrap-up")
        longest = max(agent.since + agent.longest_wrap_up_seconds, agent.until)
        until = min(agent.until + max(seconds, 0.0), longest)
        self._roster.time_limit(agent, until)
        return until

    def heartbeat(self, agent: Agent, now: float) -> None:
        """The agent's station is there. Whoever sent one must go on, or is logged out."""
        if agent.state is not AgentState.LOGGED_OUT:
            self._deadlines.set(agent.watch, now + self._heartbeat_seconds)
            if agent.wish is not None and agent.wish.reason == MISSED_HEARTBEAT:
                agent.wish = None

    # What others decide for them.

    def force(self, agent: Agent, state: AgentState, now: float, reason: str) -> None:
        """A supervisor puts the agent into a state, which only `release` or another one ends.

        Raises:
            RoutingError: that is not a state one can be put into.
        """
        if state not in (AgentState.READY, AgentState.NOT_READY, AgentState.LOGGED_OUT):
            raise RoutingError(f"nobody can be made {state}: ready, not_ready or logged_out")
        agent.forced = False
        if state is AgentState.READY:
            self.set_ready(agent, now, reason)
        elif state is AgentState.NOT_READY:
            self.set_not_ready(agent, now, reason)
        else:
            self.log_out(agent, now, reason)
        agent.forced = state is not AgentState.READY

    def set_shift(self, agent: Agent, now: float, *, on: bool) -> None:
        """The agent's shift begins or ends. The present call and its wrap-up come first."""
        if agent.off_shift is not on:
            return
        agent.off_shift = not on
        if on:
            if agent.state is AgentState.NOT_READY and agent.reason == OFF_SHIFT:
                self.set_ready(agent, now, "shift_began")
            return
        paused = agent.state is AgentState.NOT_READY and agent.until is not None
        if paused or agent.state in (AgentState.READY, AgentState.RESERVED):
            self._stop_offers(agent, OFF_SHIFT, now, AgentInput.SET_NOT_READY)
        else:  # on a break it stays one; who talks or wraps up is not made ready after it
            self._departures.release_held(agent, now)

    # What happens in their calls.

    def answered(self, agent: Agent, now: float) -> None:
        """The agent took the call."""
        agent.misses = 0
        if agent.profile.max_calls_per_hour is not None:
            agent.answered_at.append(now)
        self._roster.move(agent, "answered", now, AgentInput.ANSWER)

    def caller_left(self, agent: Agent, now: float) -> None:
        """The caller whom the agent was offered has gone; the agent keeps the turn."""
        self.part(agent, "offer_withdrawn", now, AgentInput.CALLER_LEFT)
        self._matcher.employ(agent, now)

    def offer_failed(self, agent: Agent, contact: Contact, outcome: str, now: float) -> None:
        """The agent did not take the call: a pause follows, longer with each miss."""
        if outcome == NO_ANSWER:
            agent.misses += 1
        pause = contact.line.queue.profile.pause_seconds(outcome, agent.misses)
        self.part(agent, outcome, now, AgentInput.OFFER_FAILED)
        if pause is not None:
            self._roster.time_limit(agent, now + pause)
            self.give_back(contact, now)
        else:
            self._give_back_all(agent, contact, now)

    def talk_ended(self, agent: Agent, now: float, queue: QueueProfile) -> None:
        """Caller and agent have parted."""
        agent.longest_wrap_up_seconds = queue.longest_wrap_up_seconds
        if agent.wish is not None and agent.wish.input is AgentInput.LOG_OUT:
            wish, agent.wish = agent.wish, None
            self.part(agent, wish.reason, now, AgentInput.TALK_ENDED, AgentInput.LOG_OUT)
            self._gone(agent, now)
        elif queue.wrap_up_seconds > 0:
            self.part(agent, "talk_ended", now, AgentInput.TALK_ENDED)
            self._roster.time_limit(agent, now + queue.wrap_up_seconds)
        else:
            self._end_wrap_up(agent, now, AgentInput.TALK_ENDED)

    def part(self, agent: Agent, reason: str, now: float, *inputs: AgentInput) -> None:
        """Move an agent who has no caller any more."""
        self._roster.move(agent, reason, now, *inputs)
        contact, agent.contact = agent.contact, None
        if contact is not None:
            contact.agent = None

    # Time.

    def handle_timer(self, agent: Agent, now: float) -> None:
        """What the agent's state was limited to has passed."""
        contact = agent.contact
        if contact is not None:
            self._report(OfferWithdrawn(contact.id, agent.profile.id, NO_ANSWER))
            self.offer_failed(agent, contact, NO_ANSWER, now)
        elif agent.state is AgentState.WRAP_UP:
            self._end_wrap_up(agent, now)
        elif not self._become_ready(agent, "pause_over", now, AgentInput.PAUSE_OVER):
            self._matcher.employ(agent, now)

    def handle_silence(self, watch: Watch, now: float) -> None:
        """A station was not heard of in time."""
        self.log_out(watch.agent, now, MISSED_HEARTBEAT)

    def give_back(self, contact: Contact, now: float) -> None:
        """Give a caller whose offer came to nothing the old place, or another agent."""
        if contact.expires_at is not None and now >= contact.expires_at:
            self._departures.turn_away(contact, TurnedAway.TIMEOUT, now)
            return
        self._matcher.serve(contact, now)
        self._departures.check_servable(contact, now)

    def _become_ready(self, agent: Agent, reason: str, now: float, *inputs: AgentInput) -> str:
        """Make an agent ready; or not ready, and return why."""
        full_until = agent.hour_is_full_until(now)
        if not agent.off_shift and full_until is None:
            self.part(agent, reason, now, *inputs)
            return ""
        refused = OFF_SHIFT if agent.off_shift else HOURLY_LIMIT
        if agent.state is not AgentState.NOT_READY or agent.reason != refused or agent.until:
            self.part(agent, refused, now, *inputs, AgentInput.SET_NOT_READY)
        if not agent.off_shift and full_until is not None:
            self._roster.time_limit(agent, full_until)
        self._departures.release_held(agent, now)
        return refused

    def _end_wrap_up(self, agent: Agent, now: float, *before: AgentInput) -> None:
        """Let a wish come true, or the agent be ready again."""
        wish, agent.wish = agent.wish, None
        if wish is not None:
            self.part(agent, wish.reason, now, *before, wish.input)
            self._departures.release_held(agent, now)
        elif not self._become_ready(agent, "wrap_up_over", now, *before, AgentInput.WRAP_UP_OVER):
            self._matcher.employ(agent, now)

    def _stop_offers(self, agent: Agent, reason: str, now: float, wanted: AgentInput) -> None:
        """Move an agent who is not talking out of reach; a caller being offered goes back."""
        contact = agent.contact
        agent.wish = None
        if contact is not None:
            out = wanted is AgentInput.LOG_OUT
            why = "agent_logged_out" if out else "agent_not_ready"
            self._report(OfferWithdrawn(contact.id, agent.profile.id, why))
        self.part(agent, reason, now, wanted)
        self._give_back_all(agent, contact, now)

    def _wish(self, agent: Agent, wish: Wish, now: float) -> None:
        """Keep what an agent who talks asks for; nobody waits for one who will go."""
        agent.wish = Wish(AgentInput.LOG_OUT, REMOVED) if agent.removed else wish
        self._departures.release_held(agent, now)

    def _give_back_all(self, agent: Agent, offered: Contact | None, now: float) -> None:
        """Give back who was offered the agent and who waits for no other, in their order."""
        if offered is None or not agent.held.count:
            self._departures.release_held(agent, now)
            if offered is not None:
                self.give_back(offered, now)
            return
        callers = [offered, *agent.held.valid()]
        for contact in sorted(callers, key=lambda each: each.urgency(now)):
            if contact is offered:
                self.give_back(contact, now)
            else:
                self._departures.release(contact, now)

    def _gone(self, agent: Agent, now: float) -> None:
        """The agent has logged out."""
        self._deadlines.cancel(agent.watch)
        self._departures.release_held(agent, now)
        self._departures.turn_away_unservable(list(agent.lines), now)
        if agent.removed:
            self._lines.unseat(agent)
            self._lines.index.remove(agent)
            self._roster.remove(agent)
