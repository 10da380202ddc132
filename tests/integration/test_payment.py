"""The shipped payment flow on a real call that is recorded: nobody learns what is keyed in.

The caller has talked with an agent, so the call is recorded when the flow asks for the card, and
before, when the card may be keyed in already. The keys come as RTP events with their tones in the
audio beside them, or as SIP INFO with the tones. A subscriber at a real broker hears everything
that there is to hear.
"""

from __future__ import annotations

import asyncio
import json
import math
import threading
import time
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy
import numpy.typing as npt
import pytest

from tests.integration.conftest import StartSwitch
from tests.support.key_capture import Keypad
from tests.support.mosquitto import Mosquitto, Subscriber, subscriber
from tests.support.processes import wait_until
from tests.support.sipp import SippFactory, needs_raw_sockets
from tests.support.sipp_scenario import (
    IS_DROPPED,
    PICKS_UP,
    TALKS,
    hang_up,
    info,
    pause,
    play,
    receive,
    speak,
)
from tests.support.site import NUMBER, SHIPPED_FLOWS, fixed_agent, queue
from tests.support.switch_process import SwitchProcess

pytestmark = [
    pytest.mark.interop(peer="SIPp", role="caller", over="UDP"),
    needs_raw_sockets,
]

TALK = """
nodes:
  talk: {type: queue, queue: orders, next: pay, exits: {timeout: end, no_agents: end}}
  pay: {type: transfer, flow: payment}
  end: {type: hangup}
"""
INVOICE, AMOUNT, YES = "20264711#", "12*50#", "1"
CARD, EXPIRY, CODE = "4929839561482051", "0731", "8642"
ANSWERS = (INVOICE, AMOUNT, YES, CARD + "#", EXPIRY, CODE + "#")
OPENLY = INVOICE + AMOUNT + YES
RATE = 8000
ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477)
KEYS = ("123", "456", "789", "*0#")
Samples = npt.NDArray[Any]
_BLOCK = 205
"""Samples: what tells the tones of keys apart (ITU-T Q.23) at this rate."""
_AUDIBLE = 300.0
"""Amplitude of each of the two tones, of 32768."""
_EDGE = 1600
"""The moment itself, to 0.2 s."""
_THINKS_SECONDS = 2.0
"""Between two answers: questions are asked meanwhile."""


AHEAD = """
languages: en
nodes:
  hello: {type: say, text: Welcome. We are looking for your invoice now., next: look}
  look: {type: http, url: "BANK/invoice", timeout_seconds: 20, next: card, exits: {failed: card}}
  card:
    type: collect
    prompts: Please key in the number of your card.
    into: card
    max_digits: 19
    inter_digit_timeout_seconds: 10
    sensitive: true
    next: pay
    exits: {no_input: end, no_match: end}
  pay:
    type: http
    method: POST
    url: BANK/charge
    json: {card: "{{ vars.card }}"}
    next: more
    exits: {failed: end}
  more:
    type: menu
    prompts: To pay another invoice, press 7.
    options: {"7": thanks}
    timeout_seconds: 20
    exits: {no_input: end, no_match: end}
  thanks: {type: say, text: Thank you. One moment please., next: end}
  end: {type: hangup}
"""
_LOOKS_SECONDS = 8.0
"""For an invoice: longer than a card's number is keyed in."""


class Bank(BaseHTTPRequestHandler):
    """Takes every charge, and takes its time to find an invoice."""

    taken: list[dict[str, Any]]

    def do_GET(self) -> None:
        time.sleep(_LOOKS_SECONDS)
        self._answer(b"{}")

    def do_POST(self) -> None:
        self.taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self._answer(b'{"receipt": "31415"}')

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def bank() -> Iterator[ThreadingHTTPServer]:
    Bank.taken = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bank)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def keyed_in(
    directory: Path, way: str, *answers: str, thinks_seconds: float = _THINKS_SECONDS
) -> list[str]:
    """Return the steps of a caller who keys everything in, answer by answer."""
    steps: list[str] = []
    cseq = 2
    keypad = Keypad(events=way == "events")
    for number, keys in enumerate(answers):
        capture = directory / f"keys{number}.pcap"
        seconds = keypad.press(keys, capture, thinks_seconds)
        steps.append(play(str(capture)))
        if way == "info":
            for key in keys:
                steps += [info(key, cseq=cseq), receive(200), pause(seconds / len(keys) - 0.02)]
                cseq += 1
        else:
            steps.append(pause(seconds))
        steps.append(pause(thinks_seconds))
    return steps


