"""PURE: which traced messages belong together: the legs of a call, a registration, a stranger.

A first pass over the frames makes an `Index` of `Affair`s without keeping messages; whoever
has chosen some of them collects their messages in a second pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from switch.trace.frame import SENT, UNREACHABLE, Frame, Note, Place, unix_time
from switch.trace.sip_text import SipText, user_of

OUR_CALL = "X-Freeline-Call"
"""The header in which the switch tells headsets and carriers its own id of the call."""

_CHALLENGES = (401, 407)
_CANCELLED = 487
_UNREACHABLE_SECONDS = 2.0
"""How long after a message to a peer the network's complaint about that peer is about it."""


@dataclass(slots=True)
class Affair:
    """What belongs together: a call with all its legs, a registration, an OPTIONS."""

    kind: str
    """`call`, or the method of the first request in lower case; `other` without one."""
    call: str = ""
    """The switch call id, where it is known."""
    call_ids: list[str] = field(default_factory=list)
    """SIP Call-IDs, the caller's first."""
    began_at: float = 0.0
    ended_at: float = 0.0
    caller: str = ""
    dialled: str = ""
    users: set[str] = field(default_factory=set)
    messages: int = 0
    code: int = 0
    """The last final status; challenges do not count."""
    result: str = ""
    """How the call ended, as its record says; empty while it goes on, and for what is no call."""
    reason: str = ""
    stranger: bool = False
    remotes: set[Place] = field(default_factory=set)
    """Addresses at the other end."""

    @property
    def failed(self) -> bool:
        """Whether somebody would ask why."""
        if self.result:
            return self.result in ("failed", "rejected")
        return self.code >= 400 and self.code != _CANCELLED

    @property
    def outcome(self) -> str:
        """In a few words: `completed: agent_hung_up`, `403`, or nothing yet."""
        if self.result:
            code = f" {self.code}" if self.result == "rejected" and self.code else ""
            return f"{self.result}: {self.reason}{code}"
        return str(self.code) if self.code else ""


