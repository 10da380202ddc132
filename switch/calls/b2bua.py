"""Two answered legs joined: media relayed, and music for whoever is put on hold."""

from __future__ import annotations

from collections.abc import Sequence

from switch.calls.leg import Leg
from switch.calls.leg_events import LegEvent, LegHeld, LegPlayed, LegResumed


class Pair:
    """The caller and a headset, talking.

    Each party negotiated its media with us alone (RFC 7092 calls this a
    back-to-back user agent that terminates media), so a re-INVITE on one side is
    never carried to the other: hold becomes music there.
    """

    __slots__ = ("_hold_music", "_meanwhile", "_whisper", "inbound", "music", "outbound")

    def __init__(self, inbound: Leg, outbound: Leg, hold_music: Sequence[str]) -> None:
        self.inbound = inbound
        self.outbound = outbound
        self._hold_music = tuple(hold_music)
        self.music: dict[str, int] = {}
        """Leg that holds -> the play that its partner hears."""
        self._whisper = self._meanwhile = 0
        """What the headset alone hears first, and what the caller hears meanwhile."""

    def join(self) -> None:
        """Let them hear each other."""
        self.inbound.bridge(self.outbound)
        for leg in (self.inbound, self.outbound):
            if leg.held:
                self.hold(leg)

    def split(self) -> None:
        """End the relay and any music; both legs stay as they are."""
        for leg in (self.inbound, self.outbound):
            self.resume(leg)
        self.inbound.unbridge()

    def follow(self, event: LegEvent) -> None:
        """Take what has happened to one of them: a hold, its end, a whisper heard to its end."""
        match event:
            case LegHeld(leg=leg):
                self.hold(leg)
            case LegResumed(leg=leg):
                self.resume(leg)
            case LegPlayed(leg=leg, play=play) if leg is self.outbound and play == self._whisper:
                self.inbound.stop_playing(self._meanwhile)

    def whisper(self, prompts: Sequence[str], music: Sequence[str]) -> None:
        """Let the headset alone hear something first, and the caller music until then."""
        self._whisper = self.outbound.play(prompts)
        self._meanwhile = self.inbound.play(music) if music else 0

    def hold(self, leg: Leg) -> None:
        """`leg` has put its partner on hold: the partner hears music."""
        if leg.id not in self.music and self._hold_music:
            self.music[leg.id] = self._partner(leg).play(self._hold_music, loop=True)

    def resume(self, leg: Leg) -> None:
        """`leg` talks again."""
        play = self.music.pop(leg.id, None)
        if play is not None:
            self._partner(leg).stop_playing(play)

    def _partner(self, leg: Leg) -> Leg:
        return self.outbound if leg is self.inbound else self.inbound
