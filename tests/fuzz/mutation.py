"""Bytes made from good ones by what goes wrong, by chance and on purpose."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

LONGEST = 65_535

_NUMBER = re.compile(rb"\d+")

_NUMBERS = (
    *(b"0", b"-1", b"1", b"255", b"256", b"65535", b"65536", b"99999", b"2147483647"),
    *(b"2147483648", b"4294967295", b"4294967296", b"18446744073709551616", b"1e9", b"0x10"),
    *(b"1" * 65, b"9" * 5000, "\N{ARABIC-INDIC DIGIT THREE}".encode(), b"00000000000001", b""),
)

_WORDS = (
    *(b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\r\n ", b"\0", b"\\\0", b"\t", b" ", b"   "),
    *(b";", b",", b":", b"=", b'"', b"\\", b'"\\"', b"<", b">", b"<>", b"@", b"?", b"%", b"%00"),
    *(
        b"[",
        b"]",
        b"[::1]",
        b"[::ffff:1.2.3.4]",
        b"\x80",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"\xe2\x80\xae",
    ),
    *(b";self=1", b";tag=", b";tag=x;tag=y", b";rport", b";received=::1", b";maddr=239.0.0.1"),
    *(b";branch=z9hG4bK", b";lr", b";transport=udp", b";expires=0", b"SIP/2.0", b"sip:", b"sips:"),
    *(b"tel:+1", b"isbn:1", b"INVITE", b"ACK", b"CANCEL", b"BYE", b"REGISTER", b"PRACK", b"UPDATE"),
    *(b"REFER", b"OPTIONS", b"NOTIFY", b"Require: 100rel\r\n", b"Supported: 100rel\r\n"),
    *(b"RSeq: 1\r\n", b"RAck: 1 1 INVITE\r\n", b"Content-Length: 0\r\n", b"l: 5\r\n"),
    *(b"Via: SIP/2.0/UDP 192.0.2.7:99999\r\n", b'v: SIP/2.0/UDP [::1];x="\r\n', b"Contact: *\r\n"),
    *(b"Expires: 0\r\n", b"Session-Expires: 90;refresher=uac\r\n", b"Min-SE: 90\r\n"),
    *(b"Replaces: a;to-tag=b;from-tag=c\r\n", b"Refer-To: <sip:a@b?Replaces=x>\r\n"),
    *(b'Authorization: Digest username="\xff", response="\xff"\r\n', b"Max-Forwards: 0\r\n"),
    *(b"Record-Route: <sip:192.0.2.7>\r\n", b"Route: <sip:a;lr>, <sip:b>\r\n"),
    *(
        b"m=audio 1 RTP/AVP 0\r\n",
        b"a=rtpmap:0 x/8000\r\n",
        b"c=IN IP4 0.0.0.0\r\n",
        b"a=sendonly\r\n",
    ),
    *(b"c=IN IP6 ::\r\n", b"a=rtcp:99999999\r\n", b"a=ptime:0\r\n", b"a=fmtp:101 0-15\r\n"),
    *(b"\x21\x12\xa4\x42", b"\x80\x00", b"\x90\x65", b"\xff\xff\xff\xff", b"\x81\x7e\xff\xff"),
)


class Mutator:
    """Makes one input after another; the same seed makes the same."""

    def __init__(self, random: Random, corpus: Sequence[bytes]) -> None:
        self.corpus = list(corpus)
        self._random = random

    def next(self) -> bytes:
        """Return the next input."""
        random = self._random
        data = random.choice(self.corpus)
        for _ in range(1 if random.random() < 0.5 else random.randint(2, 6)):
            data = random.choice(_MUTATIONS)(self, data)
        return data[:LONGEST]

    # Each takes bytes and returns others.

    def _flip(self, data: bytes) -> bytes:
        changed = bytearray(data)
        for _ in range(self._random.randint(1, 4)):
            if changed:
                changed[self._random.randrange(len(changed))] ^= 1 << self._random.randrange(8)
        return bytes(changed)

    def _noise(self, data: bytes) -> bytes:
        at = self._place(data)
        return data[:at] + self._random.randbytes(self._random.randint(1, 16)) + data[at:]

    def _word(self, data: bytes) -> bytes:
        at = self._place(data)
        return data[:at] + self._random.choice(_WORDS) + data[at:]

    def _word_over(self, data: bytes) -> bytes:
        at = self._place(data)
        word = self._random.choice(_WORDS)
        return data[:at] + word + data[at + len(word) :]

    def _cut(self, data: bytes) -> bytes:
        at = self._place(data)
        return data[:at] + data[at + self._length(data) :]

    def _end(self, data: bytes) -> bytes:
        return data[: self._place(data)]

    def _again(self, data: bytes) -> bytes:
        at = self._place(data)
        piece = data[at : at + self._length(data)]
        return data[:at] + piece + data[at:]

    def _flood(self, data: bytes) -> bytes:
        """Repeat a piece until the message is large."""
        at = self._place(data)
        piece = data[at : at + self._random.randint(1, 24)] or b"x"
        many = self._random.choice((10, 100, 1000, LONGEST)) // len(piece) + 1
        return data[:at] + piece * many + data[at:]

    def _number(self, data: bytes) -> bytes:
        found = list(_NUMBER.finditer(data))
        if not found:
            return self._noise(data)
        one = self._random.choice(found)
        return data[: one.start()] + self._random.choice(_NUMBERS) + data[one.end() :]

    def _lines(self, data: bytes) -> bytes:
        lines = data.split(b"\r\n")
        one, other = self._random.randrange(len(lines)), self._random.randrange(len(lines))
        match self._random.randrange(4):
            case 0:
                lines[one], lines[other] = lines[other], lines[one]
            case 1:
                lines.insert(one, lines[other])
            case 2:
                del lines[one]
            case _:
                foreign = self._random.choice(self.corpus).split(b"\r\n")
                lines.insert(one, self._random.choice(foreign))
        return b"\r\n".join(lines)

    def _splice(self, data: bytes) -> bytes:
        other = self._random.choice(self.corpus)
        return data[: self._place(data)] + other[self._place(other) :]

    def _place(self, data: bytes) -> int:
        return self._random.randint(0, len(data))

    def _length(self, data: bytes) -> int:
        return self._random.randint(1, max(1, min(64, len(data))))


_MUTATIONS: tuple[Callable[[Mutator, bytes], bytes], ...] = (
    *(Mutator._flip, Mutator._noise, Mutator._word, Mutator._word, Mutator._word_over),
    *(Mutator._cut, Mutator._end, Mutator._again, Mutator._number, Mutator._number),
    *(Mutator._lines, Mutator._lines, Mutator._splice),
    Mutator._flip,
    Mutator._cut,
    Mutator._flood,
)
