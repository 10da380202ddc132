"""trunks.yaml: what may stand there, and what is said of what may not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from switch.app.trunk_plan import reach, trunk_plans
from switch.errors import ConfigurationError
from switch.settings import Settings, load_settings
from switch.sip.credentials import Credentials
from switch.transport import Listen
from tests.support.site import Site, fixed_agent

UDP = [Listen("udp", "127.0.0.1", 5060)]
DIAL = {"allow": ["+1"], "caller_id": "+18005550100"}
LOGIN = {"username": "us", "password": "secret"}


def load(directory: Path, trunk: dict[str, Any] | None = None, **dial: Any) -> Settings:
    site = Site([fixed_agent("asha", 9)], dial={**DIAL, **dial} if dial else None)
    config = site.write(directory, ports=(40_000, 40_100), prompt_cache=directory)
    file = config / "trunks.yaml"
    data = json.loads(file.read_text())
    data["trunks"][0].update(trunk or {})
    file.write_text(json.dumps(data))
    return load_settings(config, {"TRUNK_PASSWORD": "from-outside"})


@pytest.mark.parametrize(
    "uri",
    [
        "sip:192.0.2.1",
        "sip:192.0.2.1:5070;transport=tcp",
        "sip:[2001:db8::1]:5060",
        "sip:sip.carrier.example",
        "sips:sip.carrier.example;transport=tls",
    ],
)
def test_addresses_and_names(tmp_path: Path, uri: str) -> None:
    (trunk,) = load(tmp_path, peer=uri).trunks
    assert trunk.dial is not None
    assert [each.uri for each in trunk.dial.servers] == [uri]


@pytest.mark.parametrize(
    ("trunk", "dial", "complaint"),
    [
        ({}, {"peer": "sip:ann@192.0.2.1"}, "is not the SIP URI of a carrier"),
        ({}, {"peer": "192.0.2.1"}, "is not the SIP URI of a carrier"),
        ({}, {"peer": "sip:a;transport=ws"}, "is not the SIP URI of a carrier"),
        ({}, {"deny": []}, "give either `peer` or `peers`"),
        ({}, {"peer": "sip:a", "peers": [{"uri": "sip:b"}]}, "give either `peer` or `peers`"),
        ({}, {"peers": [{"uri": "sip:b"}, {"uri": "sip:b"}]}, "is listed twice"),
        ({}, {"peer": "sip:a", "username": "us"}, "need each other"),
        ({"register": {"registrar": "sip:a"}}, {}, "`register` needs `username`"),
        ({"register": {"registrar": "sip:a", **LOGIN, "address": "us"}}, {}, "address of record"),
        (
            {"register": {"registrar": "sip:a", **LOGIN, "longest_retry_seconds": 1}},
            {},
            "is less than `retry_seconds`",
        ),
        ({"health": {}}, {}, "`health` is for trunks with `dial`"),
        ({"trust": True}, {}, "unknown key `trust`"),
        ({"networks": []}, {}, "give `networks`, or `certificates`"),
        ({"certificates": ["*.carrier.example"]}, {}, "is not the domain of a certificate"),
        ({"certificates": ["a.example", "A.example"]}, {}, "`a.example` is given twice"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, trunk: dict[str, Any], dial: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ConfigurationError, match=r"trunks\.yaml:[0-9]+:[0-9]+") as error:
        load(tmp_path, trunk, **dial)
    assert complaint in str(error.value)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("uri", "missing"),
    [
        ("sip:192.0.2.1;transport=tcp", "a tcp listener"),
        ("sip:[2001:db8::1]", "a udp listener with an IPv6 address"),
        ("sips:carrier.example", "a tls listener"),
        ("sip:carrier.example;transport=tls", "a tls listener"),
    ],
)
def test_a_listener_that_is_missing_is_named(tmp_path: Path, uri: str, missing: str) -> None:
    settings = load(tmp_path, peer=uri)
    with pytest.raises(ConfigurationError, match=r"trunks\.yaml") as error:
        trunk_plans(settings, UDP)
    assert f"`carrier` needs {missing}" in str(error.value)
    everything = [
        Listen(each, at, 1) for each in ("udp", "tcp", "tls") for at in ("::1", "0.0.0.0")
    ]
    assert len(trunk_plans(settings, everything)) == 1


def test_a_certificate_that_nobody_asks_for_is_told(tmp_path: Path) -> None:
    settings = load(tmp_path, {"certificates": ["carrier.example"]})
    with pytest.raises(ConfigurationError, match=r"trunks\.yaml") as error:
        trunk_plans(settings, UDP)
    assert "`carrier` is never asked for a certificate" in str(error.value)
    assert "client_certificates: optional" in str(error.value)


def test_a_name_may_lead_to_whatever_transport_there_is(tmp_path: Path) -> None:
    (plan,) = trunk_plans(load(tmp_path, peer="sip:carrier.example"), UDP)
    assert plan.uris == ("sip:carrier.example",)


def test_a_registration_has_the_login_of_dialling_and_sound_defaults(tmp_path: Path) -> None:
    dial = {"peer": "sip:carrier.example", "username": "us", "password_env": "TRUNK_PASSWORD"}
    register = {"register": {"registrar": "sip:reg.carrier.example:5070;transport=udp"}}
    (plan,) = trunk_plans(load(tmp_path, register, **dial), UDP)
    assert plan.login == plan.register_login == Credentials("us", "from-outside")
    assert plan.register is not None
    assert plan.register.registrar == "sip:reg.carrier.example"
    assert plan.register.address == "sip:us@reg.carrier.example"
    assert plan.register.contact_user == "us"
    assert plan.register_uri == "sip:reg.carrier.example:5070;transport=udp"
    assert plan.uris == ("sip:carrier.example", plan.register_uri)


def test_transports_are_offered_plainest_first() -> None:
    bound = [
        Listen("wss", "127.0.0.1", 1),
        Listen("tls", "::1", 2),
        Listen("tcp", "127.0.0.1", 3),
        Listen("tcp", "::1", 4),
        *UDP,
    ]
    assert reach(bound) == {"udp": (4,), "tcp": (4, 6), "tls": (6,)}
    assert list(reach(bound)) == ["udp", "tcp", "tls"]
