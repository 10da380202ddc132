"""Who may come in, and where: trunks and numbers, changed together while calls go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from switch.app import plan
from switch.app.call_control import NumberPlan
from switch.ivr.models import Flow
from switch.settings import Settings
from switch.sip.access import Access
from switch.trunks.desk import TrunkDesk
from switch.trunks.plans import TrunkPlan


class Doors:
    """Puts changed trunks, numbers and flows in force."""

    def __init__(
        self,
        settings: Settings,
        flows: dict[str, Flow],
        access: Access,
        trunks: TrunkDesk,
        use: Callable[[NumberPlan], None],
    ) -> None:
        """Prepare.

        Args:
            use: serves new calls by a plan.
        """
        self._settings = settings
        self._flows = flows
        self._access = access
        self._trunks = trunks
        self._use = use

    def take_over(
        self, settings: Settings, trunks: Iterable[TrunkPlan], loaded: Mapping[str, Flow]
    ) -> None:
        """Let in by changed settings from now on.

        Args:
            loaded: the flows as they are on disk, for numbers with a flow not yet in force.
        """
        self._settings = settings
        self._flows = {**loaded, **self._flows}
        certificates = plan.trunk_certificates(settings)
        self._access.use_trunks(plan.trunk_networks(settings), certificates)
        self._trunks.take_over(trunks)
        self._use(plan.number_plan(settings, self._flows))

    def use_flows(self, flows: dict[str, Flow]) -> None:
        """Serve new calls with changed flows."""
        self._flows = flows
        self._use(plan.number_plan(self._settings, flows))
