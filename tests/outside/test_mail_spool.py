"""Messages by e-mail, to a real SMTP server: taken, refused, away, and over a restart."""

from __future__ import annotations

import asyncio
import email
import warnings
import wave
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from switch.outside.mail_message import Letter
from switch.outside.mail_spool import MailSettings, MailSpool
from tests.support.ports import PortBlock
from tests.support.waiting import until


class MailServer:
    """A real SMTP server that keeps what it takes."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.taken: list[Envelope] = []
        self.answers: list[str] = []
        """Given to the next letters in place of taking them."""
        self.logins: list[bytes] = []
        self._server: asyncio.Server | None = None

    async def start(self, *, login: bool = False) -> None:
        def make() -> SMTP:
            if not login:
                return SMTP(self, hostname="mail.test")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it would rather have TLS
                return SMTP(
                    self,
                    hostname="mail.test",
                    authenticator=self._authenticate,
                    auth_required=True,
                    auth_require_tls=False,
                )

        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(make, "127.0.0.1", self.port)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answers:
            return self.answers.pop(0)
        self.taken.append(envelope)
        return "250 OK"

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.password)
        return AuthResult(success=data.password == b"right", handled=False)

    def messages(self) -> list[Message]:
        return [email.message_from_bytes(each.original_content or b"") for each in self.taken]


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    block = PortBlock()
    server = MailServer(block.take())
    yield server
    await server.stop()
    block.close()


Make = Callable[..., MailSpool]


@pytest.fixture
async def make(server: MailServer, tmp_path: Path) -> AsyncIterator[Make]:
    made: list[MailSpool] = []

    def make(**settings: object) -> MailSpool:
        values: dict[str, object] = {
            "host": "127.0.0.1",
            "port": server.port,
            "security": "none",
            "sender": "Freeline <voicemail@example.com>",
            "spool": tmp_path / "spool",
            "first_retry_seconds": 0.02,
            "longest_retry_seconds": 0.05,
            **settings,
        }
        spool = MailSpool(MailSettings(**values))  # type: ignore[arg-type]
        made.append(spool)
        return spool

    yield make
    for spool in made:
        await spool.stop()


def letter(tmp_path: Path, subject: str = "Message from +14155550123") -> Letter:
    sound = tmp_path / "message.wav"
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\x01\x02" * 800)
    return Letter(
        to=("ann@example.com", "bob@example.com"),
        subject=subject,
        text="A message of 0.1 seconds.",
        attachment=str(sound),
        at=datetime(2026, 1, 31, 9, 0, tzinfo=UTC),
        call="c1",
    )


def left(tmp_path: Path) -> list[str]:
    return [path.name for path in (tmp_path / "spool").glob("*.json")]


async def test_the_message_comes_with_its_sound(
    server: MailServer, make: Make, tmp_path: Path
) -> None:
    await server.start()
    spool = make()
    spool.start()
    spool.post(letter(tmp_path))
    spool.wake()
    await until(lambda: server.taken and not left(tmp_path))
    (message,) = server.messages()
    assert server.taken[0].rcpt_tos == ["ann@example.com", "bob@example.com"]
    assert server.taken[0].mail_from == "voicemail@example.com"
    assert message["Subject"] == "Message from +14155550123"
    text, sound = list(message.walk())[1:]
    assert "0.1 seconds" in str(text.get_payload())
    assert sound.get_content_type() == "audio/wav"
    assert sound.get_payload(decode=True) == (tmp_path / "message.wav").read_bytes()
    assert (spool.sent, spool.failures) == (1, 0)


async def test_a_server_that_is_away_gets_it_when_it_is_back(
    server: MailServer, make: Make, tmp_path: Path
) -> None:
    spool = make()
    spool.post(letter(tmp_path))
    spool.start()
    await until(lambda: spool.failures >= 2)
    assert spool.waiting == 1
    spool.post(letter(tmp_path))
    spool.wake()
    assert spool.waiting == 2
    await server.start()
    await until(lambda: len(server.taken) == 2 and not left(tmp_path))
    await until(lambda: spool.waiting == 0)
    assert spool.sent == 2


async def test_a_restart_loses_nothing(server: MailServer, make: Make, tmp_path: Path) -> None:
    before = make()
    before.start()
    before.post(letter(tmp_path))
    before.wake()
    await until(lambda: before.failures)
    await before.stop()
    await server.start()
    make().start()
    await until(lambda: server.taken and not left(tmp_path))


async def test_a_passing_refusal_is_tried_again(
    server: MailServer, make: Make, tmp_path: Path
) -> None:
    server.answers = ["451 come again"]
    await server.start()
    spool = make()
    spool.post(letter(tmp_path))
    spool.start()
    await until(lambda: server.taken and not left(tmp_path))
    assert spool.failures == 1


async def test_what_is_refused_for_good_is_put_aside_and_holds_up_nothing(
    server: MailServer, make: Make, tmp_path: Path
) -> None:
    server.answers = ["554 never"]
    await server.start()
    spool = make()
    spool.post(letter(tmp_path, "first"))
    spool.start()
    await until(lambda: spool.refused)
    spool.post(letter(tmp_path, "second"))
    spool.wake()
    await until(lambda: server.taken and not left(tmp_path))
    assert [each["Subject"] for each in server.messages()] == ["second"]
    assert len(list((tmp_path / "spool" / "refused").iterdir())) == 1


async def test_a_sound_that_is_gone_is_put_aside(
    server: MailServer, make: Make, tmp_path: Path
) -> None:
    await server.start()
    spool = make()
    spool.post(letter(tmp_path))
    (tmp_path / "message.wav").unlink()
    spool.start()
    await until(lambda: spool.refused)
    assert server.taken == []


async def test_a_wrong_password_waits_for_the_operator(
    server: MailServer, make: Make, tmp_path: Path
) -> None:
    await server.start(login=True)
    wrong = make(username="freeline", password="wrong")
    wrong.post(letter(tmp_path))
    wrong.start()
    await until(lambda: wrong.failures)
    await wrong.stop()
    make(username="freeline", password="right").start()
    await until(lambda: server.taken and not left(tmp_path))
    assert server.logins[0] == b"wrong"


async def test_a_subject_that_would_make_another_header_does_not(
    server: MailServer, make: Make, tmp_path: Path
) -> None:
    await server.start()
    spool = make()
    spool.post(letter(tmp_path, "hello\r\nBcc: eve@example.com"))
    spool.start()
    await until(lambda: server.taken)
    (message,) = server.messages()
    assert message["Bcc"] is None
    assert message["Subject"] == "hello Bcc: eve@example.com"
