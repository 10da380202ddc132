"""Agents, a queue and a trunk around a `CallDesk`: whoever is rung is a phone on the other core."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from switch.app.agent_directory import Agent, AgentDirectory, Target
from switch.app.conversation import Conversations
from switch.app.destination import Destination
from switch.app.destinations import Destinations
from switch.app.ringing import Reservation, reach
from switch.app.routing_desk import RoutingDesk
from switch.calls.session import CallSession
from switch.events import CallTransferred
from switch.ivr.call import Facts, QueueEnd, QueueOutcome
from switch.routing import AgentProfile, QueueProfile, Router
from switch.sdp.offer_answer import make_answer
from switch.sip.events import IncomingInvite
from switch.sip.invite_session import InviteSession
from switch.sip.peer import Peer
from switch.sip.target_order import Target as Server
from switch.trunks.desk import TrunkDesk
from switch.trunks.dial_guard import DialRules
from switch.trunks.plans import DialPlan, PeerPlan, TrunkPlan
from tests.support.call_desk import CallDesk
from tests.support.sip_pair import CALLER, SWITCH, media

TONE = "ringing.ulaw"
FACTS = Facts("call", "+12125550123", "+18005550100", "carrier")
PHONES = Peer("udp", CALLER, SWITCH)
EVERYBODY = frozenset({"agents", "queues", "numbers"})


class _Names:
    """A DNS that knows every name; all of them are the other core."""

    on_changed: Callable[[str], None] = staticmethod(lambda uri: None)

    def follow(self, uri: str) -> None:
        """Every name is known already."""

    def forget(self, uri: str) -> None:
        """Nothing is kept."""

    def targets(self, uri: str) -> Sequence[Server]:
        return (Server("udp", CALLER[0], CALLER[1], uri.removeprefix("sip:")),)


class AgentSite:
    """Agents with fixed contacts, ready at the start; the queue `orders`; numbers in +1."""

    def __init__(
        self,
        *agents: str,
        may_reach: frozenset[str] = EVERYBODY,
        numbers: DialRules = DialRules(),  # noqa: B008 - it never changes
    ) -> None:
        self.desk = CallDesk()
        publish, core = self.desk.published.append, self.desk.pair.switch.core
        profiles = [AgentProfile(name, name, {"orders": 5}) for name in agents]
        router = Router(profiles, [QueueProfile("orders")])
        self.routing = RoutingDesk(router, self, lambda _contact, _event: None, publish)
        self.directory = AgentDirectory(
            [self._entry(name, may_reach, numbers) for name in agents],
            *(core.registrar, core, self.routing, publish, self.utc, SWITCH[0]),
        )
        self.directory.start()
        self.trunks = TrunkDesk(
            *(core, _Names(), lambda _target: PHONES, SWITCH[0], publish, self.utc, self.now),
            lambda: None,
        )
        dial = DialPlan((PeerPlan("sip:carrier.example"),), ("+1",), ("+1900",), "+18005550100")
        self.trunks.take_over([TrunkPlan("carrier", dial=dial)])
        self.destinations = Destinations(self.directory, self.routing, self.trunks, "US")
        self.entered: list[str] = []
        """Queues that callers were sent to."""
        self.released: list[str] = []
        """Agents who have had no part in a talk any more."""
        self.outcome: QueueOutcome | None = None
        self.talk_is_over = False
        self.conversations = Conversations(
            self.destinations, core.session_of, TONE, self._enter_queue, self.routing
        )

    def know(self, *agents: str, numbers: DialRules) -> None:
        """Have a changed configuration."""
        self.directory.take_over([self._entry(name, EVERYBODY, numbers) for name in agents])

    def _entry(self, name: str, may_reach: frozenset[str], numbers: DialRules) -> Agent:
        at = Target(f"sip:{name}@{CALLER[0]}", PHONES)
        return Agent(name, "", at, ready_at_start=True, may_reach=may_reach, numbers=numbers)

    # The clock of the desk.

    def now(self) -> float:
        return self.desk.now()

    def utc(self) -> datetime:
        return datetime.now(UTC)

    # What tests do.

    async def connect(self, agent: str, *, home: str = "") -> InviteSession:
        """Let a caller come and talk with an agent; return the agent's phone's session."""

        async def conduct(call: CallSession) -> None:
            call.answer()
            await self.reach(call, agent)
            self.outcome = await self.conversations.talk(
                call, FACTS, agent, lambda: self.released.append(agent), home
            )
            self.talk_is_over = True

        await self.desk.arrive(conduct)
        return await self.picks_up(agent)

    async def reach(self, call: CallSession, agent: str) -> None:
        """Ring an agent for a call, and join them."""
        reserved = self.destinations.reserve(call, Destination(agent=agent), FACTS.caller)
        assert isinstance(reserved, Reservation)
        _, leg = await reach(call, reserved, 30, TONE)
        assert leg is not None
        call.join()

    def rung(self, user: str) -> InviteSession:
        """Return the session of the phone that rings, by the name or number that is called."""
        calls = self.desk.pair.caller.of(IncomingInvite)
        return next(each.session for each in reversed(calls) if f"sip:{user}@" in each.request.uri)

    def is_rung(self, user: str) -> bool:
        calls = self.desk.pair.caller.of(IncomingInvite)
        return any(f"sip:{user}@" in each.request.uri for each in calls)

    async def picks_up(self, user: str) -> InviteSession:
        """Have a phone that rings answer."""
        phone = self.rung(user)
        assert phone.remote_sdp is not None
        phone.answer(make_answer(media(CALLER), phone.remote_sdp)[0], self.now())
        await self.desk.settle()
        return phone

    async def does(self, deed: Callable[[float], None]) -> None:
        """Have a phone do something, and let it come about."""
        deed(self.now())
        await self.desk.settle()

    async def refers(self, phone: InviteSession, to: str) -> None:
        """Have a phone send its caller on with a REFER."""
        assert phone._dialog is not None
        request = phone._dialog.build("REFER", headers=[("Refer-To", f"<{to}>")])
        self.desk.pair.caller.core.layer.send_request(request, self.now())
        await self.desk.settle()

    def notified(self) -> list[str]:
        """Return what was told of REFERs: the body of each NOTIFY."""
        sent = (data.decode() for data in self.desk.pair.bytes if data.startswith(b"NOTIFY"))
        return [each.partition("\r\n\r\n")[2].strip() for each in sent]

    def told(self) -> list[tuple[str, str, str]]:
        """Return whom calls were brought to: the party, by whom, and what came of it."""
        found = (each for each in self.desk.published if isinstance(each, CallTransferred))
        return [(each.agent or each.number or each.queue, each.by, each.outcome) for each in found]

    async def _enter_queue(
        self, session: CallSession, facts: Facts, queue: str, *, has_place: bool = False
    ) -> QueueOutcome:
        self.entered.append(queue)
        return QueueOutcome(QueueEnd.TIMEOUT)
