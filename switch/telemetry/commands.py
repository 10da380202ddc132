"""PURE: what may be asked of the switch over MQTT, and by which topics.

A topic for each kind of asking, so that a broker's access lists can tell an agent's own
station (`set`), a supervisor (`force`, `release`) and a deciding program (`choice`) apart.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

MAX_COMMAND_BYTES = 4096

State = Literal["ready", "not_ready", "logged_out"]


class AgentCommand(BaseModel):
    """What an agent's station asks: payload of `agent/<id>/set`. One of the first three."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: State | None = Field(
        default=None, description="During a call it takes effect after the call."
    )
    heartbeat: Literal[True] | None = Field(
        default=None,
        description="The station is there. After the first one, silence logs the agent out.",
    )
    extend_wrap_up_seconds: Annotated[float, Field(gt=0, le=14_400)] | None = Field(
        default=None, description="More time after a call, up to the queue's longest."
    )
    reason: str = Field(default="", max_length=100, description="For the log and the events.")

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        given = (self.state, self.heartbeat, self.extend_wrap_up_seconds)
        if sum(each is not None for each in given) != 1:
            raise ValueError("give one of `state`, `heartbeat` and `extend_wrap_up_seconds`")
        return self


class ForceCommand(BaseModel):
    """What a supervisor orders: payload of `agent/<id>/force`. It stands until `release`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: State
    reason: str = Field(default="", max_length=100, description="For the log and the events.")
    by: str = Field(default="", max_length=64, description="Who orders it, for the log.")


class ReleaseCommand(BaseModel):
    """The agent may choose again: payload of `agent/<id>/release`, `{}` will do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: str = Field(default="", max_length=64, description="Who says so, for the log.")


class DecisionChoice(BaseModel):
    """What an outside program decided: payload of `decision/<number>/choice`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    choice: str = Field(
        max_length=200, description="One of the `candidates`; empty: the switch's own rule."
    )


Command = AgentCommand | ForceCommand | ReleaseCommand

COMMANDS: dict[str, type[AgentCommand | ForceCommand | ReleaseCommand]] = {
    "set": AgentCommand,
    "force": ForceCommand,
    "release": ReleaseCommand,
}
"""Last part of the topic `agent/<id>/...` -> its payload."""


def read_command(payload: bytes, kind: str = "set") -> Command:
    """Return the command in a payload.

    Raises:
        ValueError: it is none; the message says why, for a person.
    """
    return _read(COMMANDS[kind], payload)


def read_choice(payload: bytes) -> DecisionChoice:
    """Return the decision in a payload. Raises ValueError as `read_command` does."""
    return _read(DecisionChoice, payload)


_Model = TypeVar("_Model", bound=BaseModel)


def _read(model: type[_Model], payload: bytes) -> _Model:
    if len(payload) > MAX_COMMAND_BYTES:
        raise ValueError(f"longer than {MAX_COMMAND_BYTES} bytes")
    try:
        return model.model_validate_json(payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise ValueError(f"{place}: {first['msg']}" if place else first["msg"]) from None
