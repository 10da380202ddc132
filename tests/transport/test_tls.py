"""SIP over TLS, with OpenSSL's own client and server at the other end."""

from __future__ import annotations

import asyncio
import socket
import ssl
import warnings
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from switch.errors import CertificateError
from switch.sip.peer import Peer
from switch.transport import Listen, StreamLimits
from switch.transport.tls import TlsSettings, load_tls
from tests.support.certificates import client_context, stranger, write_certificate
from tests.support.sip_edge import MESSAGE, Edge, hang_up, is_cut
from tests.support.waiting import until


@pytest.fixture
def settings(tmp_path: Path) -> TlsSettings:
    files = write_certificate(tmp_path / "ours")
    return TlsSettings(certificate=files.certificate, key=files.key, trust=files.ca)


@pytest.fixture
async def edge(settings: TlsSettings) -> AsyncIterator[Edge]:
    edge = Edge(tls=load_tls(settings).contexts)
    await edge.start("tls")
    yield edge
    await edge.driver.stop()


async def connect(
    edge: Edge, context: ssl.SSLContext | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(*edge.address("tls"), ssl=context or client_context())


async def shake_hands(edge: Edge, context: ssl.SSLContext) -> None:
    """Connect, and part again at once; in a thread, for asyncio leaves a broken one open."""

    def connect_and_part() -> None:
        with (
            socket.create_connection(edge.address("tls"), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1"),
        ):
            pass

    await asyncio.to_thread(connect_and_part)


class TestAcceptedConnections:
    async def test_messages_come_and_go(self, edge: Edge) -> None:
        reader, writer = await connect(edge)
        writer.write(MESSAGE[:10])
        await asyncio.sleep(0.02)
        writer.write(MESSAGE[10:] + MESSAGE)
        assert await reader.readexactly(2 * len(MESSAGE)) == 2 * MESSAGE
        peer = edge.core.heard[0][1]
        assert (peer.transport, peer.secure, peer.reliable) == ("tls", True, True)
        assert len(edge.stream("tls")) == 1
        await hang_up(writer)
        await until(lambda: edge.core.failed)
        assert len(edge.stream("tls")) == 0

    async def test_a_large_message_is_many_records(self, edge: Edge) -> None:
        reader, writer = await connect(edge)
        large = b"MESSAGE sip:a SIP/2.0\r\nContent-Length: 40000\r\n\r\n" + bytes(40_000)
        writer.write(large)
        assert await reader.readexactly(len(large)) == large
        await hang_up(writer)

    async def test_a_keep_alive_is_answered(self, edge: Edge) -> None:
        reader, writer = await connect(edge)
        writer.write(b"\r\n\r\n")
        assert await reader.readexactly(2) == b"\r\n"
        await hang_up(writer)

    async def test_who_speaks_plain_sip_is_counted(self, edge: Edge) -> None:
        _, writer = await asyncio.open_connection(*edge.address("tls"))
        writer.write(MESSAGE)
        await until(lambda: edge.stream("tls").failures)
        assert edge.stream("tls").failures == {"not_tls": 1}
        await hang_up(writer)

    async def test_old_versions_are_refused(self, edge: Edge) -> None:
        context = client_context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises(OSError):  # noqa: PT011 - the words are the system's
            await shake_hands(edge, context)
        await until(lambda: edge.stream("tls").failures)
        assert edge.stream("tls").failures == {"version": 1}

    async def test_a_client_that_does_not_trust_us_is_counted(self, edge: Edge) -> None:
        with pytest.raises(ssl.SSLCertVerificationError):
            await shake_hands(edge, ssl.create_default_context())
        await until(lambda: edge.stream("tls").failures)
        assert set(edge.stream("tls").failures) <= {"our_certificate", "closed"}

    @pytest.mark.parametrize("last", ["good-bye", "noise"])
    async def test_a_message_right_before_the_end_counts(self, edge: Edge, last: str) -> None:
        ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = client_context().wrap_bio(theirs, ours, server_hostname="127.0.0.1")
        reader, writer = await asyncio.open_connection(*edge.address("tls"))
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                writer.write(ours.read())
                theirs.write(await reader.read(65_536))
        writer.write(ours.read())
        tls.write(MESSAGE)
        if last == "good-bye":
            with pytest.raises(ssl.SSLWantReadError):
                tls.unwrap()
        writer.write(ours.read() + (b"noise" * 9 if last == "noise" else b""))
        while await reader.read(65_536):
            pass
        assert [data for data, _ in edge.core.heard] == [MESSAGE]
        await hang_up(writer)

    async def test_who_never_shakes_hands_is_cut(self, settings: TlsSettings) -> None:
        edge = Edge(StreamLimits(handshake_seconds=0.05), load_tls(settings).contexts)
        await edge.start("tls")
        reader, writer = await asyncio.open_connection(*edge.address("tls"))
        writer.write(b"\x16\x03\x01")
        await is_cut(reader)
        assert edge.stream("tls").failures == {"timeout": 1}
        await hang_up(writer)
        await edge.driver.stop()


class TestClientCertificates:
    @pytest.fixture
    async def strict(self, settings: TlsSettings) -> AsyncIterator[Edge]:
        asked = replace(settings, client_certificates="required", client_ca=settings.trust)
        edge = Edge(tls=load_tls(asked).contexts)
        await edge.start("tls")
        yield edge
        await edge.driver.stop()

    async def test_who_shows_one_is_heard(self, strict: Edge, tmp_path: Path) -> None:
        files = write_certificate(tmp_path / "theirs", "phone.example")
        reader, writer = await connect(strict, client_context(files))
        writer.write(MESSAGE)
        assert await reader.readexactly(len(MESSAGE)) == MESSAGE
        await hang_up(writer)

    async def test_who_shows_none_is_not(self, strict: Edge) -> None:
        """With TLS 1.3 a client hears of it only after it is done."""
        reader, writer = await connect(strict)
        writer.write(MESSAGE)
        with pytest.raises(ssl.SSLError):
            await reader.readexactly(1)
        assert strict.core.heard == []
        assert strict.stream("tls").failures == {"no_certificate": 1}
        await hang_up(writer)

    async def test_one_of_another_authority_is_refused(self, strict: Edge, tmp_path: Path) -> None:
        files = write_certificate(tmp_path / "theirs", "phone.example", ca=stranger())
        reader, writer = await connect(strict, client_context(files))
        with pytest.raises(ssl.SSLError):
            await reader.readexactly(1)
        assert strict.stream("tls").failures == {"their_certificate": 1}
        await hang_up(writer)


class Carrier:
    """A TLS server that keeps what it gets."""

    def __init__(self) -> None:
        self.got = b""
        self.connections = 0
        self.came_from: list[tuple[str, int]] = []
        self._server: asyncio.Server | None = None

    async def start(self, directory: Path, *names: str) -> tuple[str, int]:
        files = write_certificate(directory, *names)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(files.certificate, files.key)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        address: tuple[str, int] = self._server.sockets[0].getsockname()
        return address

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.came_from.append(writer.get_extra_info("peername"))
        while data := await reader.read(1000):
            self.got += data
        writer.close()

    def close(self) -> None:
        assert self._server is not None
        self._server.close()


@pytest.fixture
async def carrier() -> AsyncIterator[Carrier]:
    carrier = Carrier()
    yield carrier
    carrier.close()


class TestOpenedConnections:
    async def test_one_carries_all_that_waits(
        self, edge: Edge, carrier: Carrier, tmp_path: Path
    ) -> None:
        address = await carrier.start(tmp_path / "carrier", "sip.carrier.example")
        peer = replace_name(edge.peer("tls", address), "sip.carrier.example")
        for _ in range(3):
            edge.send(MESSAGE, peer)
        await until(lambda: len(carrier.got) == 3 * len(MESSAGE))
        edge.send(MESSAGE, peer)
        await until(lambda: len(carrier.got) == 4 * len(MESSAGE))
        assert carrier.got == 4 * MESSAGE
        assert carrier.connections == 1

    @pytest.mark.parametrize("name", ["sip.other.example", ""])
    async def test_a_wrong_name_is_refused_and_told(
        self, edge: Edge, carrier: Carrier, tmp_path: Path, name: str
    ) -> None:
        """Without a name the certificate must be for the address."""
        address = await carrier.start(tmp_path / "carrier", "sip.carrier.example")
        peer = replace_name(edge.peer("tls", address), name)
        edge.send(MESSAGE, peer)
        await until(lambda: edge.core.failed)
        failed = edge.core.failed[0]
        assert (failed.transport, failed.remote) == ("tls", address)
        assert carrier.got == b""
        assert edge.stream("tls").failures == {"their_certificate": 1}

    async def test_the_name_may_be_left_unverified(
        self, settings: TlsSettings, carrier: Carrier, tmp_path: Path
    ) -> None:
        edge = Edge(tls=load_tls(replace(settings, verify=False)).contexts)
        await edge.start("tls")
        address = await carrier.start(tmp_path / "carrier", "sip.carrier.example")
        edge.send(MESSAGE, edge.peer("tls", address))
        await until(lambda: carrier.got)
        await edge.driver.stop()


def replace_name(peer: Peer, name: str) -> Peer:
    return Peer(peer.transport, peer.remote, peer.local, name=name)


class TestNewCertificates:
    async def test_serve_new_connections_while_old_ones_go_on(
        self, edge: Edge, tmp_path: Path
    ) -> None:
        reader, writer = await connect(edge)
        before = writer.get_extra_info("ssl_object").getpeercert()["serialNumber"]
        files = write_certificate(tmp_path / "new")
        new = TlsSettings(certificate=files.certificate, key=files.key)
        edge.driver.use_tls(load_tls(new).contexts)
        _, other = await connect(edge)
        assert other.get_extra_info("ssl_object").getpeercert()["serialNumber"] != before
        writer.write(MESSAGE)
        assert await reader.readexactly(len(MESSAGE)) == MESSAGE
        for each in (writer, other):
            await hang_up(each)


class TestFilesThatCannotBeUsed:
    def refused(self, settings: TlsSettings) -> CertificateError:
        with pytest.raises(CertificateError) as caught:
            load_tls(settings)
        return caught.value

    def test_one_that_is_not_there(self, settings: TlsSettings, tmp_path: Path) -> None:
        error = self.refused(replace(settings, certificate=tmp_path / "none.pem"))
        assert error.setting == "certificate"
        assert str(error) == f"{tmp_path}/none.pem: No such file or directory"

    def test_something_else_than_a_certificate(self, settings: TlsSettings) -> None:
        assert settings.certificate is not None
        settings.certificate.write_text("hello")
        assert "holds no certificate in PEM" in str(self.refused(settings))

    def test_the_key_of_another(self, settings: TlsSettings, tmp_path: Path) -> None:
        other = write_certificate(tmp_path / "other")
        error = self.refused(replace(settings, key=other.key))
        assert error.setting == "key"
        assert f"is not the key of {settings.certificate}" in str(error)

    def test_a_key_with_a_password(self, settings: TlsSettings) -> None:
        from cryptography.hazmat.primitives.serialization import (
            BestAvailableEncryption,
            Encoding,
            PrivateFormat,
            load_pem_private_key,
        )

        assert settings.key is not None
        key = load_pem_private_key(settings.key.read_bytes(), None)
        form = Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
        settings.key.write_bytes(key.private_bytes(*form))
        assert "is protected by a password" in str(self.refused(settings))

    def test_an_empty_list_of_authorities(self, settings: TlsSettings, tmp_path: Path) -> None:
        (tmp_path / "empty.pem").write_text("")
        error = self.refused(replace(settings, client_ca=tmp_path / "empty.pem"))
        assert error.setting == "client_ca"

    def test_no_cipher(self, settings: TlsSettings) -> None:
        assert self.refused(replace(settings, ciphers="NONSENSE")).setting == "ciphers"

    def test_an_old_one_is_used_and_told(self, tmp_path: Path) -> None:
        """Who verifies refuses it; the other doors of the switch stay open."""
        past = datetime.now(UTC) - timedelta(days=1)
        files = write_certificate(tmp_path / "old", not_after=past)
        tls = load_tls(TlsSettings(certificate=files.certificate, key=files.key))
        assert "has expired on" in tls.warning
        assert tls.expires_at is not None
        assert tls.expires_at < datetime.now(UTC)


class TestWithoutAListener:
    """Who only connects to others needs no certificate, and has one port all the same."""

    @pytest.fixture
    async def edge(self, settings: TlsSettings) -> AsyncIterator[Edge]:
        edge = Edge(tls=load_tls(TlsSettings(trust=settings.trust)).contexts)
        await edge.driver.start([Listen("tls", "127.0.0.1", 0, accepts=False)])
        yield edge
        await edge.driver.stop()

    async def test_connections_come_from_the_port_that_is_told(
        self, edge: Edge, carrier: Carrier, tmp_path: Path
    ) -> None:
        peer = edge.peer("tls", await carrier.start(tmp_path / "carrier", "127.0.0.1"))
        edge.send(MESSAGE, peer)
        await until(lambda: carrier.got == MESSAGE)
        assert carrier.came_from == [edge.address("tls")]

    async def test_nobody_is_let_in(self, edge: Edge) -> None:
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*edge.address("tls"))

    async def test_one_that_we_have_closed_can_be_opened_again_at_once(
        self, edge: Edge, carrier: Carrier, tmp_path: Path
    ) -> None:
        """Though the system keeps the old one's place for a minute (TIME_WAIT)."""
        peer = edge.peer("tls", await carrier.start(tmp_path / "carrier", "127.0.0.1"))
        for times in (1, 2, 3):
            edge.send(MESSAGE, peer)
            await until(lambda times=times: carrier.got == times * MESSAGE)  # type: ignore[misc]
            for connection in tuple(edge.stream("tls")._by_number.values()):
                connection.abort()
            await until(lambda: len(edge.stream("tls")) == 0)
        assert edge.core.failed
        assert carrier.connections == 3

    async def test_a_carrier_that_is_not_there_is_told(self, edge: Edge) -> None:
        peer = edge.peer("tls", ("127.0.0.1", 9))
        edge.send(MESSAGE, peer)
        await until(lambda: edge.core.failed == [peer])
