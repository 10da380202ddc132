"""Messages that RFC 4475, RFC 5118 and RFC 3261 warn of, from tests/data/torture.

Each file is one message of our own that shows what its section describes, and says what must
become of it. Line ends are CRLF on the wire. What a text file cannot hold is written as in
RFC 4475 2.1: `<hex>00</hex>` bytes, `<repeat count=3>text</repeat>`; `<length/>` stands for
the length of the body, and `<ours name=Via/>` for a header (or the `uri`) of an INVITE that
the switch has sent before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from switch.sip.incoming import IncomingRequest, parse_message
from tests.support.sip_messages import UDP

DIRECTORY = Path(__file__).parents[1] / "data" / "torture"

_REPEAT = re.compile(r"<repeat count=(\d+)>(.*?)</repeat>", re.S)
_HEX = re.compile(rb"<hex>([0-9A-Fa-f]+)</hex>")
_OURS = re.compile(r"<ours name=([\w-]+)/>")


@dataclass(frozen=True)
class Torture:
    """One message, and its right outcome."""

    name: str
    section: str
    title: str
    about: str
    outcome: int | str
    """The status it is answered with, or `accepted`, `answered`, `provisional`, `dropped`."""
    message: str
    """With markup."""
    after: str = ""
    """A message that comes before."""
    phrase: str = ""
    """What the answer's reason begins with."""
    account: str = ""
    """Who signs it, once challenged."""
    contact: str = ""
    """What is bound afterwards."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of the answer, by lower-case name."""
    reads: Mapping[str, Any] = field(default_factory=dict)
    """Properties of the message as it is read."""

    def data(self, ours: bytes = b"") -> bytes:
        """Return the bytes; `ours` is the INVITE that markup refers to."""
        return expand(self.message, ours)


def expand(text: str, ours: bytes = b"") -> bytes:
    """Return a message without its markup."""
    text = _REPEAT.sub(lambda found: found[2] * int(found[1]), text)
    if ours:
        request = parse_message(ours, UDP)
        assert isinstance(request, IncomingRequest)
        text = _OURS.sub(
            lambda found: request.uri if found[1] == "uri" else request.required(found[1].lower()),
            text,
        )
    head, _, body = text.partition("\n\n")
    data = _bytes(body)
    return _bytes(head.replace("<length/>", str(len(data)))) + b"\r\n\r\n" + data


def all_torture() -> list[Torture]:
    """Return every message."""
    yaml = YAML(typ="safe")
    return [
        Torture(name=file.stem, **yaml.load(file.read_text()))
        for file in sorted(DIRECTORY.glob("*.yaml"))
    ]


def _bytes(text: str) -> bytes:
    data = text.replace("\n", "\r\n").encode()
    return _HEX.sub(lambda found: bytes.fromhex(found[1].decode()), data)
