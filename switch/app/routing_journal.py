"""Which of the router's and the registrar's memory goes into the journal, and comes back.

After a restart within seconds every agent is in the state of before, every headset is
reached where it was, a caller who calls again finds the old place in the queue, and who shall be
rung back still has it. What limits by the hour are held against is known after any restart.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from switch.app.binding_memory import BindingMemory, binding_again, remember_binding
from switch.app.call_memory import CallMemory
from switch.app.callback_memory import CallbackMemory
from switch.app.fading_entries import FadingEntries
from switch.app.journal import Contents, Journal, read_journal
from switch.clock import Clock
from switch.log import get_logger
from switch.media.dtls_certificate import DtlsCertificate, new_certificate
from switch.routing import Router
from switch.routing.callers import MOST_REMEMBERED, REMEMBERED_SECONDS
from switch.routing.memory import (
    AgentMemory,
    ContactMemory,
    PlaceMemory,
    ServedMemory,
    shifted,
)
from switch.sip.registrar import Registrar
from switch.trunks.last_hour import HourBook, MinuteMemory

_CLOCK = "clock"
"""The key of UTC minus the router's clock, by which times are brought to another clock."""

_CALLBACK = "callback:"
"""Begins the keys of callbacks; the number follows."""

_SERVED = "served:"
"""Begins the keys of who served a caller last; queue and caller follow."""

_PLACE = "place:"
"""Begins the keys of places of callers who have hung up; queue and caller follow."""

_DIALLED = "dialled:"
"""Begins the keys of calls that were dialled; who dialled, and a number for each minute, follow."""

_MOST_MINUTES = 1_000_000
"""More than there can be: sixty an hour of each trunk and of each agent who dials."""

_CERTIFICATE = "dtls"
"""The key of what we show in DTLS handshakes: calls that go on are described by it."""

CALL = "call:"
"""Begins the keys of calls whose parties talk; the call's id follows."""


@dataclass(slots=True)
class LeftCalls:
    """Calls whose parties talked when the last switch fell."""

    calls: list[CallMemory] = field(default_factory=list)
    down_seconds: float = 0.0
    too_late: bool = False
    """The media workers have not waited so long."""

    @property
    def workers(self) -> set[int]:
        """Which media workers have outlived the last switch."""
        return set() if self.too_late else {call.worker for call in self.calls}


@dataclass(slots=True)
class Restored:
    """What the last switch left, besides what the router and the registrar have again."""

    agents: set[str] = field(default_factory=set)
    """Whose states are those of before."""
    callbacks: list[CallbackMemory] = field(default_factory=list)
    """To stand again."""
    lost_callbacks: list[CallbackMemory] = field(default_factory=list)
    """Those of a switch that has been away for too long."""


