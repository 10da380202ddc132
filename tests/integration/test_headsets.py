"""`freeline headsets`: what is registered, from where, and whether it answers."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.integration.conftest import StartSwitch
from tests.integration.test_phones import headset
from tests.integration.test_registration import log_in
from tests.support.phones import PhoneFactory
from tests.support.processes import wait_until
from tests.support.sipp import SippFactory, needs_raw_sockets
from tests.support.sipp_scenario import IS_HUNG_UP_ON, PICKS_UP, TALKS, bye, pause, press, receive
from tests.support.site import headset_agent
from tests.support.switch_process import SwitchProcess

pytest.importorskip("pjsua2", reason="the extra `phone` is not installed")
pytestmark = pytest.mark.interop(peer="pjsua2", role="headset", over="UDP")


def asks(silent: str = "show") -> dict[str, Any]:
    """Return settings with which headsets are asked often."""
    qualify = {"interval_seconds": 5, "failures": 1, "silent": silent}
    # Nobody answers for 64 * T1: that is short here.
    return {"sip": {"qualify": qualify, "t1_seconds": 0.05, "digest": ["SHA-256", "MD5"]}}


def freeline(switch: SwitchProcess, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "switch", *words, "--config", str(switch.config)],
        capture_output=True,
        text=True,
        timeout=60,
    )


def told(switch: SwitchProcess, *words: str) -> Any:
    done = freeline(switch, *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def one_that(switch: SwitchProcess, what: str, value: object) -> dict[str, Any]:
    """Wait until the only headset is so, and return it."""

    def there() -> dict[str, Any] | None:
        found = told(switch, "headsets")
        return found[0] if found and found[0][what] == value else None

    return wait_until(there, f"{what} == {value}", within_seconds=40, every=0.3)


@pytest.mark.interop(proves="is shown with its address, program, codecs and round trip")
def test_a_headset_is_shown_with_all_that_is_known_of_it(
    start_switch: StartSwitch, phones: PhoneFactory
) -> None:
    switch = start_switch(agents=[headset_agent("asha")], settings=asks())
    headset(phones, switch, "asha", 700)
    wait_until(
        lambda: told(switch, "headsets")[0]["round_trip_ms"],
        "the first answer",
        within_seconds=20,
        every=0.3,
    )
    (one,) = told(switch, "headsets", "asha")
    assert (one["headset"], one["agent"], one["state"]) == ("asha", "asha", "ready")
    assert (one["transport"], one["source"].split(":")[0]) == ("udp", "127.0.0.1")
    assert 0 < one["round_trip_ms"] < 5000
    assert (one["unanswered"], one["silent"]) == (0, False)
    assert one["expires_in_seconds"] > 0
    assert one["user_agent"] != ""
    assert one["codecs"] == []  # pjsua2 answers OPTIONS without a description
    shown = freeline(switch, "headsets").stdout
    assert f"udp:{one['source']}" in shown
    assert "ready" in shown
    assert told(switch, "headsets", "ravi") == []
    assert told(switch, "headsets", "--silent") == []


@pytest.mark.interop(proves="one that is gone without a word falls silent, its agent not ready")
def test_a_silent_headsets_agent_gets_no_calls_until_it_answers(
    start_switch: StartSwitch, phones: PhoneFactory
) -> None:
    switch = start_switch(agents=[headset_agent("asha")], settings=asks("not_ready"))
    phone = headset(phones, switch, "asha", 700)
    wait_until(lambda: told(switch, "headsets")[0]["round_trip_ms"], "an answer", within_seconds=20)
    phone.process.kill()
    one = one_that(switch, "silent", True)
    assert one["unanswered"] >= 1
    switch.wait_for_metric("freeline_agents", 1, state="not_ready")
    (agent,) = told(switch, "agents")
    assert agent["reason"] == "headset_silent"
    assert "silent" in freeline(switch, "headsets", "--silent").stdout
    assert switch.log("headset_silent")


@pytest.mark.interop(proves="one that is gone without a word is unregistered, if so wished")
def test_a_silent_headset_is_unregistered_if_so_wished(
    start_switch: StartSwitch, phones: PhoneFactory
) -> None:
    switch = start_switch(agents=[headset_agent("asha")], settings=asks("unregister"))
    phone = headset(phones, switch, "asha", 700)
    wait_until(lambda: told(switch, "headsets")[0]["round_trip_ms"], "an answer", within_seconds=20)
    phone.process.kill()
    wait_until(lambda: not told(switch, "headsets"), "its end", within_seconds=40, every=0.3)
    switch.wait_for_metric("freeline_agents", 1, state="logged_out")
    assert "no such headsets" in freeline(switch, "headsets").stdout


@needs_raw_sockets
@pytest.mark.interop(
    peer="SIPp",
    role="headset and caller",
    over="UDP",
    proves="the codec of its last call is shown; it is not asked where that is switched off",
)
def test_the_codec_of_the_last_call_is_shown(start_switch: StartSwitch, sipp: SippFactory) -> None:
    switch = start_switch(agents=[headset_agent("asha")])
    phone = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    log_in(sipp, switch, "asha", phone.port)
    steps = [*TALKS, press("1"), pause(1), bye(cseq=2), receive(200)]
    sipp.caller(switch.sip, steps).finish()
    phone.finish()
    (one,) = told(switch, "headsets")
    assert (one["last_codec"], one["round_trip_ms"]) == (switch.record()["outbound_codec"], None)
    assert "not asked yet" in freeline(switch, "headsets").stdout
