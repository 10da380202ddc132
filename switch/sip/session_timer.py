"""Session timers (RFC 4028): what is agreed, and when a session is refreshed or given up.

PURE. A session whose peer knows nothing of it has no timer: nobody is asked to answer
refreshes who did not say that he can. `invite_session.py` sends what this file decides.
"""

from __future__ import annotations

from collections.abc import Callable

from switch.frozen import frozen
from switch.sip.incoming import IncomingMessage, IncomingRequest
from switch.sip.timers import Alarm, Alarms

OPTION = "timer"

SHORTEST_SECONDS = 90
"""RFC 4028 5: no session interval and no Min-SE is below this."""

_MARGIN_SECONDS = 32.0
"""RFC 4028 10: BYE goes out so long before the session expires, or a third of the interval."""

_NEVER = 2**31
Headers = list[tuple[str, str]]


@frozen()
class SessionTimerSettings:
    """What we want of sessions."""

    enabled: bool = True
    expires_seconds: int = 1800
    """The interval that we ask for and the longest that we agree to."""
    minimum_seconds: int = SHORTEST_SECONDS
    """The shortest that we take: 422 below it."""

    def asked(self, least_seconds: int = 0) -> Headers:
        """Return the headers of an INVITE of ours.

        Args:
            least_seconds: the Min-SE of a 422 (RFC 4028 7.4).
        """
        if not self.enabled:
            return []
        least = max(least_seconds, self.minimum_seconds)
        headers = [("Session-Expires", str(max(self.expires_seconds, least)))]
        if least > SHORTEST_SECONDS:
            headers.append(("Min-SE", str(least)))
        return headers


@frozen()
class Agreed:
    """What a 2xx settles."""

    seconds: int
    ours: bool
    """We refresh; else the peer does."""


def is_too_small(request: IncomingRequest, settings: SessionTimerSettings) -> bool:
    """Whether a request asks for an interval to be refused with 422 (RFC 4028 9)."""
    if "session-expires" not in request.headers or not settings.enabled:
        return False
    asked, _ = _expires(request)
    return asked < settings.minimum_seconds and OPTION in request.supported


def agree(
    request: IncomingRequest, settings: SessionTimerSettings
) -> tuple[Agreed | None, Headers]:
    """Return what our 2xx agrees to, and its headers (RFC 4028 9, table 2)."""
    headers = request.headers
    if not settings.enabled or not ("session-expires" in headers or "supported" in headers):
        return None, []
    asked, refresher = _expires(request)
    knows = OPTION in request.supported
    if asked == _NEVER and not knows:
        return None, []
    least = max(settings.minimum_seconds, _seconds(request.header("min-se"), 0))
    # Whoever does not know the timer cannot be told more than a proxy asked for.
    seconds = max(min(asked, settings.expires_seconds), least) if knows else asked
    ours = refresher == "uas" or not knows
    value = f"{seconds};refresher={'uas' if ours else 'uac'}"
    told = [("Session-Expires", value)]
    if not ours:
        told.append(("Require", OPTION))
    return Agreed(seconds, ours), told


def agreed_by(response: IncomingMessage, settings: SessionTimerSettings) -> Agreed | None:
    """Return what the 2xx to a request of ours settles (RFC 4028 7.2)."""
    if "session-expires" not in response.headers or not settings.enabled:
        return None
    seconds, refresher = _expires(response)
    return None if seconds == _NEVER else Agreed(seconds, refresher != "uas")


def least_of(response: IncomingMessage) -> int:
    """Return the Min-SE of a 422; 0 when it tells none that makes sense."""
    least = _seconds(response.header("min-se"), 0)
    return least if least < 86_400 else 0


def asked_again(agreed: Agreed) -> Headers:
    """Return the headers of a request that refreshes; roles stay (RFC 4028 7.4)."""
    return [("Session-Expires", f"{agreed.seconds};refresher={'uac' if agreed.ours else 'uas'}")]


class SessionTimer:
    """The timer of one session, from the first agreement to `stop`."""

    __slots__ = ("_alarm", "_alarms", "_expired", "_refresh", "agreed")

    def __init__(
        self,
        alarms: Alarms,
        agreed: Agreed,
        refresh: Callable[[float], None],
        expired: Callable[[float], None],
        now: float,
    ) -> None:
        """Start.

        Args:
            refresh: it is time to; called again while no 2xx came of it.
            expired: nobody has refreshed; the session is to be ended.
        """
        self._alarms = alarms
        self._refresh = refresh
        self._expired = expired
        self._alarm: Alarm | None = None
        self.agreed = agreed
        self.restart(agreed, now)

    def restart(self, agreed: Agreed, now: float) -> None:
        """A 2xx has refreshed the session."""
        self.stop()
        self.agreed = agreed
        seconds = max(agreed.seconds, 1)
        end = now + seconds - min(_MARGIN_SECONDS, seconds / 3)
        self._plan(end, (now + seconds / 2, now + seconds * 5 / 8) if agreed.ours else ())

    def stop(self) -> None:
        """Do nothing any more."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _plan(self, end: float, tries: tuple[float, ...]) -> None:
        at = tries[0] if tries else end
        self._alarm = self._alarms.schedule(at, lambda now: self._due(end, tries, now))

    def _due(self, end: float, tries: tuple[float, ...], now: float) -> None:
        self._alarm = None
        if not tries:
            self._expired(now)
            return
        self._plan(end, tries[1:])
        self._refresh(now)


def _expires(message: IncomingMessage) -> tuple[int, str]:
    """Return seconds and refresher of Session-Expires; what cannot be read counts as absent."""
    value, _, parameters = (message.header("session-expires") or "").partition(";")
    refresher = ""
    for part in parameters.lower().split(";"):
        name, _, told = part.partition("=")
        if name.strip() == "refresher":
            refresher = told.strip()
    return _seconds(value, _NEVER), refresher


def _seconds(value: str | None, otherwise: int) -> int:
    text = (value or "").partition(";")[0].strip()
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        return otherwise
    return int(text)
