"""PURE: what flows, agents and records may know of a caller, from what the trunk tells."""

from __future__ import annotations

import re

from switch.app.dialled_number import caller_number, normalise, shown, uri_user
from switch.ivr.call import Facts
from switch.sip.identity import PLAIN, CallerIdentity
from switch.sip.incoming import IncomingRequest

_NAME = re.compile(r'\s*+(?:"((?:[^"\\]|\\.)*+)"\s*+|([^"<>]*+))<')
_ESCAPED = re.compile(r"\\(.)")
_LONGEST_NAME = 64


def caller_of(request: IncomingRequest, identity: CallerIdentity, region: str) -> str:
    """Return who calls: what a trusted trunk vouches for, else From; empty if withheld.

    Args:
        region: whose national way of writing numbers is meant without a `+`.
    """
    if identity is PLAIN:
        return caller_number(request, region)
    if identity.withheld:
        return ""
    asserted = uri_user(identity.asserted)
    if asserted:
        return normalise(asserted, region) or shown(asserted)
    return caller_number(request, region)


def name_of(request: IncomingRequest, identity: CallerIdentity) -> str:
    """Return the caller's name for a headset's display; empty if there is none, or withheld.

    It is the one that stands beside the number: in P-Asserted-Identity of a trusted trunk, else
    in From.
    """
    if identity.withheld:
        return ""
    value = request.header("p-asserted-identity" if identity.asserted else "from") or ""
    found = None if value.startswith("<") else _NAME.match(value)
    if found is None:
        return ""
    quoted, plain = found.groups()
    if quoted is None:
        name = plain.strip()
    else:
        name = _ESCAPED.sub(r"\1", quoted) if "\\" in quoted else quoted
    return shown(name)[:_LONGEST_NAME]


def facts_of(
    call: str,
    caller: str,
    dialled: str,
    trunk: str,
    language: str,
    identity: CallerIdentity,
    region: str,
) -> Facts:
    """Return what is known of a call when its flow starts."""
    if identity is PLAIN:
        return Facts(call, caller, dialled, trunk, language, withheld=not caller)
    before = uri_user(identity.diverted_from)
    return Facts(
        call,
        caller,
        dialled,
        trunk,
        language,
        withheld=identity.withheld or not caller,
        diverted_from=(normalise(before, region) or shown(before)) if before else "",
        verstat=identity.verstat,
        attestation=identity.attestation,
    )
