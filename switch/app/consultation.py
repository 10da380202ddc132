"""Whom an agent has called while a caller is on hold: to be joined, by REFER with Replaces.

RFC 3891, RFC 5589 7. The agent may talk with somebody, be with a queue that has not found anybody
yet, or still wait for an answer.
"""

from __future__ import annotations

from collections.abc import Mapping

from switch.app.destination import Brought, Destination
from switch.app.routing_desk import RoutingDesk
from switch.calls.leg import Leg, LegState
from switch.calls.session import CallSession
from switch.frozen import frozen
from switch.sip.invite_session import InviteSession


@frozen()
class Placed:
    """A call that an agent's headset has placed."""

    call: CallSession
    by: str
    destination: Destination


@frozen()
class Consultation:
    """How such a call stands now."""

    call: CallSession
    to: Destination
    """Whom the agent talks with; else whom the agent has called."""
    party: Leg | None
    """Who talks with the agent; None while nobody does."""
    waits_in: str = ""
    """The queue in which the agent waits for somebody, or is being put through."""


def find_consultation(
    session: InviteSession | None,
    agent: str,
    placed: Mapping[str, Placed],
    brought: Mapping[str, Brought],
    desk: RoutingDesk,
) -> Consultation | None:
    """Return the call of an agent's headset that a dialog belongs to; None: it is none.

    Args:
        session: of the dialog that a Replaces names.
        placed, brought: as `Conversations` has them.
    """
    leg = None if session is None else session.owner
    found = placed.get(leg.call) if isinstance(leg, Leg) else None
    if found is None or found.by != agent:
        return None
    call, to = found.call, found.destination
    party = call.outbound
    if party is not None and party.state is not LegState.ANSWERED:
        party = None
    standing = desk.standing(call.id)
    if call.id in brought:  # those who were called may have handed the agent on, too
        to = brought[call.id].to
    elif standing is not None and standing.state == "talking" and party is not None:
        to = Destination(agent=party.party, queue=standing.queue)
    elif standing is not None:
        return Consultation(call, to, None, standing.queue)
    elif to.queue:
        return None  # nobody was found, and the call is about to end
    return Consultation(call, to, party)
