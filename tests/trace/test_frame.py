"""Frames: what is sealed is read again, however the file ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from switch.trace.frame import Note, Sealed, decode, encode, unix_time

places = st.tuples(st.sampled_from(["192.0.2.7", "2001:db8::7"]), st.integers(1, 65_535))
messages: st.SearchStrategy[Sealed] = st.tuples(
    st.floats(0, 1e6),
    st.integers(0, 2),
    st.binary(max_size=200),
    st.sampled_from(["udp", "tcp", "tls", "ws", "wss"]),
    places,
    places,
    st.integers(0, 1000),
)
NOTE = Note(12.5, "arrived", "4f0c", "a@b", "+12125550123", "+18005550100")


@given(st.lists(messages, max_size=5))
def test_what_is_encoded_is_decoded(sealed: list[Sealed]) -> None:
    (frame,) = decode(encode(7, "calls", 1000.0, sealed, [NOTE], 3))
    assert (frame.id, frame.kind, frame.left_out, frame.notes) == (7, "calls", 3, [NOTE])
    assert [
        (each.at, each.direction, each.data, each.transport, each.remote, each.local)
        for each in frame.messages
    ] == [each[:6] for each in sealed]
    for message in frame.messages:
        assert unix_time(message, frame) == message.at + 1000.0


@given(st.integers(0, 400))
def test_a_file_that_was_cut_off_gives_its_whole_frames(cut: int) -> None:
    first = encode(1, "calls", 0.0, [], [NOTE])
    both = first + encode(2, "strangers", 0.0, [], [])
    data = both[: max(0, len(both) - cut)]
    numbers = [frame.id for frame in decode(data)]
    assert numbers == [1, 2][: (len(data) >= len(first)) + (cut == 0)]


def test_what_is_no_frame_ends_the_reading() -> None:
    damaged = (5).to_bytes(4) + b"\xc1\xc1\xc1\xc1\xc1"
    assert list(decode(damaged + encode(2, "calls", 0.0, []))) == []
