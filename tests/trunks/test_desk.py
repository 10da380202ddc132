"""All trunks together: names that are followed, ways out, events, and the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from switch.events import Event, TrunkRegistrationChanged
from switch.sip.credentials import Credentials
from switch.sip.peer import Peer
from switch.sip.registration import RegistrationSettings
from switch.sip.target_order import Target
from switch.trunks.desk import TrunkDesk
from switch.trunks.plans import DialPlan, PeerPlan, TrunkPlan
from switch.trunks.presentation import Caller
from tests.support.sip_messages import UDP, response_to
from tests.support.sip_pair import CALLER, SipPair

NUMBER = "+12125550177"


class Names:
    """A DNS that knows every name, unless told otherwise."""

    def __init__(self) -> None:
        self.followed: set[str] = set()
        self.unknown: set[str] = set()
        self.on_changed: Callable[[str], None] = lambda uri: None

    def follow(self, uri: str) -> None:
        self.followed.add(uri)

    def forget(self, uri: str) -> None:
        self.followed.remove(uri)

    def targets(self, uri: str) -> Sequence[Target]:
        if uri in self.unknown or uri not in self.followed:
            return ()
        return (Target("udp", f"192.0.2.{len(uri)}", 5060, uri.removeprefix("sip:")),)


def plan(name: str, *allow: str, **more: object) -> TrunkPlan:
    dial = DialPlan((PeerPlan(f"sip:{name}.example"),), allow or ("+1",), (), "+18005550100")
    return replace(TrunkPlan(name, dial=dial), **more)  # type: ignore[arg-type]


class World:
    """A desk and everything it tells."""

    def __init__(self, *plans: TrunkPlan) -> None:
        self.pair = SipPair()
        self.core = self.pair.caller.core
        self.names = Names()
        self.events: list[Event] = []
        self.desk = TrunkDesk(
            self.core,
            self.names,
            lambda target: Peer(target.transport, (target.address, target.port), CALLER),
            "198.51.100.1",
            self.events.append,
            lambda: datetime(2026, 11, 24, tzinfo=UTC),
            lambda: self.pair.now,
            lambda: None,
        )
        self.desk.take_over(plans)

    def way(self, *names: str) -> str:
        """Return through which trunk the number would be dialled."""
        trunks, log = self.desk.choose(names), structlog.get_logger()
        dialling = self.desk.dialling(trunks, NUMBER, Caller(""), "call", log)
        return dialling.trunk if dialling.begin() else dialling.refusal or "unreachable"


class TestChoice:
    def test_the_longest_prefix_wins_and_then_the_order_given(self) -> None:
        world = World(plan("one"), plan("two"), plan("near", "+1212"), plan("far", "+44"))
        assert world.way("one", "two", "near") == "near"
        assert world.way("two", "one") == "two"
        assert world.way("far", "one") == "one"
        assert world.way("far").startswith("far: ")
        assert world.way() == "one"
        assert world.desk.choose(["nobody"]) == []

    def test_a_trunk_without_a_known_address_is_passed_over(self) -> None:
        world = World(plan("one"), plan("two"))
        world.names.unknown.add("sip:one.example")
        world.names.on_changed("sip:one.example")
        assert world.way("one", "two") == "two"
        assert world.way("one") == "unreachable"

    def test_a_trunk_that_is_full_is_passed_over(self) -> None:
        world = World(plan("one"), plan("two"))
        one = world.desk.only("one")
        assert one is not None
        for _ in range(10):
            one.guard.began(world.pair.now)
        assert world.way("one", "two") == "two"


class TestChange:
    def test_names_are_followed_as_long_as_somebody_has_them(self) -> None:
        world = World(plan("one"), plan("two"))
        assert world.names.followed == {"sip:one.example", "sip:two.example"}
        world.desk.take_over([plan("two"), plan("three")])
        assert world.names.followed == {"sip:two.example", "sip:three.example"}
        assert [trunk.name for trunk in world.desk] == ["two", "three"]

    def test_credentials_serve_calls_from_the_trunk_as_well(self) -> None:
        login = Credentials("us", "secret")
        world = World(plan("one", login=login), plan("two"))
        assert world.core.digests.keys() == {"one"}
        world.desk.take_over([plan("one"), plan("two", login=login)])
        assert world.core.digests.keys() == {"two"}

    def test_a_registration_is_told_and_taken_back_and_nothing_begins_it_again(self) -> None:
        register = RegistrationSettings("sip:one.example", "sip:us@one.example")
        registered = plan("one", register=register, register_uri="sip:one.example")
        world = World(registered)
        ((data, _),) = world.core.datagrams_to_send()
        world.core.receive(response_to(data, 200, headers=["Expires: 60"]), UDP, world.pair.now)
        (told,) = [each for each in world.events if isinstance(each, TrunkRegistrationChanged)]
        assert (told.trunk, told.registered, told.problem) == ("one", True, "")
        world.desk.stop()
        awaits_answer = world.desk.is_leaving
        assert awaits_answer
        ((gone, _),) = world.core.datagrams_to_send()
        assert b"Expires: 0\r\n" in gone
        world.core.receive(response_to(gone, 200), UDP, world.pair.now)
        assert not world.desk.is_leaving
        world.desk.take_over([plan("one", register=replace(register, contact_user="x"))])
        assert world.core.datagrams_to_send() == []