class RoutingJournal:
    """Between the router, the registrar and the file."""

    def __init__(
        self,
        path: Path,
        resume_within_seconds: float,
        router: Router,
        registrar: Registrar,
        clock: Clock,
        later: Callable[[Callable[[], None]], None],
    ) -> None:
        """Make it.

        Args:
            later: calls a function in a moment: the headset is rung first.
        """
        self._path = path
        self._within = resume_within_seconds
        self._router = router
        self._registrar = registrar
        self._clock = clock
        self._later = later
        self._log = get_logger()
        self.journal = Journal(path)
        self.certificate = new_certificate()
        """For DTLS: the one of the last switch if calls of its go on."""
        self._contents: Contents | None = None
        """What the last switch left."""
        self._agents: dict[str, None] = {}
        self._contacts: dict[str, None] = {}
        """Who has changed since the last note."""
        self._noting = False
        self._served = FadingEntries(self.journal, MOST_REMEMBERED)
        self._places = FadingEntries(self.journal, MOST_REMEMBERED)
        self._dialled = FadingEntries(self.journal, _MOST_MINUTES)

    # While the switch runs.

    def agent_changed(self, agent: str) -> None:
        """Note an agent's state, in a moment: the headset is rung first."""
        self._agents[agent] = None
        self._note_soon()

    def contact_changed(self, contact: str) -> None:
        """Note where a caller stands, or that the caller is gone, in a moment."""
        self._contacts[contact] = None
        self._note_soon()

    def _note_soon(self) -> None:
        if not self._noting:
            self._noting = True
            self._later(self._note)

    def _note(self) -> None:
        self._noting = False
        survival = self._router.survival
        for agent in self._agents:
            self.journal.put(f"agent:{agent}", survival.of_agent(agent))
        for contact in self._contacts:
            self.journal.put(f"contact:{contact}", survival.of_contact(contact))
        self._agents.clear()
        self._contacts.clear()
        for caller, queue, place in survival.changed_places():
            key = f"{_PLACE}{queue}:{caller}"
            if place is None:
                self._places.drop(key)
            else:
                self._places.put(key, place, self._clock.now())

    def talk_ends(self, contact: str) -> None:
        """Note who served the caller, before the router forgets the caller."""
        memory = self._router.survival.of_contact(contact)
        if memory is None or not memory.caller or not memory.agent:
            return
        # Flows may ask for the agent of the last time where the queue does not.
        within = self._router.ask.queue(memory.queue).sticky_seconds or REMEMBERED_SECONDS
        now = self._clock.now()
        served = ServedMemory(
            caller=memory.caller, queue=memory.queue, agent=memory.agent, until=now + within
        )
        self._served.put(f"{_SERVED}{memory.queue}:{memory.caller}", served, now)

    def headset_changed(self, username: str) -> None:
        """Note where a headset is registered."""
        memories = [remember_binding(binding) for binding in self._registrar.bindings(username)]
        self.journal.put(f"headset:{username}", memories or None)

    def callback_changed(self, number: str, memory: CallbackMemory | None) -> None:
        """Note how the callback to a number stands; None: it does not any more."""
        self.journal.put(f"{_CALLBACK}{number}", memory)

    # At the start and the end.

    def read(self) -> LeftCalls:
        """Read what the last switch left. Blocks for a moment."""
        contents = self._contents = self._read()
        if contents is None:
            return LeftCalls()
        calls = [memory for _, memory in _each(contents.values, CALL, CallMemory)]
        down = contents.down_seconds
        left = LeftCalls(calls, round(down, 1), down > self._within)
        if left.workers:
            for _, known in _each(contents.values, _CERTIFICATE, DtlsCertificate):
                self.certificate = known
        return left

    def restore(
        self,
        local_addresses: set[tuple[str, int]],
        going_on: Collection[str] = (),
        hours: HourBook | None = None,
    ) -> Restored:
        """Take up what the last switch left, and begin the new file; after `read`.

        Args:
            local_addresses: where we listen over UDP: a headset that registered with
                another address, or over a connection, has to register again.
            going_on: calls whose parties still talk.
            hours: counts the calls that are dialled, for limits by the hour; they and those of
                agents hold however long the switch was away.
        """
        contents, self._contents = self._contents, None
        found = contents.values if contents is not None else {}
        shift = self._offset()
        shift = float(found.get(_CLOCK, shift)) - shift
        callbacks = [each.shifted(shift) for _, each in _each(found, _CALLBACK, CallbackMemory)]
        agents = [shifted(memory, shift) for _, memory in _each(found, "agent:", AgentMemory)]
        now = self._clock.now()
        survival = self._router.survival
        dialled = self._restore_hours(found, hours, shift, now)
        if contents is not None and contents.down_seconds > self._within:
            self._log.info("journal_too_old", down_seconds=round(contents.down_seconds, 1))
            survival.restore_hours(agents, now)
            self._begin(agents, [], [], {}, (), dialled)
            return Restored(lost_callbacks=callbacks)
        values = found
        for username, bindings in _each(values, "headset:", list[BindingMemory]):
            for each in bindings:
                binding = binding_again(username, each, local_addresses, shift, now)
                if binding is not None:
                    self._registrar.restore(binding, now)
        contacts = [shifted(each, shift) for _, each in _each(values, "contact:", ContactMemory)]
        talks = [each for each in contacts if each.agent and each.contact in going_on]
        survival.restore_agents(agents, now, talks)
        places = survival.restore_places(contacts, now)
        old = [shifted(memory, shift) for _, memory in _each(values, _PLACE, PlaceMemory)]
        survival.restore_old_places([memory for memory in old if memory.until > now])
        served = [shifted(memory, shift) for _, memory in _each(values, _SERVED, ServedMemory)]
        served = [memory for memory in served if memory.until > now]
        survival.restore_served(served)
        if contents is not None:
            self._log.info(
                "routing_restored",
                agents=len(agents),
                places=places,
                callbacks=len(callbacks),
                down_seconds=round(contents.down_seconds, 1),
                lines_cut_off=contents.cut_off,
            )
        self._begin(agents, served, callbacks, values, going_on, dialled)
        return Restored({memory.agent for memory in agents}, callbacks)

    def last_note(self) -> None:
        """Note what has changed; to be called in the loop, before `stop`."""
        self._note()

    def stop(self) -> None:
        """Write what waits. Blocks for a moment."""
        self.journal.stop()

    def _read(self) -> Contents | None:
        try:
            return read_journal(self._path)
        except OSError as error:
            self._log.warning("journal_not_read", journal=str(self._path), error=str(error))
            return None

    def _begin(
        self,
        agents: list[AgentMemory],
        served: list[ServedMemory],
        callbacks: list[CallbackMemory],
        old: dict[str, Any],
        going_on: Collection[str],
        dialled: dict[str, object],
    ) -> None:
        values: dict[str, object] = {
            _CLOCK: self._offset(),
            _CERTIFICATE: self.certificate,
            **dialled,
        }
        for memory in agents:
            values[f"agent:{memory.agent}"] = self._router.survival.of_agent(memory.agent)
        for each in served:
            key = f"{_SERVED}{each.queue}:{each.caller}"
            values[key] = each
            self._served.know(key, each.until)
        for caller, queue, place in self._router.survival.changed_places():
            if place is not None:
                key = f"{_PLACE}{queue}:{caller}"
                values[key] = place
                self._places.know(key, place.until)
        for callback in callbacks:
            values[f"{_CALLBACK}{callback.number}"] = callback
        for call in going_on:
            values[CALL + call] = old.get(CALL + call)
            values[f"contact:{call}"] = self._router.survival.of_contact(call)
        for key in old:
            if key.startswith("headset:"):
                username = key.removeprefix("headset:")
                bindings = self._registrar.bindings(username)
                values[key] = [remember_binding(binding) for binding in bindings] or None
        self.journal.start({key: value for key, value in values.items() if value is not None})

    def _restore_hours(
        self, found: dict[str, Any], hours: HourBook | None, shift: float, now: float
    ) -> dict[str, object]:
        """Count what was dialled; return what is to be kept of that, and keep what follows."""
        if hours is None:
            return {}
        memories = [memory for _, memory in _each(found, _DIALLED, MinuteMemory)]
        memories = [replace(each, latest=each.latest + shift) for each in memories]
        kept: dict[str, object] = {}
        for name, memory in hours.restore(memories, now):
            kept[_DIALLED + name] = memory
            self._dialled.know(_DIALLED + name, memory.until)
        hours.note = lambda name, memory: self._dialled.put(
            _DIALLED + name, memory, self._clock.now()
        )
        return kept

    def _offset(self) -> float:
        return time.time() - self._clock.now()


_Read = TypeVar("_Read")


def _each(values: dict[str, Any], prefix: str, kind: type[_Read]) -> list[tuple[str, _Read]]:
    """Return what the keys of one kind hold; what another version wrote is left out."""
    found = []
    for key, value in values.items():
        if key.startswith(prefix):
            try:
                found.append((key.removeprefix(prefix), msgspec.convert(value, kind)))
            except msgspec.ValidationError:
                get_logger().warning("journal_entry_unknown", key=key)
    return found
