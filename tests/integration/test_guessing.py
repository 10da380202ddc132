"""Strangers who guess at passwords of a real switch, from an address of their own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from switch.sip.incoming import IncomingResponse, parse_message
from switch.sip.peer import Peer
from tests.integration.conftest import StartSwitch
from tests.support.core_bench import credentials
from tests.support.site import headset_agent
from tests.support.switch_process import SwitchProcess

SILENCE_SECONDS = 1.0


class Guesser:
    """A UDP client at 127.0.0.66, which is no trunk's address."""

    def __init__(self, switch: SwitchProcess) -> None:
        host, port = switch.sip.split(":")
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.66", 0))
        self._socket.connect((host, int(port)))
        self._number = 0

    def ask(self, *headers: str, seconds: float = 20) -> IncomingResponse | None:
        """Send a REGISTER of asha's and return the answer; None when there is none."""
        self._number += 1
        lines = [
            "REGISTER sip:198.51.100.1 SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.66;rport;branch=z9hG4bKg{self._number}",
            "Max-Forwards: 70",
            "From: <sip:asha@127.0.0.1>;tag=g",
            "To: <sip:asha@127.0.0.1>",
            "Call-ID: guessing",
            f"CSeq: {self._number} REGISTER",
            "Contact: <sip:asha@127.0.0.66>",
            *headers,
            "Content-Length: 0",
        ]
        self._socket.settimeout(seconds)
        self._socket.send(("\r\n".join(lines) + "\r\n\r\n").encode())
        try:
            data = self._socket.recv(65_535)
        except TimeoutError:
            return None
        answer = parse_message(data, Peer("udp", ("127.0.0.1", 5060), ("127.0.0.66", 5060)))
        assert isinstance(answer, IncomingResponse)
        return answer

    def guess(self, password: str) -> int:
        """Answer a challenge, and return the status."""
        challenge = self.ask()
        assert challenge is not None
        answer = self.ask(credentials(challenge, "REGISTER", "asha", password, "MD5"))
        assert answer is not None
        return answer.code

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def switch(start_switch: StartSwitch) -> SwitchProcess:
    bans = {"free_failures": 2, "first_seconds": 600, "longest_seconds": 3600}
    return start_switch(agents=[headset_agent("asha")], settings={"sip": {"bans": bans}})


@pytest.fixture
def guesser(switch: SwitchProcess) -> Iterator[Guesser]:
    guesser = Guesser(switch)
    yield guesser
    guesser.close()


def bans(switch: SwitchProcess, *words: str) -> list[dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-m", "switch", "bans", *words, "--json", "--config", str(switch.config)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def test_who_guesses_is_banned_told_of_and_let_in_again(
    switch: SwitchProcess, guesser: Guesser
) -> None:
    assert [guesser.guess(word) for word in ("123456", "password", "asha")] == [401] * 3
    assert guesser.ask(seconds=SILENCE_SECONDS) is None
    switch.wait_for_metric("freeline_bans_total", 1, subject="source")
    switch.wait_for_metric("freeline_bans_total", 1, subject="account")
    switch.wait_for_metric("freeline_sip_unheard_total", 1, reason="banned")
    told = {(line["subject"], line["failures"]) for line in switch.log("guessing_banned")}
    assert told == {("source", 3), ("account", 3)}
    assert {(each["subject"], each["name"]) for each in bans(switch)} == {
        ("source", "127.0.0.66"),
        ("account", "asha"),
    }
    assert len(bans(switch, "--lift", "127.0.0.66")) == 1
    assert guesser.guess("secret-asha") == 401  # the account is held still
    assert bans(switch, "--lift", "asha") == []
    assert guesser.guess("secret-asha") == 200


def test_a_scanner_hears_nothing_and_others_do(switch: SwitchProcess, guesser: Guesser) -> None:
    assert guesser.ask("User-Agent: friendly-scanner", seconds=SILENCE_SECONDS) is None
    answer = guesser.ask("User-Agent: Yealink SIP-T46S 66.86.0.15")
    assert answer is not None
    assert answer.code == 401
    switch.wait_for_metric("freeline_sip_unheard_total", 1, reason="scanner")
