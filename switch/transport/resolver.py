"""DNS for those whom we call by name: looked up in the background, known when it is needed.

A name that is followed is looked up again when its records expire. While the DNS fails, the
last answer stays in force: a carrier does not move because a name server is down.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.nameserver
import dns.resolver
from dns.rdatatype import RdataType

from switch.log import get_logger
from switch.sip.target_order import Found, Naptr, Question, Reach, Record, Srv, Target, find_targets

_LONGEST_SECONDS = 3600.0
_NEGATIVE_SECONDS = 60.0
"""How long it is believed that there is no such record."""
_RETRIES = (1, 2, 6, 12)
"""Shortest pauses after one failure, two, ...; the last one from then on."""
_MOST_ROUNDS = 8
"""NAPTR, SRV, addresses: more rounds are a loop in the zone."""


@dataclass(slots=True)
class _Followed:
    """One URI, and what is known of it."""

    answers: dict[Question, Sequence[Record]] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None
    failures: int = 0
    """One after another, until now."""


class Resolver:
    """Follows names. Lives in the event loop it is used in."""

    def __init__(
        self,
        reach: Reach,
        below: Callable[[int], int],
        *,
        servers: Sequence[tuple[str, int]] = (),
        timeout_seconds: float = 5.0,
        shortest_seconds: float = 5.0,
    ) -> None:
        """Prepare.

        Args:
            reach: transports that we have, and over which IP.
            below: random number below its argument, for weights.
            servers: address and port of name servers; none: those of the system.
            shortest_seconds: a name is not looked up more often, whatever its records say.
        """
        self.lookups: Counter[str] = Counter()
        """`found`, `empty` or `failed` -> look-ups of a URI."""
        self.on_changed: Callable[[str], None] = lambda uri: None
        """Told a URI whose targets have changed, or are known for the first time."""
        self._reach = reach
        self._below = below
        self._servers = servers
        self._timeout = timeout_seconds
        self._shortest = shortest_seconds
        self._followed: dict[str, _Followed] = {}
        self._dns: dns.asyncresolver.Resolver | None = None
        self._log = get_logger()

    def follow(self, uri: str) -> None:
        """Know this URI's addresses from now on; nothing is asked for an IP address.

        Raises:
            RemoteProtocolError: this is no SIP URI.
        """
        if uri in self._followed:
            return
        followed = self._followed[uri] = _Followed()
        if self._find(uri, followed.answers).missing:
            loop = asyncio.get_running_loop()
            followed.task = loop.create_task(self._keep(uri, followed), name=f"dns-{uri}")

    def forget(self, uri: str) -> None:
        """Follow it no longer."""
        followed = self._followed.pop(uri, None)
        if followed is not None and followed.task is not None:
            followed.task.cancel()

    async def stop(self) -> None:
        """Follow nothing any more."""
        tasks = [each.task for each in self._followed.values() if each.task is not None]
        for uri in list(self._followed):
            self.forget(uri)
        await asyncio.gather(*tasks, return_exceptions=True)

    def targets(self, uri: str) -> Sequence[Target]:
        """Return where this URI leads, in the order to try now; empty while it is not known."""
        followed = self._followed.get(uri)
        if followed is None:
            return ()
        return self._find(uri, followed.answers).targets

    @property
    def failing(self) -> list[str]:
        """The URIs whose last look-up failed."""
        return [uri for uri, each in self._followed.items() if each.failures]

    def _find(self, uri: str, answers: dict[Question, Sequence[Record]]) -> Found:
        return find_targets(uri, answers, self._reach, self._below)

    async def _keep(self, uri: str, followed: _Followed) -> None:
        while True:
            try:
                answers, seconds = await self._look_up(uri)
            except (OSError, dns.exception.DNSException) as error:
                seconds = self._failed(uri, followed, error)
            else:
                self._answered(uri, followed, answers)
            await asyncio.sleep(seconds)

    def _answered(
        self, uri: str, followed: _Followed, answers: dict[Question, Sequence[Record]]
    ) -> None:
        found = self._find(uri, answers)
        self.lookups["found" if found.targets else "empty"] += 1
        if followed.failures:
            self._log.info("dns_recovered", uri=uri, failures=followed.failures)
        followed.failures = 0
        if not found.targets:
            hint = "the last addresses stay in force" if followed.answers else "nobody is called"
            self._log.warning("dns_has_no_address", uri=uri, note=hint)
            if followed.answers:
                return
        changed = _as_set(answers) != _as_set(followed.answers)
        followed.answers = answers
        if changed:
            told = sorted(str(each) for each in found.targets)
            self._log.info("dns_answered", uri=uri, targets=told)
            self.on_changed(uri)

    def _failed(self, uri: str, followed: _Followed, error: Exception) -> float:
        """Tell of it once, and return when to try again."""
        self.lookups["failed"] += 1
        if not followed.failures:
            note = "the last addresses stay in force" if followed.answers else "nobody is called"
            self._log.warning("dns_failed", uri=uri, why=str(error) or repr(error), note=note)
        pauses = _RETRIES[min(followed.failures, len(_RETRIES) - 1)]
        followed.failures += 1
        return pauses * self._shortest

    async def _look_up(self, uri: str) -> tuple[dict[Question, Sequence[Record]], float]:
        """Ask until nothing is missing; return the records and for how long they are good."""
        answers: dict[Question, Sequence[Record]] = {}
        expires = monotonic() + _LONGEST_SECONDS
        for _ in range(_MOST_ROUNDS):
            missing = self._find(uri, answers).missing
            if not missing:
                break
            found = await asyncio.gather(*(self._ask(each) for each in missing))
            for question, (records, seconds) in zip(missing, found, strict=True):
                answers[question] = records
                expires = min(expires, monotonic() + seconds)
        return answers, max(self._shortest, expires - monotonic())

    async def _ask(self, question: Question) -> tuple[list[Record], float]:
        try:
            answer = await self._resolver().resolve(
                question.name, question.kind, raise_on_no_answer=False, search=False
            )
        except dns.resolver.NXDOMAIN:
            return [], _NEGATIVE_SECONDS
        if answer.rrset is None:
            return [], _NEGATIVE_SECONDS
        return [_record(each) for each in answer.rrset], float(answer.rrset.ttl)

    def _resolver(self) -> dns.asyncresolver.Resolver:
        if self._dns is None:
            self._dns = dns.asyncresolver.Resolver(configure=not self._servers)
            if self._servers:
                self._dns.nameservers = [
                    dns.nameserver.Do53Nameserver(*server) for server in self._servers
                ]
            self._dns.lifetime = self._timeout
        return self._dns


def _record(data: Any) -> Record:
    match data.rdtype:
        case RdataType.NAPTR:
            texts = (data.flags.decode(), data.service.decode(), data.replacement.to_text())
            return Naptr(data.order, data.preference, *texts)
        case RdataType.SRV:
            return Srv(data.priority, data.weight, data.port, data.target.to_text())
        case _:
            return str(data.address)


def _as_set(answers: dict[Question, Sequence[Record]]) -> set[tuple[Question, Record]]:
    return {(question, record) for question, records in answers.items() for record in records}
