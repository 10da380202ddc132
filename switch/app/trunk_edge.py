"""The trunks of one switch with the DNS behind them: built, started and stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from switch.app.trunk_answers import TrunkAnswers
from switch.app.trunk_plan import reach, trunk_plans
from switch.clock import Clock
from switch.events import Event
from switch.settings import Settings
from switch.sip.core import SipCore
from switch.sip.events import SipEvent
from switch.sip.peer import Peer
from switch.sip.target_order import Target
from switch.transport import Listen, SipDriver, way_to
from switch.transport.resolver import Resolver
from switch.trunks.desk import TrunkDesk

_FAREWELL_SECONDS = 2.0
"""How long carriers may take to answer that we are no longer registered."""
_LOOKS = 100
"""How often it is seen within that time whether they have."""


class TrunkEdge:
    """Owns the resolver and the desk of trunks."""

    def __init__(
        self,
        settings: Settings,
        bound: list[Listen],
        core: SipCore,
        driver: SipDriver[SipEvent],
        domain: str,
        publish: Callable[[Event], None],
        clock: Clock,
    ) -> None:
        """Build both.

        Args:
            bound: where we listen, with real ports.

        Raises:
            ConfigurationError: a carrier needs a transport that we do not listen on.
        """
        self._plans = trunk_plans(settings, bound)
        self.resolver = Resolver(
            reach(bound),
            core.ids.below,
            servers=[(each.address, each.port) for each in settings.dns.servers],
            timeout_seconds=settings.dns.timeout_seconds,
        )

        def near(target: Target) -> Peer | None:
            place = target.transport, target.address, target.port
            return way_to(bound, *place, name=target.name)

        self.desk = TrunkDesk(
            core, self.resolver, near, domain, publish, clock.utc, driver.now, driver.flush
        )
        self._now, self._utc = driver.now, clock.utc
        self._left = False

    def answers(self, calls_in: Mapping[str, int]) -> TrunkAnswers:
        """Return who tells how the trunks stand.

        Args:
            calls_in: trunk -> calls from there that are up.
        """
        return TrunkAnswers(self.desk, self.resolver, calls_in, self._now, self._utc)

    def start(self) -> None:
        """Register, probe, and look names up."""
        self.desk.take_over(self._plans)

    def leave(self) -> None:
        """Take registrations back, so that carriers send no more calls; once."""
        if not self._left:
            self._left = True
            self.desk.stop()

    async def stop(self, *, leave: bool = True) -> None:
        """Leave, if that has not been done, and ask the DNS nothing any more.

        Args:
            leave: False for a successor, who renews the registrations: it comes in a moment.
        """
        if leave:
            self.leave()
        for _ in range(_LOOKS):
            if not self.desk.is_leaving:
                break
            await asyncio.sleep(_FAREWELL_SECONDS / _LOOKS)
        await self.resolver.stop()
