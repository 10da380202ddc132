"""The switch as a process: build every part, start them in order, drain, stop in order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

from switch.app import plan, routing_plan
from switch.app.agent_directory import AgentDirectory
from switch.app.ban_answers import BanAnswers
from switch.app.broker import broker_link
from switch.app.call_control import CallControl
from switch.app.certificates import Certificates
from switch.app.config_reload import ConfigReloader
from switch.app.control_socket import Handler
from switch.app.doors import Doors
from switch.app.event_log import EventLog
from switch.app.feature_codes import FeatureCodes
from switch.app.flow_edge import FlowEdge
from switch.app.flow_reload import FlowReloader
from switch.app.headset_answers import HeadsetAnswers
from switch.app.leaving import HAND_OVER, STOP, Leaving
from switch.app.media_reports import MediaReports
from switch.app.memory import Collector
from switch.app.moment import Moment
from switch.app.operations import Operations
from switch.app.our_media import OurMedia
from switch.app.overload_watch import OverloadWatch
from switch.app.ready_file import remove_ready_file, tell_ready
from switch.app.routing_desk import RoutingDesk
from switch.app.shift_calendar import ShiftCalendar
from switch.app.sounds import Sounds
from switch.app.status_answers import StatusAnswers
from switch.app.succession import Succession
from switch.app.tracing import NOTED, Tracing
from switch.app.trunk_edge import TrunkEdge
from switch.app.watching import watch
from switch.calls.registry import CallRegistry
from switch.calls.session import CallServices
from switch.clock import SystemClock
from switch.events import CallEvent, CallRejected, Event, EventBus
from switch.ids import Ids
from switch.ivr.models import Flow
from switch.log import get_logger
from switch.media.pool import MediaPool
from switch.records.store import RecordStore
from switch.settings import Settings
from switch.sip.core import SipCore
from switch.sip.events import HeadsetBound, SipEvent
from switch.sip.peer import uri_host
from switch.telemetry import LoopLag, Metrics, TelemetryServer
from switch.transport import SipDriver

_FAREWELL_SECONDS = 0.5
"""For the answers to our last BYEs."""


class Service:
    """One switch. Build it inside the event loop that shall run it, then `run`."""

    def __init__(
        self,
        settings: Settings,
        flows: dict[str, Flow],
        sounds: Sounds,
        version: str,
        overrides: Sequence[str] = (),
    ) -> None:
        self._settings = settings
        self._overrides = overrides
        self._version = version
        self._log = get_logger()
        self._leaving = Leaving()
        self._ready = False
        clock = SystemClock()
        later = Moment().later
        self._bus = EventBus(self._subscriber_failed, later)
        self._metrics = Metrics(version)
        self._records = RecordStore(settings.records.database_url(), settings.records.queue_limit)
        ids = Ids()
        self._registry = CallRegistry(settings.limits.max_calls)
        accounts = self._accounts = settings.accounts()
        self._access = plan.access(settings, accounts)
        self._core = SipCore(plan.core_settings(settings, version, accounts), self._access, ids)
        self._reports = MediaReports(self._metrics.media, self._registry)
        self._driver: SipDriver[SipEvent] = SipDriver(
            self._core, self._handle_sip, plan.stream_settings(settings, version)
        )
        self._driver.on_delay = self._core.overload.note_delay
        self._certificates = Certificates(settings, self._driver.use_tls)
        self._tracing: Tracing | None = None
        if settings.trace.enabled:
            self._tracing = Tracing(settings.trace, self._access, self._core.registrar)
            self._driver.tap = self._tracing.tap
        reports = self._reports
        self._media = MediaPool(
            plan.media_settings(settings), reports.handle, reports.handle_worker_died, later
        )
        self._router = routing_plan.router(settings, routing_plan.strategies(settings))
        self._desk = RoutingDesk(self._router, clock, self._deliver, self._bus.publish)
        self._succession = Succession(
            settings.routing.journal,
            *(self._desk, self._core, self._media, self._records, clock, self._bus.flush, later),
        )
        self._sounds = sounds
        self._flows = flows
        self._our_media = OurMedia(settings)
        self._services = CallServices(
            endpoint=self._driver,
            media=self._media,
            registry=self._registry,
            publish=self._bus.publish,
            utc=clock.utc,
            ids=ids,
            local_media=self._our_media.make,
            hold_music=sounds.hold_music,
            changed=self._succession.call_changed,
        )
        self._agents: AgentDirectory | None = None
        self._operations: Operations | None = None
        self._control: CallControl | None = None
        self._trunks: TrunkEdge | None = None
        self._doors: Doors | None = None
        self._clock = clock
        self._overload = OverloadWatch(self._core.overload, self._bus.publish, clock.utc)
        self._lag = LoopLag(self._observe_lag)
        self._http = TelemetryServer(
            self._metrics.registry,
            self._metrics.in_parts,
            address=settings.telemetry.address,
            port=settings.telemetry.port,
            unhealthy=self._unhealthy,
            unready=self._unready,
        )
        self._mqtt = broker_link(settings, version, self._desk, clock)
        self._edge = FlowEdge(settings, sounds, clock.now, self._metrics)
        self._collector = Collector(lambda: not len(self._registry))
        self._reloader = FlowReloader(
            self._settings_in_force, sounds, self._use_flows, self._bus.publish, clock
        )
        self._count_in(flows)

    # The life of the switch.

    async def run(self, ready_file: Path | None = None) -> bool:
        """Serve until SIGTERM or SIGINT; drain, and end. After SIGUSR2 those who talk go on.

        Args:
            ready_file: gets the real addresses as JSON once calls are taken.

        Returns:
            Whether calls go on without us: the process must end without ending its children.

        Raises:
            FreelineError: the switch cannot start.
            OSError: an address cannot be had.
        """
        loop = asyncio.get_running_loop()
        signals = (*STOP, HAND_OVER)
        for number in signals:
            loop.add_signal_handler(number, self._leaving.handle_signal, number)
        loop.add_signal_handler(signal.SIGHUP, self._handle_hangup)
        try:
            await self._start()
            self._collector.start()
            self._tell_ready(ready_file)
            await self._leaving.wait_until_asked()
            await self._drain()
        finally:
            await self._shut_down()
            for number in signals:
                loop.remove_signal_handler(number)
                signal.signal(number, signal.SIG_IGN)  # it is over: nothing is left to end
            remove_ready_file(ready_file)
        return self._leaving.hands_over

    async def _start(self) -> None:
        self._bus.subscribe(self._records.handle, CallEvent, CallRejected)
        self._bus.subscribe_each(self._metrics.readers)
        self._bus.subscribe_each(EventLog().readers)
        if self._mqtt is not None:
            self._bus.subscribe(self._mqtt.handle)
        if self._tracing is not None:
            self._bus.subscribe(self._tracing.handle, *NOTED)
            self._tracing.start()
        outlived, shown = self._succession.read(self._services)
        self._our_media.fingerprint = shown.fingerprint
        self._media.use_certificate(shown, soon=plan.browsers_may_come(self._settings))
        await self._media.start(awaited=outlived)
        await self._edge.start()
        self._certificates.load()
        self._succession.open_dialogs()
        await self._driver.start(plan.listeners(self._settings))
        plan.tell_of_listeners(self._core, self._driver.local_addresses)
        self._build_control()
        self._take_up()
        watch(
            *(self._metrics.watched, self._clock, self._router, self._registry, self._core),
            self._driver,
            self._certificates,
            self._media,
            self._records,
            self._mqtt,
            self._edge.mail,
            self._tracing,
        )
        await self._http.start()
        self._lag.start()
        if self._mqtt is not None:
            self._mqtt.start()
        await self._succession.tidy()
        assert self._operations is not None
        await self._operations.start()
        self._reloader.start()
        self._certificates.start()
        # Last, because loading the database's library would hold up all of this.
        self._records.start()

    def _build_control(self) -> None:
        """Build what needs to know where we really listen."""
        settings = self._settings
        journal = self._succession.journal
        bound = self._driver.local_addresses
        domain = uri_host(settings.sip.advertised_address or bound[0].address)
        self._agents = AgentDirectory(
            plan.directory_agents(settings, bound),
            self._core.registrar,
            self._core,
            self._desk,
            self._bus.publish,
            self._clock.utc,
            domain,
            journal.headset_changed if journal is not None else lambda _username: None,
        )
        self._trunks = TrunkEdge(
            settings, bound, self._core, self._driver, domain, self._bus.publish, self._clock
        )
        self._control = CallControl(
            self._services,
            plan.number_plan(settings, self._flows),
            self._desk,
            self._agents,
            FeatureCodes(settings.feature_codes.states(), self._desk, self._sounds.path),
            self._edge.services(
                self._services,
                self._desk,
                self._agents,
                self._trunks.desk,
                journal.callback_changed if journal is not None else None,
            ),
        )
        trunks, use = self._trunks.desk, self._control.use
        self._doors = Doors(settings, self._flows, self._access, trunks, use)
        calendar = ShiftCalendar(self._desk, self._clock.utc)
        reloader = ConfigReloader(
            settings,
            self._overrides,
            self._desk,
            self._agents,
            calendar,
            self._sounds,
            self._reloader.reading,
            self._accounts,
            self._certificates,
            self._doors,
            bound,
            self._bus.publish,
            self._clock.utc,
            self._mqtt,
        )
        self._agents.pause_silent = settings.sip.qualify.silent == "not_ready"
        headsets = HeadsetAnswers(self._core.registrar, self._agents, self._desk, self._clock)
        answers = self._trunks.answers(self._control.calls_in)
        watched = self._metrics.watched
        watched.trunks = answers.snapshot
        others: dict[str, Handler] = {"headsets": headsets.headsets, "trunks": answers.trunks}
        status = StatusAnswers(self._version, watched, self._overload, self._unready, self._clock)
        others["bans"] = BanAnswers(self._core.desk.bans, self._clock).bans
        others["status"] = status.status
        if self._tracing is not None:
            others["trace"] = self._tracing.answer
        self._operations = Operations(settings, self._desk, calendar, reloader, self._clock, others)
        self._reports.control = self._control
        self._trunks.start()

    def _take_up(self) -> None:
        """Go on where the last switch stopped."""
        assert self._agents is not None
        assert self._edge.callbacks is not None
        assert self._control is not None
        assert self._trunks is not None
        bound = self._driver.local_addresses
        udp = {(each.address, each.port) for each in bound if each.transport == "udp"}
        given, go_on = self._control.flow_services, self._control.go_on
        hours = self._trunks.desk.hours
        self._succession.take_up(self._agents, self._edge.callbacks, udp, given, go_on, hours)

    async def _drain(self) -> None:
        """Take no new calls; let the running ones finish, for so long."""
        assert self._control is not None
        assert self._trunks is not None
        assert self._edge.callbacks is not None
        hands_over = self._leaving.hands_over
        self._control.draining = self._core.draining = True
        if not hands_over:
            self._trunks.leave()
        self._edge.callbacks.hold()
        limits = self._settings.limits
        seconds = limits.hand_over_seconds if hands_over else limits.drain_seconds
        await self._leaving.wait_for_calls(self._registry, seconds)
        ended = await self._control.end_all(but_who_talk=hands_over)
        if ended:
            self._log.warning("calls_ended_by_stop", calls=ended)
            await asyncio.sleep(_FAREWELL_SECONDS)

    async def _shut_down(self) -> None:
        """Stop in the reverse order of starting; each part on its own."""
        self._collector.stop()
        if self._operations is not None:
            await self._operations.stop()
        await self._reloader.stop()
        await self._certificates.stop()
        self._lag.stop()
        self._desk.stop()
        self._bus.flush()
        if self._mqtt is not None:
            await self._mqtt.stop()
        if self._trunks is not None:
            await self._trunks.stop(leave=not self._leaving.hands_over)
        await self._driver.stop()
        if self._tracing is not None:
            await self._tracing.stop()
        await self._succession.stop()
        await self._media.stop(outlive=self._leaving.hands_over)
        await self._edge.stop()
        await self._sounds.close()
        self._bus.flush()
        await asyncio.to_thread(self._records.stop)
        await self._http.stop()
        self._log.info("stopped")

    def _handle_hangup(self) -> None:
        if self._operations is not None:
            self._operations.request_reload()
        self._reloader.request()

    def _tell_ready(self, ready_file: Path | None) -> None:
        self._ready = True
        listeners, http = self._driver.local_addresses, self._http.location
        tell_ready(ready_file, self._version, listeners, http, self._media.pids)

    def _observe_lag(self, seconds: float) -> None:
        self._metrics.observe_loop_lag(seconds)
        self._overload.look(seconds, self._clock.now())

    # What the parts are given.

    def _settings_in_force(self) -> Settings:
        return self._operations.reloader.settings if self._operations else self._settings

    def _use_flows(self, flows: dict[str, Flow]) -> None:
        """Put changed flows in force."""
        assert self._doors is not None
        self._doors.use_flows(flows)
        self._count_in(flows)

    def _count_in(self, flows: dict[str, Flow]) -> None:
        nodes = {name: flow.nodes.keys() for name, flow in flows.items()}
        self._metrics.flows.use(nodes, self._clock.utc().timestamp())

    def _handle_sip(self, event: SipEvent) -> None:
        if self._control is not None:
            if isinstance(event, HeadsetBound) and event.keep_alive_seconds:
                # RFC 5626 4.4.1 lets clients be late by a fifth.
                self._driver.expect_within(event.peer, 1.25 * event.keep_alive_seconds)
            self._control.handle_sip(event)

    def _deliver(self, contact: str, event: object) -> None:
        if self._control is not None:
            self._control.deliver(contact, event)  # type: ignore[arg-type]

    # What it tells of itself.

    def _unhealthy(self) -> list[str]:
        return [] if self._media.pids else ["no media worker is up"]

    def _unready(self) -> list[str]:
        if not self._ready:
            return ["starting"]
        return ["draining"] if self._leaving.is_asked else self._unhealthy()

    def _subscriber_failed(self, event: Event, error: Exception) -> None:
        self._metrics.subscriber_failed()
        self._log.error(
            "event_subscriber_failed", event_type=type(event).__name__, error=repr(error)
        )
