"""PURE: what a trunk is built from; made of the settings by `app/trunk_plan.py`."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

from switch.calls.srtp_rule import USUAL, SrtpRule
from switch.frozen import frozen
from switch.sip.credentials import Credentials
from switch.sip.registration import RegistrationSettings


@frozen()
class PeerPlan:
    """One of a carrier's servers."""

    uri: str
    """`sip:sip.carrier.example` or `sip:192.0.2.1:5060;transport=tcp`."""
    priority: int = 1
    """Lower ones first."""
    weight: int = 1


@frozen()
class DialPlan:
    """What may be dialled, through which servers, and how we appear."""

    peers: tuple[PeerPlan, ...]
    allow: tuple[str, ...]
    deny: tuple[str, ...]
    caller_id: str
    show_caller: bool = False
    max_calls: int = 10
    max_calls_per_hour: int = 100
    first_response_seconds: float = 4.0
    redirects: int = 0
    assert_identity: str = "none"
    """`none`, `asserted` or `preferred`."""
    pass_passports: bool = False
    divert: str = "none"
    """`none`, `diversion` or `history_info`."""


@frozen()
class HealthPlan:
    """How servers are probed."""

    interval_seconds: float = 30.0
    timeout_seconds: float = 4.0
    down_after: int = 2
    up_after: int = 2


@frozen()
class TrunkPlan:
    """A carrier's trunk."""

    name: str
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Where its calls come from, and where a redirection may lead."""
    certificates: tuple[str, ...] = ()
    """Domains of the certificates by which its calls are known."""
    dial: DialPlan | None = None
    login: Credentials | None = None
    """Answers the carrier's challenges."""
    register: RegistrationSettings | None = None
    register_uri: str = ""
    """Where REGISTER goes."""
    register_login: Credentials | None = None
    health: HealthPlan | None = None
    trust_identity: bool = False
    srtp: SrtpRule = USUAL
    """Whether the media is encrypted."""

    @property
    def uris(self) -> tuple[str, ...]:
        """Every URI whose addresses must be known."""
        peers = () if self.dial is None else tuple(peer.uri for peer in self.dial.peers)
        return (*peers, self.register_uri) if self.register_uri else peers
