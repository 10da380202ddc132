"""What must survive of a flow while its caller talks, if the switch is started anew."""

from __future__ import annotations

from switch.frozen import frozen
from switch.ivr.call import Facts
from switch.ivr.memory import FlowMemory


@frozen()
class IvrMemory:
    """What is known besides the flow itself."""

    facts: Facts
    entered: tuple[float, ...]
    """When the nodes were entered that are not left yet; UTC, seconds."""
    node: str
    messages: int
    sensitive: bool
    unrecorded: bool = False
    """The flow has said that nothing of the call is to be recorded."""


@frozen()
class QueueTalk:
    """A caller and the agent whom a queue has brought together."""

    agent: str
    queue: str
    """The caller goes back there when handed on in vain; empty: nowhere."""
    waited_seconds: float


@frozen()
class TransferTalk:
    """A caller and whom the flow has brought the caller to."""

    agent: str
    number: str
    trunk: str
    joined_at: float
    """UTC, seconds; `parted_at` too."""
    parted_at: float
    """When the party handed the caller on; 0: it has not."""


@frozen(kw_only=True)
class RunMemory:
    """All of it."""

    flow: FlowMemory
    call: IvrMemory
    queue: QueueTalk | None
    """How they came to talk: by a queue, or else by a transfer."""
    transfer: TransferTalk | None
