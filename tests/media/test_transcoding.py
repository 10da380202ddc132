"""A tone stays the tone it is, whatever the parties speak."""

from __future__ import annotations

from itertools import permutations

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.media.g711 import linear_to_ulaw
from switch.media.linear import samples_to_ulaw
from switch.media.messages import Codec
from switch.media.resampling import Decimator, Doubler, resampler
from switch.media.speech_coding import CLOCK_RATES, decoder, encoder
from switch.media.transcoding import Encoded, Speech
from tests.support.rtp_party import strongest


def sine(hertz: float, rate: int, seconds: float = 2.0, level: float = 0.3) -> numpy.ndarray:
    at = numpy.arange(int(rate * seconds)) / rate
    return (level * 32_767 * numpy.sin(2 * numpy.pi * hertz * at)).astype(numpy.int16)


def packets_of(codec: Codec, hertz: float) -> list[bytes]:
    made = encoder(codec)
    sound, size = sine(hertz, made.rate), made.rate // 50
    return [made.encode(sound[at : at + size]) for at in range(0, len(sound), size)]


def heard(codec: Codec, payloads: list[bytes]) -> numpy.ndarray:
    speech = Speech(codec)
    found = []
    for payload in payloads:
        speech.take(payload)
        found.append(speech.at(8000))
    return numpy.concatenate(found) / 32_768


@pytest.mark.parametrize(("source", "target"), list(permutations(Codec, 2)))
def test_a_tone_passes_between_any_two_codecs(source: Codec, target: Codec) -> None:
    speech, encoded = Speech(source), Encoded(target)
    timestamp, clock_rate = 2**32 - 5000, CLOCK_RATES[source]
    payloads: list[bytes] = []
    begins = []
    for packet in packets_of(source, 1000):
        speech.take(packet)
        began, made = encoded.put(speech, timestamp, clock_rate, 7)
        begins.append(began)
        payloads += made
        timestamp = (timestamp + clock_rate // 50) % 2**32
    assert begins == [True] + [False] * 99
    assert len(payloads) == 100
    hertz, level = strongest(heard(target, payloads)[4000:12_000])
    assert hertz == pytest.approx(1000, abs=1)
    assert level == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("codec", [Codec.G722, Codec.OPUS])
def test_wideband_carries_what_a_telephone_does_not(codec: Codec) -> None:
    made, read = encoder(codec), decoder(codec)
    sound, size = sine(6000, made.rate), made.rate // 50
    samples = numpy.concatenate(
        [read.decode(made.encode(sound[at : at + size])) for at in range(0, len(sound), size)]
    )
    hertz, _ = strongest(samples[read.rate // 2 : read.rate] / 32_768, read.rate)
    assert hertz == pytest.approx(6000, abs=5)


@pytest.mark.parametrize("factor", [2, 3, 6])
@pytest.mark.parametrize("hertz", [4500, 6000, 7400])
def test_what_a_telephone_does_not_carry_is_no_other_tone_there(factor: int, hertz: float) -> None:
    samples = Decimator(factor).resample(sine(hertz, 8000 * factor))
    assert numpy.abs(samples[200:]).max() / 32_768 < 0.3 * 10 ** (-45 / 20)


@pytest.mark.parametrize("hertz", [200, 1000, 3200])
def test_what_it_carries_is_as_loud_as_it_was(hertz: float) -> None:
    for factor in (2, 3, 6):
        samples = Decimator(factor).resample(sine(hertz, 8000 * factor))
        assert strongest(samples[4000:12_000] / 32_768)[1] == pytest.approx(0.3, rel=0.02)
    doubled = Doubler().resample(sine(hertz, 8000))
    found, level = strongest(doubled[8000:24_000] / 32_768, 16_000)
    assert found == pytest.approx(hertz, abs=1)
    assert level == pytest.approx(0.3, rel=0.02)


@given(st.lists(st.sampled_from([1, 7, 80, 160, 240, 480]), min_size=1, max_size=12))
def test_the_resampled_sound_does_not_depend_on_the_packets(sizes: list[int]) -> None:
    sound = sine(700, 16_000, 0.4)[: 2 * sum(sizes)]
    whole = Decimator(2).resample(sound)
    by_parts, at = Decimator(2), 0
    found = []
    for size in sizes:
        found.append(by_parts.resample(sound[at : at + 2 * size]))
        at += 2 * size
    assert numpy.array_equal(numpy.concatenate(found), whole)


def test_there_is_no_way_between_rates_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="no way from 8000 Hz to 48000 Hz"):
        resampler(8000, 48_000)


def test_mu_law_of_arrays_is_that_of_numbers() -> None:
    samples = numpy.arange(-32_768, 32_768, 7)
    assert samples_to_ulaw(samples) == bytes(linear_to_ulaw(int(each)) for each in samples)


@pytest.mark.parametrize("seconds", [0.01, 0.03, 0.04, 0.06])
def test_packets_of_any_length_become_packets_of_20_ms(seconds: float) -> None:
    speech, encoded = Speech(Codec.PCMU), Encoded(Codec.G722)
    sound = samples_to_ulaw(sine(1000, 8000, 1.2))
    size, payloads = int(8000 * seconds), []
    for at in range(0, len(sound), size):
        speech.take(sound[at : at + size])
        payloads += encoded.put(speech, at, 8000, 7)[1]
    assert {len(payload) for payload in payloads} == {160}
    assert len(payloads) == 60
    assert strongest(heard(Codec.G722, payloads)[1600:9600])[0] == pytest.approx(1000, abs=1)


def put(encoded: Encoded, timestamp: int, ssrc: int = 7) -> tuple[bool, int]:
    speech = Speech(Codec.PCMU)
    speech.take(b"\xff" * 160)
    begins, payloads = encoded.put(speech, timestamp, 8000, ssrc)
    return begins, len(payloads)


def test_a_lost_packet_leaves_its_time() -> None:
    encoded = Encoded(Codec.G722)
    assert put(encoded, 1000) == (True, 1)
    assert put(encoded, 1320) == (False, 2)


def test_a_late_or_repeated_packet_is_left_out() -> None:
    encoded = Encoded(Codec.G722)
    put(encoded, 1000)
    put(encoded, 1160)
    assert put(encoded, 1160) == (False, 0)
    assert put(encoded, 1320) == (False, 1)


def test_after_a_pause_or_with_another_source_speech_begins_anew() -> None:
    encoded = Encoded(Codec.G722)
    put(encoded, 1000)
    assert put(encoded, 1160 + 8000) == (True, 1)
    assert put(encoded, 77, ssrc=8) == (True, 1)


def test_garbage_is_silence() -> None:
    for codec in (Codec.OPUS, Codec.G722):
        speech = Speech(codec)
        for garbage in (b"", b"\xff", b"\xff" * 7, bytes(1400)):
            speech.take(garbage)
            assert speech.at(8000).dtype == numpy.int16
