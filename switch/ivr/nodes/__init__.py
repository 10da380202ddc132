"""Every kind of node: one file each, and one line here."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from switch.ivr.nodes.answer import Answer
from switch.ivr.nodes.branch import Branch
from switch.ivr.nodes.call import Call
from switch.ivr.nodes.callback import Callback
from switch.ivr.nodes.collect import Collect
from switch.ivr.nodes.event import Event
from switch.ivr.nodes.goto import Goto
from switch.ivr.nodes.hangup import Hangup
from switch.ivr.nodes.hours import Hours
from switch.ivr.nodes.http import Http
from switch.ivr.nodes.language import Language
from switch.ivr.nodes.lookup import Lookup
from switch.ivr.nodes.menu import Menu
from switch.ivr.nodes.play import Play
from switch.ivr.nodes.queue import Queue
from switch.ivr.nodes.queue_status import QueueStatus
from switch.ivr.nodes.record import Record
from switch.ivr.nodes.recording import Recording
from switch.ivr.nodes.repeat import Repeat
from switch.ivr.nodes.return_ import ReturnNode
from switch.ivr.nodes.say import Say
from switch.ivr.nodes.set import Set
from switch.ivr.nodes.tag import Tag
from switch.ivr.nodes.transfer import Transfer

NODE_TYPES = (
    *(Answer, Branch, Call, Callback, Collect, Event, Goto, Hangup, Hours, Http, Language),
    *(Lookup, Menu, Play, Queue, QueueStatus, Record, Recording, Repeat, ReturnNode, Say, Set),
    *(Tag, Transfer),
)

AnyNode = Annotated[
    Answer
    | Branch
    | Call
    | Callback
    | Collect
    | Event
    | Goto
    | Hangup
    | Hours
    | Http
    | Language
    | Lookup
    | Menu
    | Play
    | Queue
    | QueueStatus
    | Record
    | Recording
    | Repeat
    | ReturnNode
    | Say
    | Set
    | Tag
    | Transfer,
    Field(discriminator="type"),
]

__all__ = [
    "NODE_TYPES",
    "Answer",
    "AnyNode",
    "Branch",
    "Call",
    "Callback",
    "Collect",
    "Event",
    "Goto",
    "Hangup",
    "Hours",
    "Http",
    "Language",
    "Lookup",
    "Menu",
    "Play",
    "Queue",
    "QueueStatus",
    "Record",
    "Recording",
    "Repeat",
    "ReturnNode",
    "Say",
    "Set",
    "Tag",
    "Transfer",
]
