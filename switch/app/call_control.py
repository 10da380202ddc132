"""From SIP and media events to calls: admits, finds the flow, and hands events on."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import field, replace
from functools import partial

import structlog

from switch.app.agent_directory import AgentDirectory
from switch.app.caller_facts import caller_of, facts_of
from switch.app.destination import Destination, Refusal
from switch.app.dialled_number import caller_number, dialled_numbers, normalise, shown
from switch.app.feature_codes import FeatureCodes
from switch.app.flow_run import FlowRun
from switch.app.flow_services import FlowServices
from switch.app.ivr_call import IvrCall
from switch.app.pick_up import find_pick_up
from switch.app.routing_desk import RoutingDesk
from switch.app.run_memory import RunMemory
from switch.calls.ending import refusal_status
from switch.calls.leg import Leg
from switch.calls.session import CallServices, CallSession
from switch.calls.srtp_rule import USUAL, SrtpRule
from switch.errors import RemoteProtocolError
from switch.events import CallArrived, CallRejected, Event, GuessingBanned, WorkerDied
from switch.frozen import frozen
from switch.ivr.interpreter import Interpreter
from switch.ivr.models import Flow
from switch.media.messages import Report
from switch.routing import RouterEvent
from switch.sip.access import Headset, Trunk
from switch.sip.events import (
    HeadsetAnswers,
    HeadsetBound,
    HeadsetSilent,
    HeadsetUnbound,
    IncomingInvite,
    PasswordsGuessed,
    SessionEvent,
    SipEvent,
    StrangerRefused,
)
from switch.sip.identity import read_identity
from switch.sip.incoming import IncomingRequest
from switch.sip.invite_session import InviteSession
from switch.sip.referral import Replaces, read_replaces
from switch.sip.reliable_provisional import OPTION
from switch.termination import Reason, Result, Termination

_RETRY_AFTER = ("Retry-After", "10")

Conduct = Callable[[], Awaitable[None]]


@frozen()
class NumberPlan:
    """Which numbers lead to which flows, and where the dialled number stands."""

    flows: Mapping[str, Flow | None]
    """E.164 number -> flow; None when its flow is not loaded."""
    languages: Mapping[str, str]
    """E.164 number -> language of its callers."""
    sources: Sequence[str]
    region: str
    srtp: Mapping[str, SrtpRule] = field(default_factory=dict)
    """Trunk -> whether its media is encrypted, where that is not as usual."""
    trusted: frozenset[str] = frozenset()
    """Trunks whose word on who calls is believed."""
    by_name: Mapping[str, Flow] = field(default_factory=dict)
    """All flows."""


class CallControl:
    """The one subscriber of the SIP core and of the media pool."""

    def __init__(
        self,
        services: CallServices,
        plan: NumberPlan,
        desk: RoutingDesk,
        agents: AgentDirectory,
        codes: FeatureCodes,
        flow_services: FlowServices,
    ) -> None:
        self.draining = False
        self.calls_in: Counter[str] = Counter()
        """Trunk -> calls from there that are up."""
        self._services = services
        self._plan = plan
        self._desk = desk
        self._agents = agents
        self._codes = codes
        self.flow_services = flow_services
        self._log = structlog.get_logger("freeline.control")
        self._tasks: set[asyncio.Task[None]] = set()

    def use(self, plan: NumberPlan) -> None:
        """Serve calls from now on by this plan; those in progress finish as they began."""
        self._plan = plan

    # SIP.

    def handle_sip(self, event: SipEvent) -> None:
        """Take an event of the SIP core."""
        match event:
            case IncomingInvite(session=session, request=request):
                self._admit(session, request)
            case HeadsetBound():
                self._agents.handle_bound(event)
            case HeadsetUnbound():
                self._agents.handle_unbound(event)
            case HeadsetSilent():
                self._agents.handle_silent(event)
            case HeadsetAnswers():
                self._agents.handle_answers(event)
            case StrangerRefused(peer=peer, request=request, code=code):
                termination = Termination(Result.REJECTED, Reason.FORBIDDEN, code)
                self._publish_rejected(request, peer.remote, "", termination)
            case PasswordsGuessed():
                self._publish_banned(event)
            case SessionEvent(session=session):
                if isinstance(session.owner, Leg):
                    session.owner.handle_sip(event)
            case _:
                raise TypeError(f"not an event of the SIP core: {event!r}")

    def _admit(self, session: InviteSession, request: IncomingRequest) -> None:
        match session.admitted_as:
            case Trunk(name=trunk):
                self._admit_caller(session, request, trunk)
            case Headset(username=username):
                self._admit_headset(session, request, username)
            case _:
                self._refuse(session, request, "", Reason.FORBIDDEN)

    def _admit_caller(self, session: InviteSession, request: IncomingRequest, trunk: str) -> None:
        """A call from a trunk: toll-free numbers and nothing else."""
        if "replaces" in request.headers:
            self._refuse(session, request, "", Reason.FORBIDDEN)
            return
        plan = self._plan
        dialled = dialled_numbers(request, plan.sources)
        numbers = [each for user in dialled if (each := normalise(user, plan.region))]
        number = next((each for each in numbers if each in plan.flows), None)
        if number is None:
            self._refuse(session, request, (numbers or dialled or [""])[0], Reason.UNKNOWN_NUMBER)
            return
        flow = plan.flows[number]
        if self.draining or flow is None or self._services.registry.full:
            reason = Reason.DRAINING if self.draining else Reason.OVERLOADED
            self._refuse(session, request, number, Reason.NO_FLOW if flow is None else reason)
            return
        call = CallSession(self._services.ids.switch_call_id(), self._services)
        call.inbound.local.srtp = plan.srtp.get(trunk, USUAL).terms(request.peer)
        identity = call.identity = read_identity(request, trusted=trunk in plan.trusted)
        caller = caller_of(request, identity, plan.region)
        language = plan.languages.get(number, "")
        facts = facts_of(call.id, caller, number, trunk, language, identity, plan.region)
        call.publish(
            CallArrived,
            caller=caller,
            dialled=number,
            trunk=trunk,
            flow=flow.name,
            sip_call_id=shown(request.call_id),
            verstat=facts.verstat,
            attestation=facts.attestation,
        )
        ivr_call = IvrCall(call, facts, self.flow_services)
        run = self._flow_run(call, Interpreter(flow, ivr_call), ivr_call)
        self._start(call, session, run.conduct)

    def _flow_run(self, call: CallSession, interpreter: Interpreter, ivr_call: IvrCall) -> FlowRun:
        return FlowRun(call, interpreter, ivr_call, self.flow_services, self.calls_in)

    def go_on(self, call: CallSession, memory: RunMemory) -> FlowRun | None:
        """Return the run of a flow in which another switch has left off (`flow_run.GoOn`)."""
        ivr_call = IvrCall(call, memory.call.facts, self.flow_services)
        interpreter = Interpreter.anew(self._plan.by_name, memory.flow, ivr_call)
        return None if interpreter is None else self._flow_run(call, interpreter, ivr_call)

    def _admit_headset(
        self, session: InviteSession, request: IncomingRequest, username: str
    ) -> None:
        """A call from an agent's headset: feature codes, and whom its profile allows."""
        agent = self._agents.agent_of(username)
        dialled = (dialled_numbers(request, ("request_uri",)) or [""])[0].replace("%23", "#")
        if agent is None:
            self._refuse(session, request, dialled, Reason.FORBIDDEN)
            return
        try:
            replaces = read_replaces(request)
        except RemoteProtocolError as error:
            self._refuse(session, request, dialled, Reason.FORBIDDEN, error.status_hint)
            return
        if replaces is not None:
            self._pick_up(session, request, agent, replaces)
            return
        state = self._codes.state_for(dialled)
        headsets = self.flow_services.headset_calls
        to: Destination | Refusal | None = None
        if state is None:
            to = headsets.find(dialled, agent, self._services.endpoint.now())
            if isinstance(to, Refusal) or self.draining:
                code = 503 if self.draining or not isinstance(to, Refusal) else to.code
                reason = Reason.DRAINING if self.draining else Reason.FORBIDDEN
                self._log.info("headset_call_refused", agent=agent, to=shown(dialled), code=code)
                self._refuse(session, request, dialled, reason, code)
                return
        call = CallSession(self._services.ids.switch_call_id(), self._services)
        call.inbound.local.srtp = self._agents.srtp(agent, request.peer)
        conduct: Conduct
        if isinstance(to, Destination):
            headsets.prepare(call, agent)
            conduct = partial(headsets.conduct, call, agent, to)
        else:
            assert state is not None
            call.log.info("feature_code", agent=agent, state=state)
            conduct = partial(self._codes.conduct, call, agent, state)
        call.publish(
            CallArrived,
            caller=username,
            dialled=dialled,
            trunk="",
            flow="feature_code" if to is None else "headset",
            sip_call_id=shown(request.call_id),
        )
        self._start(call, session, conduct)

    def _pick_up(
        self, session: InviteSession, request: IncomingRequest, agent: str, replaces: Replaces
    ) -> None:
        """An agent takes a call over with another device."""
        agents, registry = self._agents, self._services.registry
        found = find_pick_up(session, agent, replaces, agents.session_of, registry)
        if isinstance(found, Refusal):
            self._log.info("pick_up_refused", agent=agent, why=found.why)
            self._refuse(session, request, "", Reason.FORBIDDEN, found.code)
            return
        call, pick_up = found
        call.log.info("picked_up", agent=agent)
        call.mailbox.put(pick_up)

    def _start(self, call: CallSession, session: InviteSession, conduct: Conduct) -> None:
        call.inbound.attach(session)
        self._services.registry.add(call)
        if session.request is not None and OPTION in session.request.require:
            # A caller who insists on reliable provisional responses waits for one.
            session.ring(self._services.endpoint.now())
            self._services.endpoint.flush()
        task = asyncio.get_running_loop().create_task(call.run(conduct), name=f"call-{call.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _refuse(
        self,
        session: InviteSession,
        request: IncomingRequest,
        dialled: str,
        reason: Reason,
        code: int = 0,
    ) -> None:
        termination = Termination(Result.REJECTED, reason, code)
        termination = replace(termination, sip_code=refusal_status(termination))
        headers = [_RETRY_AFTER] if termination.sip_code == 503 else []
        session.reject(termination.sip_code, self._services.endpoint.now(), headers=headers)
        self._services.endpoint.flush()
        self._publish_rejected(request, request.peer.remote, dialled, termination)

    def _publish_banned(self, event: PasswordsGuessed) -> None:
        self._services.publish(
            GuessingBanned(
                at=self._services.utc(),
                subject=event.kind,
                name=shown(event.name),
                failures=event.failures,
                seconds=event.seconds,
            )
        )

    def _publish_rejected(
        self,
        request: IncomingRequest,
        source: tuple[str, int],
        dialled: str,
        termination: Termination,
    ) -> None:
        event: Event = CallRejected(
            at=self._services.utc(),
            source=f"{source[0]}:{source[1]}",
            dialled=shown(dialled),
            caller=caller_number(request, self._plan.region),
            sip_call_id=shown(request.call_id),
            termination=termination,
        )
        self._services.publish(event)

    # Routing.

    def deliver(self, contact: str, event: RouterEvent) -> None:
        """Hand a router's event to the call it concerns."""
        call = self._services.registry.call(contact)
        if call is not None:
            call.mailbox.put(event)
        else:
            self.flow_services.deliver_without_call(contact, event)

    # Media.

    def handle_report(self, report: Report) -> None:
        """Take a report of a media worker."""
        leg = self._services.registry.leg(report.stream)
        if leg is not None:
            leg.handle_report(report)

    def handle_worker_died(self, worker: int, exit_code: int, streams: Sequence[str]) -> None:
        """A media worker is dead: its calls end, and say why."""
        self._log.error("worker_died", worker=worker, exit_code=exit_code, streams=len(streams))
        self._services.publish(
            WorkerDied(
                at=self._services.utc(), worker=worker, exit_code=exit_code, streams=len(streams)
            )
        )
        for stream in streams:
            leg = self._services.registry.leg(stream)
            if leg is not None:
                leg.handle_media_lost()

    # The end.

    async def end_all(self, *, but_who_talk: bool = False) -> int:
        """End every call now, or those whose parties do not talk; return how many."""
        ended: set[str] = set()
        for call in self._services.registry.calls():
            if call.pair is None or not but_who_talk:
                call.end(Termination(Result.FAILED, Reason.SWITCH_STOPPED))
                ended.add(f"call-{call.id}")
        tasks = [task for task in asyncio.all_tasks() if task.get_name() in ended]
        if tasks:
            await asyncio.wait(tasks)
        return len(ended)
