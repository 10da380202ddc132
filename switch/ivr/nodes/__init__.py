"""Every kind of node: one file each, and one line here."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from switch.ivr.nodes.branch import Branch
from switch.ivr.nodes.collect import Collect
from switch.ivr.nodes.hangup import Hangup
from switch.ivr.nodes.menu import Menu
from switch.ivr.nodes.play import Play
from switch.ivr.nodes.queue import Queue
from switch.ivr.nodes.set import Set

NODE_TYPES = (Branch, Collect, Hangup, Menu, Play, Queue, Set)

AnyNode = Annotated[
    Branch | Collect | Hangup | Menu | Play | Queue | Set, Field(discriminator="type")
]

__all__ = ["NODE_TYPES", "AnyNode", "Branch", "Collect", "Hangup", "Menu", "Play", "Queue", "Set"]
