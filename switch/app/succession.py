"""What passes from one switch to the next: states and places by the journal, calls that talk.

Without a journal nothing does, and each method does nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from switch.app.agent_directory import AgentDirectory
from switch.app.call_preservation import CallPreservation
from switch.app.callbacks import Callbacks
from switch.app.flow_run import GoOn
from switch.app.flow_services import FlowServices
from switch.app.routing_desk import RoutingDesk
from switch.app.routing_journal import LeftCalls, Restored, RoutingJournal
from switch.calls.session import CallServices, CallSession
from switch.clock import Clock
from switch.media.dtls_certificate import DtlsCertificate, new_certificate
from switch.media.pool import MediaPool
from switch.records.store import RecordStore
from switch.settings.main_file import RoutingJournal as JournalSettings
from switch.sip.core import SipCore
from switch.trunks.last_hour import HourBook


class Succession:
    """In the order of its methods: read, open the dialogs, take up; note until the end."""

    def __init__(
        self,
        settings: JournalSettings | None,
        desk: RoutingDesk,
        core: SipCore,
        media: MediaPool,
        records: RecordStore,
        clock: Clock,
        tell: Callable[[], None],
        later: Callable[[Callable[[], None]], None],
    ) -> None:
        """Make it.

        Args:
            tell: hands over to the records what has happened so far.
            later: calls a function in a moment.
        """
        self.journal: RoutingJournal | None = None
        self._desk = desk
        self._core = core
        self._media = media
        self._records = records
        self._tell = tell
        self._calls: CallPreservation | None = None
        self._left = LeftCalls()
        if settings is not None:
            within = settings.resume_within_seconds
            self.journal = RoutingJournal(
                settings.path, within, desk.router, core.registrar, clock, later
            )

    def read(self, services: CallServices) -> tuple[set[int], DtlsCertificate]:
        """Read what the last switch left.

        Returns:
            The media workers that outlived it, and what we show in DTLS handshakes.
        """
        if self.journal is None:
            return set(), new_certificate()
        self._calls = CallPreservation(
            self.journal.journal,
            services,
            self._media,
            self._records,
            self._core,
            self._desk,
            self._tell,
        )
        self._left = self.journal.read()
        return self._left.workers, self.journal.certificate

    def open_dialogs(self) -> None:
        """Know the dialogs of calls that go on; to be done before there is a socket."""
        if self._calls is not None:
            self._calls.open_dialogs(self._left)

    def take_up(
        self,
        agents: AgentDirectory,
        callbacks: Callbacks,
        udp: Collection[tuple[str, int]],
        services: FlowServices,
        go_on: GoOn,
        hours: HourBook,
    ) -> None:
        """Let calls go on, let agents in, and callbacks stand.

        Args:
            udp: where we listen over UDP.
            services: what calls are given.
            go_on: goes on with flows.
            hours: counts the calls that are dialled.
        """
        restored = Restored()
        if self.journal is not None and self._calls is not None:
            going_on = self._calls.restore(self._left, services, go_on)
            restored = self.journal.restore(set(udp), going_on, hours)
            self._desk.journal = self.journal
            self._calls.free_agents(restored.agents)
            self._desk.restored()
        self._left = LeftCalls()
        for lost in restored.lost_callbacks:
            callbacks.give_up(lost, "lost")
        agents.start(restored.agents)
        callbacks.restore(restored.callbacks)

    async def tidy(self) -> None:
        """Close what outlived the last switch for nobody."""
        if self._calls is not None:
            await self._calls.tidy()

    def call_changed(self, session: CallSession) -> None:
        """A call's parties talk, talk otherwise, or talk no more."""
        if self._calls is not None:
            self._calls.changed(session)

    async def stop(self) -> None:
        """Note what has changed, and close the journal."""
        if self.journal is not None and self._calls is not None:
            self.journal.last_note()
            self._calls.note()
            await asyncio.to_thread(self.journal.stop)
