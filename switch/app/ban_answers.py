"""What `freeline bans` asks the running switch: who is banned, and to lift a ban."""

from __future__ import annotations

from typing import Any

from switch.clock import Clock
from switch.errors import FreelineError
from switch.log import get_logger
from switch.sip.bans import Bans


class BanAnswers:
    """Lists bans, and lifts them."""

    def __init__(self, bans: Bans, clock: Clock) -> None:
        self._bans = bans
        self._clock = clock
        self._log = get_logger()

    async def bans(self, parameters: dict[str, Any]) -> Any:
        """Return the bans in force; those that are called `lift` are lifted first.

        Raises:
            FreelineError: nothing of that name is banned.
        """
        lift = parameters.get("lift")
        if lift:
            # Each one looked at, not only the first that there is.
            lifted = [kind for kind in ("source", "account") if self._bans.lift((kind, str(lift)))]
            if not lifted:
                raise FreelineError(f"no source and no account `{str(lift)[:64]}` is banned")
            self._log.info("ban_lifted", name=str(lift), of=lifted)
        return [
            {
                "subject": ban.kind,
                "name": ban.name,
                "failures": ban.failures,
                "seconds": round(ban.seconds, 1),
            }
            for ban in self._bans.in_force(self._clock.now())
        ]
