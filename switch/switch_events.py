"""What happened to the switch itself, told outward; the rest stands in `events.py`."""

from __future__ import annotations

from typing import ClassVar

from switch.event import Event
from switch.frozen import frozen
from switch.termination import Termination


@frozen(kw_only=True)
class CallRejected(Event):
    """An INVITE got a final refusal before there was a call."""

    kind: ClassVar[str] = "rejected"
    source: str
    """`address:port` it came from."""
    dialled: str
    caller: str
    sip_call_id: str
    termination: Termination


@frozen(kw_only=True)
class WorkerDied(Event):
    """A media worker died; its calls end with `media_lost` and it is restarted."""

    kind: ClassVar[str] = "worker_died"
    worker: int
    exit_code: int
    streams: int
    """How many streams it carried."""


@frozen(kw_only=True)
class GuessingBanned(Event):
    """After wrong passwords a source, or who tries an account, is not listened to for a while."""

    kind: ClassVar[str] = "guessing_banned"
    subject: str
    """`source` or `account`."""
    name: str
    """The address (IPv6: its /64), or the account."""
    failures: int
    """Wrong answers so far."""
    seconds: float
    """How long it lasts; each ban is twice as long as the one before."""


@frozen(kw_only=True)
class OverloadChanged(Event):
    """New calls begin to be refused, or have not been refused for a while."""

    kind: ClassVar[str] = "overload"
    overloaded: bool
    limit: str
    """What was reached first: `queue` (messages wait too long), `per_source_per_second` or
    `per_second`."""
    refused: int
    """New calls since it began."""
    seconds: float
    """From the first of them to the last; 0 as it begins."""
    delay_seconds: float
    """The longest that messages were seen to wait."""


@frozen(kw_only=True)
class DecisionAsked(Event):
    """An outside program may decide who serves whom, within so long."""

    kind: ClassVar[str] = "wanted"
    number: int
    """Names the decision in the answer."""
    queue: str
    call: str
    """The caller to be served; empty when an agent is free and a caller is to be chosen."""
    agent: str
    """The agent who is free; empty when an agent is to be chosen."""
    candidates: tuple[str, ...]
    """Agents, or calls, in the order of the built-in rule."""
    within_seconds: float


@frozen(kw_only=True)
class ConfigurationReloaded(Event):
    """A changed configuration is in force."""

    kind: ClassVar[str] = "configuration_reloaded"
    changed: tuple[str, ...]
    """`agent NAME`, `queue NAME`, `trunk NAME`, `number NUMBER` and `setting NAME`."""
    needs_restart: tuple[str, ...]
    """Sections that have changed too, and wait for a restart."""


@frozen(kw_only=True)
class ConfigurationRejected(Event):
    """A changed configuration is wrong; the old one stays in force."""

    kind: ClassVar[str] = "configuration_rejected"
    problems: tuple[str, ...]


@frozen(kw_only=True)
class TrunkServerChanged(Event):
    """One of a carrier's servers answers again, or no longer: it is called, or is not."""

    kind: ClassVar[str] = "trunk_server"
    trunk: str
    peer: str
    """As configured: `sip:sip.carrier.example`."""
    address: str
    """`udp:192.0.2.1:5060`."""
    up: bool
    problem: str
    """What was seen of it last; empty when it is up."""


@frozen(kw_only=True)
class TrunkRegistrationChanged(Event):
    """We are registered with a carrier, or no longer; or it cannot be renewed."""

    kind: ClassVar[str] = "trunk_registration"
    trunk: str
    registered: bool
    problem: str
    """Empty when all is well."""


@frozen(kw_only=True)
class FlowsReloaded(Event):
    """Changed flows serve new calls from now on."""

    kind: ClassVar[str] = "flows_reloaded"
    flows: tuple[str, ...]
    """All flows in force, by name."""
    changed: tuple[str, ...]
    """Those whose files have changed, come or gone."""
    seconds: float
    """It took."""


@frozen(kw_only=True)
class FlowRejected(Event):
    """Changed flows are wrong; those in force stay."""

    kind: ClassVar[str] = "flow_rejected"
    problems: tuple[str, ...]
    """For a person: file, line, column, what is wrong; the first twenty."""
