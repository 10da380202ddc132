"""Names looked up in the background, held to a real name server on 127.0.0.1."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from switch.transport.resolver import Resolver
from tests.support.dnsmasq import Dnsmasq
from tests.support.ports import PortBlock
from tests.support.waiting import until

pytestmark = pytest.mark.interop(peer="dnsmasq", role="name server", over="DNS")

URI = "sip:carrier.example"

SERVICES = (
    "naptr-record=carrier.example,100,50,s,SIP+D2U,,_sip._udp.carrier.example",
    "srv-host=_sip._udp.carrier.example,one.example,5070,1,10",
    "srv-host=_sip._udp.carrier.example,two.example,5080,2,10",
    "host-record=one.example,192.0.2.1",
    "host-record=two.example,192.0.2.2",
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Dnsmasq]:
    block = PortBlock()
    dnsmasq = Dnsmasq(tmp_path, block)
    yield dnsmasq
    dnsmasq.stop()
    block.close()


@pytest_asyncio.fixture
async def resolver(server: Dnsmasq) -> AsyncIterator[Resolver]:
    resolver = Resolver(
        {"udp": (4,)},
        random.Random(1).randrange,
        servers=[("127.0.0.1", server.port)],
        timeout_seconds=1,
        shortest_seconds=0.2,
    )
    yield resolver
    await resolver.stop()


def told(resolver: Resolver) -> list[str]:
    return [str(each) for each in resolver.targets(URI)]


async def look_up(server: Dnsmasq, resolver: Resolver) -> list[str]:
    """Follow the carrier, whose records last for a second, and return what they tell."""
    server.serve(*SERVICES, ttl=1)
    resolver.follow(URI)
    await until(lambda: told(resolver))
    return told(resolver)


async def test_naptr_srv_and_addresses_are_followed(server: Dnsmasq, resolver: Resolver) -> None:
    server.serve(*SERVICES)
    changed: list[str] = []
    resolver.on_changed = changed.append
    resolver.follow(URI)
    assert told(resolver) == []
    await until(lambda: changed)
    assert told(resolver) == ["udp:192.0.2.1:5070", "udp:192.0.2.2:5080"]
    assert changed == [URI]
    asked = len(server.questions())
    for _ in range(100):
        resolver.targets(URI)
    assert len(server.questions()) == asked


async def test_records_are_asked_for_again_when_they_expire(
    server: Dnsmasq, resolver: Resolver
) -> None:
    await look_up(server, resolver)
    server.serve(*SERVICES[:4], "host-record=two.example,192.0.2.9", ttl=1)
    await until(lambda: "udp:192.0.2.9:5080" in told(resolver))


async def test_a_failing_server_leaves_the_last_answer_in_force(
    server: Dnsmasq, resolver: Resolver
) -> None:
    before = await look_up(server, resolver)
    server.stop()
    await until(lambda: resolver.failing)
    assert told(resolver) == before
    assert resolver.lookups["failed"] >= 1
    server.serve(*SERVICES, ttl=1)
    await until(lambda: not resolver.failing)
    assert told(resolver) == before


async def test_a_name_that_vanishes_leaves_the_last_answer_in_force(
    server: Dnsmasq, resolver: Resolver
) -> None:
    before = await look_up(server, resolver)
    server.serve("host-record=other.example,192.0.2.3", ttl=1)
    await until(lambda: resolver.lookups["empty"])
    assert told(resolver) == before


async def test_nobody_is_asked_about_an_address(server: Dnsmasq, resolver: Resolver) -> None:
    server.serve(*SERVICES)
    resolver.follow("sip:192.0.2.7:5070")
    assert [str(each) for each in resolver.targets("sip:192.0.2.7:5070")] == ["udp:192.0.2.7:5070"]
    assert server.questions() == []


async def test_a_name_that_is_forgotten_is_not_asked_for(
    server: Dnsmasq, resolver: Resolver
) -> None:
    await look_up(server, resolver)
    resolver.forget(URI)
    assert told(resolver) == []
    asked = len(server.questions())
    await asyncio.sleep(1.5)
    assert len(server.questions()) == asked