@dataclass
class Recorded:
    """A call that is over."""

    record: dict[str, Any]
    told: str
    """Keys of which events told."""
    counted: float
    """Keys in the metrics."""
    asked: dict[str, int]
    """Node -> when it was entered, in samples of the recording."""
    said: Samples
    heard: Samples


async def recorded_call(
    start_switch: StartSwitch,
    sipp: SippFactory,
    directory: Path,
    bank: ThreadingHTTPServer,
    flow: str,
    keys: list[str],
) -> Recorded:
    """Talk with an agent, go through a flow, and see that no secret is in anything that tells.

    Args:
        flow: its text; BANK stands for the bank's address.
        keys: what the caller does after the talk.
    """
    address = f"http://127.0.0.1:{bank.server_address[1]}"
    flows = directory / "flows"
    flows.mkdir()
    (flows / "payment.yaml").write_text(flow.replace("BANK", address))
    (flows / "desk.yaml").write_text(TALK)
    headset = sipp.headset([*PICKS_UP, pause(4), hang_up(), receive(200)], echo=True)
    broker = Mosquitto(directory)
    await broker.start()
    try:
        async with subscriber(broker.port, "#") as heard:
            switch = start_switch(
                numbers={NUMBER: "desk"},
                flows=flows,
                agents=[fixed_agent("asha", headset.port)],
                queues=[queue(), queue("operator")],
                settings={
                    "http": {"allow": [address]},
                    "mqtt": {"broker": f"mqtt://127.0.0.1:{broker.port}"},
                    "log": {"level": "debug", "format": "json"},
                },
            )
            await asyncio.to_thread(
                wait_until, lambda: switch.metric("freeline_mqtt_connected") == 1, "the broker"
            )
            caller = sipp.caller(switch.sip, [*TALKS, speak(), pause(8), *keys, *IS_DROPPED])
            await asyncio.to_thread(caller.finish, 90)
            await heard.on("/ended")
            record = await asyncio.to_thread(switch.record)
            counted = switch.metric("freeline_digits_total")
            await asyncio.to_thread(switch.finish)
    finally:
        broker.close()
    headset.finish()
    assert_nowhere(heard, switch, record)
    said, sounds = tracks(record["recording"])
    (connected,) = [each for each in heard.heard if each.topic.endswith("/connected")]
    began = datetime.fromisoformat(connected.payload["at"])
    return Recorded(
        record,
        "".join(each.payload["digit"] for each in heard.heard if each.topic.endswith("/digit")),
        counted,
        {
            each.payload["node"]: round(
                (datetime.fromisoformat(each.payload["at"]) - began).total_seconds() * RATE
            )
            for each in heard.heard
            if each.topic.endswith("/node")
        },
        said,
        sounds,
    )


def tracks(path: str) -> tuple[Samples, Samples]:
    """Return what the caller said and heard."""
    with wave.open(path, "rb") as wav:
        assert (wav.getframerate(), wav.getnchannels()) == (RATE, 2)
        samples = numpy.frombuffer(wav.readframes(wav.getnframes()), "<i2").reshape(-1, 2)
    return samples[:, 0], samples[:, 1]


