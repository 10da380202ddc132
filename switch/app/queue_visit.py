"""One visit of a call to a queue: wait, be offered to agents, talk, and come back.

The router decides, and the headset it names is rung (`headset_offer.py`). Whatever ends the
visit, the caller is gone from the router when it is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from switch.app.agent_directory import AgentDirectory
from switch.app.announcements import Announcements
from switch.app.caller_sounds import SoundSource
from switch.app.conversation import Conversations
from switch.app.headset_offer import HeadsetOffer
from switch.app.pick_up import PickUp
from switch.app.queue_need import levels_of, need_of
from switch.app.routing_desk import RoutingDesk
from switch.app.run_memory import QueueTalk
from switch.app.waiting_audio import WaitingAudio
from switch.app.whisper import Whisper
from switch.calls.ending import reason_header
from switch.calls.leg import Leg
from switch.calls.leg_events import LegAnswered, LegDigit, LegEnded, LegFailed
from switch.calls.session import CallSession
from switch.errors import RoutingError
from switch.events import AgentConnected, CallLeftQueue, CallQueued
from switch.frozen import frozen
from switch.ivr.call import Facts, QueueEnd, QueueOutcome, QueueRequest
from switch.routing import (
    ContactMoved,
    ContactTurnedAway,
    Offered,
    OfferWithdrawn,
    TurnedAway,
)
from switch.routing.expected_wait import LONGEST_SECONDS, told_wait
from switch.termination import Reason, Result, Termination

_ENDS = {
    TurnedAway.TIMEOUT: QueueEnd.TIMEOUT,
    TurnedAway.NO_AGENTS: QueueEnd.NO_AGENTS,
    TurnedAway.FULL: QueueEnd.FULL,
    TurnedAway.CLOSED: QueueEnd.CLOSED,
}

_ABANDONED = "abandoned"
_HANDED_ON = "handed_on"
_CALLER_LEFT = "caller_left"
"""What the router is told of that: the caller may come back to the place."""


@frozen()
class Recordings:
    """Where conversations are recorded."""

    directory: str
    """Empty: nothing is recorded."""

    def begin(self, session: CallSession) -> None:
        """Record a call from now on, where that is wanted and not done already.

        There is a folder for each UTC day, and a file for each call.
        """
        if not self.directory or session.recording or session.unrecorded:
            return
        day = session.services.utc().strftime("%Y-%m-%d")
        session.recording = f"{self.directory}/{day}/{session.id}.wav"
        session.inbound.record(session.recording)


@frozen()
class Place:
    """A place in a queue that a caller has left and may take up again."""

    queue: str
    since: float
    """When the wait began that counts for the order, as the router's `now`."""


async def talk_on(
    session: CallSession,
    facts: Facts,
    talk: QueueTalk,
    conversations: Conversations,
    desk: RoutingDesk,
) -> QueueOutcome:
    """Let caller and agent talk until the agent's side is gone.

    Raises:
        CallOver: the caller has gone.
    """
    elsewhere = await conversations.talk(
        session, facts, talk.agent, lambda: desk.talk_ended(session.id), home=talk.queue
    )
    session.drop_outbound("")
    session.keys.clear()
    if elsewhere is not None:
        return elsewhere
    desk.talk_ended(session.id)
    waited = talk.waited_seconds
    return QueueOutcome(QueueEnd.CONNECTED, agent=talk.agent, waited_seconds=waited)


