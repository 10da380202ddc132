"""Changed agents, queues and trunks take effect without a restart; a bad file changes nothing.

SIGHUP, or `freeline reload`, reads the configuration again in a thread and compares. Agents,
their skills, shifts and headset accounts, queues with all their settings, and certificates change
at once: nobody who waits loses a place, and who talks goes on. What else has changed is told,
because it needs a restart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from switch.app import plan, routing_plan
from switch.app.agent_directory import AgentDirectory
from switch.app.certificates import Certificates, read_certificates
from switch.app.doors import Doors
from switch.app.flow_reading import FlowReading, FlowsRefused
from switch.app.reload_changes import Changes, compare, names
from switch.app.routing_desk import RoutingDesk
from switch.app.shift_calendar import ShiftCalendar
from switch.app.sounds import Sounds
from switch.app.trunk_plan import trunk_plans
from switch.errors import ConfigurationError, PromptError, RoutingError
from switch.events import ConfigurationRejected, ConfigurationReloaded, Event
from switch.log import get_logger
from switch.routing.strategy import Strategy
from switch.settings import Settings, Sip, load_settings
from switch.settings.main_file import MainFile
from switch.telemetry import MqttLink
from switch.transport import Listen
from switch.transport.tls import Tls

_MAX_PROBLEMS = 50

_TAKEN_OVER = ("flows", "sip", "numbers", "number_languages", "dialled_number")
"""Sections that are in force at once, or looked at more closely."""


@dataclass(slots=True)
class Reloaded:
    """What a reload did."""

    problems: Sequence[str] = ()
    """Each with its place; nothing has changed then."""
    changes: Changes = field(default_factory=dict)
    needs_restart: Sequence[str] = ()
    """Sections that differ from those in force, which only a restart takes over."""
    warnings: Sequence[str] = ()


class ConfigReloader:
    """Reads the configuration again, one time after another."""

    def __init__(
        self,
        settings: Settings,
        overrides: Sequence[str],
        desk: RoutingDesk,
        directory: AgentDirectory,
        calendar: ShiftCalendar,
        sounds: Sounds,
        reading: FlowReading,
        accounts: dict[str, dict[str, str]],
        certificates: Certificates,
        doors: Doors,
        bound: list[Listen],
        publish: Callable[[Event], None],
        utc: Callable[[], datetime],
        mqtt: MqttLink | None,
    ) -> None:
        """Prepare.

        Args:
            overrides: laid over the files, as at the start.
            accounts: of headsets, as the SIP core reads them; changed in place.
            doors: lets changed trunks and numbers in.
            bound: where we listen, with real ports.
            mqtt: takes commands for the agents there are.
        """
        self.settings = settings
        """In force."""
        self._overrides = overrides
        self._desk = desk
        self._directory = directory
        self._calendar = calendar
        self._sounds = sounds
        self._reading = reading
        self._accounts = accounts
        self._certificates = certificates
        self._doors = doors
        self._bound = bound
        self._publish = publish
        self._utc = utc
        self._mqtt = mqtt
        self._log = get_logger()
        self._one_at_a_time = asyncio.Lock()

    async def reload(self) -> Reloaded:
        """Take over what has changed, if all of it is right."""
        async with self._one_at_a_time:
            try:
                return await self._reload()
            except (ConfigurationError, FlowsRefused, PromptError, RoutingError) as error:
                problems = str(error).splitlines()[:_MAX_PROBLEMS]
        self._log.error("configuration_rejected", problems=problems, note="the old one stays")
        self._publish(ConfigurationRejected(at=self._utc(), problems=tuple(problems)))
        return Reloaded(problems=problems)

    async def _reload(self) -> Reloaded:
        old = self.settings
        new, strategies, tls, changes = await asyncio.to_thread(self._read, old)
        # A queue that a flow names must not go.
        flows, _ = await self._reading.read(new, urgently=True)
        agents = plan.directory_agents(new, self._bound)
        trunks = trunk_plans(new, self._bound)
        await self._sounds.take_over(new)
        self._desk.router.learn_strategies(strategies)
        accounts = new.accounts()
        # From here on nothing can fail and nothing waits: all of it is in force, or none.
        self._desk.reconfigure(routing_plan.agent_profiles(new), routing_plan.queue_profiles(new))
        for username in self._accounts.keys() - accounts.keys():
            del self._accounts[username]
        self._accounts.update(accounts)
        self._calendar.apply(new)  # first, or who is off would be logged in for a moment
        self._directory.take_over(agents)
        if self._certificates.take_over(new, tls):
            changes["settings_changed"] = (*changes["settings_changed"], "certificates")
        self._doors.take_over(new, trunks, flows)
        if self._mqtt is not None:
            self._mqtt.know_agents([agent.id for agent in new.agents])
        self.settings = new
        restart = [
            name
            for name in MainFile.model_fields
            if name not in _TAKEN_OVER and getattr(old, name) != getattr(new, name)
        ]
        if not _same_but_certificates(old.sip, new.sip):
            restart.append("sip")
        if old.dns != new.dns:
            restart.append("dns")
        told = {what: len(changed) for what, changed in changes.items() if changed}
        warnings = [str(problem) for problem in new.warnings]
        self._log.info("configuration_reloaded", **told, needs_restart=restart)
        self._publish(
            ConfigurationReloaded(
                at=self._utc(),
                changed=tuple(names(changes)),
                needs_restart=tuple(restart),
            )
        )
        return Reloaded(changes=changes, needs_restart=restart, warnings=warnings)

    def _read(
        self, old: Settings
    ) -> tuple[Settings, dict[str, Strategy], Tls | None, dict[str, tuple[str, ...]]]:
        """Read, check and compare all but the flows. Blocks."""
        new = load_settings(old.directory, overrides=self._overrides)
        changes = dict(compare(old, new))
        return new, routing_plan.strategies(new), read_certificates(new), changes


def _same_but_certificates(old: Sip, new: Sip) -> bool:
    """Whether the certificates are all that may have changed; there must be some in both."""
    without = {"tls": None}
    return (old.tls is None) == (new.tls is None) and old.model_copy(
        update=without
    ) == new.model_copy(update=without)
