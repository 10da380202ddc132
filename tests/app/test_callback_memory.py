"""What survives of a callback: all that was promised to the caller."""

from __future__ import annotations

from switch.app.callback_memory import CallbackMemory
from switch.ivr.call import CallbackRequest, Facts, Prompt, QueueRequest, RingFirst


def test_what_was_asked_for_is_asked_for_again_after_a_restart() -> None:
    waiting = QueueRequest(
        "orders", {"orders": 5}, 7, preferred={"spanish": 8}, language="es", sites=("pune",)
    )
    request = CallbackRequest(
        waiting,
        "+14155550100",
        trunk="carrier",
        attempts=3,
        retry_after_seconds=60.0,
        prompts=(Prompt(text="You asked us to call."),),
        ring_first=RingFirst.CALLER,
        recorded=False,
    )
    facts = Facts("call-1", "+14155550100", "+18005550100", "carrier")
    kept = CallbackMemory.of("callback-1", facts, request, since=1.0, due=2.0, attempts=0)
    assert kept.request() == request
