"""What happened, told outward: records, metrics, MQTT and the log all read these.

Frozen dataclasses in the past tense. Publishing never blocks and never fails a call:
a subscriber is a plain function that counts, appends to a bounded queue, or drops.
`EVENT_TYPES` lists them all; telemetry derives its JSON from the same classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, ClassVar

from switch.event import AgentEvent as AgentEvent
from switch.event import CallEvent as CallEvent
from switch.event import Event as Event
from switch.flow_events import CallbackEnded as CallbackEnded
from switch.flow_events import CallbackRequested as CallbackRequested
from switch.flow_events import CallTagged as CallTagged
from switch.flow_events import CallTransferred as CallTransferred
from switch.flow_events import FlowEvent as FlowEvent
from switch.flow_events import LanguageChosen as LanguageChosen
from switch.flow_events import NodeLeft as NodeLeft
from switch.flow_events import Scalar as Scalar
from switch.flow_events import VoicemailLeft as VoicemailLeft
from switch.frozen import frozen
from switch.switch_events import CallRejected as CallRejected
from switch.switch_events import ConfigurationRejected as ConfigurationRejected
from switch.switch_events import ConfigurationReloaded as ConfigurationReloaded
from switch.switch_events import DecisionAsked as DecisionAsked
from switch.switch_events import FlowRejected as FlowRejected
from switch.switch_events import FlowsReloaded as FlowsReloaded
from switch.switch_events import GuessingBanned as GuessingBanned
from switch.switch_events import OverloadChanged as OverloadChanged
from switch.switch_events import TrunkRegistrationChanged as TrunkRegistrationChanged
from switch.switch_events import TrunkServerChanged as TrunkServerChanged
from switch.switch_events import WorkerDied as WorkerDied
from switch.termination import Termination

# The call arrives, hears a flow and presses keys.


@frozen(kw_only=True)
class CallArrived(CallEvent):
    """An INVITE was admitted and a flow was found for the number."""

    kind: ClassVar[str] = "arrived"
    caller: str
    """E.164 where it could be normalised, else as received; empty when withheld."""
    dialled: str
    """E.164."""
    trunk: str
    flow: str
    sip_call_id: str
    origin: str = ""
    """A callback: the call that asked for it."""
    verstat: str = "none"
    """The carrier's verdict on the caller's number: `passed`, `failed` or `none`."""
    attestation: str = ""
    """Of a SHAKEN passport: `A`, `B` or `C`; else empty."""


@frozen(kw_only=True)
class CallAnswered(CallEvent):
    """We sent 200 to the caller."""

    kind: ClassVar[str] = "answered"
    codec: str
    """`PCMU` or `PCMA`, on the caller's leg."""


@frozen(kw_only=True)
class NodeEntered(CallEvent):
    """The flow stepped to a node."""

    kind: ClassVar[str] = "node"
    flow: str
    node: str
    node_type: str


@frozen(kw_only=True)
class PromptStarted(CallEvent):
    """The caller begins to hear a prompt."""

    kind: ClassVar[str] = "prompt"
    node: str
    prompt: str
    """The file name, or the text spoken."""


@frozen(kw_only=True)
class DigitPressed(CallEvent):
    """A question, a queue or a recorder has read a key of the caller's.

    One that was pressed ahead is told of when its question reads it; keys of secrets, and keys
    that nobody reads, never are.
    """

    kind: ClassVar[str] = "digit"
    digit: str
    """One of 0-9 * # A-D."""
    method: str
    """`rfc4733`, `inband` or `info`."""


# The call waits and is connected.


@frozen(kw_only=True)
class CallQueued(CallEvent):
    """The call waits for an agent."""

    kind: ClassVar[str] = "queued"
    queue: str
    priority: int
    skills: dict[str, int] = field(default_factory=dict)
    """Required skill to lowest level."""
    position: int
    """1 is next; 0: not in this queue any more, what follows says why."""
    expected_wait_seconds: float | None
    """0 when an agent is being rung; None when nobody can tell."""
    resumed: bool = False
    """The caller has an old place again, of an earlier call or of before in this one."""
    moved_from: str = ""
    """The queue from which an overflow brought the caller; empty: none did."""
    moved_why: str = ""
    """What would have turned the caller away there: `timeout`, `no_agents`, `full` or `closed`."""


