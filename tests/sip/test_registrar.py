"""Registration: who may, for how long, and what is forgotten when (RFC 3261 10)."""

from __future__ import annotations

import gc

import pytest

from switch.sip.events import HeadsetBound, HeadsetUnbound
from switch.sip.header_values import parse_credentials
from switch.sip.peer import Peer
from switch.sip.registrar import Binding, ExpiryLimits
from tests.support.core_bench import ASHA, CONTACT, HEADSET, CoreBench, credentials


def test_sha_256_is_offered_before_md5() -> None:
    """RFC 8760 2.4."""
    answer = CoreBench().ask("REGISTER", HEADSET, headers=[CONTACT], **ASHA)
    offered = [parse_credentials(v)[1]["algorithm"] for v in answer.headers["www-authenticate"]]
    assert offered == ["SHA-256", "MD5"]


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
def test_a_contact_is_bound_and_listed(algorithm: str) -> None:
    bench = CoreBench()
    answer = bench.register(algorithm=algorithm)
    assert answer.code == 200
    assert answer.header("contact") == "<sip:asha@203.0.113.20:5062>;expires=300"
    (event,) = bench.events()
    assert isinstance(event, HeadsetBound)
    assert (event.username, event.refreshed, event.expires_seconds) == ("asha", False, 300)
    (binding,) = bench.core.registrar.bindings("asha")
    assert binding.peer == HEADSET


@pytest.mark.parametrize(
    ("user", "password"), [("asha", "wrong"), ("nobody", "x"), ("ravi", "secret-asha")]
)
def test_wrong_and_unknown_get_the_same_answer(user: str, password: str) -> None:
    bench = CoreBench()
    answer = bench.register(user=user, password=password)
    assert answer.code == 401
    assert "stale" not in (answer.header("www-authenticate") or "")
    assert bench.events() == []


def test_one_cannot_register_another() -> None:
    bench = CoreBench()
    challenge = bench.ask("REGISTER", HEADSET, headers=[CONTACT], **ASHA)
    proof = credentials(challenge, "REGISTER", "ravi", "secret-ravi")
    assert bench.ask("REGISTER", HEADSET, headers=[CONTACT, proof], **ASHA).code == 401


def test_a_replayed_request_is_challenged_again() -> None:
    bench = CoreBench()
    challenge = bench.ask("REGISTER", HEADSET, headers=[CONTACT], **ASHA)
    proof = credentials(challenge, "REGISTER", "asha", "secret-asha")
    assert bench.ask("REGISTER", HEADSET, headers=[CONTACT, proof], **ASHA).code == 200
    again = bench.ask("REGISTER", HEADSET, headers=[CONTACT, proof], **ASHA)
    assert again.code == 401
    assert "stale=true" in (again.header("www-authenticate") or "")


def test_a_nonce_is_for_one_source_and_one_time() -> None:
    bench = CoreBench()
    challenge = bench.ask("REGISTER", HEADSET, headers=[CONTACT], **ASHA)
    proof = credentials(challenge, "REGISTER", "asha", "secret-asha")
    elsewhere = Peer("udp", ("203.0.113.21", 5062), HEADSET.local)
    assert bench.ask("REGISTER", elsewhere, headers=[CONTACT, proof], **ASHA).code == 401
    bench.now += 301
    late = bench.ask("REGISTER", HEADSET, headers=[CONTACT, proof], **ASHA)
    assert late.code == 401
    assert "stale=true" in (late.header("www-authenticate") or "")


def test_a_registration_expires_by_itself() -> None:
    bench = CoreBench()
    bench.register(expires=100)
    bench.events()
    bench.now += 99.9
    bench.core.handle_timer(bench.now)
    assert bench.events() == []
    bench.now += 0.2
    bench.core.handle_timer(bench.now)
    assert bench.events() == [HeadsetUnbound("asha", "sip:asha@203.0.113.20:5062", True)]
    assert bench.core.registrar.bindings("asha") == []
    assert bench.core.registrar.username_at(HEADSET) is None


def test_a_refresh_is_told_as_one_and_moves_the_end() -> None:
    bench = CoreBench()
    bench.register(expires=100)
    bench.now += 90
    bench.register(expires=100)
    _, second = bench.events()
    assert isinstance(second, HeadsetBound)
    assert second.refreshed
    bench.now += 90
    bench.core.handle_timer(bench.now)
    assert bench.events() == []


