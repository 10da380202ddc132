"""PURE: the router: matches callers in queues with agents who may serve them.

Two laws hold after every call of a method: no agent has two callers and no caller two
agents; and no ready agent is idle while a caller waits whom that agent may serve. So
a match is possible only when a caller begins to wait or an agent becomes ready, and
each looks only at its own lines (`queue.py`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from switch.deadlines import Deadlines
from switch.errors import RoutingError
from switch.routing.agent import Agent, AgentInput, AgentProfile, AgentState, AgentView, Wish
from switch.routing.events import (
    AgentMoved,
    ContactTimedOut,
    ContactUnservable,
    Offered,
    OfferWithdrawn,
    RouterEvent,
)
from switch.routing.line_book import LineBook
from switch.routing.queue import (
    NO_ANSWER,
    Contact,
    ContactState,
    Queue,
    QueueProfile,
    QueueStatus,
    WhenNoAgents,
)
from switch.routing.roster import Roster
from switch.routing.selection import choose_agent, choose_contact

__all__ = [
    "AgentMoved",
    "AgentProfile",
    "AgentState",
    "AgentView",
    "ContactTimedOut",
    "ContactUnservable",
    "OfferWithdrawn",
    "Offered",
    "QueueProfile",
    "QueueStatus",
    "Router",
    "RouterEvent",
    "WhenNoAgents",
]


class Router:
    """Decides who serves whom.

    Three drivers: callers (`enter`, `leave`, `offer_answered`, `offer_failed`,
    `talk_ended`), agents (`set_ready`, `set_not_ready`, `log_out`) and time
    (`handle_timer`, due at `next_deadline`). Output: `next_event`, to be read empty
    after each of them. `now` never goes back. Everyone is logged out at the start.
    """

    def __init__(self, agents: Iterable[AgentProfile], queues: Iterable[QueueProfile]) -> None:
        self._events: deque[RouterEvent] = deque()
        self._deadlines = Deadlines()
        self._roster = Roster(agents, self._deadlines, self._events.append)
        self._queues = {profile.name: Queue(profile) for profile in queues}
        self._lines = LineBook(self._roster.agents, self._queues.values())
        self._contacts: dict[str, Contact] = {}
        self._entries = 0

    # Callers.

    def enter(
        self,
        contact_id: str,
        queue: str,
        now: float,
        *,
        skills: Mapping[str, int] | None = None,
        priority: int | None = None,
        max_wait: float | None = None,
    ) -> int:
        """Take in a caller; return the position in the queue, 1 being next.

        Args:
            skills: required on top of the queue's own; the higher level counts.
            priority: None for the queue's.
            max_wait: seconds; None for the queue's.

        Raises:
            RoutingError: no such queue, an impossible level, or the caller is here already.
        """
        entered = self._queue(queue)
        profile = entered.profile
        if contact_id in self._contacts:
            raise RoutingError(f"contact {contact_id!r} is in the router already")
        line = self._lines.line(entered, skills)
        if priority is None:
            priority = profile.priority
        self._entries += 1
        contact = Contact(contact_id, line, priority, now, self._entries)
        self._contacts[contact_id] = contact
        self._lines.add_caller(line)
        position = entered.add(contact)
        seconds = profile.max_wait_seconds if max_wait is None else max_wait
        if seconds is not None:
            contact.expires_at = now + seconds
            self._deadlines.set(contact, contact.expires_at)
        self._serve(contact, now)
        return position

    def leave(self, contact_id: str, now: float, why: str = "caller_left") -> bool:
        """Take a caller out wherever it is; False when it is gone already.

        Args:
            why: told in `OfferWithdrawn` if an agent is being rung.
        """
        contact = self._contacts.get(contact_id)
        if contact is None:
            return False
        if contact.state is ContactState.TALKING:
            return self.talk_ended(contact_id, now)
        agent = contact.agent
        self._lose(contact, now)
        if agent is not None:
            self._events.append(OfferWithdrawn(contact_id, agent.profile.id, why))
            self._part(agent, "offer_withdrawn", now, AgentInput.CALLER_LEFT)
            self._employ(agent, now)
        return True

    def offer_answered(self, contact_id: str, agent: str, now: float) -> bool:
        """The agent answered; False when the offer no longer stands."""
        contact = self._contacts.get(contact_id)
        answering = self._roster[agent]
        if contact is None or contact.agent is not answering:
            return False
        if contact.state is ContactState.OFFERED:
            contact.state = ContactState.TALKING
            self._unqueue(contact)
            contact.line.queue.service_level.answered(now - contact.entered, now)
            self._roster.move(answering, "answered", now, AgentInput.ANSWER)
        return True

    def offer_failed(self, contact_id: str, agent: str, outcome: str, now: float) -> bool:
        """The agent did not take the call; False when the offer no longer stands.

        The agent gets a pause, and the caller the old place in the queue.

        Args:
            outcome: `no_answer`, `busy`, `declined` or `unreachable`.
        """
        contact = self._contacts.get(contact_id)
        failing = self._roster[agent]
        if (
            contact is None
            or contact.agent is not failing
            or contact.state is not ContactState.OFFERED
        ):
            return False
        pause = contact.line.queue.profile.pause_seconds(outcome)
        self._part(failing, outcome, now, AgentInput.OFFER_FAILED)
        if pause is not None:
            self._deadlines.set(failing, now + pause)
        self._return(contact, now)
        return True

    def talk_ended(self, contact_id: str, now: float) -> bool:
        """Caller and agent have parted; False when they were not joined."""
        contact = self._contacts.get(contact_id)
        if contact is None or contact.state is not ContactState.TALKING:
            return False
        agent = contact.agent
        assert agent is not None
        contact.state = ContactState.GONE
        del self._contacts[contact_id]
        seconds = contact.line.queue.profile.wrap_up_seconds
        if agent.wish is not None and agent.wish.input is AgentInput.LOG_OUT:
            wish, agent.wish = agent.wish, None
            self._part(agent, wish.reason, now, AgentInput.TALK_ENDED, AgentInput.LOG_OUT)
            self._send_away_unservable(agent, now)
        elif seconds > 0:
            self._part(agent, "talk_ended", now, AgentInput.TALK_ENDED)
            self._deadlines.set(agent, now + seconds)
        else:
            self._end_wrap_up(agent, now, AgentInput.TALK_ENDED)
        return True

    # Agents.

    def set_ready(self, agent: str, now: float, reason: str = "") -> None:
        """The agent wants calls: logs in, ends a pause or wrap-up, or takes back a wish."""
        asking = self._roster[agent]
        asking.wish = None
        if asking.state in (AgentState.LOGGED_OUT, AgentState.NOT_READY, AgentState.WRAP_UP):
            self._roster.move(asking, reason, now, AgentInput.SET_READY)
            self._employ(asking, now)

    def set_not_ready(self, agent: str, now: float, reason: str = "") -> None:
        """The agent wants no calls: at once, or after the present call and its wrap-up."""
        asking = self._roster[agent]
        if asking.state is AgentState.TALKING:
            asking.wish = Wish(AgentInput.SET_NOT_READY, reason)
            return
        paused = bool(asking.timer)
        if asking.state is not AgentState.NOT_READY or paused or asking.reason != reason:
            self._stop_offers(asking, reason, now, AgentInput.SET_NOT_READY)

    def log_out(self, agent: str, now: float, reason: str = "") -> None:
        """The agent goes home: at once, or after the present call, without wrap-up."""
        asking = self._roster[agent]
        if asking.state is AgentState.TALKING:
            asking.wish = Wish(AgentInput.LOG_OUT, reason)
        elif asking.state is not AgentState.LOGGED_OUT:
            self._stop_offers(asking, reason, now, AgentInput.LOG_OUT)
            self._send_away_unservable(asking, now)

    # Time.

    def next_deadline(self) -> float | None:
        """Return when `handle_timer` is due."""
        return self._deadlines.next()

    def handle_timer(self, now: float) -> None:
        """Do all that is due: unanswered rings, ended pauses and wrap-ups, waits too long."""
        while (subject := self._deadlines.pop_due(now)) is not None:
            if isinstance(subject, Contact):
                # While a headset rings, the caller is about to be served: the wait is
                # judged again only if that fails.
                if subject.state is ContactState.WAITING:
                    self._time_out(subject, now)
            elif isinstance(subject, Agent):
                self._handle_agent_timer(subject, now)

    # What happened, and how things stand.

    def next_event(self) -> RouterEvent | None:
        """Return what happened next, in order; None when all has been told."""
        return self._events.popleft() if self._events else None

    def agent(self, agent: str) -> AgentView:
        """Return how an agent stands."""
        return self._roster.view(agent)

    def agents_by_state(self) -> Mapping[AgentState, int]:
        """Return how many agents are in each state."""
        return self._roster.by_state

    @property
    def queue_names(self) -> Iterable[str]:
        """Every queue, in order of configuration."""
        return self._queues.keys()

    def queue(self, queue: str) -> QueueProfile:
        """Return a queue as configured."""
        return self._queue(queue).profile

    def queue_length(self, queue: str) -> int:
        """Return how many callers of a queue are not yet connected."""
        return len(self._queue(queue).unanswered)

    def oldest_wait_seconds(self, queue: str, now: float) -> float:
        """Return how long the first of a queue's callers has been waiting; 0 for nobody."""
        return self._queue(queue).oldest_wait_seconds(now)

    def service_level(self, queue: str) -> float | None:
        """Return the service level since the start, 0 to 1 (formula: `service_level.py`)."""
        return self._queue(queue).service_level.total.service_level

    def queue_status(self, queue: str, now: float) -> QueueStatus:
        """Return all that is counted of a queue."""
        return self._queue(queue).status(now)

    # Matching.

    def _serve(self, contact: Contact, now: float) -> None:
        """Find an agent for a caller, or let the caller wait."""
        line = contact.line
        choice = choose_agent(line, now)
        if choice is not None:
            self._offer(contact, choice[0], choice[1], now)
            return
        contact.state = ContactState.WAITING
        line.add_waiting(contact)
        if not line.logged_in_count and line.queue.sends_away:
            self._send_away(contact, now)

    def _employ(self, agent: Agent, now: float) -> None:
        """Find a caller for an agent who has just become ready."""
        choice = choose_contact(agent, now)
        if choice is not None:
            self._offer(choice[0], agent, choice[1], now)

    def _offer(self, contact: Contact, agent: Agent, why: str, now: float) -> None:
        contact.state = ContactState.OFFERED
        contact.agent = agent
        agent.contact = contact
        profile = contact.line.queue.profile
        self._roster.move(agent, "offer", now, AgentInput.OFFER)
        self._deadlines.set(agent, now + profile.ring_seconds)
        self._events.append(
            Offered(contact.id, profile.name, agent.profile.id, why, now - contact.entered)
        )

    def _return(self, contact: Contact, now: float) -> None:
        """Give a caller whose offer came to nothing the old place, or another agent."""
        if contact.expires_at is not None and now >= contact.expires_at:
            self._time_out(contact, now)
        else:
            self._serve(contact, now)

    # Agents.

    def _part(self, agent: Agent, reason: str, now: float, *inputs: AgentInput) -> None:
        """Move an agent who has no caller any more."""
        self._roster.move(agent, reason, now, *inputs)
        contact, agent.contact = agent.contact, None
        if contact is not None:
            contact.agent = None

    def _stop_offers(self, agent: Agent, reason: str, now: float, wanted: AgentInput) -> None:
        """Move an agent who is not talking out of reach; a caller being offered goes back."""
        contact = agent.contact
        agent.wish = None
        if contact is not None:
            out = wanted is AgentInput.LOG_OUT
            why = "agent_logged_out" if out else "agent_not_ready"
            self._events.append(OfferWithdrawn(contact.id, agent.profile.id, why))
        self._part(agent, reason, now, wanted)
        if contact is not None:
            self._return(contact, now)

    def _end_wrap_up(self, agent: Agent, now: float, *before: AgentInput) -> None:
        """Let a wish come true, or the agent be ready again."""
        wish, agent.wish = agent.wish, None
        if wish is not None:
            self._part(agent, wish.reason, now, *before, wish.input)
        else:
            self._part(agent, "wrap_up_over", now, *before, AgentInput.WRAP_UP_OVER)
            self._employ(agent, now)

    def _handle_agent_timer(self, agent: Agent, now: float) -> None:
        contact = agent.contact
        if contact is not None:
            self._events.append(OfferWithdrawn(contact.id, agent.profile.id, NO_ANSWER))
            self.offer_failed(contact.id, agent.profile.id, NO_ANSWER, now)
        elif agent.state is AgentState.WRAP_UP:
            self._end_wrap_up(agent, now)
        else:
            self._roster.move(agent, "pause_over", now, AgentInput.PAUSE_OVER)
            self._employ(agent, now)

    # Callers who go.

    def _unqueue(self, contact: Contact) -> None:
        """Let go of a caller's place: answered or lost."""
        self._deadlines.cancel(contact)
        contact.line.queue.remove(contact)
        self._lines.remove_caller(contact.line)

    def _lose(self, contact: Contact, now: float) -> Queue:
        """Forget a caller who was not answered; return the queue."""
        if contact.state is ContactState.WAITING:
            contact.line.waiting_count -= 1
        contact.state = ContactState.GONE
        contact.agent = None
        del self._contacts[contact.id]
        self._unqueue(contact)
        queue = contact.line.queue
        queue.service_level.lost(now - contact.entered, now)
        return queue

    def _time_out(self, contact: Contact, now: float) -> None:
        name = self._lose(contact, now).profile.name
        self._events.append(ContactTimedOut(contact.id, name, now - contact.entered))

    def _send_away(self, contact: Contact, now: float) -> None:
        name = self._lose(contact, now).profile.name
        self._events.append(ContactUnservable(contact.id, name, now - contact.entered))

    def _send_away_unservable(self, agent: Agent, now: float) -> None:
        """After a log-out: callers leave whom nobody can serve now, if their queue says so."""
        unservable: list[Contact] = []
        for line in agent.lines:
            if not line.logged_in_count and line.waiting_count and line.queue.sends_away:
                unservable += line.waiting()
        for contact in sorted(unservable, key=Contact.place):
            self._send_away(contact, now)

    def _queue(self, queue: str) -> Queue:
        try:
            return self._queues[queue]
        except KeyError:
            raise RoutingError(f"there is no queue {queue!r}") from None
