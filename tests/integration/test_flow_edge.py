"""What flows do with the world, on real calls: messages, mail, services, tables, secrets."""

from __future__ import annotations

import asyncio
import json
import threading
import wave
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.integration.conftest import StartSwitch
from tests.support.mosquitto import Mosquitto
from tests.support.ports import PortBlock
from tests.support.processes import wait_until
from tests.support.sipp import SippFactory, needs_raw_sockets
from tests.support.sipp_scenario import HANGS_UP, IS_DROPPED, TALKS, pause, press, speak
from tests.support.site import NUMBER

pytestmark = [
    pytest.mark.interop(peer="SIPp", role="caller", over="UDP"),
    needs_raw_sockets,
]

FLOW = Path(__file__).parent / "edge_flows" / "edge.yaml"


@pytest.fixture
def web() -> Iterator[ThreadingHTTPServer]:
    """A web service that knows the status of Ann's order."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"status": "sent" if self.path.endswith("Ann") else "none"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Mailbox:
    """What a real mail server has taken."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.taken.append(envelope)
        return "250 OK"


def flows(directory: Path, port: int = 9) -> Path:
    """Return a directory with the flow, for a web service at this port."""
    found = directory / "flows"
    found.mkdir()
    (found / "edge.yaml").write_text(FLOW.read_text().replace("PORT", str(port)))
    return found


def site(directory: Path, port: int = 9, **settings: Any) -> dict[str, Any]:
    """Return what a `Site` needs for the flow."""
    customers = directory / "customers.csv"
    customers.write_text("phone,name\n(415) 555-0123,Ann\n")
    return {
        "numbers": {NUMBER: "edge"},
        "flows": flows(directory, port),
        "dial": {
            "peer": "sip:127.0.0.1:9",
            "allow": ["+1"],
            "caller_id": "+18005550100",
        },
        "agents": [
            {
                "id": "asha",
                "skills": {"orders": 5},
                "headset": {"username": "asha", "password": "secret-asha"},
            }
        ],
        "settings": {
            "http": {"allow": [f"http://127.0.0.1:{port}"]},
            "tables": {"customers": {"csv": str(customers), "key": "phone"}},
            **settings,
        },
    }


def test_a_message_is_in_its_box_on_the_record_and_in_the_mail(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path, ports: PortBlock
) -> None:
    box = Mailbox()
    server = Controller(box, hostname="127.0.0.1", port=ports.take())
    server.start()
    try:
        mail = {
            "host": "127.0.0.1",
            "port": server.port,
            "security": "none",
            "from": "voicemail@example.com",
            "spool": str(tmp_path / "mail"),
        }
        switch = start_switch(**site(tmp_path, mail=mail, zone="Asia/Kolkata"))
        steps = [*TALKS, press("1"), pause(2.5), speak(), pause(3), press("#"), *IS_DROPPED]
        sipp.caller(switch.sip, steps).finish()
        record = switch.record()
        wait_until(lambda: box.taken, "the mail")
    finally:
        server.stop()
    (left,) = record["messages"]
    assert left["box"] == "orders"
    assert record["tags"] == {"message": "yes"}
    with wave.open(left["path"], "rb") as file:
        assert file.getnchannels() == 1
        seconds = file.getnframes() / 8000
    assert seconds == pytest.approx(left["seconds"])
    assert 1.5 < seconds < 5
    message = message_from_bytes(box.taken[0].original_content or b"")
    assert "+14155550123" in str(message["Subject"])
    assert str(message["Subject"]).endswith(" IST"), "the time as the site's people have it"
    sounds = [part for part in message.walk() if part.get_content_type() == "audio/wav"]
    assert sounds[0].get_payload(decode=True) == Path(left["path"]).read_bytes()
    assert not list((tmp_path / "mail").glob("*.json"))
    assert switch.metric("freeline_mail_sent_total") == 1
    assert switch.metric("freeline_mail_waiting") == 0


