"""PURE: steps a flow against a call: one node after another, until there is none."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, MutableMapping
from typing import Any

from switch.errors import CallOver, FaxHeard, FlowRunError, MediaError, WorkerLost
from switch.ivr.call import Call, NodeLeft, QueueOutcome
from switch.ivr.memory import FlowMemory, FrameMemory, why_not_kept
from switch.ivr.models import Flow
from switch.ivr.node import Enter, Node, Outcome, Return
from switch.ivr.nodes import Call as CallNode
from switch.ivr.nodes.queue import NOT_WAITED
from switch.ivr.run import OPERATIONS_OF_A_STEP, CallState, Run, Tally

MAX_STEPS = 10_000
"""Nodes that one call may enter. A caller who does nothing gets nowhere near: the checker
sees to that; one who presses keys without end does."""

MAX_STEPS_AFTER_HANGUP = 200


async def run_flow(
    flow: Flow, call: Call, variables: MutableMapping[str, Any] | None = None
) -> None:
    """Run a flow to its end.

    Args:
        variables: filled with the flow's variables as they were at the end.

    Raises:
        CallOver: the caller has gone, or the flow hung up.
        FlowRunError: a node failed; the message names flow and node.
        MediaError: what the caller should hear or say could not be, and the flow has no
            `on_error`.
    """
    interpreter = Interpreter(flow, call)
    try:
        await interpreter.run()
    finally:
        if variables is not None:
            variables.update(interpreter.first.variables)


class Interpreter:
    """One call's way; run it once."""

    __slots__ = ("_call", "_hung_up", "_secret_ahead", "_stack", "_steps", "first", "state")

    def __init__(self, flow: Flow, call: Call) -> None:
        facts = call.facts
        self._call = call
        self.state = CallState(
            call,
            {
                "id": facts.id,
                "from": facts.caller,
                "dialled": facts.dialled,
                "trunk": facts.trunk,
                "withheld": facts.withheld,
                "diverted_from": facts.diverted_from,
                "verstat": facts.verstat,
                "attestation": facts.attestation,
                "language": facts.language or flow.voices.first,
                "queue": dict(NOT_WAITED),
            },
            flow.early_media,
        )
        self.first = Run(self.state, flow)
        self._stack: list[_Frame] = [_Frame(self.first)]
        self._steps = 0
        self._hung_up = False
        self._secret_ahead = False
        """As the call was told."""

    @classmethod
    def anew(cls, flows: Mapping[str, Flow], memory: FlowMemory, call: Call) -> Interpreter | None:
        """Return one that stands where another one stood (`remember`), to `go_on`.

        Args:
            flows: all there are, by name.

        Returns:
            None: a flow or a node is no longer there, or not what it was.
        """
        flow = flows.get(memory.frames[0].flow)
        if flow is None:
            return None
        found = cls(flow, call)
        found.state.facts.update(language=memory.language, queue=dict(memory.queue))
        found._steps = memory.steps
        found._stack = []
        follows = False
        below = (*(kept.flow for kept in memory.frames[1:]), None)
        for kept, called in zip(memory.frames, below, strict=True):
            node = None if flow is None else flow.nodes.get(kept.node)
            if flow is None or node is None:
                return None
            run = Run(found.state, flow, dict(kept.variables), dict(kept.rounds), kept.node)
            frame = _Frame(run, failed=kept.failed, secret_follows=follows)
            found._stack.append(frame)
            if called is None:
                if not node.joins:
                    return None
            elif not isinstance(node, CallNode) or node.flow != called:
                return None
            else:
                follows = frame.secret_follows_in(kept.node)
                flow = flow.others.get(called)
        found.first = found._stack[0].run
        return found

    def remember(self) -> FlowMemory | str:
        """Return where it stands while the caller talks; or why that may not be written down."""
        why = next((why for each in self._stack if (why := why_not_kept(each.run))), "")
        if why:
            return why
        return FlowMemory(
            tuple(each.remember() for each in self._stack),
            self.state.facts["language"],
            self.state.facts["queue"],
            self._steps,
        )

    async def run(self) -> None:
        """Run to the end. Raises as `run_flow` does."""
        flow = self.first.flow
        if flow.on_fax is not None:
            self._call.hear_fax()
        await self._walk(self._step(flow.start))

    async def go_on(self, talk: Awaitable[QueueOutcome]) -> None:
        """Go on after the talk, by the exit of the node where it stands, to the end.

        Args:
            talk: the rest of it.
        """
        run = self._stack[-1].run
        node = run.flow.nodes[run.name]

        async def part() -> str:
            return node.parted(run, await talk)

        await self._walk(self._act(run, node, part()))

    async def _walk(self, first: Awaitable[str | None]) -> None:
        try:
            name = await first
            while name is not None:
                name = await self._step(name)
        except CallOver:
            if not self._hung_up:
                await self._after_hangup()
            raise

    async def _step(self, name: str) -> str | None:
        """Run one node; return the next, or None at the end."""
        frame = self._stack[-1]
        run = frame.run
        node = run.flow.nodes[name]
        self._count(run, name)
        await self.state.breathe()
        if node.needs_answer:
            await self._reach(node)
        run.name = name
        run.tally = Tally()
        ahead = name in run.flow.ahead or (frame.secret_follows and not node.forgets_keys)
        if ahead is not self._secret_ahead:
            self._secret_ahead = ahead
            self._call.set_secret_ahead(ahead)
        self._call.enter_node(run.flow.name, name, node.type)
        if run.flow.has_values and (coming := run.coming()):
            self._call.prepare(coming)
        return await self._act(run, node, node.run(run))

    async def _act(self, run: Run, node: Node, acting: Awaitable[Outcome]) -> str | None:
        """Let a node act; return the next, or None at the end."""
        try:
            outcome = await acting
        except CallOver:
            self._hung_up = node.type == "hangup" and not self._hung_up
            self._leave(run, node, "hangup" if self._hung_up else "gone")
            self._leave_callers("gone")
            raise
        except WorkerLost as error:
            self._leave(run, node, "error", str(error))
            raise
        except (FlowRunError, MediaError) as error:
            self._leave(run, node, "error", str(error))
            return self._on_error(error)
        except FaxHeard:
            self._leave(run, node, "fax")
            return self._on_fax()
        if isinstance(outcome, str):
            target = run.flow.ways[run.name].get(outcome)
            self._leave(run, node, outcome if target is not None else "end")
            return target
        return self._enter(outcome) if isinstance(outcome, Enter) else self._return(outcome)

    async def _reach(self, node: Node) -> None:
        """Connect the caller, before the node that needs that is entered."""
        try:
            if node.speaks:
                await self.state.be_heard()
            elif not (self.state.early_media and node.leaves_answer):
                await self._call.answer()
        except CallOver:
            self._leave_callers("gone")
            raise

    def _count(self, run: Run, name: str) -> None:
        self._steps += 1
        self.state.work += OPERATIONS_OF_A_STEP
        if self._steps > MAX_STEPS:
            raise FlowRunError(
                f"flow {run.flow.name}, node {name}: more than {MAX_STEPS} steps in one call"
            )

    def _leave(self, run: Run, node: Node, way: str, error: str = "") -> None:
        tally = run.tally
        self._call.leave_node(
            NodeLeft(
                run.flow.name,
                run.name,
                node.type,
                way,
                tally.no_input,
                tally.no_match,
                tally.incomplete,
                error,
            )
        )

    def _leave_callers(self, way: str) -> None:
        """Leave the `call` nodes that wait for a sub-flow which does not come back."""
        for frame in reversed(self._stack[:-1]):
            self._leave(frame.run, frame.run.flow.nodes[frame.run.name], way)

    def _enter(self, outcome: Enter) -> str:
        frame = self._stack[-1]
        run = frame.run
        flow = run.flow.others[outcome.flow]
        follows = outcome.returns and frame.secret_follows_in(run.name)
        if not outcome.returns:
            self._leave(run, run.flow.nodes[run.name], "end")
            self._leave_callers("end")
            self._stack.clear()
        if flow.on_fax is not None:
            self._call.hear_fax()
        entered = Run(self.state, flow, dict(outcome.arguments))
        self._stack.append(_Frame(entered, secret_follows=follows))
        return flow.start

    def _return(self, outcome: Return) -> str | None:
        run = self._stack.pop().run
        self._leave(run, run.flow.nodes[run.name], "end")
        if not self._stack:
            return None
        caller = self._stack[-1].run
        node = caller.flow.nodes[caller.name]
        assert isinstance(node, CallNode)
        way = node.take(caller, outcome.results)
        self._leave(caller, node, way)
        return caller.flow.ways[caller.name][way]

    def _on_error(self, error: FlowRunError | MediaError) -> str:
        """Return where the innermost flow goes that has an `on_error` left to go to."""
        run = self._stack[-1].run
        place = f"flow {run.flow.name}, node {run.name}: {error}"
        while self._stack:
            frame = self._stack[-1]
            flow = frame.run.flow
            if flow.on_error is not None and not frame.failed:
                frame.failed = True
                return flow.on_error
            self._stack.pop()
            if self._stack:
                caller = self._stack[-1].run
                self._leave(caller, caller.flow.nodes[caller.name], "error")
        if isinstance(error, MediaError):
            raise error
        raise FlowRunError(place) from error

    def _on_fax(self) -> str | None:
        """Return where the innermost flow that has an `on_fax` goes; the others are left."""
        while self._stack:
            flow = self._stack[-1].run.flow
            if flow.on_fax is not None:
                return flow.on_fax
            self._stack.pop()
            if self._stack:
                caller = self._stack[-1].run
                self._leave(caller, caller.flow.nodes[caller.name], "fax")
        return None

    async def _after_hangup(self) -> None:
        """Do what the innermost flow that has an `on_hangup` wants done."""
        frame = next((each for each in reversed(self._stack) if each.run.flow.on_hangup), None)
        if frame is None:
            return
        del self._stack[self._stack.index(frame) + 1 :]
        frame.failed = True  # what fails now is not tried in another way
        self._stack = [frame]
        name = frame.run.flow.on_hangup
        for _ in range(MAX_STEPS_AFTER_HANGUP):
            if name is None:
                return
            try:
                name = await self._step(name)
            except (CallOver, FlowRunError, MediaError):
                return


class _Frame:
    """One flow on the way, with those below that wait for it."""

    __slots__ = ("failed", "run", "secret_follows")

    def __init__(self, run: Run, *, failed: bool = False, secret_follows: bool = False) -> None:
        self.run = run
        self.failed = failed
        """Its `on_error` was taken: it is taken once."""
        self.secret_follows = secret_follows
        """Where it is left, those below go on to where a secret is asked for."""

    def secret_follows_in(self, name: str) -> bool:
        """Return whether a key pressed in what this node calls may belong to a secret."""
        flow = self.run.flow
        onward = (*flow.ways[name].values(), flow.on_error)
        return self.secret_follows or not flow.ahead.isdisjoint(onward)

    def remember(self) -> FrameMemory:
        """Return what must survive of it."""
        run = self.run
        return FrameMemory(run.flow.name, run.name, run.variables, run.rounds, self.failed)
