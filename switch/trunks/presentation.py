"""PURE: how we appear to a carrier: From, RFC 3325 identities, privacy, diversion, passports."""

from __future__ import annotations

from switch.frozen import frozen
from switch.sip.identity import CallerIdentity
from switch.trunks.plans import DialPlan

_ANONYMOUS = "sip:anonymous@anonymous.invalid"
"""RFC 3323 4.1.1.3."""


@frozen()
class Caller:
    """On whose behalf a number is dialled."""

    number: str
    """E.164; empty when it must not be shown, or is not known."""
    dialled: str = ""
    """The number of ours that was called; empty when nobody called."""
    asserted: str = ""
    """E.164 of a caller who is withheld and whom a trusted trunk vouched for."""
    identity: CallerIdentity | None = None
    """None: this call is not the continuation of another."""


@frozen()
class Presented:
    """What an INVITE tells of the caller."""

    from_uri: str
    from_display: str
    headers: tuple[tuple[str, str], ...]


def present(dial: DialPlan, caller: Caller, domain: str, target: str) -> Presented:
    """Return how a call appears.

    Args:
        domain: ours.
        target: the Request-URI.

    A caller who is withheld stays so: From is anonymous where the carrier is told the number
    in P-Asserted-Identity with `Privacy: id`, and shows our own number otherwise.
    """
    shows = dial.show_caller and caller.number.startswith("+")
    number = caller.number if shows else dial.caller_id
    asserts = _ASSERT.get(dial.assert_identity)
    withheld = caller.identity is not None and caller.identity.withheld
    hidden = withheld and dial.show_caller and asserts is not None
    headers: list[tuple[str, str]] = []
    if asserts is not None:
        known = caller.asserted if hidden and caller.asserted.startswith("+") else number
        headers.append((asserts, f"<sip:{known}@{domain};user=phone>"))
    if hidden:
        headers.append(("Privacy", "id"))
    identity = caller.identity
    if identity is not None and (shows or hidden):
        headers += _diverted(dial.divert, caller.dialled, domain, target)
        if dial.pass_passports:
            headers += [("Identity", value) for value in identity.passports]
    if hidden:
        return Presented(_ANONYMOUS, "Anonymous", tuple(headers))
    return Presented(f"sip:{number}@{domain}", "", tuple(headers))


_ASSERT = {"asserted": "P-Asserted-Identity", "preferred": "P-Preferred-Identity"}


def _diverted(how: str, dialled: str, domain: str, target: str) -> list[tuple[str, str]]:
    """Tell through which number of ours the caller came, and that it was diverted there.

    RFC 7044 5: the last entry is whom the request is for; RFC 7544 7.1: `cause=302` makes of the
    one before it what Diversion calls unconditional.
    """
    if not dialled or how == "none":
        return []
    uri = f"sip:{dialled}@{domain};user=phone"
    if how == "diversion":
        return [("Diversion", f"<{uri}>;reason=unconditional;counter=1")]
    history = f"<{uri}>;index=1, <{target};cause=302>;index=1.1;mp=1"
    return [("History-Info", history)]
