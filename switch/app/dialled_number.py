"""The number a caller dialled, found where the operator says and made E.164.

Carriers put the toll-free number in the Request-URI, or leave a routing number there
and tell the dialled one in To, Diversion (RFC 5806), History-Info (RFC 7044) or
P-Called-Party-ID (RFC 7315 5.2).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from urllib.parse import unquote

import phonenumbers

from switch.errors import RemoteProtocolError
from switch.sip.identity import history_of
from switch.sip.incoming import IncomingRequest

_LONGEST_SHOWN = 128
_LONGEST_USER = 128
"""What is longer is no number, and not worth being remembered as none."""

_KEYS = re.compile(r"[A-Za-z0-9+*#._-]+")

_E164 = re.compile(r"\+[1-9][0-9]{7,14}")
"""As most callers' numbers come; looking each of them up would take longer than routing."""


def dialled_numbers(request: IncomingRequest, sources: Sequence[str]) -> list[str]:
    """Return the user parts of the named sources that the request has, in that order."""
    found = []
    for source in sources:
        user = _SOURCES[source](request)
        if user:
            found.append(user)
    return found


def caller_number(request: IncomingRequest, region: str) -> str:
    """Return who calls: E.164 where possible, as received otherwise, empty if withheld."""
    try:
        user = uri_user(request.from_address.uri_text)
    except RemoteProtocolError:
        return ""
    if user.lower() == "anonymous":
        return ""
    if _E164.fullmatch(user):
        return user
    return normalise(user, region) or shown(user)


def shown(text: str) -> str:
    """Return text from the wire fit for a log, a record or MQTT: UTF-8, printable, short."""
    text = text[:_LONGEST_SHOWN].encode("utf-8", "replace").decode()
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


@lru_cache(maxsize=16_384)
def normalise(user: str, region: str) -> str:
    """Return the number as E.164, or an empty string when it is none.

    Args:
        region: ISO 3166 country whose national format is meant without a `+`.
    """
    try:
        number = phonenumbers.parse(user, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def uri_user(uri: str) -> str:
    """Return the user part of a SIP, SIPS or tel URI without its parameters and escapes.

    `sip:+18005550100;phone-context=x@host`, `sip:%2B18005550100@host` and `tel:+1-800-555-0100`
    give the number (RFC 3261 19.1.2 and 19.1.6, RFC 3966); `sip:%2371@host` is `#71`.
    """
    scheme, colon, rest = uri.partition(":")
    if not colon:
        return ""
    if scheme.lower() == "tel":
        user = rest.partition(";")[0]
    else:
        user, at, _ = rest.partition("@")
        user = user.partition(";")[0].partition(":")[0] if at else ""
    if len(user) > _LONGEST_USER:
        return ""
    if "%" in user:
        # What stands for a letter or a key only: the rest might end up in a header of ours.
        plain = unquote(user)
        return plain if _KEYS.fullmatch(plain) else user
    return user


def _header_user(name: str) -> Callable[[IncomingRequest], str]:
    def read(request: IncomingRequest) -> str:
        value = request.header(name)
        if not value:
            return ""
        _, bracket, rest = value.partition("<")
        return uri_user(rest.partition(">")[0] if bracket else value.partition(";")[0].strip())

    return read


def _first_dialled(request: IncomingRequest) -> str:
    """Return who was dialled before anybody retargeted the call (RFC 7044 10.2)."""
    history = history_of(request) if "history-info" in request.headers else ()
    return uri_user(history[0]) if history else ""


_SOURCES: dict[str, Callable[[IncomingRequest], str]] = {
    "request_uri": lambda request: uri_user(request.uri),
    "to": _header_user("to"),
    "diversion": _header_user("diversion"),
    "history_info": _first_dialled,
    "p_called_party_id": _header_user("p-called-party-id"),
}
