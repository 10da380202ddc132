"""What flows reach outside of their calls, built from the settings, started and stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from switch.app import plan
from switch.app.flow_services import FlowServices, RequestCallback, Visit
from switch.app.sounds import Sounds
from switch.app.transfers import Transfers
from switch.app.voicemail import Voicemail
from switch.outside.breaker import BreakerState
from switch.outside.http_client import HttpClient
from switch.outside.mail_spool import MailSpool
from switch.outside.tables import Tables
from switch.settings import Settings


class FlowEdge:
    """Mailboxes, mail, web services and tables of one switch. Nothing of it runs for a call
    whose flow asks for nothing of it."""

    def __init__(
        self,
        settings: Settings,
        sounds: Sounds,
        now: Callable[[], float],
        count_http: Callable[[str, str], None],
        note_breaker: Callable[[str, BreakerState], None],
    ) -> None:
        self._sounds = sounds
        mail = plan.mail_settings(settings)
        self.mail = None if mail is None else MailSpool(mail)
        self._voicemail = Voicemail(settings.media.voicemail.directory, self.mail)
        self._http = HttpClient(plan.http_settings(settings), now, count_http, note_breaker)
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
        await self._voicemail.stop()
        if self.mail is not None:
            await self.mail.stop()
        await self._tables.stop()
        await self._http.close()

    def services(
        self, visit: Visit, transfers: Transfers, request_callback: RequestCallback
    ) -> FlowServices:
        """Return what calls are given."""
        return FlowServices(
            path_now=self._sounds.path_now,
            path_soon=self._sounds.path_soon,
            beep=self._sounds.beep,
            visit=visit,
            voicemail=self._voicemail,
            http=self._http.ask,
            lookup=self._tables.lookup,
            transfers=transfers,
            request_callback=request_callback,
        )
