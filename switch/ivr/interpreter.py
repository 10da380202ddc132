"""Steps a flow against a call: one node after another, until there is none."""

from __future__ import annotations

from typing import Any

from switch.errors import CallOver, FlowRunError
from switch.ivr.call import Call, NodeLeft
from switch.ivr.models import Flow
from switch.ivr.node import Node, Run, exit_name

MAX_STEPS = 1000
"""Nodes that one call may enter; the checker leaves no way to get near by doing nothing."""


async def run_flow(flow: Flow, call: Call, variables: dict[str, Any] | None = None) -> None:
    """Run a flow to its end.

    Args:
        variables: `vars.*`, kept here while the flow runs, for whoever wants to see them.

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
        {} if variables is None else variables,
    )
    name = flow.start
    for _ in range(MAX_STEPS):
        node = flow.nodes[name]
        if node.needs_answer:
            await call.answer()
        call.enter_node(flow.name, name, node.type)
        left = "error"
        try:
            following = await node.run(run)
            left = _exit_to(node, following)
        except CallOver:
            left = "hangup" if node.type == "hangup" else "gone"
            raise
        except FlowRunError as error:
            raise FlowRunError(f"flow {flow.name}, node {name}: {error}") from error
        finally:
            call.leave_node(NodeLeft(flow.name, name, node.type, left))
        if following is None:
            return
        name = following
    raise FlowRunError(f"flow {flow.name}, node {name}: more than {MAX_STEPS} steps in one call")


def _exit_to(node: Node, target: str | None) -> str:
    """Return the name of the first exit that leads there."""
    if target is None:
        return "end"
    for way in node.exits():
        if way.target == target:
            return exit_name(way.location)
    return "next"
