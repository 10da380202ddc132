"""PURE: who calls, as the headers of an INVITE tell, and how far that is vouched for.

RFC 3325 (P-Asserted-Identity), RFC 3323 (Privacy), RFC 5806 and RFC 7044 (who was dialled
before), RFC 8224, 8225 and 8588 (STIR), and the `verstat` parameter of 3GPP TS 24.229. What
vouches for somebody counts only from a trunk that is trusted; a wish for privacy always does.
Signatures are not verified here: the carrier has done that, and its verdict is `verstat`.
"""

from __future__ import annotations

import base64
import json
import re
from binascii import Error as BinasciiError

from switch.frozen import frozen
from switch.sip.incoming import IncomingMessage, IncomingRequest

_TOLD_IN = frozenset(
    {
        *("p-asserted-identity", "privacy", "identity", "diversion", "history-info"),
        *("remote-party-id",),
    }
)
_MOST_PASSPORTS = 8
_LONGEST_PASSPORT = 8192
_VERSTAT = re.compile(r";\s*verstat\s*=\s*\"?([A-Za-z-]+)", re.I)
_VERDICTS = {
    "tn-validation-passed": "passed",
    "tn-validation-failed": "failed",
    "no-tn-validation": "none",
}
_HIDES = frozenset({"id", "user", "header", "session"})
"""Privacy values after which the far end must not learn who calls (RFC 3323 4.2, RFC 3325 7)."""


@frozen()
class CallerIdentity:
    """Who calls. URIs are as received."""

    asserted: str = ""
    """URI that a trusted trunk vouches for; empty without one. A secret when `withheld`."""
    withheld: bool = False
    """The caller does not want to be known."""
    diverted_from: str = ""
    """URI that was dialled before the call was diverted to us; empty if it was not."""
    verstat: str = "none"
    """The carrier's verdict on the caller's number: `passed`, `failed` or `none`."""
    attestation: str = ""
    """`A` (full), `B` (partial) or `C` (gateway), as the SHAKEN passport says; else empty."""
    passports: tuple[str, ...] = ()
    """Identity values, as received."""


PLAIN = CallerIdentity()
"""Nothing but From."""


def read_identity(request: IncomingRequest, *, trusted: bool) -> CallerIdentity:
    """Return who calls.

    Args:
        trusted: what vouches for somebody may be believed.
    """
    headers = request.headers
    from_value = (request.header("from") or "") if trusted else ""
    if _TOLD_IN.isdisjoint(headers) and "verstat" not in from_value:
        return PLAIN
    asserted = _uri(request, "p-asserted-identity") if trusted else ""
    passports = tuple(request.header_values("identity")[:_MOST_PASSPORTS]) if trusted else ()
    verstat = attestation = ""
    if trusted:
        verstat, suffix = _verstat(request, from_value)
        attestation = _attestation(passports) or suffix
    return CallerIdentity(
        asserted=asserted,
        withheld=_is_withheld(request),
        diverted_from=_diverted_from(request),
        verstat=verstat or "none",
        attestation=attestation,
        passports=passports,
    )


def _is_withheld(request: IncomingRequest) -> bool:
    values = {
        part.strip().lower()
        for line in request.headers.get("privacy", ())
        for part in re.split(r"[;,]", line)
    }
    if values & _HIDES:
        return True
    party = request.header("remote-party-id") or ""
    return re.search(r";\s*privacy\s*=\s*\"?(full|name|uri)", party, re.I) is not None


def _uri(message: IncomingMessage, name: str) -> str:
    """Return the URI to be shown of a header that may have a SIP and a tel one (RFC 3325 9.1)."""
    uris = [uri_of(value) for value in message.header_values(name)]
    return next((each for each in uris if each.lower().startswith("tel:")), "") or next(
        (each for each in uris if each), ""
    )


def _diverted_from(request: IncomingRequest) -> str:
    """Return whom the call was diverted from last; empty if it was not."""
    diversions = [uri_of(each) for each in request.header_values("diversion")]
    if diversions:
        # RFC 5806 6.1: "the top-most Diversion" is the most recent one.
        return diversions[0]
    history = history_of(request)
    return history[-2] if len(history) > 1 else ""


def history_of(request: IncomingRequest) -> list[str]:
    """Return whom the call was meant for, one after another, up to us (RFC 7044 5)."""
    entries = []
    for value in request.header_values("history-info"):
        index = re.search(r";\s*index\s*=\s*([0-9.]+)", value)
        entries.append((_index(index[1] if index else ""), uri_of(value)))
    entries.sort(key=lambda entry: entry[0])
    return [uri for _, uri in entries]


def _index(text: str) -> tuple[int, ...]:
    """RFC 7044 5: `1.2.1` orders the entries."""
    return tuple(int(part) for part in text.split(".") if part.isdigit() and len(part) < 10)


def uri_of(value: str) -> str:
    """Return the URI of a name-addr or addr-spec, without header parameters behind it."""
    _, bracket, rest = value.partition("<")
    uri = rest.partition(">")[0] if bracket else value.partition(";")[0]
    return uri.partition("?")[0].strip()


def _verstat(request: IncomingRequest, from_value: str) -> tuple[str, str]:
    """Return the verdict, and the attestation that some carriers append to it."""
    for value in (*request.header_values("p-asserted-identity"), from_value):
        found = _VERSTAT.search(value)
        if found is None:
            continue
        word = found[1].lower()
        suffix = word[-1].upper() if word[-2:] in ("-a", "-b", "-c") else ""
        verdict = _VERDICTS.get(word[:-2] if suffix else word)
        if verdict is not None:
            return verdict, suffix
    return "", ""


def _attestation(passports: tuple[str, ...]) -> str:
    """Return `attest` of the first SHAKEN passport (RFC 8588 4); empty when there is none."""
    for value in passports:
        token = value.partition(";")[0].strip()
        parts = token.split(".")
        if len(parts) != 3 or len(token) > _LONGEST_PASSPORT:
            continue
        try:
            payload = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        except (ValueError, BinasciiError, RecursionError):
            continue
        attest = payload.get("attest") if isinstance(payload, dict) else None
        if attest in ("A", "B", "C"):
            return str(attest)
    return ""
