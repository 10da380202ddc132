"""HEP version 3: read by Kamailio's sipcapture, which Homer itself used."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from switch.trace.frame import RECEIVED, SENT, UNREACHABLE, Sealed
from switch.trace.hep import packet
from switch.trace.hep_link import HepLink, HepSettings
from tests.support.kamailio import needs_kamailio
from tests.support.kamailio_capture import CaptureServer
from tests.support.ports import PortBlock
from tests.trace.messages import LOCAL, SDP, TRUNK, request, response

INVITE = request("INVITE", "a@b", body=SDP)


def sealed(
    data: bytes = INVITE,
    direction: int = RECEIVED,
    transport: str = "udp",
    remote: tuple[str, int] = TRUNK,
    local: tuple[str, int] = LOCAL,
) -> Sealed:
    return 100.25, direction, data, transport, remote, local, 0


@pytest.fixture
def homer() -> Iterator[CaptureServer]:
    block = PortBlock()
    server = CaptureServer(block)
    yield server
    server.stop()
    block.close()


def link(homer: CaptureServer, *messages: Sealed, offset: float = 0.0) -> HepLink:
    """Send messages and wait until all are sent."""
    sender = HepLink(HepSettings(("127.0.0.1", homer.port), 2007, "key"))
    sender.start()
    sender.take(b"", "calls", list(messages), offset)
    sender.stop()
    return sender


@needs_kamailio
@pytest.mark.interop(peer="Kamailio", role="collector of HEP version 3", over="UDP, IPv4 and IPv6")
class TestKamailio:
    def test_reads_who_when_and_what(self, homer: CaptureServer) -> None:
        begun = time.time()
        link(homer, sealed(), sealed(response(200, "OK", "INVITE", "a@b"), SENT), offset=begun)
        invite, ok = homer.wait_for(2)
        assert (invite.method, ok.method) == ("INVITE", "200")
        assert (invite.source, invite.target) == (TRUNK, LOCAL)
        assert (ok.source, ok.target) == (LOCAL, TRUNK)
        assert invite.seconds == pytest.approx(begun + 100.25, abs=0.001)
        assert (invite.call_id, invite.correlation) == ("a@b", "a@b")
        assert invite.node.endswith(":2007")
        assert (invite.protocol, invite.family) == (1, 2)

    def test_reads_ipv6_and_streams(self, homer: CaptureServer) -> None:
        remote, local = ("2001:db8::7", 5061), ("2001:db8::1", 5061)
        link(homer, sealed(transport="tls", remote=remote, local=local))
        (one,) = homer.wait_for(1)
        assert (one.source, one.target) == (remote, local)
        assert (one.protocol, one.family) == (2, 10)

    def test_gets_the_message_whole_without_secrets(self, homer: CaptureServer) -> None:
        link(homer, sealed())
        (one,) = homer.wait_for(1)
        key = SDP.partition("inline:")[2].partition("|")[0]
        assert one.message == INVITE.decode().replace(key, "x" * len(key))


def test_what_the_network_says_of_a_peer_is_no_message(homer: CaptureServer) -> None:
    assert link(homer, sealed(b"", UNREACHABLE), sealed()).sent == 1


def test_a_message_that_fits_into_no_datagram_is_cut() -> None:
    data = packet(sealed(b"x" * 70_000), 0.0, 1, b"")
    assert len(data) <= 65_507
    assert int.from_bytes(data[4:6]) == len(data)


def test_without_a_collector_it_goes_on_and_counts() -> None:
    sender = HepLink(HepSettings(("127.0.0.1", 9), 1))
    sender.start()
    for _ in range(20):
        sender.take(b"", "calls", [sealed(), sealed(remote=("nobody", 1))], 0.0)
    sender.stop()
    assert sender.sent + sender.dropped == 40
    assert sender.dropped >= 20


def test_a_queue_that_is_full_drops_and_counts() -> None:
    sender = HepLink(HepSettings(("127.0.0.1", 9), 1))
    for _ in range(300):  # nobody takes anything out: it was not started
        sender.take(b"", "calls", [sealed(), sealed()], 0.0)
    assert sender.dropped == 200
