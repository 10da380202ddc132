"""`freeline phone`: a headset without a face, or a caller with a script."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from switch.errors import PhoneError
from switch.phone.engine import CODECS, Engine
from switch.phone.phone import SRTP, Phone, PhoneSettings
from switch.phone.reporter import Reporter
from switch.phone.script import parse_script

TRANSPORTS = ["udp", "tcp", "tls"]


def register(app: typer.Typer) -> None:
    """Add the command to the `freeline` application."""
    app.command("phone")(phone)


def phone(
    uri: Annotated[
        str, typer.Option("--id", metavar="URI", help="Who this is: sip:asha@192.0.2.7.")
    ] = "sip:phone@127.0.0.1",
    registrar: Annotated[str, typer.Option(metavar="HOST:PORT", help="Register there.")] = "",
    username: Annotated[str, typer.Option(help="Account; the URI's user without it.")] = "",
    password: Annotated[str, typer.Option(help="Better is --password-env.")] = "",
    password_env: Annotated[
        str, typer.Option(metavar="NAME", help="Environment variable with the password.")
    ] = "",
    call: Annotated[str, typer.Option(metavar="URI", help="Call this, then end.")] = "",
    auto_answer: Annotated[bool, typer.Option("--auto-answer", help="Answer calls.")] = False,
    answer_after: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Ring for so long first.")
    ] = 0.0,
    busy: Annotated[bool, typer.Option("--busy", help="Refuse calls with 486.")] = False,
    decline: Annotated[bool, typer.Option("--decline", help="Refuse calls with 603.")] = False,
    play: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="WAV to say, over and over.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option(dir_okay=False, help="WAV for what is heard.")
    ] = None,
    script: Annotated[
        str,
        typer.Option(help="What to do once a call is up: `wait 2; dtmf 1; wait 5; hangup`."),
    ] = "",
    calls: Annotated[int, typer.Option(min=0, help="End after so many calls.")] = 0,
    once: Annotated[bool, typer.Option("--once", help="The same as --calls 1.")] = False,
    duration: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="End after so long.")
    ] = 0.0,
    address: Annotated[str, typer.Option(help="Local address.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="SIP; 0: any free one.")] = 0,
    rtp_port: Annotated[int, typer.Option(min=0, max=65535, help="RTP; 0: any free one.")] = 0,
    transport: Annotated[
        str,
        typer.Option(metavar="udp|tcp|tls", autocompletion=lambda: TRANSPORTS, help="Of SIP."),
    ] = "udp",
    ca: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="PEM: who must have issued the server's certificate; without it any will do.",
        ),
    ] = None,
    codecs: Annotated[
        str, typer.Option("--codecs", help="PCMU, PCMA and G722, best first.")
    ] = "PCMU,PCMA",
    srtp: Annotated[
        str,
        typer.Option(
            metavar="|".join(SRTP), autocompletion=lambda: list(SRTP), help="Encrypted media."
        ),
    ] = "never",
    expires: Annotated[int, typer.Option(min=1, help="Seconds to register for.")] = 300,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines for programs.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show pjsua2's own log.")] = False,
) -> None:
    """Be a telephone: register, answer, play, record, press keys, and tell
    what happens.

    The script begins when a call is answered; its steps are `wait SECONDS`,
    `dtmf KEYS`, `hold`, `resume`, `transfer URI`, `consult URI` and then
    `join` or `drop`, and `hangup`. Ends with 0 when all went well, with 1 when
    registering or calling failed, with 2 when it was asked for something
    that makes no sense.

    \b
    Examples:
      freeline phone --id sip:asha@127.0.0.1 --registrar 127.0.0.1:5060 \\
          --password demo-asha --auto-answer --play tone.wav --record heard.wav
      freeline phone --call sip:+18005550100@127.0.0.1:5060 \\
          --script "wait 4; dtmf 1; wait 5; hangup"
    """
    try:
        if sum((auto_answer, busy, decline)) > 1:
            raise PhoneError("give one of --auto-answer, --busy and --decline")
        if ":" in address:
            raise PhoneError("pjsua2 as it is published has no IPv6: give an IPv4 --address")
        if transport not in TRANSPORTS:
            raise PhoneError(f"--transport is udp, tcp or tls, not {transport!r}")
        if srtp not in SRTP:
            raise PhoneError(f"--srtp is {', '.join(SRTP)}, not {srtp!r}")
        listed = [name.strip() for name in codecs.split(",")]
        if unknown := [name for name in listed if name not in CODECS]:
            raise PhoneError(f"--codecs knows {', '.join(CODECS)}, not {unknown[0]!r}")
        if password_env:
            password = os.environ.get(password_env, "")
            if not password:
                raise PhoneError(f"the environment variable {password_env} is not set")
        user = uri.partition(":")[2].partition("@")[0]
        settings = PhoneSettings(
            uri=uri,
            registrar=registrar,
            username=username or (user if password else ""),
            password=password,
            expires_seconds=expires,
            answer="auto" if auto_answer else "busy" if busy else "decline" if decline else "ring",
            answer_after_seconds=answer_after,
            call=_with_transport(call, transport),
            play=play,
            record=record,
            script=parse_script(script),
            calls=1 if once else calls,
            duration_seconds=duration,
            srtp=srtp,
        )
    except PhoneError as error:
        _complain(str(error))
        raise typer.Exit(2) from None
    try:
        engine = Engine(
            address=address,
            port=port,
            transport=transport,
            log_level=4 if debug else 0,
            rtp_port=rtp_port,
            ca=ca,
            codecs=listed,
        )
        failure = asyncio.run(_use(engine, settings, Reporter(user, as_json=as_json)))
    except PhoneError as error:
        failure = str(error)
    if failure:
        _complain(failure)
        raise typer.Exit(1)


async def _use(engine: Engine, settings: PhoneSettings, reporter: Reporter) -> str:
    """Be a phone until that is over; return why it failed, empty when all went well."""
    async with engine:
        it = Phone(engine, settings, reporter)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, it.stop)
        await it.run()
        return it.failure


def _with_transport(uri: str, transport: str) -> str:
    named = not uri or transport == "udp" or "transport=" in uri
    return uri if named else f"{uri};transport={transport}"


def _complain(message: str) -> None:
    Console(stderr=True, soft_wrap=True).print(Text(message, style="red"))
