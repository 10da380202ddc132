"""What flows reach outside of their calls, built from the settings, started and stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from zoneinfo import ZoneInfo

from switch.app import plan
from switch.app.agent_directory import AgentDirectory
from switch.app.callback_attempt import CallbackServices
from switch.app.callbacks import Callbacks, Note
from switch.app.conversation import Conversations
from switch.app.destinations import Destinations
from switch.app.flow_services import FlowServices
from switch.app.headset_calls import HeadsetCalls
from switch.app.queue_visit import QueueVisit, Recordings
from switch.app.routing_desk import RoutingDesk
from switch.app.sounds import Sounds
from switch.app.transfers import Transfers
from switch.app.turns import Turns
from switch.app.voicemail import Voicemail
from switch.calls.session import CallServices, CallSession
from switch.ivr.call import Facts, QueueOutcome, QueueRequest
from switch.outside.http_client import HttpClient
from switch.outside.mail_spool import MailSpool
from switch.outside.tables import Tables
from switch.settings import Settings
from switch.telemetry import Metrics
from switch.trunks.desk import TrunkDesk


class FlowEdge:
    """Mailboxes, mail, web services and tables of one switch. Nothing of it runs for a call
    whose flow asks for nothing of it."""

    def __init__(
        self,
        settings: Settings,
        sounds: Sounds,
        now: Callable[[], float],
        metrics: Metrics,
    ) -> None:
        self._sounds = sounds
        self._speech = metrics.speech
        sounds.count_in(self._speech.made)
        self._speech.watch(lambda: sounds.being_made)
        self._zone = None if settings.zone is None else ZoneInfo(settings.zone)
        self.callbacks: Callbacks | None = None
        """Once calls can be taken."""
        self._region = settings.dialled_number.region
        recordings = settings.media.recordings
        self._recordings = Recordings(str(recordings.directory) if recordings.enabled else "")
        mail = plan.mail_settings(settings)
        self.mail = None if mail is None else MailSpool(mail)
        self._voicemail = Voicemail(settings.media.voicemail.directory, self.mail, self._zone)
        self._http = HttpClient(
            plan.http_settings(settings), now, metrics.count_http, metrics.note_breaker
        )
        self._tables = Tables(plan.table_settings(settings), settings.dialled_number.region)

    async def start(self) -> None:
        """Read the tables, and begin to send what mail waits.

        Raises:
            ConfigurationError: a table is wrong.
        """
        await asyncio.to_thread(self._tables.load)
        self._tables.start()
        if self.mail is not None:
            self.mail.start()

    async def stop(self) -> None:
        """End everything; mail that waits is sent after the next start."""
        if self.callbacks is not None:
            self.callbacks.stop()
        await self._voicemail.stop()
        if self.mail is not None:
            await self.mail.stop()
        await self._tables.stop()
        await self._http.close()

    def services(
        self,
        services: CallServices,
        desk: RoutingDesk,
        agents: AgentDirectory,
        trunks: TrunkDesk,
        note_callback: Note | None,
    ) -> FlowServices:
        """Return what calls are given.

        Args:
            note_callback: keeps callbacks for the next switch; None: they end with this one.
        """
        sounds, recordings = self._sounds, self._recordings
        attempts = CallbackServices(
            services, desk, agents, trunks, recordings, sounds, self._speech, sounds.ringing
        )
        self.callbacks = callbacks = Callbacks(attempts, note_callback)

        async def enter_queue(
            session: CallSession, facts: Facts, queue: str, *, has_place: bool = False
        ) -> QueueOutcome:
            visited = visit(session, QueueRequest(queue), facts, None)
            visited.has_place = has_place
            return await visited.run()

        conversations = Conversations(
            Destinations(agents, desk, trunks, self._region),
            agents.session_of,
            sounds.ringing,
            enter_queue,
            desk,
        )

        def visit(
            session: CallSession, request: QueueRequest, facts: Facts, since: float | None
        ) -> QueueVisit:
            music = sounds.music(request)
            return QueueVisit(
                *(session, request, music, desk, agents, recordings, conversations, facts, sounds),
                since,
            )

        return FlowServices(
            turns=Turns(),
            zone=self._zone,
            sounds=sounds,
            speech=self._speech,
            beep=sounds.beep,
            visit=visit,
            offers_place=desk.offers_place,
            voicemail=self._voicemail,
            http=self._http.ask,
            lookup=self._tables.lookup,
            desk=desk,
            conversations=conversations,
            transfers=Transfers(conversations, recordings, sounds.ringing),
            headset_calls=HeadsetCalls(conversations, sounds.ringing),
            request_callback=callbacks.request,
            deliver_without_call=callbacks.deliver,
        )
