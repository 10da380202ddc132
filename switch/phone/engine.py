"""pjsua2's endpoint: one a process, in the main thread, pumped from asyncio.

`threadCnt` 0 and `mainThreadOnly` keep every callback in the thread that pumps, so that
no lock and no foreign thread ever meets Python objects.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from switch.errors import PhoneError

_PUMP_MILLISECONDS = 5
CODECS = {"PCMU": "PCMU/8000", "PCMA": "PCMA/8000", "G722": "G722/16000"}
"""Codec -> what pjsua2 calls it; all others are switched off."""


def load_pjsua2() -> Any:
    """Return the pjsua2 module.

    Raises:
        PhoneError: it is not installed.
    """
    try:
        import pjsua2
    except ImportError as error:
        raise PhoneError(
            f"freeline phone needs pjsua2 ({error}); install it with: pip install 'freeline[phone]'"
        ) from error
    return pjsua2


class Engine:
    """The endpoint. Use as an asynchronous context: it pumps inside."""

    def __init__(
        self,
        *,
        address: str,
        port: int,
        transport: str,
        log_level: int,
        rtp_port: int = 0,
        ca: Path | None = None,
        codecs: Sequence[str] = ("PCMU", "PCMA"),
    ) -> None:
        """Prepare.

        Args:
            transport: `udp`, `tcp` or `tls`.
            ca: who must have issued the certificate of whom it connects to; None: anyone.
        """
        self.pj = load_pjsua2()
        self.address = address
        self.port = port
        """The real one, once entered."""
        self.transport = transport
        self.rtp_port = rtp_port
        self._log_level = log_level
        self._ca = ca
        self._codecs = [CODECS[name] for name in codecs]
        """Best first."""
        self._endpoint: Any = None
        self._pump: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Engine:
        """Start.

        Raises:
            PhoneError: pjsua2 refuses, for example because the port is taken.
        """
        pj = self.pj
        self._endpoint = pj.Endpoint()
        try:
            with _nothing_on_stdout():  # pjlib greets before it can be told not to
                self._endpoint.libCreate()
            config = pj.EpConfig()
            config.uaConfig.threadCnt = 0
            config.uaConfig.mainThreadOnly = True
            config.uaConfig.userAgent = "Freeline phone"
            config.logConfig.level = config.logConfig.consoleLevel = self._log_level
            config.medConfig.noVad = True
            config.medConfig.ecTailLen = 0
            config.medConfig.clockRate = config.medConfig.sndClockRate = 8000
            self._endpoint.libInit(config)
            kind = getattr(pj, f"PJSIP_TRANSPORT_{self.transport.upper()}")
            transport = pj.TransportConfig()
            transport.tlsConfig.method = pj.PJSIP_TLSV1_2_METHOD
            if self._ca is not None:
                transport.tlsConfig.CaListFile = str(self._ca)
                transport.tlsConfig.verifyServer = True
            transport.port = self.port
            transport.boundAddress = self.address
            number = self._endpoint.transportCreate(kind, transport)
            self._endpoint.audDevManager().setNullDev()
            for codec in self._endpoint.codecEnum2():
                name = codec.codecId.rpartition("/")[0]
                known = name in self._codecs
                priority = 255 - self._codecs.index(name) if known else 0
                self._endpoint.codecSetPriority(codec.codecId, priority)
            self._endpoint.libStart()
            told = self._endpoint.transportGetInfo(number).localAddress
            self.port = int(told.rpartition(":")[2])
        except pj.Error as error:
            self._destroy()
            raise PhoneError(f"the phone cannot start: {error.reason or error.info()}") from error
        self._pump = asyncio.get_running_loop().create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
        self._destroy()

    def silence(self) -> Any:
        """Return what a phone says that says nothing.

        Without anything to send, pjsua2 falls silent on the network, too, and presses no keys.
        """
        return self._endpoint.audDevManager().getCaptureDevMedia()

    async def _run(self) -> None:
        while True:
            self._endpoint.libHandleEvents(_PUMP_MILLISECONDS)
            await asyncio.sleep(0)

    def _destroy(self) -> None:
        endpoint, self._endpoint = self._endpoint, None
        if endpoint is not None:
            endpoint.libDestroy()


@contextmanager
def _nothing_on_stdout() -> Iterator[None]:
    """Send what C code prints to nowhere: stdout is for whoever reads our lines."""
    sys.stdout.flush()
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
