"""The switch's side of calls in memory: real SIP cores, a media engine that notes commands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from switch.calls.leg import Leg
from switch.calls.registry import CallRegistry
from switch.calls.session import CallServices, CallSession
from switch.events import CallEnded, Event
from switch.ids import Ids
from switch.sdp.offer_answer import LocalMedia
from switch.sip.events import IncomingInvite, SessionEvent
from switch.sip.invite_session import InviteSession
from switch.sip.peer import Peer
from tests.support.fake_media import FakeMedia
from tests.support.sip_pair import CALLER, SWITCH, SipPair

Conduct = Callable[[CallSession], Awaitable[None]]


class CallDesk:
    """The switch's side of a `SipPair`, with calls on it."""

    def __init__(self) -> None:
        self.pair = SipPair()
        self.media = FakeMedia()
        self.published: list[Event] = []
        self.registry = CallRegistry(10)
        self.services = CallServices(
            endpoint=self,
            media=self.media,
            registry=self.registry,
            publish=self.published.append,
            utc=lambda: datetime.now(UTC),
            ids=Ids(),
            local_media=lambda prefer: LocalMedia(SWITCH[0], 0, ("PCMU", "PCMA")),
            hold_music=("music.ulaw",),
        )
        self.media.on_report = self._report
        self.call: CallSession
        self.caller: InviteSession
        """The caller's own side."""
        self.task: asyncio.Task[None]
        self._seen = 0

    # The endpoint that calls use.

    def now(self) -> float:
        return self.pair.now

    def flush(self) -> None:
        """The pair carries messages when `settle` runs."""

    # What tests do.

    async def arrive(self, conduct: Conduct, sdp: bytes | None = None) -> CallSession:
        """Have a caller call; `conduct` is the call's task."""
        self.caller = self.pair.call(sdp)
        session = self.pair.switch.of(IncomingInvite)[-1].session
        call = self.call = CallSession("call", self.services)
        call.inbound.attach(session)
        self.registry.add(call)
        self.task = asyncio.create_task(call.run(lambda: conduct(call)))
        await self.settle()
        return call

    def invite_headset(self, sdp: bytes, owner: Leg) -> InviteSession:
        """Send an INVITE to the other core, as the phone that is rung."""
        return self.pair.switch.core.invite(
            target="sip:asha@192.0.2.7",
            peer=Peer("udp", CALLER, SWITCH),
            from_uri="sip:caller@198.51.100.1",
            sdp=sdp,
            now=self.now(),
            owner=owner,
        )

    async def settle(self) -> None:
        """Let tasks run and messages travel until nothing moves."""
        for _ in range(20):
            await asyncio.sleep(0)
            self.pair.run()
            events = self.pair.switch.events
            while self._seen < len(events):
                event = events[self._seen]
                self._seen += 1
                if isinstance(event, SessionEvent) and not isinstance(event, IncomingInvite):
                    owner = event.session.owner
                    if isinstance(owner, Leg):
                        owner.handle_sip(event)

    async def ended(self) -> CallEnded:
        """Wait for the call's end and return how it ended."""
        await self.settle()
        await self.task
        await self.settle()
        (event,) = (each for each in self.published if isinstance(each, CallEnded))
        assert len(self.registry) == self.registry.leg_count == 0
        assert self.media.open == {}
        return event

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.published if isinstance(event, kind)]

    def commands(self, kind: type) -> list[object]:
        return [command for command in self.media.commands if isinstance(command, kind)]

    def _report(self, report: object) -> None:
        leg = self.registry.leg(report.stream)  # type: ignore[attr-defined]
        if leg is not None:
            leg.handle_report(report)  # type: ignore[arg-type]