@frozen(kw_only=True)
class AgentOffered(CallEvent):
    """The router reserved an agent and the headset is being rung."""

    kind: ClassVar[str] = "offered"
    queue: str
    agent: str
    why: str
    """For a person: why this agent."""
    rule: str
    """`most_urgent` (an agent became free, and this caller was first), `sticky`, `outside`,
    `stand_in` (for an outside program that did not decide), or the queue's strategy, which
    chose among the free agents."""
    choice: int
    """1: the agent fits what was asked for at first; higher: only after so many relaxations."""
    overflowed: bool
    """Another queue has sent the caller on to this one."""
    waited_seconds: float
    decision_seconds: float
    """From the event that made the match possible to the reservation."""


@frozen(kw_only=True)
class OfferFailed(CallEvent):
    """The agent did not take the call; the caller keeps the old place."""

    kind: ClassVar[str] = "offer_failed"
    queue: str
    agent: str
    outcome: str
    """`no_answer`, `busy`, `declined`, `unreachable` or `withdrawn`."""
    sip_code: int


@frozen(kw_only=True)
class AgentConnected(CallEvent):
    """The agent answered; caller and agent are joined."""

    kind: ClassVar[str] = "connected"
    queue: str
    agent: str
    waited_seconds: float
    ring_seconds: float
    codec: str
    """On the headset's leg."""


@frozen(kw_only=True)
class CallLeftQueue(CallEvent):
    """The wait is over, one way or another."""

    kind: ClassVar[str] = "left_queue"
    queue: str
    outcome: str
    """`connected`, `abandoned`, `timeout`, `no_agents`, `full`, `closed`, `key` and `callback`
    (the caller chose so), `overflow` (to another queue, told next), `handed_on` (an agent asked the
    queue, and the agent's caller has the place now) or `failed`."""
    waited_seconds: float
    within_service_level: bool


@frozen(kw_only=True)
class AudioStarted(CallEvent):
    """The first RTP packet of a leg arrived, or the first was relayed to it."""

    kind: ClassVar[str] = "audio"
    leg: str
    """`inbound` (the caller) or `outbound` (the headset)."""
    direction: str
    """`received` from that leg, or `relayed` to it."""


@frozen(kw_only=True)
class CallTakenOver(CallEvent):
    """The switch fell while the parties talked; this one has taken their call over."""

    kind: ClassVar[str] = "taken_over"
    down_seconds: float
    """How long nobody was there for the signalling; they talked meanwhile."""


@frozen(kw_only=True)
class CallHeld(CallEvent):
    """A party put the other on hold."""

    kind: ClassVar[str] = "held"
    leg: str
    """Who pressed hold: `inbound` or `outbound`."""


@frozen(kw_only=True)
class CallResumed(CallEvent):
    """The hold is over."""

    kind: ClassVar[str] = "resumed"
    leg: str


@frozen(kw_only=True)
class LegMedia:
    """What RTP and RTCP measured on one leg."""

    leg: str
    """`inbound` or `outbound`."""
    codec: str
    packets_received: int
    packets_sent: int
    packets_lost: int
    """As seen by us on what we receive (RFC 3550 A.3)."""
    jitter_ms: float
    """Interarrival jitter on what we receive (RFC 3550 A.8)."""
    remote_lost: int = 0
    """Cumulative loss that the peer's receiver reports told us of."""
    round_trip_ms: float | None = None
    """From the peer's receiver reports, if any came."""


@frozen(kw_only=True)
class CallEnded(CallEvent):
    """The call is over. The last event of every call, exactly once."""

    kind: ClassVar[str] = "ended"
    termination: Termination
    media: tuple[LegMedia, ...] = ()
    recording: str = ""
    """Path of the recording; empty when there is none."""
    recording_error: str = ""