class Index:
    """All affairs of the frames that were added, in the order in which they began."""

    def __init__(self) -> None:
        self._by_call_id: dict[str, Affair] = {}
        self._by_call: dict[str, Affair] = {}
        self.left_out = 0
        """Messages of strangers that the switch did not keep."""

    def __iter__(self) -> Iterator[Affair]:
        found = {id(each): each for each in [*self._by_call_id.values(), *self._by_call.values()]}
        return iter(sorted(found.values(), key=lambda affair: affair.began_at))

    def of(self, text: SipText) -> Affair | None:
        """Return the affair of a message that was added."""
        return self._by_call_id.get(text.call_id)

    def add(self, frame: Frame) -> None:
        """Take what a frame holds."""
        self.left_out += frame.left_out
        for text in texts(frame):
            self.add_message(text)
        for note in frame.notes:
            self.add_note(note)

    def add_message(self, text: SipText) -> Affair | None:
        """Take one message; None for one that is of no affair, as a keep-alive is not."""
        if text.message.direction == UNREACHABLE:
            return None
        call_id = text.call_id
        if not call_id:
            return None
        affair = self._by_call_id.get(call_id)
        if affair is None:
            affair = self._begin(call_id, text)
        affair.messages += 1
        affair.ended_at = text.at
        affair.remotes.add(text.message.remote)
        code = text.code
        if code >= 200 and code not in _CHALLENGES and self._counts(affair, text):
            affair.code = code
        return affair

    def add_note(self, note: Note) -> None:
        """Take what the switch knew of a call."""
        if note.what == "rejected":
            affair = self._by_call_id.get(note.sip_call_id)
            if affair is not None:
                affair.result, affair.reason = note.result, note.reason
                affair.code = note.sip_code or affair.code
                affair.caller = note.caller or affair.caller
                affair.dialled = note.dialled or affair.dialled
            return
        affair = self._of_call(note.call, note.at)
        if note.what == "arrived":
            affair.caller, affair.dialled = note.caller, note.dialled
            leg = self._by_call_id.get(note.sip_call_id)
            if leg is not None and leg is not affair:
                self._merge(affair, leg, first=True)
            elif note.sip_call_id and note.sip_call_id not in affair.call_ids:
                affair.call_ids.insert(0, note.sip_call_id)
                self._by_call_id[note.sip_call_id] = affair
        else:
            affair.result, affair.reason = note.result, note.reason
            affair.code = note.sip_code or affair.code
            affair.ended_at = max(affair.ended_at, note.at)

    def _begin(self, call_id: str, text: SipText) -> Affair:
        our_call = "" if text.is_response else text.header(OUR_CALL)
        if our_call and text.message.direction == SENT:
            affair = self._of_call(our_call, text.at)
            affair.call_ids.append(call_id)
        else:
            method = text.method
            known = method.isalpha() and len(method) <= 20
            kind = "call" if method == "INVITE" else method.lower() if known else "other"
            affair = Affair(kind, "", [call_id], text.at, stranger=text.stranger)
            affair.caller = user_of(text.header("From"))
            affair.dialled = user_of(text.header("To"))
        affair.users.update(text.users)
        self._by_call_id[call_id] = affair
        return affair

    def _of_call(self, call: str, at: float) -> Affair:
        affair = self._by_call.get(call)
        if affair is None:
            affair = self._by_call[call] = Affair("call", call, began_at=at, ended_at=at)
        return affair

    def _merge(self, into: Affair, leg: Affair, *, first: bool) -> None:
        into.call_ids = [*leg.call_ids, *into.call_ids] if first else into.call_ids + leg.call_ids
        into.began_at = min(into.began_at, leg.began_at)
        into.ended_at = max(into.ended_at, leg.ended_at)
        into.messages += leg.messages
        into.users |= leg.users
        into.remotes |= leg.remotes
        into.code = into.code or leg.code
        for call_id in leg.call_ids:
            self._by_call_id[call_id] = into

    @staticmethod
    def _counts(affair: Affair, text: SipText) -> bool:
        """Whether a final status tells how the affair went: of a call, that of its INVITE."""
        if affair.kind != "call":
            return True
        return text.method == "INVITE" and text.call_id == affair.call_ids[0]


def texts(frame: Frame) -> Iterator[SipText]:
    """Yield a frame's messages, to be read."""
    stranger = frame.kind == "strangers"
    for message in frame.messages:
        yield SipText(message, unix_time(message, frame), stranger)


def matches(affair: Affair, words: str) -> bool:
    """Whether this is what somebody looks for.

    Args:
        words: the beginning of a switch call id (four signs at least) or of a SIP Call-ID, a
            number or its last digits (four at least), or the user name of a headset.
    """
    if len(words) >= 4 and affair.call.startswith(words):
        return True
    if any(
        each == words or (len(words) >= 8 and each.startswith(words)) for each in affair.call_ids
    ):
        return True
    users = affair.users | {affair.caller, affair.dialled}
    if words.lower() in {user.lower() for user in users if user}:
        return True
    digits = re.sub(r"[\s().-]", "", words).removeprefix("+")
    if len(digits) < 4 or not digits.isdigit():
        return False
    return any(user.removeprefix("+").endswith(digits) for user in users)


def collect(frames: Iterable[Frame], affairs: Iterable[Affair]) -> list[list[SipText]]:
    """Return the messages of each affair, in the order of time."""
    chosen = list(affairs)
    place = {call_id: number for number, each in enumerate(chosen) for call_id in each.call_ids}
    found: list[list[SipText]] = [[] for _ in chosen]
    sent_to: dict[Place, tuple[int, float]] = {}
    for frame in frames:
        for text in texts(frame):
            message = text.message
            number = place.get(text.call_id)
            if message.direction == UNREACHABLE:
                number, at = sent_to.get(message.remote, (-1, 0.0))
                if number < 0 or text.at - at > _UNREACHABLE_SECONDS:
                    continue
            elif number is None:
                continue
            elif message.direction == SENT:
                sent_to[message.remote] = number, text.at
            found[number].append(text)
    for each in found:
        each.sort(key=lambda text: text.at)
    return found
