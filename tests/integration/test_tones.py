"""Callers whose keys are tones and nothing else, and callers that are fax machines."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from switch.media.g711 import linear_to_alaw
from tests.integration.conftest import StartSwitch
from tests.support.key_capture import Keypad
from tests.support.sipp import SippFactory, needs_raw_sockets
from tests.support.sipp_scenario import (
    HANGS_UP,
    IS_DROPPED,
    IS_HUNG_UP_ON,
    PICKS_UP,
    ack,
    info,
    invite,
    pause,
    play,
    receive,
    sdp,
    speak,
)
from tests.support.site import NUMBER, fixed_agent

pytestmark = [
    pytest.mark.interop(peer="SIPp", role="caller", over="UDP"),
    needs_raw_sockets,
]

NO_EVENTS = [
    invite(sdp(8, 0, events=-1)),
    receive(100, optional=True),
    receive(200, makes_dialog=True),
    ack(),
]
"""A caller without telephone-event is answered."""


def keys(names: str, path: Path) -> str:
    """Return the step that presses keys by their tones."""
    Keypad(events=False).press(names, path, 0)
    return play(str(path))


def cng(path: Path) -> str:
    """Return the step that sends a fax machine's tone twice (ITU-T T.30 4.1)."""
    tone = bytes(
        linear_to_alaw(round(4000 * math.sin(2 * math.pi * 1100 * at / 8000))) for at in range(4000)
    )
    Keypad().say((b"\xd5" * 1600 + tone + b"\xd5" * 24_000) * 2, path)
    return play(str(path))


@pytest.mark.interop(proves="keys by their tones, without telephone-event")
def test_keys_by_their_tones(start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path) -> None:
    headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], echo=True)
    switch = start_switch(agents=[fixed_agent("asha", headset.port)])
    step = keys("1", tmp_path / "key.pcap")
    caller = sipp.caller(
        switch.sip, [*NO_EVENTS, pause(0.5), step, pause(1.5), speak(), pause(4), *HANGS_UP]
    )
    caller.finish()
    headset.finish()
    record = switch.record()
    assert (record["result"], record["agent"]) == ("completed", "asha")
    assert record["keys"] == 1, "and nothing of what was said afterwards"
    assert switch.metric("freeline_digits_total", method="inband") == 1


@pytest.mark.interop(proves="a key in INFO whose tone is heard, too, counts once")
def test_a_key_that_comes_in_both_ways_counts_once(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    flow = tmp_path / "flows" / "digits.yaml"
    flow.parent.mkdir()
    flow.write_text(
        "nodes:\n"
        "  ask: {type: collect, prompts: Your number., into: number, max_digits: 9,\n"
        "        next: note, exits: {no_input: end, no_match: end}}\n"
        "  note: {type: tag, tags: {number: '{{ vars.number }}'}, next: end}\n"
        "  end: {type: hangup}\n"
    )
    switch = start_switch(flows=flow.parent, numbers={NUMBER: "digits"})
    later = [keys(name, tmp_path / f"{name}.pcap") for name in "2"]
    steps = [
        *NO_EVENTS,
        pause(0.5),
        info("1", cseq=2),
        receive(200),
        *later,
        pause(1),
        info("3", cseq=3),
    ]
    steps += [receive(200), pause(0.3), info("#", cseq=4), receive(200), *IS_DROPPED]
    caller = sipp.caller(switch.sip, steps)
    caller.finish()
    record = switch.record()
    assert record["tags"]["number"] == "13"


@pytest.mark.interop(proves="a fax machine that calls goes where the flow wants it")
def test_a_fax_machine_goes_where_the_flow_wants_it(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    flow = tmp_path / "flows" / "office.yaml"
    flow.parent.mkdir()
    flow.write_text(
        "on_fax: fax\n"
        "nodes:\n"
        "  hello:\n"
        "    type: play\n"
        "    prompts: Welcome. This is a rather long text, so that nobody has to hurry at all.\n"
        "    next: menu\n"
        "  menu: {type: menu, prompts: Press 1., options: {'1': end}, timeout_seconds: 20,\n"
        "         exits: {no_input: end, no_match: end}}\n"
        "  fax: {type: tag, tags: {kind: fax}, next: end}\n"
        "  end: {type: hangup}\n"
    )
    switch = start_switch(flows=flow.parent, numbers={NUMBER: "office"})
    step = cng(tmp_path / "cng.pcap")
    answered = [
        invite(sdp(8, 0)),
        receive(100, optional=True),
        receive(200, makes_dialog=True),
        ack(),
    ]
    caller = sipp.caller(switch.sip, [*answered, pause(0.3), step, *IS_DROPPED])
    caller.finish()
    record = switch.record()
    assert record["tags"] == {"kind": "fax"}
    assert [each["node"] for each in record["path"]][-2:] == ["fax", "end"]