def test_several_contacts_and_the_wildcard() -> None:
    bench = CoreBench()
    bench.register()
    answer = bench.register(contact="Contact: <sip:asha@203.0.113.20:5070>;q=0.5")
    assert len(answer.headers["contact"]) == 2
    assert any(value.endswith(";q=0.5") for value in answer.headers["contact"])
    bench.events()
    answer = bench.register(contact="Contact: *", expires=0)
    assert answer.code == 200
    assert len(bench.events()) == 2
    assert "contact" not in answer.headers


def test_one_contact_may_go_alone() -> None:
    bench = CoreBench()
    bench.register()
    bench.register(contact="Contact: <sip:asha@203.0.113.20:5070>")
    answer = bench.register(contact=CONTACT + ";expires=0", expires=None)
    assert answer.headers["contact"] == ["<sip:asha@203.0.113.20:5070>;expires=300"]


def test_asking_without_contact_lists_them() -> None:
    bench = CoreBench()
    bench.register()
    assert len(bench.register(contact="").headers["contact"]) == 1


@pytest.mark.parametrize(
    ("contact", "expires", "code"),
    [
        ("Contact: *", 300, 400),
        ("Contact: *, <sip:a@b>", 0, 400),
        (CONTACT, 5, 423),
        ("Contact: nonsense", 300, 400),
        ("Contact: " + ", ".join(f"<sip:a@192.0.2.1:{n}>" for n in range(1, 12)), 300, 403),
    ],
)
def test_what_cannot_be_registered(contact: str, expires: int, code: int) -> None:
    bench = CoreBench()
    answer = bench.register(contact=contact, expires=expires)
    assert answer.code == code
    assert bench.events() == []
    if code == 423:
        assert answer.header("min-expires") == "60"


def test_a_late_register_of_the_same_call_is_refused() -> None:
    """RFC 3261 10.3 step 7."""
    bench = CoreBench()
    bench.register(number=10)
    assert bench.register(number=7).code == 500
    assert bench.register(number=7, call_id="after a restart").code == 200


def test_the_longest_expiry_is_ours() -> None:
    bench = CoreBench(expiry=ExpiryLimits(60, 120, 600))
    assert (bench.register(expires=9999).header("contact") or "").endswith("expires=600")
    assert (bench.register(expires=None).header("contact") or "").endswith("expires=120")


def test_behind_a_nat_the_way_back_is_the_way_it_came() -> None:
    bench = CoreBench()
    bench.register(contact="Contact: <sip:asha@10.0.0.5:5060>")
    assert bench.core.registrar.bindings("asha")[0].peer == HEADSET


def test_a_headset_whose_connection_is_gone_is_gone() -> None:
    bench = CoreBench()
    peer = Peer("tcp", ("203.0.113.20", 41_000), HEADSET.local, connection=7)
    bench.register(contact="Contact: <sip:asha@203.0.113.20:5060;transport=tcp>", peer=peer)
    bench.register()
    bench.events()
    bench.core.transport_failed(peer, bench.now)
    (event,) = bench.events()
    assert isinstance(event, HeadsetUnbound)
    assert event.expired
    assert [each.source for each in bench.core.registrar.bindings("asha")] == [HEADSET]


def test_on_a_connection_the_way_back_is_the_connection() -> None:
    bench = CoreBench()
    peer = Peer("tcp", ("203.0.113.20", 41_000), HEADSET.local, connection=7)
    bench.register(contact="Contact: <sip:asha@203.0.113.20:5060;transport=tcp>", peer=peer)
    assert bench.core.registrar.bindings("asha")[0].peer == peer


def test_refreshed_bindings_leave_nothing_for_the_cycle_collector() -> None:
    """It does not run while calls are up: what only it could free would pile up."""
    bench = CoreBench()
    bench.register()
    gc.collect()
    gc.disable()
    try:
        for _ in range(500):
            bench.register()
            bench.events()
            bench.now += 60
            bench.core.handle_timer(bench.now)
        living = sum(isinstance(thing, Binding) for thing in gc.get_objects())
    finally:
        gc.enable()
    assert living < 150, "those whose cancelled alarms still lie in the heap, and no more"
