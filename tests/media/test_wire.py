"""The wire between core and worker: what goes in comes out, and nonsense is told as such."""

from __future__ import annotations

import pytest

from switch.errors import MediaError
from switch.media.messages import Allocated, Codec, Connect, Digit, Play
from switch.media.wire import decode_commands, decode_reports, encode


def test_what_goes_in_comes_out() -> None:
    commands = [
        Play("s", 1, ("a.ulaw",)),
        Connect("s", "::1", 4000, Codec.PCMA, 8, 101, True, False),
    ]
    assert decode_commands(encode(commands)) == commands
    reports = [Allocated("s", 4000), Digit("s", "5")]
    assert decode_reports(encode(reports)) == reports


@pytest.mark.parametrize(
    "packet",
    [
        *(
            b"",
            b"\xc1",
            b"\x91",
            b"hello",
            encode([Digit("s", "5")])[:-1],
            b"\x91\x93\xa4Play\xa1\xff",
        ),
        b"\x91" * 60_000,  # a list in a list in a list
    ],
)
def test_nonsense_is_told_as_such(packet: bytes) -> None:
    for decode in (decode_commands, decode_reports):
        with pytest.raises(MediaError):
            decode(packet)
