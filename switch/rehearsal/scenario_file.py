"""PURE: scenario files: what callers do in a flow, and what must come of it.

`ivr_flows/main.scenarios.yaml` tests `ivr_flows/main.yaml`. The models are the file's form;
their docstrings become the descriptions in the JSON Schema that editors show.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from switch.ivr.acts import HttpFailure, HttpResult, Scalar, TransferEnd
from switch.ivr.call import Facts
from switch.ivr.waiting import CallbackEnd, QueueEnd, QueueFigures
from switch.rehearsal import caller
from switch.rehearsal.trail import End
from switch.rehearsal.world import HttpAnswer, QueueAnswer, TransferAnswer
from switch.yaml_wording import NotEmpty, complaint_at

SUFFIX = ".scenarios.yaml"
"""A flow's scenarios stand beside it: NAME.yaml and NAME.scenarios.yaml."""

ANY = "..."
"""In a path: any nodes, or none."""


class ScenarioModel(BaseModel):
    """Base of everything in a scenario file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _time(value: object) -> object:
    """Take `2026-11-24 10:00`, as people write it; without an offset it is UTC."""
    if not isinstance(value, str):
        return value
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        message = f"`{value[:40]}` is not a date and a time"
        raise complaint_at(message, "for example 2026-11-24 10:00, or with +05:30 behind") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


class Dials(ScenarioModel):
    """Who calls, what and when."""

    from_: str = Field(default="+12125550123", alias="from")
    """The caller's number, E.164; empty: withheld."""
    dialled: str = "+18005550100"
    """The number called."""
    trunk: str = "carrier"
    """Where the call comes in."""
    language: str = ""
    """The dialled number's language."""
    diverted_from: str = ""
    """The number dialled before the call was diverted to us."""
    verstat: Literal["passed", "failed", "none"] = "none"
    """The carrier's verdict on the caller's number."""
    attestation: Literal["A", "B", "C", ""] = ""
    """How far the caller's carrier vouches for it."""
    at: Annotated[datetime, BeforeValidator(_time)] = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    """When; a Tuesday, 10:00 UTC, unless given."""

    def facts(self) -> Facts:
        """Return what the flow knows of the call."""
        return Facts(
            *("rehearsal", self.from_, self.dialled, self.trunk, self.language),
            withheld=not self.from_,
            diverted_from=self.diverted_from,
            verstat=self.verstat,
            attestation=self.attestation,
        )


def _keys(value: object) -> object:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and (not text or set(text) - set("0123456789*#")):
        raise complaint_at(f"`{text[:30]}` are not keys of a telephone", "0 to 9, * and #")
    return text


class Step(ScenarioModel):
    """One thing the caller does or waits for: exactly one of these keys."""

    hears: str | None = None
    """Listen until a prompt that begins with this (or this sound file) was heard to its end."""
    reaches: str | None = None
    """Listen until the flow enters this node."""
    waits: float | None = Field(default=None, ge=0, le=86_400)
    """Do nothing for so many seconds."""
    presses: Annotated[str | None, BeforeValidator(_keys)] = None
    """Press keys: at once, or when the step before is done."""
    speaks: float | None = Field(default=None, gt=0, le=3600)
    """Say something for so many seconds."""
    fax: Literal[True] | None = None
    """Send the tone of a fax machine that calls."""
    hangs_up: Literal[True] | None = None
    """Go."""

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: object) -> object:
        return {value: True} if value in ("hangs_up", "fax") else value

    @model_validator(mode="after")
    def _exactly_one(self) -> Step:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            known = ", ".join(f"`{name}`" for name in type(self).model_fields)
            raise complaint_at("a step is exactly one thing", f"one of {known}")
        return self

    def as_step(self) -> caller.Step:
        """Return it as a caller follows it."""
        if self.hears is not None:
            return caller.Hears(self.hears)
        if self.reaches is not None:
            return caller.Reaches(self.reaches)
        if self.waits is not None:
            return caller.Waits(self.waits)
        if self.presses is not None:
            return caller.Presses(self.presses)
        if self.speaks is not None:
            return caller.Speaks(self.speaks)
        return caller.Faxes() if self.fax is not None else caller.HangsUp()


class StatusEntry(ScenarioModel):
    """How a queue stands for a flow that looks at it (`queue_status`), and does not wait there."""

    open: bool = True
    """It takes callers in."""
    full: bool = False
    """No more may wait."""
    waiting: int = Field(default=0, ge=0)
    """Callers who wait."""
    longest_wait_seconds: float = Field(default=0.0, ge=0)
    """Of these."""
    expected_wait_seconds: float | None = Field(default=0.0, ge=0)
    """Of who would enter now; null: nobody can tell."""
    agents: int = Field(default=1, ge=0)
    """Logged in."""
    agents_free: int = Field(default=0, ge=0)
    """Of these."""

    def figures(self) -> QueueFigures:
        """Return it as a flow gets it."""
        return QueueFigures(
            *(self.open, self.full, self.waiting, self.longest_wait_seconds),
            *(self.expected_wait_seconds, self.agents, self.agents_free),
        )


