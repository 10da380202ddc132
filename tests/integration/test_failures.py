"""Something breaks: a clear error, one call lost at most, and the switch goes on."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import StartSwitch
from tests.support.processes import wait_until
from tests.support.sipp import SippFactory, needs_raw_sockets
from tests.support.sipp_scenario import (
    HANGS_UP,
    IS_DROPPED,
    IS_HUNG_UP_ON,
    PICKS_UP,
    TALKS,
    hang_up,
    pause,
    press,
    receive,
    speak,
)
from tests.support.site import fixed_agent
from tests.support.switch_process import SwitchProcess

pytestmark = [
    pytest.mark.interop(peer="SIPp", role="caller and headset", over="UDP"),
    needs_raw_sockets,
]


def a_call_works(switch: SwitchProcess, sipp: SippFactory) -> None:
    """Call and hang up in the menu."""
    sipp.caller(switch.sip, [*TALKS, pause(0.3), *HANGS_UP]).finish()


class TestDeadWorker:
    def test_ends_its_calls_and_is_replaced(
        self, start_switch: StartSwitch, sipp: SippFactory
    ) -> None:
        headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
        switch = start_switch(agents=[fixed_agent("asha", headset.port)])
        switch.allow_errors("worker_died")
        caller = sipp.caller(switch.sip, [*TALKS, press("1"), *IS_DROPPED])
        headset.wait_for("ACK")
        (worker,) = switch.ready["workers"]
        os.kill(worker, signal.SIGKILL)
        caller.finish()
        headset.finish()
        record = switch.record()
        assert (record["result"], record["reason"]) == ("failed", "media_lost")
        assert switch.metric("freeline_media_worker_deaths_total") == 1

        wait_until(lambda: switch.workers() not in ([], [worker]), "a new worker")
        switch.wait_for_metric("freeline_media_workers_live", 1)
        a_call_works(switch, sipp)
        assert switch.wait_for_records(2)[1]["reason"] == "caller_hung_up"

    def test_leaves_the_calls_of_other_workers_alone(
        self, start_switch: StartSwitch, sipp: SippFactory
    ) -> None:
        switch = start_switch(settings={"media": {"workers": 2}})
        switch.allow_errors("worker_died")
        steps = [
            *TALKS,
            '<recv request="BYE" timeout="3000" ontimeout="alive"/>',
            *(IS_DROPPED[1], '<nop next="over"/>'),
            '<label id="alive"/>',
            *HANGS_UP,
            '<label id="over"/>',
        ]
        caller = sipp.caller(switch.sip, steps, calls=4, rate=20)
        switch.wait_for_metric("freeline_calls_live", 4)
        os.kill(switch.ready["workers"][0], signal.SIGKILL)
        caller.process.wait(20)
        reasons = sorted(record["reason"] for record in switch.wait_for_records(4))
        assert reasons == ["caller_hung_up", "caller_hung_up", "media_lost", "media_lost"]


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for 64 KiB: four seconds of a stereo recording."""
    place = tmp_path / "tiny"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)],
        capture_output=True,
        text=True,
    )
    if mounted.returncode:
        pytest.skip(f"a small file system needs the right to mount: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


class TestFullDisk:
    def test_ends_the_recording_and_not_the_call(
        self, start_switch: StartSwitch, sipp: SippFactory, tiny_disk: Path
    ) -> None:
        headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], echo=True)
        switch = start_switch(
            agents=[fixed_agent("asha", headset.port)],
            settings={"media": {"recordings": {"directory": str(tiny_disk)}}},
        )
        switch.allow_errors("recording_failed")
        steps = [*TALKS, press("1"), pause(0.5), speak(), pause(5.5), *HANGS_UP]
        sipp.caller(switch.sip, steps).finish()
        headset.finish()
        record = switch.record()
        assert (record["result"], record["reason"]) == ("completed", "caller_hung_up")
        assert "space" in record["recording_error"].lower()
        media = {leg["leg"]: leg for leg in record["media"]}
        assert media["outbound"]["packets_received"] > 150

    def test_a_directory_that_cannot_be_written(
        self, start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
    ) -> None:
        """Something else took the day's place after the start; needs no special rights."""
        headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
        place = tmp_path / "recordings"
        place.mkdir()
        switch = start_switch(
            agents=[fixed_agent("asha", headset.port)],
            settings={"media": {"recordings": {"directory": str(place)}}},
        )
        switch.allow_errors("recording_failed")
        place.rmdir()
        place.write_text("not a directory")
        sipp.caller(switch.sip, [*TALKS, press("1"), pause(1), *HANGS_UP]).finish()
        headset.finish()
        record = switch.record()
        assert record["reason"] == "caller_hung_up"
        assert record["agent"] == "asha"
        assert record["recording_error"]


