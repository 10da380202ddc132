"""One call's way through its flow: from the start, or on from where the last switch left it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable

import msgspec

from switch.app.flow_services import FlowServices
from switch.app.ivr_call import IvrCall
from switch.app.queue_visit import talk_on
from switch.app.run_memory import QueueTalk, RunMemory
from switch.calls.session import CallSession
from switch.errors import FlowRunError, PromptError
from switch.ivr.call import QueueEnd, QueueOutcome
from switch.ivr.interpreter import Interpreter
from switch.records.call_fold import CallFold
from switch.termination import Reason, Result, Termination

_MOST_BYTES = 65_536
"""That a flow may take in the journal."""


class FlowRun:
    """Conducts a call by its flow; conduct or go on once."""

    def __init__(
        self,
        session: CallSession,
        interpreter: Interpreter,
        call: IvrCall,
        services: FlowServices,
        calls_in: Counter[str],
    ) -> None:
        """Prepare.

        Args:
            calls_in: trunk -> calls from there that are up.
        """
        self._session = session
        self._interpreter = interpreter
        self._call = call
        self._services = services
        self._calls_in = calls_in
        session.run_of_flow = self

    async def conduct(self) -> None:
        """Run the flow from its start."""
        await self._run(self._interpreter.run())

    async def go_on(self, memory: RunMemory) -> None:
        """Let them talk on, and then go on with the flow."""
        self._call.go_on(memory.call)
        await self._run(self._interpreter.go_on(self._talk(memory)))

    async def _run(self, running: Awaitable[None]) -> None:
        session, trunk = self._session, self._call.facts.trunk
        self._calls_in[trunk] += 1
        try:
            await running
        except (FlowRunError, PromptError) as error:
            flow = self._interpreter.first.flow.name
            session.log.error("flow_failed", flow=flow, error=str(error))
            session.end(Termination(Result.FAILED, Reason.FLOW_ERROR, 500, str(error)))
        finally:
            self._calls_in[trunk] -= 1
            self._call.part()

    async def _talk(self, memory: RunMemory) -> QueueOutcome:
        session, facts, services = self._session, self._call.facts, self._services
        try:
            if memory.transfer is not None:
                await services.transfers.go_on(session, facts, memory.transfer)
                return QueueOutcome(QueueEnd.CONNECTED)
            assert memory.queue is not None
            return await talk_on(
                session, facts, memory.queue, services.conversations, services.desk
            )
        finally:
            services.desk.leave(session.id, "abandoned")

    def remember(self, fold: CallFold | None) -> RunMemory | str:
        """Return what must survive while the parties talk; or why nothing may be written down.

        Args:
            fold: the record so far.
        """
        flow = self._interpreter.remember()
        if isinstance(flow, str):
            return flow
        transfer, queue = self._services.transfers.talk_of(self._session), None
        if transfer is None:
            if fold is None or not fold.queues:
                return "nothing is known of how they came to talk"
            wait, partner = fold.queues[-1], self._session.outbound
            handed_on = partner is None or partner.party != fold.agent
            home = "" if handed_on else wait.queue
            queue = QueueTalk(fold.agent, home, wait.waited_seconds)
        memory = RunMemory(flow=flow, call=self._call.remember(), queue=queue, transfer=transfer)
        if len(msgspec.json.encode(memory)) > _MOST_BYTES:
            return f"its variables take more than {_MOST_BYTES} bytes"
        return memory


GoOn = Callable[[CallSession, RunMemory], FlowRun | None]
"""Returns the run of a call's flow, to go on; None: the flow is not what it was."""
