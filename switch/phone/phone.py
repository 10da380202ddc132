"""The phone itself: registers, rings, answers or declines, plays, records, presses keys."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from switch.errors import PhoneError
from switch.phone.callbacks import account_class, call_class
from switch.phone.engine import Engine
from switch.phone.reporter import Reporter
from switch.phone.script import (
    Consult,
    Drop,
    Dtmf,
    Hangup,
    Hold,
    Join,
    Resume,
    Step,
    Transfer,
    Wait,
)

_BUSY, _DECLINE, _RINGING, _OK = 486, 603, 180, 200
_LOOK_SECONDS = 0.02
_UNREGISTER_SECONDS = 2.0


SRTP = {"never": "DISABLED", "optional": "OPTIONAL", "mandatory": "MANDATORY"}
"""Whether media is encrypted, with keys by SDES -> what pjsua2 calls it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneSettings:
    """What a phone is to do."""

    uri: str
    """Its own: `sip:asha@192.0.2.7`."""
    registrar: str = ""
    """`host:port`; empty: it does not register."""
    username: str = ""
    password: str = field(default="", repr=False)
    expires_seconds: int = 300
    answer: str = "ring"
    """`auto`, `ring` (do nothing), `busy` or `decline`."""
    answer_after_seconds: float = 0.0
    call: str = ""
    """URI to call; empty: wait for calls."""
    play: Path | None = None
    record: Path | None = None
    script: Sequence[Step] = ()
    """Begins when a call is answered."""
    calls: int = 0
    """End after so many calls; 0: go on."""
    duration_seconds: float = 0.0
    """End after so long; 0: go on."""
    srtp: str = "never"
    """A key of `SRTP`."""


