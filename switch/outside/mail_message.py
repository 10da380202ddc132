"""A voice message as an e-mail: what is told about it, and the sound attached. Blocks on files."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path

import msgspec


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One e-mail that waits to be sent; a JSON file of the spool."""

    to: tuple[str, ...]
    subject: str
    text: str
    attachment: str
    """Path of a WAV file; empty: none."""
    at: datetime
    call: str


def message_of(letter: Letter, sender: str, domain: str) -> EmailMessage:
    """Return the e-mail of a letter. Blocks.

    Raises:
        OSError: the attachment cannot be read.
    """
    message = EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(letter.to)
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = make_msgid(letter.call, domain)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    if letter.attachment:
        path = Path(letter.attachment)
        message.add_attachment(
            path.read_bytes(), maintype="audio", subtype="wav", filename=path.name
        )
    return message
