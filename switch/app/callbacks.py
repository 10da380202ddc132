"""Ringing callers back."""

from __future__ import annotations

from switch.calls.session import CallSession
from switch.ivr.call import CallbackEnd, CallbackRequest, Facts


def no_callbacks(
    session: CallSession, facts: Facts, request: CallbackRequest, since: float | None
) -> CallbackEnd:
    """Take no callback: nothing can be dialled here."""
    session.log.warning("callback_refused", queue=request.request.queue)
    return CallbackEnd.REFUSED
