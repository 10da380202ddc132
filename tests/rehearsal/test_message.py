"""Messages: speech and silence to the tenth of a second."""

from __future__ import annotations

import pytest

from switch.errors import CallOver
from switch.ivr.acts import RecordEnd, RecordMessage
from switch.rehearsal.caller import HangsUp, Presses, Speaks, Step, Waits
from tests.rehearsal.flows import call

HOW = RecordMessage(max_seconds=30.0, silence_seconds=4.0)


@pytest.mark.parametrize(
    ("steps", "end", "seconds"),
    [
        ([Waits(1), Speaks(6)], RecordEnd.SILENCE, 6.7),
        ([Waits(1), Speaks(6), Waits(2), Speaks(3)], RecordEnd.SILENCE, 11.7),
        ([Waits(1), Speaks(6), Waits(1), Presses("#")], RecordEnd.TERMINATED, 7.7),
        ([Waits(1), Speaks(6), Presses("5"), Waits(1), Presses("#")], RecordEnd.TERMINATED, 7.7),
        ([Waits(1), Speaks(60)], RecordEnd.MAX_SECONDS, 30.0),
        ([Waits(1), Speaks(6), Waits(2), HangsUp()], RecordEnd.HUNG_UP, 8.7),
        ([], RecordEnd.NOTHING_SAID, 0.0),
        ([Waits(1), Presses("#")], RecordEnd.NOTHING_SAID, 0.0),
    ],
)
async def test_how_it_ends_and_how_long_it_is(
    steps: list[Step], end: RecordEnd, seconds: float
) -> None:
    recorded = await call(*steps).record([], HOW)
    assert recorded.end is end
    assert bool(recorded.path) == (end is not RecordEnd.NOTHING_SAID)
    assert recorded.seconds == pytest.approx(seconds)


async def test_who_goes_before_saying_anything_has_left_none() -> None:
    with pytest.raises(CallOver):
        await call(Waits(1), HangsUp()).record([], HOW)
