"""The demo behind scripts/demo: boot, call, show, check, serve."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import socket
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiomqtt
from processes import Child, free_port, is_free
from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text
from timeline import TimeLine

from switch.errors import PhoneError
from switch.phone.tone import Heard, find_tone, write_tone

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "var" / "demo"
FREELINE = str(Path(sys.executable).with_name("freeline"))
NUMBER = "+18005550100"
CALLER_HERTZ, ASHA_HERTZ, RAVI_HERTZ = 440.0, 1000.0, 1500.0
_WANTED_METRICS = (
    *("freeline_calls_total", "freeline_calls_arrived_total", "freeline_queue_wait_seconds_count"),
    *("freeline_queue_service_level_ratio", "freeline_agents", "freeline_digits_total"),
    *("freeline_rtp_packets_received_total", "freeline_rtp_packets_lost_total"),
    *("freeline_routing_decision_seconds_sum", "freeline_sip_retransmissions_total"),
)


class DemoFailed(Exception):
    """Something did not happen; the message says what, and where to look."""


class Demo:
    """One run."""

    def __init__(self, console: Console, stack: AsyncExitStack) -> None:
        self._console = console
        self._stack = stack
        self._line = TimeLine(console)
        self.sip = ""
        self._http = ""
        self._mqtt_port = 0

    async def run(self) -> bool:
        """Show a call; whether both sides heard each other."""
        PLACE.mkdir(parents=True, exist_ok=True)
        self._rule("boot")
        await self._broker()
        await self._switch()
        for name, hertz in (("asha", ASHA_HERTZ), ("ravi", RAVI_HERTZ)):
            await self._headset(name, hertz)
        self._rule(f"a call to {NUMBER}")
        await self._call()
        await self._until(lambda: bool(self._line.of("ended")), "the end of the call")
        await asyncio.sleep(0.7)  # the record is written a little later
        call = str(self._line.of("ended")[0]["call"])
        self._line.quiet = True
        self._rule("the call record")
        await self._print_output("calls", call, "--config", str(ROOT / "config"))
        self._rule("metrics, from " + self._http)
        self._show_metrics()
        self._rule("MQTT events")
        self._show_events()
        self._rule("who heard whom")
        return self._check()

    async def _broker(self) -> None:
        self._mqtt_port = free_port(socket.SOCK_STREAM)
        config = PLACE / "mosquitto.conf"
        config.write_text(f"listener {self._mqtt_port} 127.0.0.1\nallow_anonymous true\n")
        # Debian puts it where only root looks.
        path = f"{os.environ.get('PATH', '')}:/usr/sbin"
        binary = shutil.which("mosquitto", path=path) or "mosquitto"
        await self._child("mosquitto", [binary, "-c", str(config)])
        self._say(f"Mosquitto on port {self._mqtt_port}")
        self._stack.push_async_callback(_cancel, asyncio.create_task(self._listen()))

    async def _listen(self) -> None:
        """Collect every event from the broker."""
        while True:
            try:
                async with aiomqtt.Client("127.0.0.1", self._mqtt_port) as client:
                    await client.subscribe("freeline/#")
                    async for message in client.messages:
                        if isinstance(message.payload, bytes | bytearray):
                            topic = str(message.topic)
                            self._line.add(topic, json.loads(message.payload))
            except aiomqtt.MqttError:
                await asyncio.sleep(0.1)

    async def _switch(self) -> None:
        ready = PLACE / "ready.json"
        ready.unlink(missing_ok=True)
        arguments = [FREELINE, "serve", "--config", str(ROOT / "config")]
        arguments += ["--ready-file", str(ready)]
        arguments += ["--set", f"mqtt.broker=mqtt://127.0.0.1:{self._mqtt_port}"]
        if not (is_free(socket.SOCK_DGRAM, 5060) and is_free(socket.SOCK_STREAM, 5060)):
            self._say("port 5060 is taken: SIP gets another one")
            listeners = ", ".join(
                f"{{transport: {kind}, address: 127.0.0.1, port: 0}}" for kind in ("udp", "tcp")
            )
            arguments += ["--set", f"sip.listen=[{listeners}]"]
        if not is_free(socket.SOCK_STREAM, 9464):
            self._say("port 9464 is taken: telemetry gets another one")
            arguments += ["--set", "telemetry.port=0"]
        began = time.monotonic()
        switch = await self._child("switch", arguments)
        await self._until(lambda: ready.exists(), "the switch to serve", switch, seconds=120)
        told = json.loads(ready.read_text())
        self.sip, self._http = told["sip_udp"], told["http"]
        self._say(
            f"Freeline serves after {time.monotonic() - began:.1f} s: SIP {self.sip}, "
            f"http://{self._http}, media workers {told['workers']}"
        )

    async def _headset(self, name: str, hertz: float) -> None:
        tone = PLACE / f"{name}-says.wav"
        write_tone(tone, hertz)
        recording = PLACE / f"{name}-hears.wav"
        recording.unlink(missing_ok=True)
        phone = await self._child(
            name,
            [
                *(FREELINE, "phone", "--json", "--id", f"sip:{name}@127.0.0.1"),
                *("--registrar", self.sip, "--password", f"demo-{name}", "--auto-answer"),
                *("--answer-after", "1", "--play", str(tone), "--record", str(recording)),
            ],
        )
        await self._until(
            lambda: any('"registered"' in line for line in phone.lines()),
            f"{name}'s headset to register",
            phone,
        )
        self._say(f"{name}'s headset is registered and says {hertz:.0f} Hz")

    async def _call(self) -> None:
        tone = PLACE / "caller-says.wav"
        write_tone(tone, CALLER_HERTZ)
        recording = PLACE / "caller-hears.wav"
        recording.unlink(missing_ok=True)
        caller = await self._child(
            "caller",
            [
                *(FREELINE, "phone", "--json", "--id", "sip:+12125550123@127.0.0.1"),
                *("--call", f"sip:{NUMBER}@{self.sip}", "--play", str(tone)),
                *("--record", str(recording), "--script", "wait 4; dtmf 1; wait 7; hangup"),
            ],
        )
        code = await caller.wait(60)
        if code != 0:
            raise DemoFailed(f"the caller's phone ended with {code}; see {caller.log}")

    # What was seen.

    def _show_metrics(self) -> None:
        with urllib.request.urlopen(f"http://{self._http}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        for line in lines:
            if line.startswith(_WANTED_METRICS) and not line.endswith(" 0.0"):
                self._console.print(Text("  " + line))

    def _show_events(self) -> None:
        table = Table(box=None, header_style="bold", pad_edge=False)
        table.add_column("topic")
        table.add_column("count", justify="right")
        kinds = Counter(_general(topic) for topic, _ in self._line.events)
        for topic, count in sorted(kinds.items()):
            table.add_row(topic, str(count))
        self._console.print(table)

    def _check(self) -> bool:
        """Look for each side's tone in what the other recorded, and in the switch's recording."""
        ended = self._line.of("ended")[0]
        checks = [
            ("the caller heard asha", PLACE / "caller-hears.wav", 0, ASHA_HERTZ),
            ("asha heard the caller", PLACE / "asha-hears.wav", 0, CALLER_HERTZ),
            ("recording, left: the caller", Path(ended["recording"]), 0, CALLER_HERTZ),
            ("recording, right: asha", Path(ended["recording"]), 1, ASHA_HERTZ),
        ]
        good = True
        for what, file, channel, hertz in checks:
            try:
                heard = find_tone(file, channel)
            except PhoneError as error:
                self._console.print(Text(f"  no   {what}: {error}", style="bold red"))
                good = False
                continue
            right = abs(heard.hertz - hertz) < 5 and heard.seconds >= 2
            good = good and right
            self._console.print(
                Text(f"  {'yes' if right else 'NO '}  ", style="green" if right else "bold red"),
                Text(f"{what}: {_told(heard)}"),
                Text(str(file.relative_to(ROOT)), style="dim"),
            )
        return good

    # Small things.

    async def _child(self, name: str, arguments: list[str]) -> Child:
        child = await Child.start(name, arguments, PLACE / f"{name}.log")
        self._stack.push_async_callback(child.stop)
        return child

    async def _until(
        self,
        condition: Callable[[], bool],
        what: str,
        child: Child | None = None,
        seconds: float = 30,
    ) -> None:
        end = time.monotonic() + seconds
        while not condition():
            if child is not None and child.exit_code is not None:
                tail = "\n".join(child.lines()[-15:])
                raise DemoFailed(f"{child.name} ended with {child.exit_code}:\n{tail}")
            if time.monotonic() > end:
                raise DemoFailed(f"waited {seconds:.0f} s for {what}; logs are in {PLACE}")
            await asyncio.sleep(0.05)

    async def _print_output(self, *arguments: str) -> None:
        process = await asyncio.create_subprocess_exec(FREELINE, *arguments)
        await process.wait()

    def _say(self, text: str) -> None:
        self._console.print(Text("  " + text))

    def _rule(self, title: str) -> None:
        self._console.print(Rule(Text(title, style="bold"), align="left"))


def _general(topic: str) -> str:
    """Return a topic with the call's id left out."""
    return re.sub(r"/call/[^/]+/", "/call/<id>/", topic)


