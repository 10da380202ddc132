"""The certificates in force: read at the start, at a reload, and when their files change.

New connections get the new certificate, those that are open go on with the old one. Files that
cannot be used are told, and change nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from switch.errors import CertificateError, ConfigurationError
from switch.log import get_logger
from switch.settings import Settings
from switch.transport.stream_listener import TlsContexts
from switch.transport.tls import Tls, TlsSettings, load_tls

_LOOK_SECONDS = 5.0
"""Between two looks at the files. They are read once they have not changed from one to the next:
certificate and key are written one after the other."""

_Stamps = tuple[tuple[int, int, int] | None, ...]


def read_certificates(settings: Settings) -> Tls | None:
    """Return what TLS is to be spoken with; None without. Blocks.

    A carrier that is reached over TLS needs no settings: those whom the system trusts may have
    issued its certificate.

    Raises:
        ConfigurationError: a file cannot be used.
    """
    tls = settings.sip.tls
    if tls is None and not any(trunk.over_tls for trunk in settings.trunks):
        return None
    wanted = (
        TlsSettings()
        if tls is None
        else TlsSettings(
            certificate=tls.certificate,
            key=tls.key,
            client_certificates=tls.client_certificates,
            client_ca=tls.client_ca,
            trust=tls.trust,
            verify=tls.verify,
            ciphers=tls.ciphers,
        )
    )
    try:
        return load_tls(wanted)
    except CertificateError as error:
        place = ("sip", "tls", error.setting)
        raise ConfigurationError([settings.problem("freeline.yaml", place, str(error))]) from error


class Certificates:
    """Keeps the certificates of one switch current."""

    def __init__(self, settings: Settings, use: Callable[[TlsContexts], None]) -> None:
        self.expires_at: datetime | None = None
        """When ours ends; None without one."""
        self._settings = settings
        self._use = use
        self._log = get_logger()
        self._in_force: _Stamps = ()
        self._task: asyncio.Task[None] | None = None

    def load(self) -> None:
        """Read the files for the first time.

        Raises:
            ConfigurationError: a file cannot be used.
        """
        self.take_over(self._settings, read_certificates(self._settings))

    def start(self) -> None:
        """Begin to watch the files."""
        self._task = asyncio.get_running_loop().create_task(self._watch(), name="certificates")

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def take_over(self, settings: Settings, tls: Tls | None) -> bool:
        """Put in force what was read for these settings; False: the files are as they were."""
        self._settings = settings
        if tls is None:
            return False
        before, self._in_force = self._in_force, _stamps(settings)
        renewed = self.expires_at not in (None, tls.expires_at)
        self.expires_at = tls.expires_at
        self._use(tls.contexts)
        if tls.warning:
            self._log.warning("certificate", problem=tls.warning)
        if renewed and tls.expires_at is not None:
            self._log.info("certificate_renewed", expires_at=tls.expires_at.isoformat())
        return before != self._in_force

    async def _watch(self) -> None:
        before = self._in_force
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            settings = self._settings
            seen = await asyncio.to_thread(_stamps, settings)
            if seen == self._in_force or seen != before:
                before = seen
                continue
            try:
                tls = await asyncio.to_thread(read_certificates, settings)
            except ConfigurationError as error:
                self._in_force = seen  # told once
                self._log.error("certificate_rejected", problems=str(error).splitlines())
            else:
                self.take_over(settings, tls)


def _stamps(settings: Settings) -> _Stamps:
    tls = settings.sip.tls
    files = () if tls is None else (tls.certificate, tls.key, tls.client_ca, tls.trust)
    return tuple(_stamp(file) for file in files if file is not None)


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns
