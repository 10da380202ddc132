"""A short run of the fuzzer: no input gets an exception out of the edge."""

from __future__ import annotations

import time
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.campaign import TARGETS, Target, campaign
from tests.fuzz.mutation import LONGEST, Mutator

INPUTS = 1500


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_raises(name: str) -> None:
    result = campaign(name, INPUTS, seed=2026, timed=False)
    assert [finding.what for finding in result.findings] == []
    assert result.inputs == INPUTS
    assert result.outcomes > 1


@given(st.lists(st.binary(max_size=600), min_size=1, max_size=4))
@pytest.mark.parametrize("name", ["sip", "stream", "websocket", "sdp", "digest", "rtcp", "wire"])
def test_no_bytes_raise(name: str, inputs: list[bytes]) -> None:
    target = TARGETS[name][0]()
    for data in inputs:
        target.run(data)


def test_the_same_seed_makes_the_same_inputs() -> None:
    def inputs(seed: int) -> list[bytes]:
        mutator = Mutator(Random(seed), [b"INVITE sip:a SIP/2.0\r\n\r\n", b"v=0\r\n"])
        return [mutator.next() for _ in range(200)]

    assert inputs(7) == inputs(7) != inputs(8)
    assert max(map(len, inputs(7))) <= LONGEST


class _Weak:
    """Falls over zero bytes, and dwells on the letter x."""

    def run(self, data: bytes) -> object:
        if b"\0" in data:
            raise ValueError("a zero byte")
        if data == b"x":
            until = time.thread_time() + 0.003
            while time.thread_time() < until:
                pass
        return len(data)

    def seeds(self) -> list[bytes]:
        return [b"a", b"x", b"a\0b"]


@pytest.mark.parametrize("what", ["ValueError: a zero byte", "took "])
def test_a_fault_is_found(what: str) -> None:
    weak: dict[str, tuple[type[Target], int]] = {"weak": (_Weak, 1)}
    result = campaign("weak", 3, seed=1, targets=weak)
    assert len(result.findings) == 2
    assert any(what in finding.what for finding in result.findings)
