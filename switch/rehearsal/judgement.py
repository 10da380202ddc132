"""PURE: what came of a scenario against what was expected, as a readable difference."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from switch.frozen import frozen
from switch.ivr.fields import Location
from switch.rehearsal.call import RehearsedCall
from switch.rehearsal.caller import Hears, Reaches, Step, begins
from switch.rehearsal.scenario_file import ANY, Scenario
from switch.rehearsal.trail import End


@frozen()
class Failure:
    """One expectation that was not met."""

    location: Location
    """Where it stands in the scenario."""
    message: str
    difference: tuple[str, ...] = ()
    """Lines: `-` what was expected, `+` what came, two spaces for what is right."""


def judge(
    scenario: Scenario, call: RehearsedCall, variables: Mapping[str, Any]
) -> Iterator[Failure]:
    """Yield every expectation that was not met."""
    expect = scenario.expect
    yield from _end(scenario, call)
    waiting = call.caller.waits_for
    if waiting is not None:
        index, step = waiting
        yield Failure(("steps", index), f"the call was over before the caller could {_told(step)}")
    for problem in call.problems:
        yield Failure(("http",), problem)
    if expect.path is not None and not _matches(expect.path, call.path):
        yield _sequence(("expect", "path"), "the path is another", expect.path, call.path)
    if expect.hears is not None:
        heard = [_meant(title, expect.hears) for title in call.heard]
        if list(expect.hears) != heard and not _all_begin(call.heard, expect.hears):
            yield _sequence(("expect", "hears"), "other prompts are heard", expect.hears, heard)
    yield from _mapping("vars", "variable", expect.vars, variables)
    yield from _mapping("tags", "tag", expect.tags, call.tags)
    yield from _events(scenario, call)
    if expect.messages is not None:
        boxes = [message.box for message in call.messages]
        if list(expect.messages) != boxes:
            yield _sequence(("expect", "messages"), "other messages", expect.messages, boxes)
    if expect.language is not None and expect.language != call.language:
        difference = (f"- {expect.language}", f"+ {call.language}")
        yield Failure(("expect", "language"), "the language is another", difference)


def _end(scenario: Scenario, call: RehearsedCall) -> Iterator[Failure]:
    wanted, came = scenario.expect.ends, call.end
    if wanted is not None and wanted is not came:
        difference = (f"- {wanted.value}", f"+ {came.value if came else 'nothing'}")
        yield Failure(("expect", "ends"), "the call ends otherwise", difference)
    elif wanted is None and came is End.ERROR:
        yield Failure((), f"the flow failed: {call.trail[-1].detail or call.trail[-1].text}")


def _told(step: Step) -> str:
    match step:
        case Hears(text=text):
            return f"hear `{text}`"
        case Reaches(node=node):
            return f"reach `{node}`"
        case _:
            words = {
                "Waits": "wait",
                "Presses": "press",
                "Speaks": "speak",
                "Faxes": "fax",
                "HangsUp": "hang up",
            }
            return words[type(step).__name__]


def _matches(wanted: Sequence[str], came: Sequence[str]) -> bool:
    """Return whether a path is as wanted, where `...` stands for any nodes or none."""
    reachable = {0}
    for name in wanted:
        if name == ANY:
            reachable = set(range(min(reachable), len(came) + 1)) if reachable else set()
        else:
            reachable = {at + 1 for at in reachable if at < len(came) and came[at] == name}
    return len(came) in reachable


def _all_begin(heard: Sequence[str], wanted: Sequence[str]) -> bool:
    return len(heard) == len(wanted) and all(map(begins, heard, wanted))


def _meant(title: str, wanted: Sequence[str]) -> str:
    """Return the expectation that a prompt fulfils, so that a difference compares like things."""
    fitting = [each for each in wanted if begins(title, each)]
    return max(fitting, key=len) if fitting else title


def _sequence(
    location: Location, message: str, wanted: Sequence[str], came: Sequence[str]
) -> Failure:
    lines = [line for line in difflib.ndiff(list(wanted), list(came)) if not line.startswith("?")]
    return Failure(location, message, tuple(lines))


def _mapping(
    section: str, what: str, wanted: Mapping[str, Any], came: Mapping[str, Any]
) -> Iterator[Failure]:
    for name, value in wanted.items():
        place = ("expect", section, name)
        if name not in came:
            yield Failure(place, f"the {what} `{name}` has no value", (f"- {value!r}",))
        elif came[name] != value or isinstance(came[name], bool) != isinstance(value, bool):
            difference = (f"- {value!r}", f"+ {came[name]!r}")
            yield Failure(place, f"the {what} `{name}` is another", difference)


def _events(scenario: Scenario, call: RehearsedCall) -> Iterator[Failure]:
    wanted = scenario.expect.events
    if wanted is None:
        return
    names = [name for name, _ in call.events]
    if names != [each.name for each in wanted]:
        place = ("expect", "events")
        yield _sequence(place, "other events", [each.name for each in wanted], names)
        return
    for index, (each, (_, payload)) in enumerate(zip(wanted, call.events, strict=True)):
        for failure in _mapping("payload", "member", each.payload, payload):
            location = ("expect", "events", index, "payload", failure.location[-1])
            yield Failure(location, failure.message, failure.difference)
