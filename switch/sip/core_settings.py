"""What the SIP endpoint is told when it is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from switch.sip.bans import BanSettings
from switch.sip.doorkeeper import StrangerSettings
from switch.sip.overload import OverloadSettings
from switch.sip.qualifier import QualifySettings
from switch.sip.registrar import ExpiryLimits
from switch.sip.session_timer import SessionTimerSettings
from switch.sip.timers import TimerSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreSettings:
    """What the endpoint must know of itself and of others."""

    realm: str = "freeline"
    user_agent: str = "Freeline"
    advertised_address: str | None = None
    """Told to others in place of the listener's own address."""
    accounts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Headset user name -> digest algorithm -> H(A1)."""
    digest: tuple[str, ...] = ("SHA-256", "MD5")
    """Algorithms offered, best first."""
    expiry: ExpiryLimits = field(default_factory=ExpiryLimits)
    timers: TimerSettings = field(default_factory=TimerSettings)
    keep_alive_seconds: int = 0
    """How often headsets on connections are asked to say that they are there; 0: as they like."""
    session_timer: SessionTimerSettings = field(default_factory=SessionTimerSettings)
    qualify: QualifySettings = field(default_factory=QualifySettings)
    strangers: StrangerSettings = field(default_factory=StrangerSettings)
    bans: BanSettings = field(default_factory=BanSettings)
    overload: OverloadSettings = field(default_factory=OverloadSettings)
