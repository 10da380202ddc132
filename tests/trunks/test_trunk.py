"""A trunk that runs: which servers a call is tried at, and what changes that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from switch.sip.core import SipCore
from switch.sip.outside_request import OutsideHost
from switch.sip.peer import Peer
from switch.sip.registration import RegistrationSettings, Standing
from switch.sip.target_order import Target
from switch.trunks.last_hour import HourBook
from switch.trunks.plans import DialPlan, HealthPlan, PeerPlan, TrunkPlan
from switch.trunks.trunk import Names, Server, Trunk
from tests.support.sip_messages import UDP, response_to
from tests.support.sip_pair import CALLER, SipPair

ONE, TWO, THREE = "sip:one.example", "sip:two.example", "sip:three.example"
DIAL = DialPlan(
    (PeerPlan(ONE, 1, 1), PeerPlan(TWO, 1, 3), PeerPlan(THREE, 2)), ("+1",), (), "+18005550100"
)
PLAN = TrunkPlan("carrier", dial=DIAL)
HEALTH = HealthPlan(interval_seconds=10, timeout_seconds=2, down_after=2, up_after=1)


class World:
    """The switch around a trunk, and a DNS that knows what the test says."""

    def __init__(self, plan: TrunkPlan = PLAN, **names: Sequence[int]) -> None:
        self.pair = SipPair()
        self.core: SipCore = self.pair.caller.core
        self.host: OutsideHost = self.pair.caller.core
        self.known = {
            f"sip:{name}.example": [Target("udp", f"192.0.2.{n}", 5060, name) for n in numbers]
            for name, numbers in (names or {"one": [1], "two": [2], "three": [3]}).items()
        }
        self.names: Names = self
        self.hours = HourBook()
        self.told: list[tuple[str, bool]] = []
        self.registrations: list[Standing] = []
        self.trunk = Trunk(plan, self)
        self.trunk.start(self.pair.now)

    def targets(self, uri: str) -> Sequence[Target]:
        return self.known.get(uri, ())

    def near(self, target: Target) -> Peer | None:
        return Peer(target.transport, (target.address, target.port), CALLER)

    def server_changed(self, trunk: Trunk, server: Server, now: float) -> None:
        self.told.append((server.uri, server.health.up))

    def registration_changed(self, trunk: Trunk, now: float) -> None:
        assert trunk.registration is not None
        self.registrations.append(trunk.registration.standing)

    def order(self) -> list[str]:
        return [server.uri for server in self.trunk.servers_to_try(self.pair.now)]

    def server(self, uri: str) -> Server:
        return next(server for server in self.trunk.servers if server.uri == uri)


class TestOrder:
    def test_priority_first_and_weight_among_equals(self) -> None:
        world = World()
        orders = Counter(tuple(world.order()) for _ in range(400))
        assert set(orders) == {(ONE, TWO, THREE), (TWO, ONE, THREE)}
        assert orders[TWO, ONE, THREE] > orders[ONE, TWO, THREE]

    def test_every_address_of_a_name_is_tried(self) -> None:
        world = World(one=[1, 2], three=[3])
        found = world.trunk.servers_to_try(world.pair.now)
        assert [str(each.target) for each in found] == [
            "udp:192.0.2.1:5060",
            "udp:192.0.2.2:5060",
            "udp:192.0.2.3:5060",
        ]

    def test_who_has_just_failed_is_tried_last_for_a_while(self) -> None:
        world = World(one=[1], three=[3])
        world.trunk.note_failure(world.server(ONE), "503", world.pair.now)
        assert world.order() == [THREE, ONE]
        world.pair.now += 31
        assert world.order() == [ONE, THREE]
        world.trunk.note_failure(world.server(ONE), "503", world.pair.now, avoid=600)
        world.pair.now += 599
        assert world.order() == [THREE, ONE]

    def test_a_name_that_is_not_known_yet_leads_nowhere(self) -> None:
        world = World(three=[3])
        assert world.order() == [THREE]
        world.known[ONE] = [Target("udp", "192.0.2.1", 5060, "one")]
        world.trunk.addresses_changed(world.pair.now, ONE)
        assert world.order() == [ONE, THREE]
        del world.known[ONE]
        world.trunk.addresses_changed(world.pair.now, ONE)
        assert world.order() == [THREE]


class TestHealth:
    def test_a_silent_server_goes_down_and_is_asked_on(self) -> None:
        world = World(replace(PLAN, health=HEALTH), one=[1], three=[3])
        pair = world.pair
        alive = {"192.0.2.3"}

        def answer(seconds: float) -> None:
            """Let time pass; who is alive answers OPTIONS."""
            end = pair.now + seconds
            while (at := world.core.next_deadline()) is not None and at <= end:
                pair.now = at
                world.core.handle_timer(at)
                for data, to in world.core.datagrams_to_send():
                    if data.startswith(b"OPTIONS") and to.remote[0] in alive:
                        world.core.receive(response_to(data, 200), UDP, at)
            pair.now = end

        answer(30)
        assert world.told == [(ONE, False)]
        assert world.order() == [THREE]
        alive.add("192.0.2.1")
        answer(30)
        assert world.told == [(ONE, False), (ONE, True)]
        assert world.order() == [ONE, THREE]
        world.trunk.stop(pair.now)
        answer(100)
        assert world.core.next_deadline() is None

    def test_failing_calls_count_as_failing_probes(self) -> None:
        world = World(replace(PLAN, health=HEALTH), one=[1], three=[3])
        for _ in range(2):
            world.trunk.note_failure(world.server(ONE), "no answer", world.pair.now)
        assert world.told == [(ONE, False)]
        assert world.order() == [THREE]


class TestChange:
    def test_calls_that_are_up_count_on(self) -> None:
        world = World()
        world.trunk.guard.began(world.pair.now)
        smaller = replace(PLAN, dial=replace(DIAL, max_calls=1))
        world.trunk.take_over(smaller, world.pair.now)
        assert "calls are up" in world.trunk.guard.refusal("+12125550100", world.pair.now)
        world.trunk.guard.ended()
        assert world.trunk.guard.refusal("+12125550100", world.pair.now) == ""

    def test_servers_that_stay_keep_what_is_known_of_them(self) -> None:
        world = World(one=[1], three=[3])
        world.trunk.note_failure(world.server(ONE), "503", world.pair.now)
        fewer = replace(PLAN, dial=replace(DIAL, peers=(PeerPlan(ONE), PeerPlan(THREE))))
        world.trunk.take_over(fewer, world.pair.now)
        assert world.order()[-1] == ONE

    def test_another_registration_replaces_the_one_there_was(self) -> None:
        register = RegistrationSettings("sip:one.example", "sip:us@one.example")
        plan = replace(PLAN, register=register, register_uri=ONE)
        world = World(plan, one=[1])
        ((data, _),) = world.core.datagrams_to_send()
        world.core.receive(response_to(data, 200, headers=["Expires: 60"]), UDP, world.pair.now)
        other = replace(plan, register=replace(register, address="sip:them@one.example"))
        world.trunk.take_over(other, world.pair.now)
        sent = [data for data, _ in world.core.datagrams_to_send()]
        assert [b"Expires: 0\r\n" in data for data in sent] == [True, False]
        assert b"To: <sip:them@one.example>" in sent[1]
        assert world.registrations == [Standing.REGISTERED, Standing.STOPPED]
