"""A session that another process began, taken up where it stood.

RFC 3261 knows nothing of restarts: to the peer it is the same dialog, whoever keeps it. What
was sent after the last note is unknown, so that our CSeq goes on from far above (12.2.1.1
wants it to grow, not to grow by one).
"""

from __future__ import annotations

from switch.frozen import frozen
from switch.sip.dialog import Dialog
from switch.sip.invite_session import InviteSession
from switch.sip.invite_usage import SessionState
from switch.sip.peer import Peer, PeerMemory
from switch.sip.session_host import SessionHost
from switch.sip.session_timer import Agreed, SessionTimer

_CSEQ_LEAP = 1000


@frozen(kw_only=True)
class SessionMemory:
    """A confirmed session, as data."""

    is_uas: bool
    call_id: str
    local_tag: str
    remote_tag: str
    local_address: str
    remote_address: str
    remote_target: str
    contact: str
    source: PeerMemory
    follow_contact: bool
    route_set: tuple[str, ...]
    local_cseq: int
    remote_cseq: int
    local_sdp: str
    remote_sdp: str
    timer_seconds: int
    """Of the session timer (RFC 4028); 0 without one."""
    timer_ours: bool
    takes_update: bool


def remember_session(session: InviteSession) -> SessionMemory | None:
    """Return what must survive of a session; None unless it is confirmed."""
    dialog = session.confirmed_dialog
    if dialog is None:
        return None
    agreed = session.agreed_timer
    return SessionMemory(
        is_uas=session.is_uas,
        call_id=dialog.call_id,
        local_tag=dialog.local_tag,
        remote_tag=dialog.remote_tag,
        local_address=dialog.local_address,
        remote_address=dialog.remote_address,
        remote_target=dialog.remote_target,
        contact=dialog.contact,
        source=dialog.source.memory,
        follow_contact=dialog.follow_contact,
        route_set=tuple(dialog.route_set),
        local_cseq=dialog.local_cseq,
        remote_cseq=dialog.remote_cseq,
        local_sdp=session.local_sdp.decode("utf-8", "replace"),
        remote_sdp=(session.remote_sdp or b"").decode("utf-8", "replace"),
        timer_seconds=agreed.seconds if agreed is not None else 0,
        timer_ours=agreed.ours if agreed is not None else False,
        takes_update=session.takes_update,
    )


class RestoredSession(InviteSession):
    """Confirmed from the start."""

    def __init__(self, host: SessionHost, memory: SessionMemory, now: float) -> None:
        super().__init__(host, memory.call_id)
        self._is_uas = memory.is_uas
        self.state = SessionState.CONFIRMED
        self.local_sdp = memory.local_sdp.encode()
        self.remote_sdp = memory.remote_sdp.encode() or None
        self._dialog = Dialog(
            call_id=memory.call_id,
            local_tag=memory.local_tag,
            remote_tag=memory.remote_tag,
            local_address=memory.local_address,
            remote_address=memory.remote_address,
            remote_target=memory.remote_target,
            contact=memory.contact,
            source=Peer(*memory.source),
            follow_contact=memory.follow_contact,
            route_set=list(memory.route_set),
            local_cseq=memory.local_cseq + _CSEQ_LEAP,
            remote_cseq=memory.remote_cseq,
            way=host.layer.way,
        )
        host.add_dialog(self, self._dialog.key)
        self._takes_update = memory.takes_update
        if memory.timer_seconds:
            self._timer = SessionTimer(
                host.layer.alarms,
                Agreed(memory.timer_seconds, memory.timer_ours),
                self._refresh,
                self._expired,
                now,
            )

    @property
    def is_uas(self) -> bool:
        return self._is_uas

    def make_sure(self, now: float) -> None:
        """Ask the peer whether the session lives: it may have hung up while nobody listened.

        By a refresh where one was agreed, which nobody knows to be due; else by an OPTIONS,
        to which a peer without the dialog says 481 (RFC 3261 12.2.1.2).
        """
        if self._timer is not None and self._timer.agreed.ours:
            self._refresh(now)
        elif self._dialog is not None:
            request = self._dialog.build("OPTIONS")
            self._host.layer.send_request(request, now, self._in_dialog)
