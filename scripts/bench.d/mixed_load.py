"""Everything at once: calls, registrations, long conversations, and callers who only listen."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

from configuration import Site
from far_ends import RtpLoad
from figures import RunError
from proc import free_port
from sipp import (
    Sipp,
    SippResult,
    accounts_file,
    caller_scenario,
    headset_scenario,
    register_scenario,
)
from target import Target

SET_UP_RATE = 20
"""Calls a second at which those that stand are begun."""
_SPARE_SECONDS = 8
"""How much longer than expected their set-up may take."""
_END_SECONDS = 2
"""How long they outlast the others."""


@dataclass(frozen=True, slots=True)
class Part:
    """One SIPp of those that begin calls."""

    name: str
    sipp: Sipp
    offered: int


@dataclass(slots=True)
class Outcome:
    """What became of a part."""

    offered: int
    completed: int
    retransmissions: int
    causes: dict[str, int]

    def add_headset(self, told: SippResult) -> None:
        """A call is complete when the headset had it, too, from ringing to BYE."""
        self.retransmissions += told.retransmissions
        missed = max(0, self.completed - told.successful)
        if missed:
            self.completed -= missed
            self.causes["headset_not_reached"] = missed


class MixedLoad:
    """The load of `soak`: first the calls that stand, then, for `seconds`, all others too."""

    def __init__(self, arguments: argparse.Namespace, place: Path, seconds: float) -> None:
        self._arguments = arguments
        self._place = place
        self._seconds = seconds
        self.talking = RtpLoad()
        self.listening = RtpLoad()
        self._parts: list[Part] = []
        self._headsets: dict[str, Sipp] = {}
        """Part -> who answers its calls."""
        self.target: Target | None = None
        try:
            self.target = self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> Target:
        arguments = self._arguments
        site = Site(
            headset_port=arguments.headset_port or free_port(),
            agents=arguments.agents,
            talk_port=arguments.talk_headset_port or free_port(),
            talk_agents=arguments.talking + 10,
            accounts=arguments.accounts,
            workers=arguments.workers,
            sound_seconds=self._hold + 60,
        )
        self.target = target = Target(arguments, self._place / "switch", site)
        self._headsets = {
            "calls": Sipp(
                self._place / "headset",
                headset_scenario(),
                site.headset_port,
                call_seconds=arguments.talk,
            ),
            "talking": Sipp(
                self._place / "talker",
                headset_scenario(self.talking.port),
                site.talk_port,
                call_seconds=self._hold,
            ),
        }
        time.sleep(0.5)
        self.talking.tell("talk")
        self._start_standing(target)
        return target

    def _start_standing(self, target: Target) -> None:
        arguments = self._arguments
        for name, digit, count, number, rtp in (
            ("talking", "info", arguments.talking, arguments.talk_number, self.talking.port),
            ("listening", "", arguments.listening, arguments.prompt_number, self.listening.port),
        ):
            scenario = caller_scenario(digit, self._hold, rtp)
            self._begin(name, target, scenario, count, SET_UP_RATE, self._hold, "-s", number)
        end = time.monotonic() + max(arguments.talking, arguments.listening) / SET_UP_RATE
        while not self._stands() and time.monotonic() < end + _SPARE_SECONDS:
            time.sleep(0.2)

    def _stands(self) -> bool:
        arguments = self._arguments
        relayed, heard = self.talking.count()["relayed"], self.listening.count()["heard"]
        return bool(relayed >= 2 * arguments.talking and heard >= arguments.listening)

    def begin(self) -> None:
        """Begin the calls and registrations that come at a rate."""
        arguments, target = self._arguments, self.target
        assert target is not None
        self._begin(
            "calls",
            target,
            caller_scenario(arguments.digit, arguments.talk),
            round(arguments.rate * self._seconds),
            arguments.rate,
            arguments.talk,
            *("-s", arguments.number),
        )
        accounts = self._place / "accounts.csv"
        accounts.write_text(accounts_file(arguments.accounts))
        self._begin(
            "registrations",
            target,
            register_scenario(),
            round(arguments.registrations * self._seconds),
            arguments.registrations,
            0,
            *("-inf", str(accounts)),
        )

    @property
    def _hold(self) -> float:
        """How long each standing call lasts: from before the others begin until they are over."""
        most: int = max(self._arguments.talking, self._arguments.listening)
        return self._seconds + most / SET_UP_RATE + _SPARE_SECONDS + _END_SECONDS

    def _begin(
        self,
        name: str,
        target: Target,
        scenario: str,
        offered: int,
        rate: float,
        call_seconds: float,
        *more: str,
    ) -> None:
        if not offered:
            return
        # Twice what is open when all goes well; more is no use to a server that lags.
        most = min(offered, round(2 * rate * (call_seconds + 30)))
        sipp = Sipp(
            self._place / name,
            scenario,
            free_port(),
            [
                *(target.sip, "-m", str(offered), "-r", f"{rate:g}", "-l", str(max(most, 1))),
                *more,
            ],
            call_seconds=call_seconds,
        )
        self._parts.append(Part(name, sipp, offered))

    @property
    def is_over(self) -> bool:
        """Whether every caller has ended."""
        return not any(part.sipp.running for part in self._parts)

    def check(self) -> None:
        """Find out early that nothing comes of it.

        Raises:
            RunError: a headset's SIPp has ended.
        """
        for headset in self._headsets.values():
            if not headset.running:
                raise RunError("the SIPp that answers has ended before its time")

    def failed_so_far(self) -> int:
        """Return how many calls and registrations have failed until now."""
        return sum(int(part.sipp.latest().get("FailedCall(C)", 0)) for part in self._parts)

    def outcomes(self) -> dict[str, Outcome]:
        """End all callers and return what became of each part."""
        outcomes = {}
        for part in self._parts:
            part.sipp.stop()
            told = part.sipp.result()
            outcomes[part.name] = Outcome(
                part.offered, told.successful, told.retransmissions, told.causes
            )
        for name, headset in self._headsets.items():
            headset.stop()
            told = headset.result()
            if name in outcomes:
                outcomes[name].add_headset(told)
        return outcomes

    def stop(self) -> None:
        """End everything."""
        for part in self._parts:
            part.sipp.stop()
        for each in (*self._headsets.values(), self.target, self.talking, self.listening):
            if each is not None:
                each.stop()
