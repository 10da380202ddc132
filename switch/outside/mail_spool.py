"""E-mails that are on their way: each a file until the mail server has taken it.

A letter is on disk before `post` returns, so that a restart loses none. One task sends them,
and waits ever longer while the server is away. What the server refuses for good is put
aside, and the log says so. No call ever waits for this.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from switch.log import get_logger
from switch.outside.mail_message import Letter, message_of

_REFUSED = "refused"
_LOOK_SECONDS = 60.0
"""How often the spool is looked through although nothing new is known to be in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """How to reach the mail server."""

    host: str
    port: int
    security: str
    """`none`, `starttls` or `tls`."""
    sender: str
    spool: Path
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_seconds: float = 30.0
    first_retry_seconds: float = 5.0
    longest_retry_seconds: float = 600.0


class MailSpool:
    """Sends letters, from `start` to `stop`. Counters for metrics are plain attributes."""

    def __init__(
        self, settings: MailSettings, uniform: Callable[[], float] = random.random
    ) -> None:
        self.sent = 0
        self.failures = 0
        """Attempts that came to nothing."""
        self.refused = 0
        """Letters that the server will never take."""
        self.waiting = 0
        """Letters in the spool."""
        self._settings = settings
        self._uniform = uniform
        self._domain = settings.sender.rpartition("@")[2].strip("> ") or "localhost"
        self._log = get_logger(mail=f"{settings.host}:{settings.port}")
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to send what waits."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="mail")

    async def stop(self) -> None:
        """Stop; what waits is sent after the next start."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    def post(self, letter: Letter) -> None:
        """Put a letter on disk. Blocks: to be called in a thread.

        Raises:
            OSError: the disk does not take it.
        """
        spool = self._settings.spool
        spool.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{letter.at:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
        part = spool / f"{name}.part"
        with part.open("xb") as file:
            file.write(msgspec.json.encode(letter))
            file.flush()
            os.fsync(file.fileno())
        part.rename(spool / f"{name}.json")

    def wake(self) -> None:
        """Look into the spool soon: a letter has been put there."""
        self.waiting += 1  # until the spool is counted again
        self._wake.set()

    async def _run(self) -> None:
        pause = self._settings.first_retry_seconds
        while True:
            self._wake.clear()
            if await self._send_all():
                pause = self._settings.first_retry_seconds
                await self._wait(_LOOK_SECONDS)
            else:
                # Not woken by new letters: the server is away for them as well.
                await asyncio.sleep(pause * (0.5 + self._uniform() / 2))
                pause = min(2 * pause, self._settings.longest_retry_seconds)

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _send_all(self) -> bool:
        """Send what is in the spool; False when something has to be tried again."""
        try:
            files = await asyncio.to_thread(_letters_in, self._settings.spool)
        except OSError as error:
            self._log.error("mail_spool_failed", error=str(error))
            return False
        self.waiting = len(files)
        done = True
        for file in files:
            if not await self._send(file):
                done = False
                break
            self.waiting -= 1
        return done

    async def _send(self, file: Path) -> bool:
        """Send one letter; False when it has to be tried again."""
        import aiosmtplib  # not before there is something to send

        try:
            letter = msgspec.json.decode(await asyncio.to_thread(file.read_bytes), type=Letter)
            message = await asyncio.to_thread(
                message_of, letter, self._settings.sender, self._domain
            )
        except (OSError, ValueError, msgspec.MsgspecError) as error:
            await self._put_aside(file, str(error))
            return True
        try:
            refused, _ = await aiosmtplib.send(message, recipients=list(letter.to), **self._how())
        except (aiosmtplib.SMTPException, OSError) as error:
            if _is_for_good(error):
                await self._put_aside(file, str(error))
                return True
            self.failures += 1
            self._log.warning("mail_not_sent", call=letter.call, error=str(error))
            return False
        for address, answer in refused.items():
            self._log.error("mail_address_refused", address=address, answer=str(answer))
        self.sent += 1
        self._log.info("mail_sent", call=letter.call, recipients=len(letter.to))
        await asyncio.to_thread(file.unlink, missing_ok=True)
        return True

    def _how(self) -> dict[str, Any]:
        settings = self._settings
        return {
            "hostname": settings.host,
            "port": settings.port,
            "username": settings.username,
            "password": settings.password,
            "use_tls": settings.security == "tls",
            "start_tls": settings.security == "starttls",
            "timeout": settings.timeout_seconds,
        }

    async def _put_aside(self, file: Path, why: str) -> None:
        self.refused += 1
        self._log.error("mail_refused", letter=file.name, why=why)

        def move() -> None:
            aside = file.parent / _REFUSED
            aside.mkdir(exist_ok=True, mode=0o700)
            file.rename(aside / file.name)

        await asyncio.to_thread(move)


def _letters_in(spool: Path) -> list[Path]:
    return sorted(spool.glob("*.json")) if spool.is_dir() else []


def _is_for_good(error: Exception) -> bool:
    """Whether the server will never take this letter (RFC 5321 4.2.1: 5yz)."""
    import aiosmtplib

    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return False  # the operator will put the password right
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(500 <= each.code < 600 for each in error.recipients)
    return isinstance(error, aiosmtplib.SMTPResponseException) and 500 <= error.code < 600
