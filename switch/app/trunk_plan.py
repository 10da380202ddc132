"""From the settings to what trunks are built from, and to the transports that they may use."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network

from switch.app.plan import srtp_rule
from switch.errors import ConfigurationError
from switch.settings import Settings
from switch.settings.trunks import Dial, Trunk
from switch.sip.credentials import Credentials
from switch.sip.header_values import parse_uri
from switch.sip.registration import RegistrationSettings
from switch.sip.target_order import find_targets
from switch.transport import Listen
from switch.trunks.plans import DialPlan, HealthPlan, PeerPlan, TrunkPlan

_BEST_FIRST = ("udp", "tcp", "tls")
"""RFC 3263 4.1: what a carrier's name is asked for when it tells nothing by NAPTR."""


def reach(bound: Iterable[Listen]) -> dict[str, tuple[int, ...]]:
    """Return the transports that we have, and over which versions of IP.

    Args:
        bound: our listeners.
    """
    found: dict[str, list[int]] = {}
    listeners = list(bound)
    for transport in _BEST_FIRST:
        for each in listeners:
            version = 6 if ":" in each.address else 4
            if each.transport == transport and version not in found.setdefault(transport, []):
                found[transport].append(version)
    return {transport: tuple(versions) for transport, versions in found.items() if versions}


def trunk_plans(settings: Settings, bound: list[Listen]) -> list[TrunkPlan]:
    """Return the trunks.

    Args:
        bound: where we listen, with real ports.

    Raises:
        ConfigurationError: a carrier needs a transport that we do not listen on.
    """
    problems = []
    for index, trunk in enumerate(settings.trunks):
        tls = settings.sip.tls
        asks = trunk.over_tls or (tls is not None and tls.client_certificates != "none")
        if trunk.certificates and not asks:
            message = f"`{trunk.name}` is never asked for a certificate"
            hint = "say `client_certificates: optional` in `sip.tls`"
            asked = ("trunks", index, "certificates")
            problems.append(settings.problem("trunks.yaml", asked, message, hint))
        for place, uri in _uris(trunk):
            missing = _missing(uri, bound)
            if missing:
                message = f"`{trunk.name}` needs {missing}"
                where = ("trunks", index, *place)
                problems.append(settings.problem("trunks.yaml", where, message))
    if problems:
        raise ConfigurationError(problems)
    return [_plan(settings, trunk) for trunk in settings.trunks]


def _plan(settings: Settings, trunk: Trunk) -> TrunkPlan:
    login, register_login = trunk.login(), trunk.register_login()
    health = trunk.health
    return TrunkPlan(
        name=trunk.name,
        networks=tuple(ip_network(each) for each in trunk.networks),
        certificates=trunk.certificates,
        dial=None if trunk.dial is None else _dial(trunk.dial),
        login=None if login is None else Credentials(*login),
        register=_registration(trunk),
        register_uri="" if trunk.register_ is None else trunk.register_.registrar,
        register_login=None if register_login is None else Credentials(*register_login),
        health=None
        if health is None
        else HealthPlan(
            health.interval_seconds, health.timeout_seconds, health.down_after, health.up_after
        ),
        trust_identity=trunk.trust_identity,
        srtp=srtp_rule(settings, trunk.srtp),
    )


def _dial(dial: Dial) -> DialPlan:
    return DialPlan(
        peers=tuple(PeerPlan(each.uri, each.priority, each.weight) for each in dial.servers),
        allow=dial.allow,
        deny=dial.deny,
        caller_id=dial.caller_id,
        show_caller=dial.show_caller,
        max_calls=dial.max_calls,
        max_calls_per_hour=dial.max_calls_per_hour,
        first_response_seconds=dial.first_response_seconds,
        redirects=dial.redirects,
        assert_identity=dial.assert_identity,
        pass_passports=dial.pass_passports,
        divert=dial.divert,
    )


def _registration(trunk: Trunk) -> RegistrationSettings | None:
    register, login = trunk.register_, trunk.register_login()
    if register is None or login is None:
        return None
    uri = parse_uri(register.registrar)
    return RegistrationSettings(
        registrar=f"{uri.scheme}:{uri.host}",
        address=register.address or f"{uri.scheme}:{login[0]}@{uri.host}",
        contact_user=register.contact_user or login[0],
        expires_seconds=register.expires_seconds,
        retry_seconds=register.retry_seconds,
        longest_retry_seconds=register.longest_retry_seconds,
    )


def _uris(trunk: Trunk) -> list[tuple[tuple[str | int, ...], str]]:
    """Return each URI of a trunk with its place."""
    found: list[tuple[tuple[str | int, ...], str]] = []
    if trunk.dial is not None and trunk.dial.peer is not None:
        found.append((("dial", "peer"), trunk.dial.peer))
    for index, peer in enumerate(trunk.dial.peers if trunk.dial is not None else ()):
        found.append((("dial", "peers", index, "uri"), peer.uri))
    if trunk.register_ is not None:
        found.append((("register", "registrar"), trunk.register_.registrar))
    return found


def _missing(uri: str, bound: list[Listen]) -> str:
    """Return what kind of listener a URI needs and we do not have; empty: none."""
    known = reach(bound)
    everything = dict.fromkeys((*known, *_BEST_FIRST), (4, 6))
    anywhere = find_targets(uri, {}, everything, lambda limit: 0)
    for target in anywhere.targets:  # an address
        family = 6 if ":" in target.address else 4
        if family not in known.get(target.transport, ()):
            return f"a {target.transport} listener with an IPv{family} address"
    told = parse_uri(uri)
    transport = (told.parameters.get("transport") or "").lower()
    if told.scheme == "sips":
        transport = "tls"
    if transport and transport not in known:
        # At the start there is one, or a way out without (`plan.listeners`).
        hint = ", or a restart to reach it without one" if transport == "tls" else ""
        return f"a {transport} listener{hint}"
    return "" if known else "a listener"
