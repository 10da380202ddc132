"""The SIP core with calls under way, and a user that answers as the switch does."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_network
from itertools import count

from switch.app.dialled_number import caller_number, dialled_numbers, normalise, shown
from switch.errors import ProtocolError, RemoteProtocolError
from switch.ids import Ids
from switch.sdp.offer_answer import LocalMedia, make_answer, make_offer
from switch.sip.access import Access
from switch.sip.core import SipCore
from switch.sip.core_settings import CoreSettings
from switch.sip.digest import HASHES, ha1
from switch.sip.events import IncomingInvite, ReferReceived, ReinviteReceived, SipEvent
from switch.sip.incoming import parse_message
from switch.sip.peer import Peer
from switch.sip.timers import TimerSettings
from tests.support.core_bench import credentials
from tests.support.sip_messages import TCP, UDP, request_bytes, response, response_to
from tests.support.torture import all_torture, expand

STRANGER = Peer("udp", ("203.0.113.99", 5060), UDP.local)
_SOURCES = ("request_uri", "to", "diversion", "p_called_party_id")
_CONTACT = "Contact: <sip:ann@192.0.2.7:5060>"
_SDP = (
    b"v=0\r\no=a 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
    b"m=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
)
_OFFER = ("Content-Type: application/sdp", _CONTACT)
_ASHA = ("<sip:asha@198.51.100.1>;tag=h", "<sip:asha@198.51.100.1>")


class SipTarget:
    """Three doors (trunk, trunk over TCP, stranger) in turn; time goes on by itself."""

    def __init__(self) -> None:
        numbers = count(1)
        accounts = {"asha": {each: ha1("asha", "freeline", "secret", each) for each in HASHES}}
        settings = CoreSettings(accounts=accounts, timers=TimerSettings(t1_seconds=0.05))
        ids = Ids(lambda size: (next(numbers) % 2**64).to_bytes(max(size, 8), "big")[-size:])
        access = Access([("carrier", [ip_network("192.0.2.0/24")])], accounts)
        self._core = SipCore(settings, access, ids)
        self._local = LocalMedia("198.51.100.1", 4000, ("PCMU", "PCMA"))
        self._now = 1000.0
        self._turn = 0
        self._sent: list[bytes] = []
        self._talk()

    def run(self, data: bytes) -> object:
        """Take one input, and return what became of it."""
        self._turn += 1
        peer = (UDP, UDP, TCP, STRANGER)[self._turn % 4]
        counted = sum(self._core.layer.bad_datagrams.values())
        self._core.receive(data, peer, self._now)
        kinds = self._settle()
        self._now += 0.02
        if self._turn % 16 == 0:
            self._core.handle_timer(self._now)
            self._settle()
        firsts = [each.split(b"\r\n", 1)[0][:60] for each in self._sent]
        self._sent.clear()
        return (*kinds, *firsts, sum(self._core.layer.bad_datagrams.values()) - counted)

    def seeds(self) -> list[bytes]:
        """Return good and bad messages, among them requests and responses of live calls."""
        torture = [each for each in all_torture() if "<ours" not in each.message]
        inside = {"to": f"<sip:+18005550100@198.51.100.1>;tag={self._tag}"}
        methods = ("BYE", "INFO", "OPTIONS", "PRACK", "UPDATE", "REFER", "NOTIFY", "ACK")
        dialog = [
            request_bytes(
                method,
                branch=f"z9hG4bKin{method}",
                number=number,
                headers=[
                    *_OFFER,
                    "RAck: 1 1 INVITE",
                    "Refer-To: <sip:+442071234567@x?Replaces=call-1%3Bto-tag%3Da%3Bfrom-tag%3Db>",
                    "Session-Expires: 1800;refresher=uas",
                ],
                body=_SDP,
                **inside,
            )
            for number, method in enumerate(("INVITE", *methods), 2)
        ]
        answers = [
            response_to(self._ours, code, headers=[*_OFFER, "Require: 100rel", "RSeq: 1"])
            for code in (100, 180, 183, 200, 302, 401, 486, 503)
        ]
        register = request_bytes("REGISTER", from_=_ASHA[0], to=_ASHA[1], branch="z9hG4bKreg")
        return [
            *(each.data() for each in torture),
            *(expand(each.after) for each in torture if each.after),
            *dialog,
            *answers,
            register,
            self._signed(register),
            request_bytes("CANCEL"),
            request_bytes(headers=_OFFER, body=_SDP, branch="z9hG4bKnew", call_id="another"),
            *stun_seeds(),
        ]

    def _talk(self) -> None:
        """Have one call answered and confirmed, one of ours under way."""
        self._core.receive(request_bytes(headers=_OFFER, body=_SDP), UDP, self._now)
        self._settle()
        answer = next(each for each in self._sent if each.startswith(b"SIP/2.0 200"))
        self._tag = response(answer).to_tag
        ack = request_bytes("ACK", to=f"<sip:+18005550100@198.51.100.1>;tag={self._tag}")
        self._core.receive(ack, UDP, self._now)
        self._core.invite(
            target="sip:+442071234567@192.0.2.7",
            peer=UDP,
            from_uri="sip:freeline@198.51.100.1",
            sdp=make_offer(self._local),
            now=self._now,
        )
        self._sent.clear()
        self._settle()
        self._ours = self._sent[-1]
        self._sent.clear()

    def _signed(self, register: bytes) -> bytes:
        self._core.receive(register, UDP, self._now)
        self._settle()
        challenge = parse_message(self._sent[-1], UDP)
        self._sent.clear()
        line = credentials(challenge, "REGISTER", "asha", "secret")  # type: ignore[arg-type]
        return register.replace(b"\r\n\r\n", f"\r\n{line}\r\n\r\n".encode()).replace(b"Kreg", b"Ks")

    def _settle(self) -> list[str]:
        kinds = []
        while (event := self._core.next_event()) is not None:
            kinds.append(type(event).__name__)
            self._use(event)
        self._sent += [data for data, _ in self._core.datagrams_to_send()]
        return kinds

    def _use(self, event: SipEvent) -> None:
        now = self._now
        match event:
            case IncomingInvite(session=session, request=request):
                for user in dialled_numbers(request, _SOURCES):
                    normalise(user, "US")
                    shown(user).encode()
                caller_number(request, "US").encode()
                if self._turn % 3 == 0:
                    session.ring(now)
                try:
                    offer = session.remote_sdp
                    sdp = make_answer(self._local, offer)[0] if offer else make_offer(self._local)
                    session.answer(sdp, now)
                except RemoteProtocolError as error:
                    session.reject(error.status_hint, now)
            case ReinviteReceived(session=session, sdp=sdp):
                try:
                    answer = make_answer(self._local, sdp)[0] if sdp else make_offer(self._local)
                    session.accept_reinvite(answer, now)
                except RemoteProtocolError as error:
                    session.reject_reinvite(error.status_hint, now)
            case ReferReceived(referral=referral):
                if self._turn % 2:
                    referral.refuse(603, now, "No")
                else:
                    referral.accept(now)
                    with suppress(ProtocolError):  # the session has ended meanwhile
                        referral.progress(200, now)


def stun_seeds() -> list[bytes]:
    """Return what looks like STUN (RFC 8489), which some phones send to any port."""
    cookie, number = b"\x21\x12\xa4\x42", bytes(range(12))
    attributes = (
        b"\x00\x06\x00\x04user\x00\x24\x00\x04\x6e\x00\x01\xff\x80\x28\x00\x04\x12\x34\x56\x78"
    )
    return [
        kind + len(body).to_bytes(2, "big") + cookie + number + body
        for kind in (b"\x00\x01", b"\x01\x01", b"\x01\x11", b"\x00\x11")
        for body in (b"", attributes)
    ]
