"""Nobody waits in silence for a sentence: heard by a pjsua2 phone, with a slow espeak-ng."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy
import pytest
import soundfile

from switch.phone.tone import strongest, write_tone
from tests.integration.conftest import StartSwitch
from tests.support.phones import PhoneFactory, PhoneProcess
from tests.support.site import NUMBER, fixed_agent, queue
from tests.support.slow_voice import SlowVoice
from tests.support.switch_process import SwitchProcess

pytest.importorskip("pjsua2", reason="the extra `phone` is not installed")
pytestmark = pytest.mark.interop(peer="pjsua2", role="caller", over="UDP")

SLOW_SECONDS = 5.0
"""That the voice takes for a sentence."""
MOST_SILENCE_SECONDS = 2.0
"""Half a second, and what a busy machine adds."""
SPEECH = 0.25
"""Amplitude: sentences are louder, the waiting sound and the music of these tests are softer."""
CALLER = "+12125550123"


@pytest.fixture
def voice(tmp_path: Path) -> SlowVoice:
    return SlowVoice(tmp_path / "bin")


def start(
    start_switch: StartSwitch, voice: SlowVoice, directory: Path, flow: str, **site: object
) -> SwitchProcess:
    """Start a switch with one flow, whose fixed prompts are made without delay."""
    flows = directory / "flows"
    flows.mkdir()
    (flows / "line.yaml").write_text(flow)
    return start_switch(
        environment=voice.environment, numbers={NUMBER: "line"}, flows=flows, **site
    )


def call(phones: PhoneFactory, switch: SwitchProcess, script: str) -> PhoneProcess:
    """Call, and return the phone once the call is over."""
    phone = phones.start(
        *("caller", "--id", f"sip:{CALLER}@127.0.0.1", "--call", f"sip:{NUMBER}@{switch.sip}"),
        *("--script", script),
    )
    phone.finish(within_seconds=60)
    return phone


class Heard:
    """What a phone has recorded, from the answer on."""

    def __init__(self, phone: PhoneProcess) -> None:
        samples, rate = soundfile.read(phone.recording, dtype="float64", always_2d=True)
        self.samples = samples[:, 0]
        self.rate = int(rate)

    def longest_silence(self) -> float:
        """Return the longest stretch, in seconds, before the last sound."""
        size = self.rate // 50
        count = len(self.samples) // size
        frames = self.samples[: count * size].reshape(count, size)
        loud = numpy.flatnonzero(numpy.abs(frames).max(axis=1) > 0.004)
        assert len(loud), "nothing was heard"
        gaps = numpy.diff(numpy.concatenate([[-1], loud]))
        longest: float = gaps.max() - 1
        return longest / 50

    def speech_begins(self) -> float:
        """Return when the first sentence is heard, in seconds; the length if none is."""
        loud = numpy.flatnonzero(numpy.abs(self.samples) > SPEECH)
        return float(loud[0] if len(loud) else len(self.samples)) / self.rate

    def is_tone(self, until_seconds: float, *hertz: float) -> bool:
        """Whether one of these is what is heard first."""
        part = self.samples[: int(until_seconds * self.rate)]
        found = strongest(part, self.rate, least_level=0.01).hertz
        return any(abs(found - each) < 5 for each in hertz)


def test_a_first_sentence_in_hindi_that_was_never_spoken(
    start_switch: StartSwitch, phones: PhoneFactory, voice: SlowVoice, tmp_path: Path
) -> None:
    flow = """\
languages: [hi]
nodes:
  greet: {type: say, text: {hi: "{{ call.from | spoken_phone }}"}, next: end}
  end: {type: hangup}
"""
    switch = start(start_switch, voice, tmp_path, flow)
    voice.takes(SLOW_SECONDS)
    heard = Heard(call(phones, switch, "wait 60; hangup"))
    assert heard.longest_silence() < MOST_SILENCE_SECONDS
    assert heard.is_tone(SLOW_SECONDS - 2, 440, 554)
    assert SLOW_SECONDS - 2 < heard.speech_begins() < len(heard.samples) / heard.rate
    assert switch.record()["result"] == "completed"
    assert switch.metric("freeline_spoken_prompts_total", ready="late") == 1
    assert switch.metric("freeline_spoken_prompt_wait_seconds_sum") >= SLOW_SECONDS - 1


def test_fixed_words_are_heard_at_once_while_the_values_are_made(
    start_switch: StartSwitch, phones: PhoneFactory, voice: SlowVoice, tmp_path: Path
) -> None:
    flow = """\
