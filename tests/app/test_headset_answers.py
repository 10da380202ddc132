"""What is told of headsets: the codecs they name, when asked by OPTIONS."""

from __future__ import annotations

import pytest

from switch.app.headset_answers import codecs_of


@pytest.mark.parametrize(
    ("description", "codecs"),
    [
        (b"v=0\r\nm=audio 0 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n", "PCMU PCMA"),
        (b"v=0\r\nm=audio 0 RTP/AVP 18 9\r\na=rtpmap:18 G729/8000\r\n", "G722"),
        (b"v=0\r\nm=video 0 RTP/AVP 0\r\n", ""),
        (b"", ""),
        (b"hello", ""),
    ],
)
def test_the_codecs_that_both_know_are_told(description: bytes, codecs: str) -> None:
    assert codecs_of(description) == codecs.split()