class Phone:
    """One phone on a started engine, a `Listener` to what pjsua2 calls back."""

    def __init__(self, engine: Engine, settings: PhoneSettings, reporter: Reporter) -> None:
        self._engine = engine
        self._pj = engine.pj
        self._settings = settings
        self._tell = reporter.tell
        self._calls: dict[int, Any] = {}
        self._scripts: set[asyncio.Task[None]] = set()
        self._over = asyncio.Event()
        self._unregistered = asyncio.Event()
        self._ended = 0
        self._answered = 0
        self._recorded = 0
        self._registered = False
        self.failure = ""
        """Why it has failed; empty when all went well."""
        self._says: Any = None
        """What every call is sent."""
        self._account: Any = None
        self._consultation: Any = None
        """The call that `consult` has begun."""

    async def run(self) -> None:
        """Do what the settings say, until that is done."""
        settings = self._settings
        try:
            self._open_account()
            if settings.call:
                self._dial()
            timeout = settings.duration_seconds or None
            try:
                async with asyncio.timeout(timeout):
                    await self._over.wait()
            except TimeoutError:
                self._tell("time_is_up")
        finally:
            await self._close()
        if settings.call and not self._answered and not self.failure:
            self.failure = "the call was not answered"

    def stop(self) -> None:
        """End soon."""
        self._over.set()

    # Registration.

    def _open_account(self) -> None:
        pj, settings = self._pj, self._settings
        config = pj.AccountConfig()
        config.idUri = settings.uri
        transport = self._engine.transport
        suffix = "" if transport == "udp" else f";transport={transport}"
        if settings.registrar:
            config.regConfig.registrarUri = f"sip:{settings.registrar}{suffix}"
            config.regConfig.timeoutSec = settings.expires_seconds
            config.regConfig.retryIntervalSec = 5
        if settings.username:
            config.sipConfig.authCreds.append(
                pj.AuthCredInfo("digest", "*", settings.username, 0, settings.password)
            )
        config.mediaConfig.srtpUse = getattr(pj, f"PJMEDIA_SRTP_{SRTP[settings.srtp]}")
        config.mediaConfig.srtpSecureSignaling = 0
        config.mediaConfig.transportConfig.port = self._engine.rtp_port
        config.mediaConfig.transportConfig.boundAddress = self._engine.address
        config.natConfig.contactRewriteUse = 0
        self._account = account_class(pj)(self)
        try:
            self._account.create(config)
        except pj.Error as error:
            raise PhoneError(f"{settings.uri}: {error.reason}") from error
        where = f"{transport} {self._engine.address}:{self._engine.port}"
        self._tell("listens", address=where)

    def handle_registration(self, code: int, reason: str, expires_seconds: int) -> None:
        """A REGISTER was answered."""
        if code // 100 == 2 and expires_seconds > 0:
            if not self._registered:
                self._registered = True
                self._tell("registered", expires_seconds=expires_seconds)
        elif code // 100 == 2:
            self._unregistered.set()
        else:
            self._tell("failed", what="registration", code=code, reason=reason)
            self._unregistered.set()
            if not self._registered:
                self.failure = f"registration failed: {code} {reason}"
                self._over.set()

    # Calls.

    def handle_incoming(self, call_id: int) -> None:
        """Somebody calls."""
        call = call_class(self._pj)(self, self._account, call_id)
        self._calls[call_id] = call
        self._tell("rings", from_=call.getInfo().remoteUri)
        settings = self._settings
        loop = asyncio.get_running_loop()
        match settings.answer:
            case "busy":
                call.respond(_BUSY)
            case "decline":
                call.respond(_DECLINE)
            case "auto":
                call.respond(_RINGING)
                loop.call_later(settings.answer_after_seconds, call.respond, _OK)
            case _:
                call.respond(_RINGING)

    def _dial(self) -> None:
        pj = self._pj
        call = call_class(pj)(self, self._account, pj.PJSUA_INVALID_ID)
        self._tell("dials", to=self._settings.call)
        try:
            call.makeCall(self._settings.call, pj.CallOpParam(True))
        except pj.Error as error:
            raise PhoneError(f"cannot call {self._settings.call}: {error.reason}") from error
        self._calls[call.getId()] = call

    def handle_answered(self, call: Any) -> None:
        """A call is up."""
        self._answered += 1
        self._tell("answered", with_=call.getInfo().remoteUri)
        if not call.follows_script:
            return
        task = asyncio.get_running_loop().create_task(self._conduct(call))
        self._scripts.add(task)
        task.add_done_callback(self._scripts.discard)

    def handle_media(self, call: Any) -> None:
        """Connect what is played and recorded with a call whose media has come or changed."""
        pj, settings = self._pj, self._settings
        try:
            audio = call.getAudioMedia(-1)
        except pj.Error:
            return  # on hold: no media
        if self._says is None and settings.play is None:
            self._says = self._engine.silence()
        elif self._says is None:
            self._says = pj.AudioMediaPlayer()
            self._says.createPlayer(str(settings.play))
        self._says.startTransmit(audio)
        if settings.record is not None:
            if call.recorder is None:
                call.recorder = pj.AudioMediaRecorder()
                call.recorder.createRecorder(str(self._recording_path()))
            audio.startTransmit(call.recorder)

    def handle_ended(self, call: Any, code: int, reason: str, seconds: float) -> None:
        """A call is over."""
        self._calls.pop(call.number, None)
        self._ended += 1
        self._tell("ended", code=code, reason=reason, seconds=round(seconds, 3))
        settings = self._settings
        if settings.call or (settings.calls and self._ended >= settings.calls):
            if settings.call and not self._answered:
                self.failure = f"the call was not answered: {code} {reason}"
            self._over.set()

    def handle_key(self, key: str) -> None:
        """The other side pressed a key."""
        self._tell("key", heard=key)

    async def _conduct(self, call: Any) -> None:
        """Follow the script, and tell when the first sound comes."""
        listening = asyncio.get_running_loop().create_task(self._listen(call))
        try:
            for step in self._settings.script:
                if not call.up:
                    break
                await self._do(call, step)
            await listening
        except self._pj.Error as error:
            self.failure = f"the script cannot go on: {error.reason}"
            self._tell("failed", what="script", reason=error.reason)
        finally:
            listening.cancel()

    async def _do(self, call: Any, step: Step) -> None:
        pj = self._pj
        match step:
            case Wait(seconds=seconds):
                await asyncio.sleep(seconds)
                return
            case Dtmf(keys=keys):
                self._tell("presses", keys=keys)
                call.dialDtmf(keys)
            case Hold():
                self._tell("holds")
                call.setHold(pj.CallOpParam(True))
            case Resume():
                self._tell("resumes")
                parameters = pj.CallOpParam(True)
                parameters.opt.flag = pj.PJSUA_CALL_UNHOLD
                call.reinvite(parameters)
            case Hangup():
                self._tell("hangs_up")
                call.hangup(pj.CallOpParam(True))
            case Transfer(to=to):
                self._tell("transfers", to=to)
                call.xfer(to, pj.CallOpParam(True))
            case Consult(to=to):
                await self._consult(to)
            case Join():
                self._tell("joins")
                call.xferReplaces(self._consultation, pj.CallOpParam(True))
            case Drop():
                self._tell("drops")
                self._consultation.hangup(pj.CallOpParam(True))

    async def _consult(self, to: str) -> None:
        """Call somebody besides; go on when that call is up or over."""
        pj = self._pj
        self._tell("consults", to=to)
        call = self._consultation = call_class(pj)(self, self._account, pj.PJSUA_INVALID_ID)
        call.follows_script = False
        call.makeCall(to, pj.CallOpParam(True))
        self._calls[call.getId()] = call
        await call.settled.wait()

    def handle_transfer(self, code: int, reason: str) -> None:
        """The other side tells how a transfer goes."""
        self._tell("transfer", code=code, reason=reason)

    async def _listen(self, call: Any) -> None:
        """Tell when the first packet of sound has come."""
        while call.up:
            try:
                received = call.getStreamStat(0).rtcp.rxStat.pkt
            except self._pj.Error:
                received = 0
            if received:
                self._tell("hears")
                return
            await asyncio.sleep(_LOOK_SECONDS)

    def _recording_path(self) -> Path:
        """Return the file of this call's recording; the second call gets `NAME-2.wav`."""
        path = self._settings.record
        assert path is not None
        self._recorded += 1
        if self._recorded == 1:
            return path
        return path.with_name(f"{path.stem}-{self._recorded}{path.suffix}")

    async def _close(self) -> None:
        """End calls, unregister, and give everything back to pjsua2 in the right order."""
        pj = self._pj
        for call in list(self._calls.values()):
            try:
                call.hangup(pj.CallOpParam(True))
            except pj.Error:
                continue
        for _ in range(100):
            if not self._calls:
                break
            await asyncio.sleep(_LOOK_SECONDS)
        for task in self._scripts:
            task.cancel()
        await asyncio.gather(*self._scripts, return_exceptions=True)
        if self._registered:
            self._unregistered.clear()
            try:
                self._account.setRegistration(False)
                async with asyncio.timeout(_UNREGISTER_SECONDS):
                    await self._unregistered.wait()
            except (TimeoutError, pj.Error):
                self._tell("failed", what="unregistration")
        self._calls.clear()
        self._says = self._consultation = None
        account, self._account = self._account, None
        if account is not None:
            account.shutdown()
