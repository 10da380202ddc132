"""A real worker and parties as browsers are: who is found, heard and sent to, and what is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256

from switch.media.dtls_link import DtlsLink
from switch.media.messages import (
    AudioBegan,
    Bridge,
    Codec,
    Connect,
    Digit,
    Dtls,
    Ice,
    LinkLost,
    Play,
    Record,
    RecordingEnded,
    StopRecording,
)
from switch.media.rtcp_packet import build_report, parse_rtcp
from switch.stun import BINDING_SUCCESS, parse_stun
from tests.support.dtls_peer import DtlsPeer
from tests.support.media_core import Core
from tests.support.rtp_party import RtpParty, strongest, tone
from tests.support.waiting import until
from tests.support.web_party import ICE, WebParty, binding_request


def unheard(data: bytes | memoryview, now: float) -> None:
    raise AssertionError("nothing was to be heard")


def music(path: Path) -> str:
    path.write_bytes(b"m" * 160_000)
    return str(path)


class TestTalking:
    @pytest.mark.parametrize("active", [True, False])
    async def test_a_page_and_a_telephone_hear_each_other(self, core: Core, active: bool) -> None:
        page, page_port = await core.web_party("one", active=active)
        phone, phone_port = await core.party("two", near="one")
        await page.shake_hands(page_port)
        core.pool.send(Bridge("one", "two"))
        await asyncio.gather(
            page.say(tone(440, 0.5), page_port), phone.say(tone(1000, 0.5), phone_port)
        )
        page.press(3, page_port)
        await core.wait_for(Digit("one", "3"))
        assert page.undecipherable == 0
        assert strongest(page.heard()[800:3200])[0] == pytest.approx(1000, abs=5)
        assert strongest(phone.heard()[800:3200])[0] == pytest.approx(440, abs=5)

    async def test_two_pages_hear_each_other_and_are_recorded(
        self, core: Core, tmp_path: Path
    ) -> None:
        one, one_port = await core.web_party("one")
        two, two_port = await core.web_party("two", near="one")
        await asyncio.gather(one.shake_hands(one_port), two.shake_hands(two_port))
        core.pool.send(Bridge("one", "two"))
        core.pool.send(Record("one", str(tmp_path / "call.wav")))
        await asyncio.gather(one.say(tone(440, 0.5), one_port), two.say(tone(1000, 0.5), two_port))
        assert strongest(one.heard()[800:3200])[0] == pytest.approx(1000, abs=5)
        assert strongest(two.heard()[800:3200])[0] == pytest.approx(440, abs=5)
        core.pool.send(StopRecording("one"))
        await until(lambda: core.of(RecordingEnded))

    async def test_rtcp_comes_and_goes_encrypted_on_the_same_port(self, core: Core) -> None:
        page, port = await core.web_party("one")
        await page.shake_hands(port)
        page.send(b"x" * 160, port)
        await core.wait_for(AudioBegan("one", "received"))
        assert page.srtp is not None
        page.send_raw(page.srtp.protect_rtcp(build_report(page.ssrc, None, None, "page")), port)
        await until(lambda: page.rtcp_on_rtp)
        (report,) = parse_rtcp(page.srtp.unprotect_rtcp(page.rtcp_on_rtp[0]))
        assert report.blocks[0].ssrc == page.ssrc
        assert page.rtcp == []


class TestTheWayToIt:
    async def test_a_check_is_answered_before_anything_else(self, core: Core) -> None:
        page, port = await core.web_party("one")
        await page.checked(port)
        assert page.answers[0].kind == BINDING_SUCCESS

    async def test_nothing_goes_out_before_the_handshake_is_done(
        self, core: Core, tmp_path: Path
    ) -> None:
        page, port = await core.web_party("one")
        core.pool.send(Play("one", 1, (music(tmp_path / "a.ulaw"),), loop=True))
        await page.checked(port)
        await asyncio.sleep(0.2)
        assert (page.packets, page.undecipherable) == ([], 0)
        await page.shake_hands(port)
        await page.wait_for(5)
        assert page.undecipherable == 0

    async def test_a_stranger_gets_nothing_and_is_not_heard(self, core: Core) -> None:
        page, port = await core.web_party("one")
        stranger = WebParty(ssrc=9, ice=Ice("switchsw", "guessed", "page"))
        core.parties.append(stranger)
        stranger.check(port)
        stranger.send_raw(stranger.peer.step(), port)  # a handshake without a check
        stranger.send(b"y" * 160, port)
        await page.shake_hands(port)
        page.send(b"x" * 160, port)
        await core.wait_for(AudioBegan("one", "received"))
        stats = await core.pool.release("one")
        assert (stats.packets_received, stats.packets_refused) == (1, 3)
        assert [answer.kind for answer in stranger.answers] == [0x0111]
        assert not stranger.peer.done

    async def test_what_is_not_encrypted_or_forged_is_refused(self, core: Core) -> None:
        page, port = await core.web_party("one")
        await page.shake_hands(port)
        good, page.srtp = page.srtp, None
        page.send(b"x" * 160, port)
        page.srtp = good
        page.send(b"x" * 160, port)
        await core.wait_for(AudioBegan("one", "received"))
        stats = await core.pool.release("one")
        assert (stats.packets_received, stats.packets_refused) == (1, 1)

    async def test_a_page_that_moves_gets_its_media_where_it_is(
        self, core: Core, tmp_path: Path
    ) -> None:
        page, port = await core.web_party("one")
        core.pool.send(Play("one", 1, (music(tmp_path / "a.ulaw"),), loop=True))
        await page.shake_hands(port)
        await page.wait_for(5)
        moved = WebParty(page.codec, page.ssrc)
        core.parties.append(moved)
        await moved.checked(port, nominates=False)
        assert (moved.packets, moved.undecipherable) == ([], 0)
        moved.srtp = page.srtp
        await moved.checked(port)
        await moved.wait_for(5)
        before = len(page.packets)
        await asyncio.sleep(0.1)
        assert len(page.packets) <= before + 1

    async def test_an_ice_restart_keeps_the_keys(self, core: Core, tmp_path: Path) -> None:
        page, port = await core.web_party("one")
        core.pool.send(Play("one", 1, (music(tmp_path / "a.ulaw"),), loop=True))
        await page.shake_hands(port)
        page.ice = Ice("restarted", "another password altogether", "page2")
        core.pool.send(page.connect("one"))
        await page.checked(port)
        before = len(page.packets)
        await page.wait_for(before + 5)
        page.send(b"x" * 160, port)
        await core.wait_for(AudioBegan("one", "received"))
        assert page.undecipherable == 0

    async def test_a_party_that_gives_dtls_up_is_plain_from_then_on(self, core: Core) -> None:
        page, port = await core.web_party("one")
        await page.shake_hands(port)
        plain = RtpParty(ssrc=9)
        core.parties.append(plain)
        core.pool.send(plain.connect("one"))
        await asyncio.sleep(0.05)
        plain.send(b"x" * 160, port)
        await core.wait_for(AudioBegan("one", "received"))


class TestTheHandshake:
    @pytest.mark.parametrize("active", [True, False])
    @pytest.mark.parametrize("number", [0, 1, 2])
    async def test_what_is_lost_is_sent_again(self, core: Core, active: bool, number: int) -> None:
        page, port = await core.web_party("one", active=active)
        seen: list[bytes] = []

        def lose(datagram: bytes) -> bool:
            seen.append(datagram)
            return len(seen) == number + 1

        page.lose = lose
        await page.shake_hands(port)
        await asyncio.sleep(0.05)
        page.send(b"x" * 160, port)
        await core.wait_for(AudioBegan("one", "received"))

    async def test_a_worker_that_is_started_again_shows_the_same_certificate(
        self, core: Core
    ) -> None:
        (first,) = core.pool.pids
        os.kill(first, signal.SIGKILL)
        await until(lambda: core.pool.pids and core.pool.pids != [first])
        page, port = await core.web_party("one")
        await page.shake_hands(port)
        shown = page.peer.connection.get_peer_certificate(as_cryptography=True)
        assert shown.fingerprint(SHA256()).hex(":").upper() == core.certificate.fingerprint

    async def test_another_certificate_than_the_described_one_is_told(
        self, core: Core, tmp_path: Path
    ) -> None:
        page, port = await core.web_party("one")
        page.peer, described = DtlsPeer(), page.peer
        assert described.fingerprint() != page.peer.fingerprint()
        core.pool.send(Play("one", 1, (music(tmp_path / "a.ulaw"),), loop=True))
        await page.shake_hands(port)
        page.send(b"x" * 160, port)
        await until(lambda: core.of(LinkLost))
        (lost,) = core.of(LinkLost)
        assert isinstance(lost, LinkLost)
        assert "not the one that the description names" in lost.why
        assert core.of(AudioBegan) == []
        assert (page.packets, page.undecipherable) == ([], 0)

    async def test_another_certificate_in_mid_call_is_another_handshake(
        self, core: Core, tmp_path: Path
    ) -> None:
        page, port = await core.web_party("one")
        core.pool.send(Play("one", 1, (music(tmp_path / "a.ulaw"),), loop=True))
        await page.shake_hands(port)
        await page.wait_for(3)
        page.peer = DtlsPeer()
        core.pool.send(page.connect("one"))
        await asyncio.sleep(0.05)
        await page.shake_hands(port)
        page.undecipherable = 0
        before = len(page.packets)
        await page.wait_for(before + 5)


class TestGone:
    """The link by itself: its time is a number."""

    def link(self) -> tuple[DtlsLink, socket.socket, Connect]:
        ours, rtcp, page = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3))
        for each in (ours, rtcp, page):
            each.bind(("127.0.0.1", 0))
        page.connect(ours.getsockname())
        link = DtlsLink(ours, rtcp, lambda _: None)
        dtls = Dtls(ICE, (("sha-256", "00"),), client=False)
        command = Connect("one", "", 9, Codec.PCMU, 0, 101, True, True, 9, dtls=dtls)
        link.aim(command, 100.0)
        return link, page, command

    def check(self, link: DtlsLink, page: socket.socket, now: float) -> None:
        page.send(binding_request(ICE))
        link.receive(unheard, unheard, now)
        assert parse_stun(page.recv(2048)) is not None

    def close(self, link: DtlsLink, page: socket.socket) -> None:
        link.close()
        page.close()

    def test_who_never_comes_is_told_of_now_and_then(self) -> None:
        link, page, _ = self.link()
        assert link.problem(129.9) == ""
        assert "no check (ICE) came within 30 s" in link.problem(130.0)
        assert link.problem(139.9) == ""
        assert link.problem(140.0)
        self.close(link, page)

    def test_who_checks_and_begins_no_handshake(self) -> None:
        link, page, _ = self.link()
        self.check(link, page, 120.0)
        assert link.problem(129.9) == ""
        assert link.problem(130.0) == "no DTLS handshake within 30 s"
        self.close(link, page)

    def test_a_command_begins_the_time_anew(self) -> None:
        link, page, command = self.link()
        assert link.problem(130.0)
        link.aim(command, 131.0)
        assert link.problem(160.0) == ""
        assert link.problem(161.0)
        self.close(link, page)

    def test_who_checks_no_more_is_gone(self) -> None:
        """RFC 7675 5.1."""
        link, page, _ = self.link()
        self.check(link, page, 101.0)
        self.check(link, page, 110.0)
        assert link.problem(129.0) == ""
        self.check(link, page, 129.0)
        link._until = 0.0  # as if the handshake were done
        assert link.problem(158.9) == ""
        assert "the party is gone: no check (ICE) came from it for 30 s" in link.problem(159.0)
        self.close(link, page)
