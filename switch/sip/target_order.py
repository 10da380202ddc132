"""PURE: from a SIP URI and DNS records to addresses, in the order to try: RFC 3263 4, RFC 2782.

Nothing is looked up here. `find_targets` says which records it still needs; whoever can ask
for them comes back with the answers, until nothing is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address

from switch.frozen import frozen
from switch.sip.header_values import URI, parse_uri

MOST_TARGETS = 32
"""More addresses behind one name are not tried."""

_DEFAULT_PORT = {"tls": 5061, "wss": 443, "ws": 80}
_SERVICES = {"sip+d2u": "udp", "sip+d2t": "tcp", "sips+d2t": "tls"}
"""NAPTR service, in lower case -> transport (RFC 3263 4.1)."""
_SRV_PREFIX = {"udp": "_sip._udp.", "tcp": "_sip._tcp.", "tls": "_sips._tcp."}


@frozen()
class Question:
    """What is asked of the DNS."""

    name: str
    """Lower case, without the final dot."""
    kind: str
    """`NAPTR`, `SRV`, `A` or `AAAA`."""


@frozen()
class Naptr:
    """RFC 3403 4.1."""

    order: int
    preference: int
    flags: str
    service: str
    replacement: str


@frozen()
class Srv:
    """RFC 2782."""

    priority: int
    weight: int
    port: int
    target: str
    """`.` says that there is no such service."""


Record = Naptr | Srv | str
"""A and AAAA records are addresses as text."""

Answers = Mapping[Question, Sequence[Record]]
"""What is known; an empty list says that there are no such records."""

Reach = Mapping[str, Sequence[int]]
"""Transport that we have, best first -> versions of IP over which we have it, best first."""


@frozen()
class Target:
    """Where a request may go."""

    transport: str
    address: str
    port: int
    name: str
    """The host of the URI: whose certificate a TLS peer must show (RFC 5922 4)."""

    def __str__(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.transport}:{host}:{self.port}"


@frozen()
class Found:
    """How far a search has come."""

    targets: tuple[Target, ...]
    """In order; final once nothing is missing."""
    missing: tuple[Question, ...]


def find_targets(uri: str, answers: Answers, reach: Reach, below: Callable[[int], int]) -> Found:
    """Return where a request to this URI may go.

    Args:
        below: returns a random number from 0 to its argument - 1, for the weights.

    Raises:
        RemoteProtocolError: with 416, this is no SIP URI.
    """
    search = _Search(answers, reach, below)
    search.uri(parse_uri(uri))
    return Found(tuple(search.targets[:MOST_TARGETS]), tuple(search.missing))


class _Search:
    """One walk from a URI to its addresses."""

    def __init__(self, answers: Answers, reach: Reach, below: Callable[[int], int]) -> None:
        self.targets: list[Target] = []
        self.missing: list[Question] = []
        self._answers = answers
        self._reach = reach
        self._below = below
        self._name = ""

    def uri(self, uri: URI) -> None:
        host = str(uri.parameters.get("maddr") or uri.host).strip("[]").rstrip(".").lower()
        self._name = uri.host.strip("[]").rstrip(".").lower()
        secure = uri.scheme.lower() == "sips"
        asked = str(uri.parameters.get("transport") or "").lower()
        if secure and asked == "tcp":
            asked = "tls"  # RFC 3261 26.2.2
        if _version(host) or uri.port:
            transport = asked or ("tls" if secure else "udp")
            port = uri.port or _DEFAULT_PORT.get(transport, 5060)
            self._addresses(host, transport, port)
        elif asked:
            self._named(host, (asked,))
        else:
            self._untold(host, secure)

    def _untold(self, host: str, secure: bool) -> None:
        """RFC 3263 4.1: the domain tells by NAPTR which transports it likes."""
        records = self._ask(host, "NAPTR")
        if records is None:
            return
        naptrs = sorted(
            (each for each in records if isinstance(each, Naptr)),
            key=lambda each: (each.order, each.preference),
        )
        found = False
        for naptr in naptrs:
            transport = _SERVICES.get(naptr.service.lower(), "")
            usable = naptr.flags.lower() == "s" and transport in self._reach
            if usable and (not secure or transport == "tls"):
                found = True
                self._services(_plain(naptr.replacement), transport)
        if not found:
            self._named(host, ["tls"] if secure else [t for t in self._reach if t in _SRV_PREFIX])

    def _named(self, host: str, transports: Sequence[str]) -> None:
        """RFC 3263 4.2: SRV of the transports that come into question, or just addresses."""
        before = len(self.missing)
        served = False
        for transport in transports:
            prefix = _SRV_PREFIX.get(transport)
            if prefix is not None and self._services(prefix + host, transport):
                served = True
        if not served and len(self.missing) == before:
            transport = transports[0] if len(transports) == 1 else self._plainest()
            self._addresses(host, transport, _DEFAULT_PORT.get(transport, 5060))

    def _plainest(self) -> str:
        """RFC 3263 4.1: without a word of the domain, a SIP URI goes over UDP."""
        return "udp" if "udp" in self._reach else next(iter(self._reach), "udp")

    def _services(self, name: str, transport: str) -> bool:
        """Take the servers of an SRV name; False when it has no such records."""
        records = self._ask(name, "SRV")
        servers = [each for each in records or () if isinstance(each, Srv)]
        for srv in by_weight(servers, self._below):
            if srv.target != ".":
                self._addresses(_plain(srv.target), transport, srv.port)
        return bool(servers)

    def _addresses(self, host: str, transport: str, port: int) -> None:
        versions = self._reach.get(transport, ())
        told = _version(host)
        if told:
            if told in versions:
                self.targets.append(Target(transport, host, port, self._name))
            return
        for version in versions:
            for address in self._ask(host, "A" if version == 4 else "AAAA") or ():
                if isinstance(address, str):
                    self.targets.append(Target(transport, address, port, self._name))

    def _ask(self, name: str, kind: str) -> Sequence[Record] | None:
        question = Question(name, kind)
        known = self._answers.get(question)
        if known is None and question not in self.missing:
            self.missing.append(question)
        return known


def by_weight(records: Sequence[Srv], below: Callable[[int], int]) -> list[Srv]:
    """Return SRV records in the order to try: RFC 2782, "Usage rules" and "Weight"."""
    ordered: list[Srv] = []
    for priority in sorted({each.priority for each in records}):
        # "all those with weight 0 are placed at the beginning of the list"
        left = sorted((r for r in records if r.priority == priority), key=lambda r: r.weight > 0)
        while left:
            mark = below(sum(each.weight for each in left) + 1)
            running = 0
            for index, each in enumerate(left):
                running += each.weight
                if running >= mark:
                    ordered.append(left.pop(index))
                    break
    return ordered


def _plain(name: str) -> str:
    return name.rstrip(".").lower() or "."


def _version(host: str) -> int:
    """Return 4 or 6 for an IP address, 0 for a name."""
    try:
        return ip_address(host).version
    except ValueError:
        return 0
