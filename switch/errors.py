"""Every error that Freeline raises on purpose.

    FreelineError                 has a message for a person
    +-- ConfigurationError        config/*.yaml or a flow is wrong; lists every problem
    |   +-- FlowError             the same, in a flow file
    +-- CertificateError          a certificate, its key or who issued it cannot be used
    +-- ProtocolError             SIP or SDP rules were broken
    |   +-- LocalProtocolError    by us: a bug or a misuse of the API
    |   +-- RemoteProtocolError   by the peer; `status_hint` is the SIP answer to give
    |   +-- HandshakeFailed       of TLS or WebSocket, before any SIP
    +-- MediaError                media could not do what was asked
    |   +-- PortsExhausted        no RTP port is free
    |   +-- PromptError           a prompt could not be read, converted or spoken
    |   +-- WorkerLost            the media worker of this call has died
    +-- FlowRunError              a flow failed while a caller was in it
    +-- CallOver                  the call ended while a flow was acting on it
    +-- FaxHeard                  the caller is a fax machine, and the flow wants to know
    +-- RoutingError              an unknown queue, agent or contact
    +-- ControlError              a switch that runs cannot be asked, or refuses
    +-- RecordsError              call records cannot be read or written
    |   +-- RecordsUnavailable    just now: the database is locked, full or away
    +-- PlanningError             figures for planning that cannot be, or lead nowhere
    +-- PhoneError                `freeline phone` could not do what its script says

`tests/test_errors.py` keeps the picture true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class FreelineError(Exception):
    """Base of all errors whose message is meant for a person."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in a file, with its place."""

    file: str
    """Path as the operator named it."""
    line: int
    """1-based; 0 when the whole file is meant."""
    column: int
    """1-based; 0 when the whole line is meant."""
    message: str
    """What is wrong and why."""
    hint: str = ""
    """What was probably meant, or what to do."""

    def __str__(self) -> str:
        place = self.file
        if self.line:
            place += f":{self.line}"
            if self.column:
                place += f":{self.column}"
        return f"{place}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class ConfigurationError(FreelineError):
    """A configuration file is wrong. The running configuration stays in force."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class FlowError(ConfigurationError):
    """A flow file is wrong."""


class CertificateError(FreelineError):
    """A file that TLS needs cannot be used; the message says which and why."""

    def __init__(self, setting: str, file: object, why: str) -> None:
        super().__init__(f"{file}: {why}")
        self.setting = setting
        """Which setting named the file: `certificate`, `key`, `client_ca`, ..."""


class ProtocolError(FreelineError):
    """SIP or SDP rules were broken."""


class LocalProtocolError(ProtocolError):
    """We broke a rule: the API was called in a state that does not allow it."""


class RemoteProtocolError(ProtocolError):
    """The peer broke a rule; `status_hint` is the SIP status code to answer with."""

    def __init__(self, message: str, status_hint: int = 400) -> None:
        super().__init__(message)
        self.status_hint = status_hint

    @property
    def phrase(self) -> str:
        """What is wrong, fit for a status line; empty when it quotes what is not."""
        phrase = str(self).partition("\n")[0][:100]
        return phrase if phrase.isascii() and phrase.isprintable() else ""


class HandshakeFailed(ProtocolError):
    """A connection came to nothing: no TLS or no WebSocket could be agreed on."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        """One word out of a closed list, for metrics."""


class MediaError(FreelineError):
    """Media could not do what was asked."""


class PortsExhausted(MediaError):
    """No RTP port is free."""


class PromptError(MediaError):
    """A prompt could not be read, converted or spoken."""


class WorkerLost(MediaError):
    """The media worker that carried this call has died."""


class FlowRunError(FreelineError):
    """A flow failed while a caller was in it; the message names flow and node."""


class CallOver(FreelineError):
    """The call ended while a flow was acting on it."""


class FaxHeard(FreelineError):
    """The caller is a fax machine: raised once, where a flow waits for the caller."""


class RoutingError(FreelineError):
    """An unknown queue, agent or contact was named."""


class ControlError(FreelineError):
    """A switch that runs cannot be asked, or refuses."""


class RecordsError(FreelineError):
    """Call records cannot be read or written."""


class RecordsUnavailable(RecordsError):
    """The database is locked, full or away: trying again may help."""

    def __init__(self, url: str, cause: str) -> None:
        self.url = url
        """Without its password."""
        self.cause = cause
        super().__init__(f"the records database {url} is unavailable: {cause}")


class PlanningError(FreelineError):
    """Figures given for planning cannot be, or what is asked for cannot be reached."""


class PhoneError(FreelineError):
    """`freeline phone` could not do what its script says."""