class QueueVisit:
    """Conducts one `queue` node; run it once."""

    def __init__(
        self,
        session: CallSession,
        request: QueueRequest,
        music: Sequence[str],
        desk: RoutingDesk,
        agents: AgentDirectory,
        recordings: Recordings,
        conversations: Conversations,
        facts: Facts,
        sounds: SoundSource,
        since: float | None = None,
    ) -> None:
        """Prepare.

        Args:
            since: when the wait began that counts for the place, if not now.
        """
        self._session = session
        self._request = request
        self._desk = desk
        self._recordings = recordings
        self._conversations = conversations
        self._facts = facts
        self._caller = facts.caller
        self._endpoint = session.services.endpoint
        self._entered = self._endpoint.now()
        self._since = since
        self._queue = request.queue
        """The queue the caller is in: an overflow may lead to another one."""
        self._audio = WaitingAudio(
            session, music, Announcements(request.announce, self._entered), self._standing, sounds
        )
        self._headset = HeadsetOffer(session, desk, agents, facts.caller)
        self._whisper: Whisper | None = None
        if request.whisper:
            self._whisper = Whisper(session, request.whisper, music, sounds)
        self._left = False
        self.has_place = False
        """The router has the caller there already, in the place of another call."""
        self.place: Place | None = None
        """Where the caller stood when the wait ended."""

    async def run(self) -> QueueOutcome:
        """Wait for an agent, connect, and return when the agent's side is gone.

        Raises:
            CallOver: the caller has gone.
        """
        session = self._session
        try:
            self._enter()
        except RoutingError as error:
            session.log.error("queue_failed", queue=self._queue, error=str(error))
            return QueueOutcome(QueueEnd.FAILED)
        try:
            self._audio.start()
            outcome = await self._wait()
            if outcome is None:
                self._audio.stop()
                outcome = await self._talk()
            return outcome
        finally:
            self._leave(self._why_left())
            self._audio.part()
            if self._whisper is not None:
                self._whisper.stop()

    def _enter(self) -> None:
        if self.has_place:
            self._publish_place(resumed=True)
            return
        request = self._request
        session = self._session
        entry = self._desk.enter(
            session.id,
            request.queue,
            need=need_of(request, self._desk.router.ask.anybody_has),
            priority=request.priority,
            max_wait=request.max_wait_seconds,
            caller=self._caller,
            resume=request.resume,
            sticky=request.sticky,
            since=self._since,
        )
        stays = entry.queue == request.queue and entry.position
        self._publish_queued(
            entry.position if stays else 0,
            entry.expected_wait_seconds if stays else LONGEST_SECONDS,
            resumed=entry.resumed or self._since is not None,
        )

    def _publish_place(self, **more: Any) -> None:
        """Tell where the caller stands now: not at the beginning of a wait."""
        found = self._desk.standing(self._session.id)
        if found is not None and found.queue == self._queue:
            self._publish_queued(found.position, found.expected_wait_seconds, **more)
        else:
            self._publish_queued(0, LONGEST_SECONDS, **more)

    def _publish_queued(
        self,
        position: int,
        expected_wait_seconds: float,
        *,
        resumed: bool = False,
        moved_from: str = "",
        moved_why: str = "",
    ) -> None:
        request = self._request
        self._session.publish(
            CallQueued,
            queue=self._queue,
            priority=self._desk.priority(self._queue, request.priority),
            skills=levels_of(request.skills),
            position=position,
            expected_wait_seconds=told_wait(expected_wait_seconds),
            resumed=resumed,
            moved_from=moved_from,
            moved_why=moved_why,
        )

    async def _wait(self) -> QueueOutcome | None:
        """Return None once an agent has answered, else why waiting ended."""
        session = self._session
        while True:
            event = await session.mailbox.next()
            self._audio.handle(event)
            match event:
                case Offered() as offer:
                    await self._headset.ring(offer)
                case OfferWithdrawn(agent=agent, why=why):
                    self._headset.withdraw(agent, why)
                case PickUp() as pick_up:
                    leg = await pick_up.carry_out(session)
                    if leg is not None and self._connect(leg):
                        return None
                case LegAnswered(leg=leg) if leg is session.outbound:
                    if self._connect(leg):
                        return None
                case LegFailed(leg=leg, sip_code=code) if leg is session.outbound:
                    self._headset.fail(code)
                case LegEnded(leg=leg) if leg is session.outbound:
                    self._headset.fail(0)
                case ContactTurnedAway(why=why):
                    self._leave(why.value)
                    session.keys.clear()
                    return QueueOutcome(_ENDS[why], waited_seconds=self._waited())
                case ContactMoved():
                    self._move(event)
                case LegDigit(leg=leg, digit=digit) if leg is session.inbound:
                    outcome = self._pressed(digit)
                    if outcome is not None:
                        return outcome
                case _:
                    pass  # a prompt that ended, a leg of an earlier offer

    def _standing(self) -> tuple[int, float | None] | None:
        """Return place and expected wait; None while an agent is being rung."""
        found = self._desk.standing(self._session.id)
        if found is None or self._headset.offer is not None:
            return None
        return found.position, told_wait(found.expected_wait_seconds)

    def _pressed(self, digit: str) -> QueueOutcome | None:
        """End the wait if the key says so; other keys mean nothing here."""
        self._session.keys.read_all()
        if digit == self._request.callback_key:
            end = QueueEnd.CALLBACK
        elif digit in self._request.leave_keys:
            end = QueueEnd.KEY
        else:
            return None
        self._leave(end.value)
        return QueueOutcome(end, waited_seconds=self._waited(), key=digit)

    def _move(self, moved: ContactMoved) -> None:
        """The router sent the caller on to another queue."""
        self._publish_left("overflow")
        self._queue, self._left = moved.to, False
        self._publish_place(moved_from=moved.queue, moved_why=moved.why.value)

    def _connect(self, leg: Leg) -> bool:
        """Join caller and agent; False when the router no longer wants that."""
        session = self._session
        offer = self._headset.accept()
        if offer is None:
            return False
        session.join()
        if self._whisper is not None:
            self._whisper.begin(leg)
        self._recordings.begin(session)
        session.publish(
            AgentConnected,
            queue=offer.queue,
            agent=offer.agent,
            waited_seconds=self._waited(),
            ring_seconds=self._headset.ring_seconds,
            codec=leg.codec,
        )
        self._publish_left("connected")
        return True

    async def _talk(self) -> QueueOutcome:
        """Let them talk until the agent's side is gone."""
        offer = self._headset.offer
        assert offer is not None
        talk = QueueTalk(offer.agent, offer.queue, self._waited())
        return await talk_on(self._session, self._facts, talk, self._conversations, self._desk)

    def _leave(self, outcome: str) -> None:
        """Be gone from the router, whatever the state; safe to call again."""
        self._session.drop_outbound(
            reason_header(
                self._session.termination or Termination(Result.COMPLETED, Reason.FLOW_ENDED)
            )
        )
        standing = self._desk.standing(self._session.id)
        if standing is not None:
            self.place = Place(standing.queue, standing.since)
        self._desk.leave(self._session.id, _CALLER_LEFT if outcome == _ABANDONED else outcome)
        self._publish_left(outcome)

    def _why_left(self) -> str:
        """Return what ended a wait that came to nothing."""
        end = self._session.termination
        if end is None:
            return "failed"
        return _HANDED_ON if end.reason is Reason.TRANSFERRED else _ABANDONED

    def _publish_left(self, outcome: str) -> None:
        if not self._left:
            self._left = True
            waited = self._waited()
            self._session.publish(
                CallLeftQueue,
                queue=self._queue,
                outcome=outcome,
                waited_seconds=waited,
                within_service_level=outcome == "connected"
                and waited <= self._desk.service_level_seconds(self._queue),
            )

    def _waited(self) -> float:
        return self._endpoint.now() - self._entered