def _told(heard: Heard) -> str:
    if not heard.seconds:
        return "silence"
    return f"{heard.hertz:.0f} Hz for {heard.seconds:.1f} s"


async def _cancel(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def main(once: bool) -> int:
    """Run the demo; the exit code."""
    console = Console(soft_wrap=True, highlight=False)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        demo = Demo(console, stack)
        work = asyncio.create_task(demo.run())
        interrupted = asyncio.create_task(stop.wait())
        await asyncio.wait((work, interrupted), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            await _cancel(work)
            console.print("stopped")
            return 130
        try:
            good = work.result()
        except DemoFailed as error:
            console.print(Text(str(error), style="bold red"))
            return 1
        verdict = "Both heard each other." if good else "They did NOT hear each other."
        console.print(Text(verdict, style="bold green" if good else "bold red"))
        if not once and good:
            console.print(
                "The switch and both headsets go on. Try it with a phone of your own, or with\n"
                f"  .venv/bin/freeline phone --call sip:{NUMBER}@{demo.sip} "
                "--script 'wait 4; dtmf 1; wait 9'\n"
                "Ctrl-C ends it."
            )
            await stop.wait()
        interrupted.cancel()
    return 0 if good else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument(
        "--once", action="store_true", help="end after the call; 0 only if both heard each other"
    )
    sys.exit(asyncio.run(main(parser.parse_args().once)))
