"""Steps a flow against a call: one node after another, until there is none."""

from __future__ import annotations

from switch.errors import FlowRunError
from switch.ivr.call import Call
from switch.ivr.models import Flow
from switch.ivr.node import Run

MAX_STEPS = 1000
"""Nodes that one call may enter; the checker leaves no way to get near by doing nothing."""


async def run_flow(flow: Flow, call: Call) -> None:
    """Run a flow to its end.

    Raises:
        CallOver: the caller has gone, or the flow hung up.
        FlowRunError: a node failed; the message names flow and node.
    """
    facts = call.facts
    run = Run(
        call,
        {
            "id": facts.id,
            "from": facts.caller,
            "dialled": facts.dialled,
            "trunk": facts.trunk,
        },
        flow.sounds,
    )
    name = flow.start
    for _ in range(MAX_STEPS):
        node = flow.nodes[name]
        if node.needs_answer:
            await call.answer()
        call.enter_node(flow.name, name, node.type)
        try:
            following = await node.run(run)
        except FlowRunError as error:
            raise FlowRunError(f"flow {flow.name}, node {name}: {error}") from error
        if following is None:
            return
        name = following
    raise FlowRunError(f"flow {flow.name}, node {name}: more than {MAX_STEPS} steps in one call")
