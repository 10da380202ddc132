"""The section `trace`: what may be kept, and where messages are sent."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from switch.settings.fields import place_of
from switch.settings.trace import Hep, Trace


def test_by_default_all_is_kept_on_disk_and_nothing_is_sent() -> None:
    trace = Trace()
    assert trace.enabled
    assert trace.directory is not None
    assert trace.hep is None


@pytest.mark.parametrize(
    ("collector", "place"),
    [
        ("192.0.2.9:9060", ("192.0.2.9", 9060)),
        ("[2001:db8::9]:9061", ("2001:db8::9", 9061)),
    ],
)
def test_a_collector_is_an_address_with_a_port(collector: str, place: tuple[str, int]) -> None:
    assert Hep(collector=collector).place == place


@pytest.mark.parametrize(
    "collector", ["homer.example:9060", "192.0.2.9", "192.0.2.9:0", "2001:db8::9:9060", "1.2:99999"]
)
def test_anything_else_is_refused_with_what_to_write(collector: str) -> None:
    assert place_of(collector) is None
    with pytest.raises(ValidationError, match="address with a port"):
        Hep(collector=collector)


def test_nothing_can_be_sent_that_is_not_traced() -> None:
    with pytest.raises(ValidationError, match="enabled"):
        Trace(enabled=False, hep=Hep(collector="192.0.2.9:9060"))
