"""A flow: as it stands in its file, and as it is run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from switch.ivr.call import Prompt
from switch.ivr.node import FlowModel, Node, NodeName, PromptModel
from switch.ivr.nodes import AnyNode
from switch.yaml_wording import NotEmpty


class FlowFile(FlowModel):
    """All of ivr_flows/NAME.yaml."""

    description: str = ""
    """For people."""
    voice: Annotated[str, Field(pattern=r"^[A-Za-z0-9+_-]{0,32}$")] = ""
    """espeak-ng voice for texts that name none; empty: the site's."""
    start: NodeName | None = None
    """Where a call begins; null: at the first node."""
    nodes: Annotated[Mapping[NodeName, AnyNode], NotEmpty]


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow that was checked and can run."""

    name: str
    """The file's name without `.yaml`."""
    path: Path
    description: str
    start: str
    nodes: Mapping[str, Node]
    sounds: Mapping[PromptModel, Prompt]
    """Every prompt as written -> with absolute path and voice."""

    def prompts(self) -> Iterable[Prompt]:
        """Return everything that must be made ready before a call."""
        return self.sounds.values()