def datagrams() -> list[bytes]:
    """Things that are not SIP, or not quite; the same ones every time."""
    chance = random.Random(3261)
    good = (
        b"INVITE sip:+18005550100@127.0.0.1 SIP/2.0\r\n"
        b"Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-bad\r\n"
        b"From: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:b@127.0.0.1>\r\n"
        b"Call-ID: bad\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
        b"Contact: <sip:a@127.0.0.1:9>\r\nContent-Length: 0\r\n\r\n"
    )
    spoilt = [
        good.replace(b"SIP/2.0\r\n", b"SIP/7.0\r\n", 1),
        good.replace(b"CSeq: 1 INVITE", b"CSeq: 99999999999 INVITE"),
        good.replace(b"CSeq: 1 INVITE", b"CSeq: 1 BYE"),
        good.replace(b"CSeq: 1 INVITE", b"CSeq: one INVITE"),
        good.replace(b"Content-Length: 0", b"Content-Length: -1"),
        good.replace(b"Content-Length: 0", b"Content-Length: 9999999"),
        good.replace(b"Max-Forwards: 70", b"Max-Forwards: many"),
        good.replace(b"<sip:a@127.0.0.1>;tag=1", b"<sip:a@127.0.0.1"),
        good.replace(b"branch=z9hG4bK-bad", b'branch="' + b"x" * 20_000),
        good.replace(b"sip:+18005550100@127.0.0.1", b"sip:\xff\xfe\x00@["),
        *(good.replace(line + b"\r\n", b"") for line in good.split(b"\r\n")[1:-2]),
        *(good[: chance.randrange(len(good))] for _ in range(60)),
    ]
    flipped = []
    for _ in range(200):
        bent = bytearray(good)
        for _ in range(chance.randrange(1, 8)):
            bent[chance.randrange(len(bent))] = chance.randrange(256)
        flipped.append(bytes(bent))
    noise = [chance.randbytes(chance.randrange(1, 1400)) for _ in range(200)]
    return [b"", b"\0", b"\r\n\r\n", b"x" * 60_000, *spoilt, *flipped, *noise]


class TestBadSip:
    def test_by_udp_disturbs_nobody(self, start_switch: StartSwitch, sipp: SippFactory) -> None:
        headset = sipp.headset([*PICKS_UP, pause(1), hang_up(), receive(200)])
        switch = start_switch(agents=[fixed_agent("asha", headset.port)])
        host, _, port = switch.sip.rpartition(":")
        caller = sipp.caller(switch.sip, [*TALKS, press("1"), *IS_DROPPED])
        headset.wait_for("ACK")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind(("127.0.0.3", 0))  # of no trunk
            for datagram in datagrams():
                sender.sendto(datagram, (host, int(port)))
        caller.finish()
        headset.finish()
        assert switch.metric("freeline_sip_bad_datagrams_total") > 50
        a_call_works(switch, sipp)

    def test_by_tcp_costs_its_connection_only(
        self, start_switch: StartSwitch, sipp: SippFactory
    ) -> None:
        switch = start_switch()
        host, _, port = switch.sip_tcp.rpartition(":")
        for datagram in datagrams()[:40]:
            with socket.create_connection((host, int(port)), timeout=5) as connection:
                try:
                    connection.sendall(datagram)
                except OSError:
                    continue  # it has seen enough
        a_call_works(switch, sipp)

    @pytest.mark.interop(proves="")
    def test_a_request_that_is_wrong_but_readable_gets_400(self, start_switch: StartSwitch) -> None:
        """RFC 3261 8.2 and 16.3: who can be answered is told what is wrong."""
        switch = start_switch()
        host, _, port = switch.sip.rpartition(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind(("127.0.0.1", 0))
            sender.settimeout(3)
            mine = sender.getsockname()[1]
            sender.sendto(
                f"OPTIONS sip:127.0.0.1 SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP 127.0.0.1:{mine};branch=z9hG4bK-1\r\n"
                f"From: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:b@127.0.0.1>\r\n"
                f"Call-ID: wrong\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n".encode(),
                (host, int(port)),
            )
            answer = sender.recv(4000).decode()
        assert answer.startswith("SIP/2.0 400 ")
        assert "Call-ID: wrong" in answer


class TestBadConfiguration:
    @pytest.mark.interop(proves="")
    def test_is_told_with_its_place_and_nothing_starts(self, start_switch: StartSwitch) -> None:
        with pytest.raises(AssertionError) as told:
            start_switch(numbers={"+18005550100": "order_lime"})
        assert "order_lime" in str(told.value)
        assert "freeline.yaml" in str(told.value)
        assert "Traceback" not in str(told.value)
