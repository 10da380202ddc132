"""What SIPp is told to do, and how its statistics are read."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from sipp import (
    accounts_file,
    begun_after,
    caller_scenario,
    headset_scenario,
    last_row,
    register_scenario,
)


def steps(scenario: str) -> list[str]:
    """Return what a scenario does, in order: what it sends, what it waits for."""
    found = []
    for step in ElementTree.fromstring(scenario.encode("iso-8859-1")):
        if step.tag == "send":
            found.append("send " + (step.text or "").split()[0])
        elif step.tag == "recv" and step.get("optional") != "true":
            found.append("recv " + (step.get("response") or step.get("request") or ""))
        elif step.tag == "pause":
            found.append(f"pause {step.get('milliseconds')}")
        elif step.tag == "nop":
            found.append("nop")
    return found


class TestCaller:
    def test_hangs_up_at_once(self) -> None:
        assert steps(caller_scenario()) == [
            *("send INVITE", "recv 200", "send ACK", "send BYE", "recv 200")
        ]

    def test_presses_a_key_and_talks(self) -> None:
        assert steps(caller_scenario("info", 1.2)) == [
            *("send INVITE", "recv 200", "send ACK", "pause 300"),
            *("send INFO", "recv 200", "pause 1200", "send BYE", "recv 200"),
        ]

    def test_presses_a_key_by_rtp(self) -> None:
        assert steps(caller_scenario("rfc4733", 1.2))[3:6] == ["pause 300", "nop", "pause 1200"]

    def test_only_listens(self) -> None:
        assert steps(caller_scenario(talk_seconds=60))[3:5] == ["pause 60000", "send BYE"]


@pytest.mark.parametrize(
    "scenario",
    [caller_scenario("info", 1), headset_scenario(), register_scenario()],
    ids=["caller", "headset", "register"],
)
def test_nothing_is_left_to_fill_in(scenario: str) -> None:
    ElementTree.fromstring(scenario.encode("iso-8859-1"))
    assert "@STEPS@" not in scenario


@pytest.mark.parametrize("made", [caller_scenario(rtp_port=4002), headset_scenario(4002)])
def test_rtp_may_go_elsewhere(made: str) -> None:
    assert "m=audio 4002 RTP/AVP 0" in made
    assert "[media_port]" not in made


def test_sipps_own_port_is_the_usual_one() -> None:
    assert "m=audio [media_port] RTP/AVP 0" in headset_scenario()


class TestRegister:
    def test_answers_the_challenge(self) -> None:
        assert steps(register_scenario()) == [
            *("send REGISTER", "recv 401", "send REGISTER", "recv 200")
        ]

    def test_accounts_come_in_turn_with_their_credentials(self) -> None:
        assert accounts_file(2).splitlines() == [
            "SEQUENTIAL",
            "load0001;[authentication username=load0001 password=secret-load0001]",
            "load0002;[authentication username=load0002 password=secret-load0002]",
        ]


class TestStatistics:
    NAMES = "StartTime;CurrentTime;TotalCallCreated;SuccessfulCall(C);"
    BEGAN = "2026-01-01\t00:00:00.000000\t1000.000000"

    def line(self, seconds: float, created: int, successful: int) -> str:
        return f"{self.BEGAN};2026-01-01\t0:0:0\t{1000 + seconds:.6f};{created};{successful};\n"

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        file = tmp_path / "stat.csv"
        lines = [self.line(second / 5, second * 4, second * 3) for second in range(300)]
        file.write_text(self.NAMES + "\n" + "".join(lines))
        return file

    def test_the_last_line_counts(self, file: Path) -> None:
        assert last_row(file)["TotalCallCreated"] == "1196"
        assert last_row(file)["SuccessfulCall(C)"] == "897"

    def test_half_a_line_does_not(self, file: Path) -> None:
        with file.open("a") as more:
            more.write(self.line(100, 5000, 4000)[:40])
        assert last_row(file)["TotalCallCreated"] == "1196"

    @pytest.mark.parametrize("text", ["", NAMES, NAMES + "\n", NAMES + "\n2026"])
    def test_there_may_be_none_yet(self, text: str, tmp_path: Path) -> None:
        file = tmp_path / "stat.csv"
        assert last_row(file) == {}
        file.write_text(text)
        assert last_row(file) == {}

    def test_when_so_many_calls_had_begun(self, file: Path) -> None:
        assert begun_after(file, 40) == 2.0
        assert begun_after(file, 41) == 2.2
        assert begun_after(file, 2000) is None
