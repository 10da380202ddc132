"""Two SIP cores in memory: a network that loses, repeats and delays as told, and a clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_network
from itertools import count
from typing import TypeVar

from switch.ids import Ids
from switch.sdp.offer_answer import LocalMedia, make_answer, make_offer
from switch.sip.access import Access
from switch.sip.core import SipCore
from switch.sip.core_settings import CoreSettings
from switch.sip.events import SipEvent
from switch.sip.invite_session import InviteSession
from switch.sip.peer import Peer

CALLER = ("192.0.2.7", 5060)
SWITCH = ("198.51.100.1", 5060)

_Event = TypeVar("_Event", bound=SipEvent)

Rule = Callable[[str, int], int]
"""First word of a message (method or status) and how many such went before -> copies."""


@dataclass
class Side:
    """One of the two, with what it was told."""

    core: SipCore
    address: tuple[str, int]
    events: list[SipEvent] = field(default_factory=list)

    def of(self, kind: type[_Event]) -> list[_Event]:
        """Return the events of one kind so far."""
        return [event for event in self.events if isinstance(event, kind)]

    def only(self, kind: type[_Event]) -> _Event:
        """Return the only event of that kind."""
        (found,) = self.of(kind)
        return found


class SipPair:
    """A caller and a switch, each the other's trunk."""

    def __init__(self, transport: str = "udp", **switch_settings: object) -> None:
        self.transport = transport
        self.now = 1000.0
        self.log: list[tuple[float, str, str]] = []
        """Seconds since the start, `>` from caller or `<` from switch, first word."""
        self.bytes: list[bytes] = []
        self.rule: Rule = lambda word, before: 1
        self.delay: Callable[[str], float] = lambda word: 0.0
        self._delayed: list[tuple[float, int, Side, bytes, Peer]] = []
        numbers = count(1)
        self.caller = Side(_core(numbers, CALLER), CALLER)
        self.switch = Side(_core(numbers, SWITCH, **switch_settings), SWITCH)
        self._number = count()
        self._restart: Callable[[], SipCore] = lambda: _core(numbers, SWITCH, **switch_settings)

    # What tests do.

    def call(self, sdp: bytes | None = None, **changes: object) -> InviteSession:
        """Have the caller call the switch."""
        session = self.caller.core.invite(
            target="sip:+18005550100@198.51.100.1",
            peer=Peer(self.transport, SWITCH, CALLER),
            from_uri="sip:+12125550123@192.0.2.7",
            sdp=make_offer(media(CALLER)) if sdp is None else sdp,
            now=self.now,
            **changes,  # type: ignore[arg-type]
        )
        self.run()
        return session

    def talk(self) -> tuple[InviteSession, InviteSession]:
        """Set a call up and return the caller's and the switch's session."""
        from switch.sip.events import IncomingInvite

        caller = self.call()
        callee = self.switch.of(IncomingInvite)[-1].session
        callee.answer(answer_to(callee), self.now)
        self.run()
        return caller, callee

    def restart(self) -> None:
        """Let the switch's core fall, with all that it knew, and put a new one in its place."""
        self.switch = Side(self._restart(), SWITCH)

    def run(self) -> None:
        """Deliver everything that is under way and not delayed."""
        moved = True
        while moved:
            moved = False
            for side, other in ((self.caller, self.switch), (self.switch, self.caller)):
                for data, peer in side.core.datagrams_to_send():
                    moved = True
                    self._carry(side, other, data, peer)
                while (event := side.core.next_event()) is not None:
                    moved = True
                    side.events.append(event)

    def run_for(self, seconds: float) -> None:
        """Let time pass, from deadline to deadline."""
        end = self.now + seconds
        while True:
            self.run()
            due = [core.next_deadline() for core in (self.caller.core, self.switch.core)]
            times = [at for at in due if at is not None] + [entry[0] for entry in self._delayed]
            at = min(times, default=end + 1)
            if at > end:
                break
            self.now = max(self.now, at)
            self._deliver_delayed()
            for side in (self.caller, self.switch):
                side.core.handle_timer(self.now)
        self.now = end

    @property
    def words(self) -> list[str]:
        """Return what was sent, like `>INVITE` and `<200`."""
        return [direction + word for _, direction, word in self.log]

    def times_of(self, what: str) -> list[float]:
        """Return when something was sent, like `<200`."""
        return [round(at, 3) for at, direction, word in self.log if direction + word == what]

    # The network.

    def _carry(self, side: Side, other: Side, data: bytes, peer: Peer) -> None:
        words = data.split(b"\r\n", 1)[0].decode().split(" ")
        word = words[1] if words[0] == "SIP/2.0" else words[0]
        direction = ">" if side is self.caller else "<"
        before = sum(1 for entry in self.log if entry[1:] == (direction, word))
        self.log.append((self.now - 1000, direction, word))
        self.bytes.append(data)
        source = Peer(peer.transport, side.address, other.address, connection=peer.connection)
        for _ in range(self.rule(direction + word, before)):
            wait = self.delay(direction + word)
            if wait:
                self._delayed.append((self.now + wait, next(self._number), other, data, source))
            else:
                other.core.receive(data, source, self.now)

    def _deliver_delayed(self) -> None:
        due = sorted(entry for entry in self._delayed if entry[0] <= self.now)
        self._delayed = [entry for entry in self._delayed if entry[0] > self.now]
        for _, _, side, data, source in due:
            side.core.receive(data, source, self.now)


def media(address: tuple[str, int]) -> LocalMedia:
    """Return one side's media, at a port of its own."""
    return LocalMedia(address[0], 4000, ("PCMU", "PCMA"))


def answer_to(session: InviteSession) -> bytes:
    """Return an answer to what the session's peer offered last."""
    assert session.remote_sdp is not None
    return make_answer(media(SWITCH), session.remote_sdp)[0]


def _core(numbers: count[int], address: tuple[str, int], **settings: object) -> SipCore:
    ids = Ids(lambda size: (next(numbers) % 2**64).to_bytes(max(size, 8), "big")[-size:])
    core_settings = CoreSettings(**settings)  # type: ignore[arg-type]
    networks = [("trunk", [ip_network("192.0.2.0/24"), ip_network("198.51.100.0/24")])]
    return SipCore(core_settings, Access(networks, core_settings.accounts), ids)
