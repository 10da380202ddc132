"""All trunks of a switch: started, changed, asked for a way out, and told of when they change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from structlog.typing import FilteringBoundLogger

from switch.events import Event, TrunkRegistrationChanged, TrunkServerChanged
from switch.sip.core import SipCore
from switch.sip.credentials import DigestClient
from switch.sip.outside_request import OutsideHost
from switch.sip.peer import Peer
from switch.sip.registration import Standing
from switch.sip.requests import MOST_HOPS
from switch.sip.target_order import Target
from switch.trunks.dialling import Dialling
from switch.trunks.last_hour import HourBook
from switch.trunks.plans import TrunkPlan
from switch.trunks.presentation import Caller
from switch.trunks.trunk import Names, Server, Trunk


class FollowedNames(Names, Protocol):
    """Names that are looked up in the background: `transport.resolver.Resolver`."""

    on_changed: Callable[[str], None]

    def follow(self, uri: str) -> None:
        """Know this URI's addresses from now on."""
        ...

    def forget(self, uri: str) -> None:
        """Follow it no longer."""
        ...


class TrunkDesk:
    """Owns the trunks."""

    def __init__(
        self,
        core: SipCore,
        names: FollowedNames,
        near: Callable[[Target], Peer | None],
        domain: str,
        publish: Callable[[Event], None],
        utc: Callable[[], datetime],
        clock: Callable[[], float],
        flush: Callable[[], None],
    ) -> None:
        """Prepare.

        Args:
            near: tells how a target is reached; None without a listener for it.
            domain: our host in From and in identities.
            clock: the time that the core is driven with.
            flush: sends what the core has put out.
        """
        self.host: OutsideHost = core
        self.names: Names = names
        self._core = core
        self._all_names = names
        self.near = near
        self.hours = HourBook()
        """Calls of the last hour: of trunks, and of agents who call numbers."""
        self.digests: dict[str, DigestClient] = {}
        """Trunk -> what answers its challenges in calls that came from it."""
        core.digests = self.digests
        self._domain = domain
        self._publish = publish
        self._utc = utc
        self._clock = clock
        self._flush = flush
        self._stopped = False
        self._trunks: dict[str, Trunk] = {}
        self._followed: set[str] = set()
        self._registered: dict[str, tuple[bool, str]] = {}
        names.on_changed = self._addresses_changed
        core.layer.on_connection_lost = self._connection_lost

    # Its life.

    def take_over(self, plans: Iterable[TrunkPlan]) -> None:
        """Have these trunks from now on; calls that are up go on whatever becomes of theirs.

        Nothing changes any more once we have left: a carrier would send calls again.
        """
        if self._stopped:
            return
        now = self._clock()
        wanted = {plan.name: plan for plan in plans}
        self._follow(wanted.values())
        for name in self._trunks.keys() - wanted.keys():
            self._trunks.pop(name).stop(now)
            self._registered.pop(name, None)
        for name, plan in wanted.items():
            known = self._trunks.get(name)
            if known is None:
                known = self._trunks[name] = Trunk(plan, self)
                known.start(now)
            elif known.plan != plan:
                known.take_over(plan, now)
        self._trunks = {name: self._trunks[name] for name in wanted}  # in the file's order
        self.digests.clear()
        for name, trunk in self._trunks.items():
            if trunk.digest is not None:
                self.digests[name] = trunk.digest
        self._flush()

    def stop(self) -> None:
        """Take registrations back and probe no more; answers are awaited while `is_leaving`."""
        self._stopped = True
        now = self._clock()
        for trunk in self._trunks.values():
            trunk.stop(now)
        self._flush()

    @property
    def is_leaving(self) -> bool:
        """Whether a registrar has still to say that we are no longer registered."""
        return any(
            trunk.registration is not None and trunk.registration.is_leaving for trunk in self
        )

    def _follow(self, plans: Iterable[TrunkPlan]) -> None:
        uris = {uri for plan in plans for uri in plan.uris}
        for uri in self._followed - uris:
            self._all_names.forget(uri)
        for uri in uris - self._followed:
            self._all_names.follow(uri)
        self._followed = uris

    # Calling out.

    def __iter__(self) -> Iterator[Trunk]:
        return iter(self._trunks.values())

    def __len__(self) -> int:
        return len(self._trunks)

    def choose(self, names: Sequence[str]) -> list[Trunk]:
        """Return trunks through which something may be dialled; of no name, the first of all."""
        if not names:
            return [each for each in self._trunks.values() if each.plan.dial is not None][:1]
        found = [self._trunks.get(name) for name in names]
        return [each for each in found if each is not None and each.plan.dial is not None]

    def only(self, name: str) -> Trunk | None:
        """Return the trunk of that name, or the first, if something may be dialled through it."""
        return next(iter(self.choose((name,) if name else ())), None)

    def dialling(
        self,
        trunks: Sequence[Trunk],
        number: str,
        caller: Caller,
        call: str,
        log: FilteringBoundLogger,
        max_forwards: int = MOST_HOPS,
    ) -> Dialling:
        """Return a call out that has not begun.

        Args:
            max_forwards: what is left of the caller's.
        """
        return Dialling(
            trunks,
            number,
            caller,
            call,
            core=self._core,
            around=self,
            domain=self._domain,
            clock=self._clock,
            log=log,
            max_forwards=max_forwards,
        )

    # What happens.

    def server_changed(self, trunk: Trunk, server: Server, now: float) -> None:
        """A server has gone up or down."""
        self._publish(
            TrunkServerChanged(
                at=self._utc(),
                trunk=trunk.name,
                peer=server.uri,
                address=str(server.target),
                up=server.health.up,
                problem=server.health.problem,
            )
        )

    def registration_changed(self, trunk: Trunk, now: float) -> None:
        """We are registered, or no longer, or in trouble."""
        registration = trunk.registration
        if registration is None or registration.standing is Standing.STOPPED:
            return
        told = registration.standing is Standing.REGISTERED, registration.problem
        if self._registered.get(trunk.name) == told:
            return
        self._registered[trunk.name] = told
        self._publish(
            TrunkRegistrationChanged(
                at=self._utc(), trunk=trunk.name, registered=told[0], problem=told[1]
            )
        )

    def _connection_lost(self, peer: Peer, now: float) -> None:
        for trunk in self._trunks.values():
            if trunk.registration is not None:
                trunk.registration.connection_lost(peer, now)

    def _addresses_changed(self, uri: str) -> None:
        now = self._clock()
        for trunk in self._trunks.values():
            if uri in trunk.plan.uris:
                trunk.addresses_changed(now, uri)
        self._flush()