# Agents and headsets.


@frozen(kw_only=True)
class AgentStateChanged(AgentEvent):
    """The router moved an agent to another state."""

    kind: ClassVar[str] = "state"
    state: str
    previous: str
    reason: str
    """For example `registered`, `offer`, `answered`, `wrap_up_over`, `no_answer`."""
    call: str = ""


@frozen(kw_only=True)
class HeadsetRegistered(AgentEvent):
    """A headset registered or refreshed a contact."""

    kind: ClassVar[str] = "registered"
    contact: str
    expires_seconds: float
    refreshed: bool


@frozen(kw_only=True)
class HeadsetUnregistered(AgentEvent):
    """A contact was removed or has expired."""

    kind: ClassVar[str] = "unregistered"
    contact: str
    expired: bool


EVENT_TYPES: tuple[type[Event], ...] = (
    CallArrived,
    CallAnswered,
    NodeEntered,
    NodeLeft,
    PromptStarted,
    DigitPressed,
    LanguageChosen,
    CallTagged,
    FlowEvent,
    VoicemailLeft,
    CallTransferred,
    CallbackRequested,
    CallbackEnded,
    CallQueued,
    AgentOffered,
    OfferFailed,
    AgentConnected,
    CallLeftQueue,
    AudioStarted,
    CallHeld,
    CallResumed,
    CallTakenOver,
    CallEnded,
    AgentStateChanged,
    HeadsetRegistered,
    HeadsetUnregistered,
    CallRejected,
    WorkerDied,
    TrunkServerChanged,
    TrunkRegistrationChanged,
    GuessingBanned,
    OverloadChanged,
    DecisionAsked,
    ConfigurationReloaded,
    ConfigurationRejected,
    FlowsReloaded,
    FlowRejected,
)

Subscriber = Callable[[Event], None]


class EventBus:
    """Hands each event to each subscriber, in order: at once, or a moment later.

    A subscriber must not block. One that raises is the subscriber's bug: the
    exception goes to `on_error` and the others still get the event.
    """

    def __init__(
        self,
        on_error: Callable[[Event, Exception], None],
        later: Callable[[Callable[[], None]], object] | None = None,
    ) -> None:
        """Make a bus.

        Args:
            later: calls a function in a moment, so that a call's next message goes out before
                it is told of; without it, events are handed over at once.
        """
        self._subscribers: list[tuple[Subscriber, tuple[type[Event], ...]]] = []
        self._of_type: dict[type[Event], tuple[Subscriber, ...]] = {}
        """Who hears of events of a type; learnt when the first one comes."""
        self._on_error = on_error
        self._later = later
        self._waiting: list[Event] = []

    def subscribe(self, subscriber: Subscriber, *types: type[Event]) -> None:
        """Hand it the events of these types and of those derived from them; without any, all."""
        self._subscribers.append((subscriber, types or (Event,)))
        self._of_type.clear()

    def subscribe_each(self, readers: Mapping[type[Event], Callable[[Any], None]]) -> None:
        """Hand to each the events of its type."""
        for type_, reader in readers.items():
            self.subscribe(reader, type_)

    def publish(self, event: Event) -> None:
        if self._later is None:
            self._hand_over(event)
            return
        self._waiting.append(event)
        if len(self._waiting) == 1:
            self._later(self.flush)

    def flush(self) -> None:
        """Hand over what waits."""
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            self._hand_over(event)

    def _hand_over(self, event: Event) -> None:
        subscribers = self._of_type.get(type(event))
        if subscribers is None:
            subscribers = self._learn(type(event))
        for subscriber in subscribers:
            try:
                subscriber(event)
            except Exception as error:
                self._on_error(event, error)

    def _learn(self, type_: type[Event]) -> tuple[Subscriber, ...]:
        found = tuple(each for each, types in self._subscribers if issubclass(type_, types))
        self._of_type[type_] = found
        return found