def tones(samples: Samples) -> set[str]:
    """Return the keys whose two tones can be heard (Goertzel).

    In a block that has a part of a tone alone it may look like that of the key beside it.
    """
    found = set()
    for start in range(0, len(samples) - _BLOCK, _BLOCK // 2):
        block = samples[start : start + _BLOCK].astype(float)
        rows, columns = ([amplitude(block, hertz) for hertz in group] for group in (ROWS, COLUMNS))
        if min(max(rows), max(columns)) > _AUDIBLE:
            found.add(KEYS[rows.index(max(rows))][columns.index(max(columns))])
    return found


def amplitude(block: Samples, hertz: float) -> float:
    """Return how loud a tone is in some samples."""
    turn = 2 * math.cos(2 * math.pi * hertz / RATE)
    before = last = 0.0
    for sample in block:
        before, last = last, sample + turn * last - before
    power = before * before + last * last - turn * before * last
    return 2 * math.sqrt(max(power, 0.0)) / len(block)


@pytest.mark.parametrize("way", ["events", "info"])
async def test_what_is_keyed_in_is_nowhere(
    way: str,
    start_switch: StartSwitch,
    sipp: SippFactory,
    tmp_path: Path,
    bank: ThreadingHTTPServer,
) -> None:
    shipped = (SHIPPED_FLOWS / "payment.yaml").read_text()
    assert "https://payments.example" in shipped
    call = await recorded_call(
        start_switch,
        sipp,
        tmp_path,
        bank,
        shipped.replace("https://payments.example", "BANK"),
        keyed_in(tmp_path, way, *ANSWERS),
    )

    # The secret reached the bank, and the rest reached everybody.
    (charge,) = Bank.taken
    assert (charge["card"], charge["expiry"], charge["code"]) == (CARD, "2031-07", CODE)
    assert call.told == OPENLY
    assert call.record["tags"] == {"paid": "12.50", "invoice": INVOICE[:-1]}

    # Nor is it in the recording: that is silent from where it could be keyed in first, and until
    # nothing sounds any more.
    asked, edge = call.asked, _EDGE
    assert numpy.abs(call.said[: asked["ask_invoice"] - edge]).max() > 1000  # they talk
    assert numpy.abs(call.said[asked["ask_invoice"] + edge :]).max() < 100
    assert numpy.abs(call.heard[asked["ask_invoice"] + edge : asked["pay"]]).max() < 100
    assert numpy.abs(call.heard[asked["say_receipt"] :]).max() > 1000  # and afterwards it goes on


@pytest.mark.parametrize("way", ["events", "info"])
async def test_what_is_keyed_in_before_it_is_asked_for_is_nowhere(
    way: str,
    start_switch: StartSwitch,
    sipp: SippFactory,
    tmp_path: Path,
    bank: ThreadingHTTPServer,
) -> None:
    keys = keyed_in(tmp_path, way, CARD + "#", "7", thinks_seconds=_LOOKS_SECONDS + 2)
    call = await recorded_call(start_switch, sipp, tmp_path, bank, AHEAD, keys[:-1])

    assert Bank.taken == [{"card": CARD}]
    assert call.told == "7"
    assert (call.record["keys"], call.counted) == (1, 1)
    asked = call.asked
    assert tones(call.said[asked["hello"] + _EDGE : asked["more"]]) == set()
    assert tones(call.heard[asked["hello"] + _EDGE : asked["more"]]) == set()
    assert "7" in tones(call.said[asked["more"] :])  # which is no secret


def assert_nowhere(heard: Subscriber, switch: SwitchProcess, record: dict[str, Any]) -> None:
    """See that the secret is in no event, in no log line, on no record, in no file."""
    for each in heard.heard:
        assert_no_secret(each.topic, each.payload)
    for line in switch.log():
        assert_no_secret(str(line.get("event")), line)
    assert_no_secret("record", record)
    for file in switch.directory.rglob("*"):
        if file.is_file():
            assert CARD.encode() not in file.read_bytes(), file


def assert_no_secret(where: str, told: Any) -> None:
    """See that no text or number in it has a secret; times and identifiers may look like one."""
    match told:
        case dict():
            for key, value in told.items():
                if key not in ("at", "call", "id", "timestamp", "sip_call_id", "path"):
                    assert_no_secret(f"{where} {key}", value)
        case list():
            for value in told:
                assert_no_secret(where, value)
        case str() if not is_time(told):
            for secret in (CARD, CARD[:8], CARD[-8:], EXPIRY, CODE, "2031-07"):
                assert secret not in told, f"{where}: {told}"


def is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
