"""The log: one line an event, the call's id on each, no secrets, and nobody waits for it."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from switch.log import MASK, LineWriter, bind_call, configure_logging, get_logger, redact

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Configure a JSON log at level info; the result closes it and returns its lines."""
    stream = io.StringIO()
    writer = configure_logging("info", "json", stream)

    def read() -> list[dict[str, Any]]:
        writer.close()
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    yield read
    writer.close()
    structlog.contextvars.clear_contextvars()


def test_a_bound_logger_puts_the_call_on_every_line(lines: Lines) -> None:
    log = get_logger(call="c0ffee")
    log.info("arrived", dialled="+18005550100")
    log.warning("no_input", node="greeting")
    first, second = lines()
    assert (first["event"], first["level"], first["call"]) == ("arrived", "info", "c0ffee")
    assert first["dialled"] == "+18005550100"
    assert first["timestamp"].endswith("Z")
    assert (second["level"], second["call"]) == ("warning", "c0ffee")


async def test_a_task_bound_to_a_call_logs_its_id_and_others_do_not(lines: Lines) -> None:
    async def conduct(call: str) -> None:
        bind_call(call)
        await asyncio.sleep(0)
        get_logger().info("step")
        await asyncio.create_task(inner())

    async def inner() -> None:
        get_logger().info("inner step")

    await asyncio.gather(conduct("a"), conduct("b"))
    get_logger().info("nobody's")
    told = [(line["event"], line.get("call")) for line in lines()]
    assert sorted(told[:-1]) == [("inner step", each) for each in "ab"] + [
        ("step", each) for each in "ab"
    ]
    assert told[-1] == ("nobody's", None)


def test_levels_below_are_not_even_rendered(lines: Lines) -> None:
    class Costly:
        def __repr__(self) -> str:
            raise AssertionError("rendered")

    get_logger().debug("detail", value=Costly())
    assert lines() == []


def test_an_exception_comes_with_its_traceback(lines: Lines) -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        get_logger(call="c").exception("call_failed")
    (line,) = lines()
    assert line["call"] == "c"
    assert "ValueError: broken" in line["exception"]


def test_the_standard_library_s_loggers_end_up_here(lines: Lines) -> None:
    logging.getLogger("aiohttp.server").error("Error handling %s", "request")
    logging.getLogger("paho").debug("noise")
    logging.getLogger("odd").log(35, "between")
    first, second = lines()
    assert (first["event"], first["logger"]) == ("Error handling request", "aiohttp.server")
    assert second["level"] == "warning"


def test_closing_puts_the_standard_library_back() -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    writer = configure_logging("debug", "json", io.StringIO())
    assert root.handlers != before[0]
    writer.close()
    assert (root.handlers, root.level) == before
    writer.close()


def test_the_console_has_no_colours_when_it_is_no_terminal() -> None:
    stream = io.StringIO()
    writer = configure_logging("info", "console", stream)
    get_logger(call="c0ffee").info("arrived", flow="main")
    try:
        raise ValueError("broken")
    except ValueError:
        get_logger().exception("call_failed")
    writer.close()
    text = stream.getvalue()
    assert "arrived" in text
    assert "call=c0ffee flow=main" in text
    assert "ValueError: broken" in text
    assert "\x1b" not in text


# Secrets


def redacted(**values: object) -> dict[str, Any]:
    return dict(redact(None, "info", dict(values)))


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "mqtt_password",
        "Passwd",
        "secret",
        "token",
        "ha1",
        "authorization",
        "credentials",
    ],
)
def test_what_is_named_like_a_secret_is_masked(key: str) -> None:
    assert redacted(**{key: "hunter2"}) == {key: MASK}
    assert redacted(headset={key: "hunter2", "username": "asha"}) == {
        "headset": {key: MASK, "username": "asha"}
    }


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (
            'REGISTER sip:x SIP/2.0\r\nAuthorization: Digest username="asha", x="hunter2"\r\n',
            "hunter2",
        ),
        ('Proxy-Authorization: Digest response="hunter2"', "hunter2"),
        ('AUTHORIZATION: Digest response="hunter2"', "hunter2"),
        ('digest response="0123456789abcdef0123456789abcdef" qop', "0123456789abcdef"),
        ('nonce="abcdefgh"', "abcdefgh"),
        ("postgresql://freeline:hunter2@db/calls", "hunter2"),
        ("mqtt://freeline:hunter2@192.0.2.5", "hunter2"),
    ],
)
def test_what_looks_like_a_secret_in_a_text_is_masked(text: str, secret: str) -> None:
    for value in (text, text.encode(), [text], {"message": (text,)}):
        assert secret not in str(redacted(event=value))


def test_what_surrounds_a_credential_stays_readable() -> None:
    message = "Via: x\r\nAuthorization: Digest secret\r\nTo: sip:asha@127.0.0.1\r\n"
    assert redacted(event=message)["event"] == (
        f"Via: x\r\nAuthorization: Digest {MASK}\r\nTo: sip:asha@127.0.0.1\r\n"
    )


def test_a_pydantic_secret_stays_one(lines: Lines) -> None:
    get_logger().info("x", value=SecretStr("hunter2"))
    assert "hunter2" not in json.dumps(lines())


@given(
    st.recursive(
        st.text() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_redaction_never_fails(value: object) -> None:
    redact(None, "info", {"event": value})


# The writer


class BlockedStream(io.StringIO):
    """A pipe whose reader has stopped reading, until `free` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()
        self.entered = threading.Event()

    def write(self, text: str) -> int:
        self.entered.set()
        self.free.wait(20)
        return super().write(text)


def test_a_blocked_stream_delays_nobody_and_what_is_lost_is_told() -> None:
    stream = BlockedStream()
    writer = LineWriter(stream, lambda count: f"{count} dropped", limit=5)
    writer.write("first")
    assert stream.entered.wait(20)
    for number in range(12):
        writer.write(f"line {number}")
    assert writer.dropped == 7
    stream.free.set()
    writer.close(20)
    assert stream.getvalue().splitlines() == [
        "first",
        *(f"line {number}" for number in range(5)),
        "7 dropped",
    ]


def test_a_reader_that_has_gone_harms_nobody() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w")
    writer = LineWriter(stream, str)
    writer.write("into the void")
    writer.close(20)
    assert writer.dropped == 1
    writer.write("after the end")
    assert writer.dropped == 2
    os.set_blocking(stream.fileno(), False)
    with pytest.raises(BrokenPipeError):
        stream.close()


def test_closing_waits_for_what_was_written_but_not_for_ever() -> None:
    stream = BlockedStream()
    writer = LineWriter(stream, str)
    writer.write("stuck")
    writer.close(timeout=0.01)
    assert stream.getvalue() == ""
    stream.free.set()
