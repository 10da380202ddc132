"""Who may be asked, and at which addresses."""

from __future__ import annotations

import pytest

from switch.outside.allow_list import AllowList

ALLOW = AllowList(["https://api.example.com", "http://127.0.0.1:8080"], ["10.1.0.0/16"])


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://api.example.com/x?y=1", "api.example.com"),
        ("https://API.example.com:443/", "api.example.com"),
        ("http://127.0.0.1:8080/", "127.0.0.1:8080"),
        ("http://api.example.com/", ""),
        ("https://api.example.com:8443/", ""),
        ("https://api.example.com.evil.test/", ""),
        ("https://user@api.example.com/", ""),
        ("https://api.example.com@evil.test/", ""),
        ("https://evil.test/?https://api.example.com", ""),
        ("http://127.0.0.1/", ""),
        ("http://2130706433:8080/", ""),
        ("file:///etc/passwd", ""),
        ("https://[::1", ""),
        ("", ""),
    ],
)
def test_the_whole_origin_must_be_listed(url: str, host: str) -> None:
    assert ALLOW.name_of(url) == host


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "10.1.2.3"])
def test_names_may_lead_to_public_and_to_listed_addresses(address: str) -> None:
    assert ALLOW.may_lead_to(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.2.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0"),
        *("::1", "::", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "224.0.0.1", "nonsense"),
    ],
)
def test_names_may_not_lead_inside(address: str) -> None:
    assert not ALLOW.may_lead_to(address)


def test_the_hosts_are_named_as_in_urls() -> None:
    assert ALLOW.hosts == {"api.example.com", "127.0.0.1:8080"}
