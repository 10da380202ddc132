"""From settings to what the parts of the switch are built from. No I/O but the flows."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Mapping
from functools import partial
from ipaddress import ip_network
from pathlib import Path

from switch.app.agent_directory import Agent, Target
from switch.app.call_control import NumberPlan
from switch.calls.srtp_rule import SrtpRule
from switch.errors import ConfigurationError
from switch.ivr.loader import Known, load_flows
from switch.ivr.models import Flow
from switch.media.pool import MediaSettings
from switch.outside.allow_list import AllowList
from switch.outside.http_client import HttpSettings
from switch.outside.mail_spool import MailSettings
from switch.outside.tables import Tables, TableSettings
from switch.sdp.crypto import SrtpPolicy
from switch.settings import Settings
from switch.sip.access import Access, Network
from switch.sip.bans import BanSettings
from switch.sip.core import SipCore
from switch.sip.core_settings import CoreSettings
from switch.sip.doorkeeper import StrangerSettings
from switch.sip.header_values import parse_uri
from switch.sip.overload import OverloadSettings
from switch.sip.own_address import OwnAddresses
from switch.sip.peer import DEFAULT_PORTS, Peer
from switch.sip.qualifier import QualifySettings
from switch.sip.registrar import ExpiryLimits
from switch.sip.session_timer import SessionTimerSettings
from switch.sip.timers import TimerSettings
from switch.telemetry import MqttSettings
from switch.transport import Listen, StreamLimits, StreamSettings, way_to
from switch.trunks.dial_guard import DialRules
from switch.yaml_wording import did_you_mean


def load_plan_flows(settings: Settings) -> dict[str, Flow]:
    """Read every flow, and see that each number has one.

    Raises:
        ConfigurationError: with everything that is wrong in the flows and the numbers.
    """
    problems = []
    flows: dict[str, Flow] = {}
    try:
        flows = load_flows(settings.flows, known(settings))
    except ConfigurationError as error:
        problems += error.problems
        flow_names = {path.stem for path in settings.flows.glob("*.yaml")}
    else:
        flow_names = set(flows)
    for number, name in settings.numbers.items():
        if name is not None and name not in flow_names:
            hint = did_you_mean(name, sorted(flow_names))
            message = f"there is no flow `{name}` in {settings.flows}"
            problems.append(settings.problem("freeline.yaml", ("numbers", number), message, hint))
    if problems:
        raise ConfigurationError(problems)
    return flows


def known(settings: Settings) -> Known:
    """Return what the configuration has, for flows to name."""
    tables = Tables(table_settings(settings), settings.dialled_number.region)
    return Known(
        queues=frozenset(queue.name for queue in settings.queues),
        skills=settings.skills(),
        agents=frozenset(agent.id for agent in settings.agents),
        tables=tables.names,
        columns=tables.columns(),
        hosts=http_settings(settings).allow.hosts,
        trunks=frozenset(trunk.name for trunk in settings.trunks if trunk.dial is not None),
    )


def number_plan(settings: Settings, flows: dict[str, Flow]) -> NumberPlan:
    """Return which numbers lead to which flows."""
    return NumberPlan(
        flows={
            number: None if name is None else flows[name]
            for number, name in settings.numbers.items()
        },
        languages=settings.number_languages,
        sources=settings.dialled_number.sources,
        region=settings.dialled_number.region,
        srtp={trunk.name: srtp_rule(settings, trunk.srtp) for trunk in settings.trunks},
        trusted=frozenset(trunk.name for trunk in settings.trunks if trunk.trust_identity),
        by_name=flows,
    )


def srtp_rule(settings: Settings, policy: str) -> SrtpRule:
    """Return whether media is encrypted with whoever has this policy."""
    return SrtpRule(SrtpPolicy(policy), settings.media.srtp_keys_in_clear)


def core_settings(
    settings: Settings, version: str, accounts: Mapping[str, Mapping[str, str]]
) -> CoreSettings:
    """Return what the SIP core must know."""
    registration = settings.sip.registration
    return CoreSettings(
        realm=settings.sip.realm,
        user_agent=f"Freeline/{version}",
        advertised_address=settings.sip.advertised_address,
        accounts=accounts,
        digest=settings.sip.digest,
        expiry=ExpiryLimits(
            registration.min_seconds, registration.default_seconds, registration.max_seconds
        ),
        qualify=QualifySettings(
            settings.sip.qualify.interval_seconds,
            settings.sip.qualify.failures,
            settings.sip.qualify.silent == "unregister",
        ),
        timers=TimerSettings(t1_seconds=settings.sip.t1_seconds),
        keep_alive_seconds=settings.sip.streams.keep_alive_seconds,
        session_timer=SessionTimerSettings(
            settings.sip.session_timer.enabled,
            settings.sip.session_timer.expires_seconds,
            settings.sip.session_timer.min_seconds,
        ),
        strangers=_strangers(settings),
        bans=BanSettings(
            settings.sip.bans.free_failures,
            settings.sip.bans.first_seconds,
            settings.sip.bans.longest_seconds,
        ),
        overload=OverloadSettings(
            low_seconds=settings.sip.overload.low_seconds,
            high_seconds=settings.sip.overload.high_seconds,
            retry_after_seconds=settings.sip.overload.retry_after_seconds,
            per_source_rate=settings.sip.overload.per_source_per_second,
            per_source_burst=settings.sip.overload.per_source_burst,
            rate=settings.sip.overload.per_second,
            burst=settings.sip.overload.burst,
        ),
    )


def _strangers(settings: Settings) -> StrangerSettings:
    told = settings.sip.strangers
    return StrangerSettings(
        answer=told.answer,
        ignore_scanners=told.ignore_scanners,
        per_source_rate=told.per_source_per_second,
        per_source_burst=told.per_source_burst,
        rate=told.per_second,
        burst=told.burst,
    )


def access(settings: Settings, accounts: Container[str]) -> Access:
    """Return who may come in. `accounts` are those of headsets."""
    return Access(trunk_networks(settings), accounts, trunk_certificates(settings))


def trunk_networks(settings: Settings) -> list[tuple[str, list[Network]]]:
    """Return where the calls of each trunk come from."""
    return [
        (trunk.name, [ip_network(network) for network in trunk.networks])
        for trunk in settings.trunks
    ]


def trunk_certificates(settings: Settings) -> dict[str, str]:
    """Return domains that certificates are for, with the trunk that shows one for it."""
    return {domain: trunk.name for trunk in settings.trunks for domain in trunk.certificates}


def listeners(settings: Settings) -> list[Listen]:
    """Return where to listen for SIP, and whence carriers are reached over TLS without that."""
    found = [
        Listen(
            each.transport,
            each.address,
            each.port,
            each.advertised_address,
            each.advertised_port,
        )
        for each in settings.sip.listen
    ]
    if any(trunk.over_tls for trunk in settings.trunks):
        found += _ways_out(found)
    return found


def _ways_out(listening: list[Listen]) -> list[Listen]:
    """Return what TLS is spoken from over those versions of IP that have no listener for it."""
    served = {":" in each.address for each in listening if each.transport == "tls"}
    found = []
    for each in listening:
        version6 = ":" in each.address
        if version6 not in served:
            served.add(version6)
            told = each.advertised_address
            found.append(Listen("tls", each.address, 0, told, accepts=False))
    return found


def tell_of_listeners(core: SipCore, bound: list[Listen]) -> None:
    """Tell the SIP core where we listen: what others are told, and the ways to them."""
    advertise(core.addresses, bound)
    core.layer.way = partial(way_to, bound)
    core.layer.large.way = lambda peer: way_to(bound, "tcp", *peer.remote)


def advertise(addresses: OwnAddresses, bound: list[Listen]) -> None:
    """Tell the SIP core which listeners are known to others by another address or port."""
    for each in bound:
        if each.advertised_address or each.advertised_port:
            local = each.address, each.port
            told = addresses.told(each.transport, local)
            host, port = each.advertised_address or told[0], each.advertised_port or told[1]
            addresses.advertise(each.transport, local, (host, port))


def stream_settings(settings: Settings, version: str) -> StreamSettings:
    """Return what connections may take; certificates come later."""
    streams = settings.sip.streams
    idle = streams.idle_seconds
    limits = StreamLimits(
        connections=streams.connections,
        per_source=streams.per_source,
        handshake_seconds=streams.handshake_seconds,
        message_seconds=streams.message_seconds,
        idle_seconds=2.0 * settings.sip.registration.max_seconds if idle is None else idle,
    )
    return StreamSettings(limits, origins=settings.sip.web_origins, server=f"Freeline/{version}")


def browsers_may_come(settings: Settings) -> bool:
    """Whether parties whose media is keyed by DTLS are to be expected."""
    rules = [each.srtp for each in settings.agents] + [each.srtp for each in settings.trunks]
    return "dtls" in rules or any(each.transport in ("ws", "wss") for each in settings.sip.listen)


def media_settings(settings: Settings) -> MediaSettings:
    """Return what the media workers must know."""
    media, journal = settings.media, settings.routing.journal
    spoken = (*media.codecs, *(media.browser_codecs if browsers_may_come(settings) else ()))
    return MediaSettings(
        address=media.address,
        other_address=media.address_ipv6 or "",
        port_low=media.ports.low,
        port_high=media.ports.high,
        workers=media.workers,
        fast_relay=media.fast_relay,
        wideband=not {"G722", "opus"}.isdisjoint(spoken),
        stats_seconds=media.stats_seconds,
        silence_seconds=media.silence_seconds,
        cname=f"freeline@{media.advertised_address or media.address}",
        meeting_place="" if journal is None else _meeting_place(journal.path),
        outlive_seconds=0.0 if journal is None else journal.resume_within_seconds,
    )


def _meeting_place(journal: Path) -> str:
    """Return a name that only the switch with this journal has on this machine."""
    digest = hashlib.blake2b(str(journal.absolute()).encode(), digest_size=12).hexdigest()
    return f"freeline-{digest}-media"


def mqtt_settings(settings: Settings) -> MqttSettings | None:
    """Return how to reach the broker; None without one."""
    mqtt = settings.mqtt
    if mqtt.broker is None:
        return None
    return MqttSettings(
        host=mqtt.host,
        port=mqtt.port,
        tls=mqtt.tls,
        username=mqtt.username,
        password=mqtt.secret(),
        topic_prefix=mqtt.topic_prefix,
        queue_limit=mqtt.queue_limit,
    )


def mail_settings(settings: Settings) -> MailSettings | None:
    """Return how to reach the mail server; None without one."""
    mail = settings.mail
    if mail is None:
        return None
    return MailSettings(
        host=mail.host,
        port=mail.smtp_port,
        security=mail.security,
        sender=mail.sender,
        spool=mail.spool,
        username=mail.username,
        password=mail.secret(),
    )


def http_settings(settings: Settings) -> HttpSettings:
    """Return which web services flows may ask."""
    http = settings.http
    return HttpSettings(
        allow=AllowList(http.allow, http.private_networks),
        max_concurrent=http.max_concurrent,
        breaker_failures=http.breaker.failures,
        breaker_seconds=http.breaker.seconds,
        breaker_longest_seconds=http.breaker.longest_seconds,
    )


def table_settings(settings: Settings) -> list[TableSettings]:
    """Return the tables that flows look things up in."""
    return [
        TableSettings(
            name=name,
            file=table.csv or table.sqlite or Path(),
            key=table.key or "",
            query=table.query or "",
            timeout_seconds=table.timeout_seconds,
        )
        for name, table in settings.tables.items()
    ]


def directory_agents(settings: Settings, bound: list[Listen]) -> list[Agent]:
    """Return the agents with the way to each fixed contact.

    Args:
        bound: where we listen, with real ports.

    Raises:
        ConfigurationError: a contact needs a transport that we do not listen on.
    """
    found = []
    problems = []
    for index, agent in enumerate(settings.agents):
        fixed = None
        if agent.contact is not None:
            peer = _peer_of(agent.contact, bound)
            if isinstance(peer, str):
                message = f"the contact of `{agent.id}` needs {peer}"
                place = ("agents", min(index, len(settings.agents) - 1))
                problems.append(settings.problem("agents.yaml", place, message))
                continue
            fixed = Target(agent.contact, peer)
        username = agent.headset.username if agent.headset is not None else ""
        srtp = srtp_rule(settings, agent.srtp)
        may = settings.headsets.may_reach if agent.may_reach is None else agent.may_reach
        numbers = agent.numbers or settings.headsets.numbers
        rules = DialRules(
            *(numbers.allow, numbers.deny, numbers.max_calls, numbers.max_calls_per_hour)
        )
        found.append(
            Agent(agent.id, username, fixed, agent.ready_at_start, srtp, frozenset(may), rules)
        )
    if problems:
        raise ConfigurationError(problems)
    return found


def _peer_of(uri: str, bound: list[Listen]) -> Peer | str:
    """Return how to reach the IP address in a URI, or what kind of listener is missing."""
    parsed = parse_uri(uri)
    transport = (parsed.parameters.get("transport") or "udp").lower()
    if parsed.scheme == "sips" or transport == "tls":
        transport = "tls"
    host = parsed.host.strip("[]")
    peer = way_to(bound, transport, host, parsed.port or DEFAULT_PORTS[transport])
    family = "IPv6" if ":" in host else "IPv4"
    return peer or f"a {transport} listener with an {family} address"