@pytest.mark.interop(proves="is told with the BYE why the flow hangs up: Reason, Q.850 17")
def test_the_cause_of_a_hangup_is_told_with_the_bye(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    switch = start_switch(**site(tmp_path))
    caller = sipp.caller(switch.sip, [*TALKS, press("8"), *IS_DROPPED])
    caller.finish()
    assert caller.received("BYE")[0].header("Reason") == 'Q.850;cause=17;text="User busy"'
    assert switch.record()["detail"] == "the flow hung up as busy"


@pytest.mark.interop(proves="")
def test_why_a_node_failed_is_in_the_log_though_the_call_goes_on(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    switch = start_switch(**site(tmp_path))
    sipp.caller(switch.sip, [*TALKS, press("9"), *IS_DROPPED]).finish()
    assert switch.record()["tags"] == {"went": "broken"}
    failed = switch.wait_for_log("node_failed")
    assert (failed["flow"], failed["node"], failed["level"]) == ("edge", "breaks", "warning")
    assert failed["error"].startswith("`{{ 1 // 0 }}` cannot be computed: ")


def test_who_hangs_up_has_left_a_message(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    switch = start_switch(**site(tmp_path))
    steps = [*TALKS, press("1"), pause(2.5), speak(), pause(2.5), *HANGS_UP]
    sipp.caller(switch.sip, steps).finish()
    record = switch.record()
    assert record["reason"] == "caller_hung_up"
    (left,) = record["messages"]
    assert left["seconds"] > 1
    wait_until(lambda: Path(left["path"]).exists(), "the message's file")


async def test_a_table_a_service_and_an_event(
    start_switch: StartSwitch,
    sipp: SippFactory,
    tmp_path: Path,
    web: ThreadingHTTPServer,
) -> None:
    import aiomqtt

    broker = Mosquitto(tmp_path)
    await broker.start()
    try:
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            await client.subscribe("freeline/v1/test/call/+/flow/#")
            port = web.server_address[1]
            url = {"broker": f"mqtt://127.0.0.1:{broker.port}"}
            switch = start_switch(**site(tmp_path, port, mqtt=url))
            await asyncio.to_thread(
                wait_until, lambda: switch.metric("freeline_mqtt_connected") == 1, "the broker"
            )
            sipp.caller(switch.sip, [*TALKS, press("2"), *IS_DROPPED]).finish()
            async with asyncio.timeout(10):
                message = await anext(aiter(client.messages))
            record = await asyncio.to_thread(switch.record)
            asked = switch.metric("freeline_http_requests_total", outcome="ok")
            # A broker that goes first is an outage, and told as one.
            await asyncio.to_thread(switch.finish)
    finally:
        broker.close()
    assert record["tags"] == {"status": "sent"}
    assert str(message.topic) == f"freeline/v1/test/call/{record['id']}/flow/order_asked"
    told = json.loads(bytes(message.payload))
    assert told["payload"] == {"name": "Ann", "status": "sent"}
    assert asked == 1


def test_flows_tell_the_time_of_the_site(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    wanted = site(tmp_path, zone="Asia/Kolkata")
    (wanted["flows"] / "edge.yaml").write_text(
        """
nodes:
  clock: {type: tag, tags: {at: "{{ now.iso }}"}, next: end}
  end: {type: hangup, prompts: Good bye.}
"""
    )
    switch = start_switch(**wanted)
    sipp.caller(switch.sip, [*TALKS, *IS_DROPPED]).finish()
    told = datetime.fromisoformat(switch.record()["tags"]["at"])
    assert told.utcoffset() == timedelta(hours=5, minutes=30)
    assert abs((datetime.now(UTC) - told).total_seconds()) < 60


def test_secrets_are_nowhere(start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path) -> None:
    switch = start_switch(**site(tmp_path, log={"level": "debug", "format": "json"}))
    keys = [step for key in "9876" for step in (press(key), pause(0.4))]
    steps = [*TALKS, press("5"), pause(2.5), *keys, *IS_DROPPED]
    sipp.caller(switch.sip, steps).finish()
    record = switch.record()
    assert record["keys"] == 1
    assert [step["keys"] for step in record["path"]] == [1, 0, 0]
    assert "9876" not in json.dumps(switch.log())
    assert "9876" not in json.dumps(record["path"])