nodes:
  greet: {type: say, text: "Welcome to our firm. You call from {{ call.from | spoken_phone }}.
    Thank you.", next: end}
  end: {type: hangup}
"""
    switch = start(start_switch, voice, tmp_path, flow)
    voice.takes(SLOW_SECONDS)
    heard = Heard(call(phones, switch, "wait 60; hangup"))
    assert heard.speech_begins() < MOST_SILENCE_SECONDS
    assert heard.longest_silence() < MOST_SILENCE_SECONDS
    assert len(heard.samples) / heard.rate > SLOW_SECONDS + 2, "and then all the rest"


def test_a_sentence_is_made_while_the_greeting_before_it_is_heard(
    start_switch: StartSwitch, phones: PhoneFactory, voice: SlowVoice, tmp_path: Path
) -> None:
    greeting = tmp_path / "greeting.wav"
    write_tone(greeting, 700, SLOW_SECONDS + 5)
    flow = """\
nodes:
  begin: {type: set, values: {number: "{{ call.from | spoken_phone }}"}, next: welcome}
  welcome: {type: play, prompts: [{file: ../greeting.wav}], next: told}
  told: {type: say, text: "{{ vars.number }}", next: end}
  end: {type: hangup}
"""
    switch = start(start_switch, voice, tmp_path, flow)
    voice.takes(SLOW_SECONDS)
    heard = Heard(call(phones, switch, "wait 60; hangup"))
    assert heard.longest_silence() < MOST_SILENCE_SECONDS
    assert switch.metric("freeline_spoken_prompts_total", ready="ahead") == 1
    assert switch.metric("freeline_spoken_prompts_total", ready="late") == 0
    assert switch.metric("freeline_spoken_prompts_made_total", why="ahead", result="made") == 1


def test_music_is_heard_until_an_announcement_is_ready(
    start_switch: StartSwitch, phones: PhoneFactory, voice: SlowVoice, tmp_path: Path
) -> None:
    """The position needs no voice any more; what else is told is made before it is due."""
    music = tmp_path / "music.wav"
    write_tone(music, 600, 1)
    samples, rate = soundfile.read(music)
    soundfile.write(music, samples * 0.2, rate)
    flow = """\
nodes:
  wait:
    type: queue
    queue: orders
    announce:
      messages:
        - "{{ call.queue.position }}"
        - "{{ call.from | spoken_phone }}"
      first_after_seconds: 7
      every_seconds: 7
    leave_keys: ["9"]
    exits: {timeout: end, no_agents: end, key: end}
  end: {type: hangup}
"""
    switch = start(
        start_switch,
        voice,
        tmp_path,
        flow,
        agents=[fixed_agent("asha", 9, initial_state="not_ready")],
        queues=[queue()],
        settings={"media": {"music_on_hold": {"file": str(music)}}},
    )
    voice.takes(3)
    heard = Heard(call(phones, switch, "wait 22; dtmf 9; wait 10; hangup"))
    assert heard.longest_silence() < MOST_SILENCE_SECONDS
    assert heard.is_tone(5, 600)
    assert 5 < heard.speech_begins() < 10
    assert len(voice.spoken) == 1, "the number, and not the position"
    assert switch.metric("freeline_spoken_prompts_made_total", why="ahead", result="made") == 1
    assert switch.metric("freeline_spoken_prompts_made_total", why="wanted") == 0


@pytest.fixture
def slow_service() -> Iterator[str]:
    """A web service that takes its time."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(8)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "words",
    ["", 'wait_prompts: "{{ call.from | spoken_phone }}"'],
    ids=["without words", "with words that must be made"],
)
def test_while_a_service_is_asked_there_is_no_silence(
    start_switch: StartSwitch,
    phones: PhoneFactory,
    voice: SlowVoice,
    tmp_path: Path,
    slow_service: str,
    words: str,
) -> None:
    flow = f"""\
nodes:
  begin: {{type: answer, next: ask}}
  ask:
    type: http
    url: {slow_service}/
    timeout_seconds: 20
    {words}
    next: end
    exits: {{failed: sorry}}
  sorry: {{type: tag, tags: {{failed: "yes"}}, next: end}}
  end: {{type: hangup}}
"""
    settings = {"http": {"allow": [slow_service]}}
    switch = start(start_switch, voice, tmp_path, flow, settings=settings)
    voice.takes(4)
    heard = Heard(call(phones, switch, "wait 60; hangup"))
    assert heard.longest_silence() < MOST_SILENCE_SECONDS + 1
    assert heard.is_tone(3, 440, 554)
    assert (heard.speech_begins() < 8) is bool(words)
    assert switch.record()["tags"] == {}


@pytest.mark.parametrize("how", ["hangs", "goes"])
def test_a_voice_that_fails_leads_to_on_error_and_not_to_silence(
    start_switch: StartSwitch, phones: PhoneFactory, voice: SlowVoice, tmp_path: Path, how: str
) -> None:
    flow = """\
on_error: sorry
nodes:
  greet: {type: say, text: "{{ call.from | spoken_phone }}", next: end}
  sorry: {type: hangup, prompts: Something went wrong here. Please call again.}
  end: {type: hangup}
"""
    switch = start(start_switch, voice, tmp_path, flow)
    getattr(voice, how)()
    heard = Heard(call(phones, switch, "wait 60; hangup"))
    assert heard.longest_silence() < MOST_SILENCE_SECONDS
    assert heard.speech_begins() < 15
    assert [step["node"] for step in switch.record()["path"]] == ["greet", "sorry"]
    assert switch.metric("freeline_spoken_prompts_made_total", result="failed") == 1
