"""What must survive of a headset's registration, so that it is reached where it was."""

from __future__ import annotations

from dataclasses import dataclass

from switch.sip.peer import Peer, PeerMemory
from switch.sip.registrar import Binding, Flow


@dataclass(frozen=True, slots=True)
class BindingMemory:
    """A headset's registration."""

    username: str
    contact: str
    peer: PeerMemory
    """Transport, remote, local; `source` likewise."""
    source: PeerMemory
    expires_at: float
    q: str
    call_id: str
    cseq: int
    path: tuple[str, ...] = ()
    flow: tuple[str, int] | None = None
    """Instance and reg-id."""
    direct: bool = True
    since: float | None = None
    user_agent: str = ""


def remember_binding(binding: Binding) -> BindingMemory:
    """Return what must survive."""
    return BindingMemory(
        binding.username,
        binding.contact,
        binding.peer.memory,
        binding.source.memory,
        binding.expires_at,
        binding.q,
        binding.call_id,
        binding.cseq,
        binding.path,
        None if binding.flow is None else (binding.flow.instance, binding.flow.reg_id),
        binding.direct,
        binding.since,
        binding.user_agent,
    )


def binding_again(
    username: str,
    memory: BindingMemory,
    local_addresses: set[tuple[str, int]],
    shift: float,
    now: float,
) -> Binding | None:
    """Return the registration; None when it has ended, or must come anew.

    Args:
        local_addresses: where we listen over UDP: what came over a connection is gone with it.
        shift: what is to be added to the times of another clock.
    """
    peer, source = Peer(*memory.peer), Peer(*memory.source)
    expires_at = memory.expires_at + shift
    if peer.reliable or source.reliable or peer.local not in local_addresses or expires_at <= now:
        return None
    return Binding(
        username,
        memory.contact,
        peer,
        source,
        expires_at,
        memory.q,
        memory.call_id,
        memory.cseq,
        memory.path,
        None if memory.flow is None else Flow(*memory.flow),
        memory.direct,
        now if memory.since is None else memory.since + shift,
        memory.user_agent,
    )
