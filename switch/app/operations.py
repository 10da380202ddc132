"""What operators reach a running switch by: schedules, reload, the control socket."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from switch.app.config_reload import ConfigReloader
from switch.app.control_socket import ControlSocket, Handler
from switch.app.routing_answers import RoutingAnswers
from switch.app.routing_desk import RoutingDesk
from switch.app.shift_calendar import ShiftCalendar
from switch.clock import Clock
from switch.settings import Settings


class Operations:
    """Starts once calls can be taken; stops before anything else does."""

    def __init__(
        self,
        settings: Settings,
        desk: RoutingDesk,
        calendar: ShiftCalendar,
        reloader: ConfigReloader,
        clock: Clock,
        others: Mapping[str, Handler],
    ) -> None:
        """Prepare.

        Args:
            others: what else the control socket answers, by the name of the question.
        """
        self._settings = settings
        self._calendar = calendar
        self.reloader = reloader
        answers = RoutingAnswers(desk, clock)
        path = settings.control.socket
        self._control = (
            None
            if path is None
            else ControlSocket(
                path,
                {
                    "agents": answers.agents,
                    "queues": answers.queues,
                    "why": answers.why,
                    "route": answers.route,
                    "agent": answers.agent,
                    "reload": self._reload,
                    **others,
                },
            )
        )
        self._reloads: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        """Follow the schedules, and listen on the socket.

        Raises:
            FreelineError: the socket cannot be had.
        """
        self._calendar.apply(self._settings)
        if self._control is not None:
            await self._control.start()

    async def stop(self) -> None:
        """Take no more orders."""
        self._calendar.stop()
        for task in self._reloads:
            task.cancel()
        await asyncio.gather(*self._reloads, return_exceptions=True)
        if self._control is not None:
            await self._control.stop()

    def request_reload(self) -> None:
        """Read the configuration again, in a moment."""
        task = asyncio.get_running_loop().create_task(self.reloader.reload(), name="reload")
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    async def _reload(self, _parameters: dict[str, Any]) -> Any:
        return msgspec.to_builtins(await self.reloader.reload())
