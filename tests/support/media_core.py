"""A pool with a real worker, as the core sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from switch.media.dtls_certificate import new_certificate
from switch.media.messages import Codec, Report
from switch.media.pool import MediaPool, MediaSettings
from tests.support.ports import PortBlock
from tests.support.rtp_party import RtpParty
from tests.support.waiting import until
from tests.support.web_party import WebParty


class Core:
    """A pool, what it reported, and parties that are closed with it."""

    def __init__(self, **settings: object) -> None:
        low = Core.ports.take(40)
        values: dict[str, object] = {"port_low": low, "port_high": low + 39, "stats_seconds": 0.1}
        self.reports: list[Report] = []
        self.deaths: list[tuple[int, int, Sequence[str]]] = []
        self.pool = MediaPool(
            MediaSettings(**(values | settings)),  # type: ignore[arg-type]
            self.reports.append,
            lambda *death: self.deaths.append(death),
        )
        self.pool.use_certificate(Core.certificate, soon=True)
        self.parties: list[RtpParty] = []

    ports: PortBlock
    certificate = new_certificate()

    async def web_party(
        self, stream: str, near: str = "", *, active: bool = True, **changes: object
    ) -> tuple[WebParty, int]:
        """Open a stream towards a new party that is as browsers are; nothing is agreed yet."""
        party = WebParty(ssrc=len(self.parties) + 100, active=active)
        self.parties.append(party)
        port = await self.pool.allocate(stream, near=near)
        self.pool.send(party.connect(stream, **changes))
        await asyncio.sleep(0.05)
        return party, port

    async def party(
        self, stream: str, codec: Codec = Codec.PCMU, near: str = "", **changes: object
    ) -> tuple[RtpParty, int]:
        """Open a stream towards a new party; return the party and the stream's port."""
        party = RtpParty(codec, ssrc=len(self.parties) + 100)
        self.parties.append(party)
        port = await self.pool.allocate(stream, near=near)
        self.pool.send(party.connect(stream, **changes))
        await asyncio.sleep(0.05)
        return party, port

    async def wait_for(self, *wanted: Report) -> None:
        await until(lambda: all(report in self.reports for report in wanted))

    def of(self, kind: type[Report]) -> list[Report]:
        return [report for report in self.reports if isinstance(report, kind)]