class QueueEntry(ScenarioModel):
    """What a queue does with the caller."""

    end: QueueEnd = QueueEnd.CONNECTED
    """How waiting ends."""
    after_seconds: float | None = Field(default=None, ge=0)
    """Of waiting: 5 for a connection, the longest wait for `timeout`, at once for others."""
    talks_seconds: float = Field(default=60.0, ge=0)
    """Until the agent hangs up."""
    agent: str = "agent"
    """Who answers."""
    times: int | None = Field(default=None, ge=1)
    """How often, before the next entry of the same queue counts; without it always."""
    old_place: bool = False
    """The caller hung up there in an earlier call, and is asked about the old place."""
    status: StatusEntry | None = None
    """How it stands for `queue_status`; null: so that this end can come."""


def _queue_entries(value: object) -> object:
    entries = value if isinstance(value, list) else [value]
    return [{"end": each} if isinstance(each, str) else each for each in entries]


class HttpEntry(ScenarioModel):
    """What a service answers."""

    url: str
    """Which requests: a URL in which `*` stands for anything."""
    method: str = ""
    """Only this method; without it any."""
    status: int = Field(default=200, ge=100, le=599)
    """HTTP status."""
    json_: Any = Field(default=None, alias="json")
    """The answer's body."""
    fails: HttpFailure = HttpFailure.NONE
    """Instead of an answer: `timeout`, `unreachable`, ..."""
    takes_seconds: float = Field(default=0.1, ge=0)
    """Until the answer is there."""
    times: int | None = Field(default=None, ge=1)
    """How often, before the next entry counts; without it always."""

    def answer(self) -> HttpAnswer:
        """Return it as the world gives it."""
        if self.fails is not HttpFailure.NONE:
            result = HttpResult(failure=self.fails)
        else:
            result = HttpResult(self.status, self.json_)
        return HttpAnswer(result, self.url, self.method, self.takes_seconds, self.times)


class TransferEntry(ScenarioModel):
    """What becomes of a transfer."""

    to: str = "*"
    """Agent or number; `*` stands for anything."""
    end: TransferEnd = TransferEnd.CONNECTED
    """How it ends."""
    talks_seconds: float = Field(default=60.0, ge=0)
    """Until the far side hangs up."""
    times: int | None = Field(default=None, ge=1)
    """How often; without it always."""


class EventEntry(ScenarioModel):
    """An event that the flow must publish."""

    name: str
    """Its name."""
    payload: Mapping[str, Scalar] = Field(default_factory=dict)
    """Members that it must have; others are not looked at."""


class Expect(ScenarioModel):
    """What must come of it. What is not named is not looked at."""

    path: tuple[str, ...] | None = None
    """Every node entered, in order; `...` stands for any nodes or none."""
    hears: tuple[str, ...] | None = None
    """Every prompt heard, in order: how each begins, or its sound file's name."""
    vars: Mapping[str, Any] = Field(default_factory=dict)
    """Variables at the end."""
    tags: Mapping[str, Scalar] = Field(default_factory=dict)
    """Tags on the call's record."""
    events: tuple[EventEntry, ...] | None = None
    """Every event published by the flow, in order."""
    messages: tuple[str, ...] | None = None
    """The voice mailboxes that got a message, in order."""
    language: str | None = None
    """The caller's language at the end."""
    ends: End | None = None
    """How the call ends. Without it, anything but `error`."""


class Scenario(ScenarioModel):
    """One call, from the ring to the end."""

    name: str
    """What the caller does, for people: `says nothing at all`."""
    dials: Dials = Dials()
    """Who calls, what and when."""
    steps: tuple[Step, ...] = ()
    """What the caller does, in order; afterwards the caller listens in silence."""
    queues: Mapping[
        str, Annotated[tuple[QueueEntry, ...], BeforeValidator(_queue_entries), NotEmpty]
    ] = Field(default_factory=dict)
    """Queue -> what it does: `no_agents`, or a mapping, or a list of such. Else an agent answers
    after 5 s and talks for a minute."""
    http: tuple[HttpEntry, ...] = ()
    """What services answer; the first entry that fits counts."""
    transfers: tuple[TransferEntry, ...] = ()
    """What becomes of transfers; without an entry they are connected."""
    callbacks: tuple[CallbackEnd, ...] = ()
    """What comes of asking for callbacks, in turn; then they are accepted."""
    tables: Mapping[str, Mapping[str, Mapping[str, Scalar]]] = Field(default_factory=dict)
    """Table -> key -> row, for `lookup`."""
    expect: Expect = Expect()
    """What must come of it."""

    def queue_answers(self) -> list[QueueAnswer]:
        """Return what the queues do."""
        return [
            QueueAnswer(
                *(entry.end, entry.after_seconds, entry.talks_seconds, entry.agent, name),
                *(entry.times, entry.old_place),
                status=None if entry.status is None else entry.status.figures(),
            )
            for name, entries in self.queues.items()
            for entry in entries
        ]

    def transfer_answers(self) -> list[TransferAnswer]:
        """Return what becomes of transfers."""
        return [
            TransferAnswer(entry.end, entry.to, entry.talks_seconds, entry.times)
            for entry in self.transfers
        ]


class ScenarioFile(ScenarioModel):
    """All of ivr_flows/NAME.scenarios.yaml."""

    scenarios: Annotated[tuple[Scenario, ...], NotEmpty]
    """The calls, each on its own."""
