"""One SIP core on a fake clock, with a trunk, accounts and a phone that knows digest."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any

from switch.ids import Ids
from switch.sip.access import Access
from switch.sip.core import SipCore
from switch.sip.core_settings import CoreSettings
from switch.sip.digest import HASHES, ha1
from switch.sip.events import SipEvent
from switch.sip.header_values import parse_credentials
from switch.sip.incoming import IncomingResponse
from switch.sip.peer import Peer
from tests.support.sip_messages import UDP, request_bytes, response

HEADSET = Peer("udp", ("203.0.113.20", 5062), ("198.51.100.1", 5060))
REALM = "freeline"
ASHA: dict[str, Any] = {
    "from_": "<sip:asha@198.51.100.1>;tag=h",
    "to": "<sip:asha@198.51.100.1>",
    "uri": "sip:198.51.100.1",
}
CONTACT = "Contact: <sip:asha@203.0.113.20:5062>"


class CoreBench:
    """One core, its output and its events."""

    def __init__(self, **settings: object) -> None:
        accounts = {
            name: {each: ha1(name, REALM, f"secret-{name}", each) for each in HASHES}
            for name in ("asha", "ravi")
        }
        values: dict[str, object] = {"realm": REALM, "accounts": accounts}
        core_settings = CoreSettings(**(values | settings))  # type: ignore[arg-type]
        access = Access([("carrier", [ip_network("192.0.2.0/24")])], core_settings.accounts)
        self.core = SipCore(core_settings, access, Ids())
        self.now = 1000.0
        self._number = 0

    def send(self, data: bytes, peer: Peer = UDP) -> list[IncomingResponse]:
        """Give the core a message and return what it answers, without 100."""
        self.core.receive(data, peer, self.now)
        answers = [response(data) for data, _ in self.core.datagrams_to_send()]
        return [answer for answer in answers if answer.code != 100]

    def ask(self, method: str, peer: Peer = UDP, **changes: Any) -> IncomingResponse:
        """Send a request in a transaction of its own and return its only answer."""
        self._number += 1
        changes.setdefault("branch", f"z9hG4bK{self._number}")
        changes.setdefault("number", self._number)
        (answer,) = self.send(request_bytes(method, **changes), peer)
        return answer

    def events(self) -> list[SipEvent]:
        found = []
        while (event := self.core.next_event()) is not None:
            found.append(event)
        return found

    def register(
        self,
        *,
        contact: str = CONTACT,
        password: str = "secret-asha",
        user: str = "asha",
        algorithm: str = "SHA-256",
        expires: int | None = 300,
        peer: Peer = HEADSET,
        call_id: str = "reg",
        number: int | None = None,
        more: Sequence[str] = (),
    ) -> IncomingResponse:
        """REGISTER, be challenged, and answer the challenge."""
        headers = [contact, *more] if contact else [*more]
        if expires is not None:
            headers.append(f"Expires: {expires}")
        identity = {key: value.replace("asha", user) for key, value in ASHA.items()}
        challenge = self.ask(
            "REGISTER", peer, headers=headers, call_id=call_id, **identity, **_number(number)
        )
        assert challenge.code == 401
        headers.append(credentials(challenge, "REGISTER", user, password, algorithm))
        return self.ask(
            "REGISTER",
            peer,
            headers=headers,
            call_id=call_id,
            **identity,
            **_number(None if number is None else number + 1),
        )


def _number(number: int | None) -> dict[str, object]:
    return {} if number is None else {"number": number}


def credentials(
    challenge: IncomingResponse, method: str, user: str, password: str, algorithm: str = "MD5"
) -> str:
    """Return the Authorization header that answers a challenge (RFC 7616 3.4.1)."""
    for value in challenge.headers["www-authenticate"]:
        _, given = parse_credentials(value)
        if given["algorithm"] == algorithm:
            break
    hash_ = HASHES[algorithm]
    secret = ha1(user, given["realm"], password, algorithm)
    ha2 = hash_(f"{method}:sip:198.51.100.1".encode())
    proof = hash_(f"{secret}:{given['nonce']}:00000001:abc:auth:{ha2}".encode())
    return (
        f'Authorization: Digest username="{user}", realm="{given["realm"]}", '
        f'nonce="{given["nonce"]}", uri="sip:198.51.100.1", response="{proof}", '
        f'algorithm={algorithm}, qop=auth, nc=00000001, cnonce="abc"'
    )
