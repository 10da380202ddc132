"""What Prometheus reads of trunks."""

from __future__ import annotations

from prometheus_client import generate_latest

from switch.telemetry import Metrics
from switch.telemetry.trunk_metrics import PeerSnapshot, TrunkSnapshot, TrunksSnapshot


def read(snapshot: TrunksSnapshot) -> list[str]:
    metrics = Metrics("1")
    metrics.watched.trunks = lambda: snapshot
    lines = generate_latest(metrics.registry).decode().splitlines()
    return [line for line in lines if line.startswith(("freeline_trunk", "freeline_dns"))]


def test_every_trunk_and_server_has_its_series() -> None:
    peers = {
        "sip:one.example": PeerSnapshot(up=True, round_trip_seconds=0.02),
        "sip:two.example": PeerSnapshot(up=False, round_trip_seconds=None),
    }
    carrier = TrunkSnapshot(
        name="carrier",
        registered=True,
        calls_out=3,
        calls_in=7,
        peers=peers,
        failovers={"timeout": 2},
    )
    toll_free = TrunkSnapshot(name="toll_free", registered=None, calls_out=0, calls_in=1)
    snapshot = TrunksSnapshot(
        trunks=(carrier, toll_free), lookups={"found": 5, "failed": 1}, names_failing=1
    )
    assert read(snapshot) == [
        'freeline_trunk_up{peer="sip:one.example",trunk="carrier"} 1.0',
        'freeline_trunk_up{peer="sip:two.example",trunk="carrier"} 0.0',
        'freeline_trunk_round_trip_seconds{peer="sip:one.example",trunk="carrier"} 0.02',
        'freeline_trunk_registered{trunk="carrier"} 1.0',
        'freeline_trunk_calls{direction="out",trunk="carrier"} 3.0',
        'freeline_trunk_calls{direction="in",trunk="carrier"} 7.0',
        'freeline_trunk_calls{direction="out",trunk="toll_free"} 0.0',
        'freeline_trunk_calls{direction="in",trunk="toll_free"} 1.0',
        'freeline_trunk_failovers_total{trunk="carrier",why="timeout"} 2.0',
        'freeline_dns_lookups_total{result="found"} 5.0',
        'freeline_dns_lookups_total{result="failed"} 1.0',
        "freeline_dns_failing 1.0",
    ]
