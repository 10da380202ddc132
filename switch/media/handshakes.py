"""The streams of a worker whose media is keyed by DTLS: who we are to them, and their timers.

OpenSSL is loaded in a thread, when such parties are to be expected or when the first one comes:
sites without do without its memory, and no call waits for it.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

from switch.media.messages import Connect, Dtls, LinkLost, Report, UseCertificate
from switch.media.rtp_link import RtpLink
from switch.media.stream import Stream

if TYPE_CHECKING:
    from switch.media.dtls import DtlsIdentity, DtlsSession
    from switch.media.dtls_link import DtlsLink

_LOOK_TICKS = 50
"""Every second it is looked whether the parties are still there."""


class Handshakes:
    """Gives streams their links; `report` is told of those that lead nowhere."""

    def __init__(self, report: Callable[[Report], None]) -> None:
        self._report = report
        self._certificate: UseCertificate | None = None
        self._identity: DtlsIdentity | None = None
        self._loading = False
        self._links: dict[Stream, DtlsLink] = {}
        self._ticks = 0

    def use(self, command: UseCertificate) -> None:
        """Show this certificate in handshakes that begin from now on."""
        if command == self._certificate:
            return
        self._certificate, self._identity = command, None
        if command.soon or self._links:
            self._load()

    def prepare(self, stream: Stream, command: Connect) -> None:
        """Give a stream a link of the kind that a command needs."""
        if command.dtls is None:
            if stream in self._links:
                self.forget(stream)
                stream.use_link(RtpLink(stream.link.rtp, stream.link.rtcp))
            return
        if stream not in self._links:
            # Loaded here: most sites have no such party.
            from switch.media.dtls_link import DtlsLink

            link = self._links[stream] = DtlsLink(stream.link.rtp, stream.link.rtcp, self._begin)
            stream.use_link(link)
            self._load()

    def forget(self, stream: Stream) -> None:
        """Look after a stream no more; nothing when nobody did."""
        self._links.pop(stream, None)

    def handle_tick(self, now: float) -> None:
        """Send again what was lost, and tell of parties that are not there."""
        if not self._links:
            return
        self._ticks += 1
        for link in self._links.values():
            if link.is_busy:
                link.handle_timer()
        if self._ticks % _LOOK_TICKS == 0:
            for stream, link in self._links.items():
                if why := link.problem(now):
                    self._report(LinkLost(stream.id, why))

    def _begin(self, dtls: Dtls) -> DtlsSession | None:
        if self._identity is None:
            return None
        from switch.media.dtls import DtlsSession

        return DtlsSession(self._identity, dtls.fingerprints, client=dtls.client)

    def _load(self) -> None:
        if not self._loading and self._identity is None and self._certificate is not None:
            self._loading = True
            threading.Thread(target=self._make_identity, daemon=True).start()

    def _make_identity(self) -> None:
        """In a thread: it takes a tenth of a second the first time."""
        try:
            from switch.media.dtls import DtlsIdentity

            identity = None
            while (command := self._certificate) is not None and identity is None:
                identity = DtlsIdentity(command.certificate, command.key)
                if self._certificate is not command:
                    identity = None  # another one has come meanwhile
            self._identity = identity
        except Exception:  # such calls fail in time, and say so; stderr is the core's
            traceback.print_exc()
        finally:
            self._loading = False
