"""The classes through which pjsua2 calls a phone back, made once it is loaded."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol


class Listener(Protocol):
    """What a phone wants to be told; calls are of `call_class`."""

    def handle_registration(self, code: int, reason: str, expires_seconds: int) -> None: ...

    def handle_incoming(self, call_id: int) -> None: ...

    def handle_answered(self, call: Any) -> None: ...

    def handle_media(self, call: Any) -> None: ...

    def handle_transfer(self, code: int, reason: str) -> None: ...

    def handle_key(self, key: str) -> None: ...

    def handle_ended(self, call: Any, code: int, reason: str, seconds: float) -> None: ...


def account_class(pj: Any) -> Any:
    """Return the class through which pjsua2 reports on the account."""

    class Account(pj.Account):  # type: ignore[misc]
        def __init__(self, phone: Listener) -> None:
            super().__init__()
            self._phone = phone

        def onRegState(self, told: Any) -> None:  # noqa: N802 - pjsua2's name
            self._phone.handle_registration(told.code, told.reason, told.expiration)

        def onIncomingCall(self, told: Any) -> None:  # noqa: N802
            self._phone.handle_incoming(told.callId)

    return Account


def call_class(pj: Any) -> Any:
    """Return the class through which pjsua2 reports on a call."""

    class Call(pj.Call):  # type: ignore[misc]
        def __init__(self, phone: Listener, account: Any, call_id: int) -> None:
            super().__init__(account, call_id)
            self._phone = phone
            self.number = call_id
            self.up = False
            self.follows_script = True
            self.settled = asyncio.Event()
            """It is answered, or over."""
            self.recorder: Any = None

        def respond(self, code: int) -> None:
            """Answer an incoming call; nothing when it is gone."""
            parameters = pj.CallOpParam(True)
            parameters.statusCode = code
            try:
                self.answer(parameters)
            except pj.Error:
                return

        def onCallState(self, _told: Any) -> None:  # noqa: N802
            info = self.getInfo()
            self.number = info.id
            if info.state == pj.PJSIP_INV_STATE_CONFIRMED and not self.up:
                self.up = True
                self.settled.set()
                self._phone.handle_answered(self)
            elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
                self.up = False
                self.settled.set()
                seconds = info.connectDuration.sec + info.connectDuration.msec / 1000
                self.recorder = None
                self._phone.handle_ended(self, info.lastStatusCode, info.lastReason, seconds)

        def onCallMediaState(self, _told: Any) -> None:  # noqa: N802
            self._phone.handle_media(self)

        def onCallTransferStatus(self, told: Any) -> None:  # noqa: N802
            self._phone.handle_transfer(told.statusCode, told.reason)

        def onDtmfDigit(self, told: Any) -> None:  # noqa: N802
            self._phone.handle_key(told.digit)

    return Call
