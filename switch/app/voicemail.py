"""Messages that callers left: where they are kept, who is told, who gets them by e-mail.

Delivering moves a file and writes a letter, in a thread: the call goes on at once.
"""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, tzinfo
from pathlib import Path

from switch.calls.session import CallSession
from switch.events import VoicemailLeft
from switch.frozen import frozen
from switch.ivr.call import Delivery, Facts
from switch.log import get_logger
from switch.outside.mail_message import Letter
from switch.outside.mail_spool import MailSpool

_INCOMING = ".incoming"
"""Below the directory of mailboxes: messages that no mailbox has yet."""
_BOX = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@frozen()
class _Job:
    """A message on its way into its box."""

    source: Path
    target: Path
    letter: Letter | None


class Voicemail:
    """All mailboxes of a site, below one directory."""

    def __init__(self, directory: Path, mail: MailSpool | None, zone: tzinfo | None) -> None:
        """Prepare.

        Args:
            zone: in which letters tell the time; None: this machine's.
        """
        self._zone = zone
        self._directory = directory
        self._mail = mail
        self._log = get_logger()
        self._tasks: set[asyncio.Task[None]] = set()

    def new_path(self, session: CallSession, number: int) -> str:
        """Return where to record a call's message of this number."""
        return str(self._directory / _INCOMING / f"{session.id}-{number}.wav")

    def deliver(self, session: CallSession, facts: Facts, delivery: Delivery) -> None:
        """Put a message into its box and mail it, behind the scenes. Raises nothing."""
        if not _BOX.fullmatch(delivery.box):
            session.log.error("voicemail_failed", box=delivery.box[:64], why="no name of a mailbox")
            return
        at = session.services.utc()
        source = Path(delivery.path)
        target = self._directory / delivery.box / f"{at:%Y%m%dT%H%M%SZ}-{source.name}"
        session.publish(
            VoicemailLeft,
            box=delivery.box,
            path=str(target),
            seconds=delivery.seconds,
            language=delivery.language,
        )
        letter = None
        if delivery.mail_to and self._mail is not None:
            letter = _letter(delivery, facts, target, at.astimezone(self._zone))
        elif delivery.mail_to:
            session.log.warning("voicemail_not_mailed", why="there is no `mail` section")
        job = _Job(source, target, letter)
        task = asyncio.get_running_loop().create_task(self._do(job, session.id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Wait until every message is in its box."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)

    async def _do(self, job: _Job, call: str) -> None:
        try:
            await asyncio.to_thread(self._store, job)
        except OSError as error:
            self._log.error("voicemail_failed", call=call, path=str(job.source), error=str(error))
            return
        if job.letter is not None and self._mail is not None:
            self._mail.wake()

    def _store(self, job: _Job) -> None:
        job.target.parent.mkdir(parents=True, exist_ok=True)
        job.source.replace(job.target)
        if job.letter is not None and self._mail is not None:
            self._mail.post(job.letter)


def _letter(delivery: Delivery, facts: Facts, path: Path, at: datetime) -> Letter:
    caller = facts.caller or "a withheld number"
    when = f"{at:%Y-%m-%d %H:%M %Z}"
    return Letter(
        to=delivery.mail_to,
        subject=delivery.subject or f"Message from {caller}, {when}",
        text=(
            f"{caller} called {facts.dialled} and left a message of "
            f"{delivery.seconds:.0f} seconds for {delivery.box}, {when}.\n"
            f"Call: {facts.id}\n"
        ),
        attachment=str(path),
        at=at,
        call=facts.id,
    )
