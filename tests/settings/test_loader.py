"""The four files: what is read, and everything that is wrong, with its place."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from switch.errors import ConfigurationError
from switch.settings import Settings, load_settings
from switch.settings.doubts import qualified

SHIPPED_NUMBERS = {
    "+18005550100": "main",
    "+18005550199": "helpdesk",
    "+18005550142": "payment",
    "+18005550177": "vip",
}
ROOT = Path(__file__).parents[2]

Change = Callable[[str, str, str], None]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A copy of the shipped configuration."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    (tmp_path / "ivr_flows").mkdir()
    return tmp_path / "config"


@pytest.fixture
def change(config: Path) -> Change:
    """Replaces text in one of the files; it must be there."""

    def replace(file: str, old: str, new: str) -> None:
        path = config / file
        text = path.read_text()
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new, 1))

    return replace


def problems(config: Path, **options: object) -> list[str]:
    """Return what is wrong, each with its file's name in front."""
    with pytest.raises(ConfigurationError) as caught:
        load_settings(config, **options)  # type: ignore[arg-type]
    return [str(problem).replace(f"{config}/", "") for problem in caught.value.problems]


class TestShipped:
    @pytest.fixture
    def settings(self, config: Path) -> Settings:
        return load_settings(config)

    def test_is_right_and_without_warnings(self, settings: Settings) -> None:
        assert settings.warnings == ()
        assert settings.numbers == SHIPPED_NUMBERS

    def test_listens_on_loopback_only(self, settings: Settings) -> None:
        addresses = {listener.address for listener in settings.sip.listen}
        assert (
            addresses == {settings.media.address} == {settings.telemetry.address} == {"127.0.0.1"}
        )

    def test_paths_start_at_its_directory(self, settings: Settings, config: Path) -> None:
        assert settings.flows == config.parent / "ivr_flows"
        assert settings.media.prompt_cache == config.parent / "var" / "prompts"
        assert settings.records.url == f"sqlite:///{config.parent}/var/freeline.db"

    def test_passwords_become_hashes(self, settings: Settings) -> None:
        accounts = settings.accounts()
        assert set(accounts) == {"asha", "ravi", "maria", "tom"}
        assert len(accounts["asha"]["MD5"]) == 32
        assert len(accounts["asha"]["SHA-256"]) == 64
        assert "demo-asha" not in repr(settings)

    def test_every_queue_can_be_served(self, settings: Settings) -> None:
        assert all(qualified(settings.agents, queue) for queue in settings.queues)
        assert {"orders", "helpdesk", "english"} <= settings.skills()


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("freeline.yaml", "site: main", "siet: main", "unknown key `siet` (did you mean `site`?)"),
        ("freeline.yaml", "port: 5060}", "port: 99999}", "should be 65535 or less, not `99999`"),
        ("freeline.yaml", "transport: udp", "transport: upd", "did you mean `udp`?"),
        ("freeline.yaml", '"+18005550100"', '"8005550100"', "begin with + and the country code"),
        ("freeline.yaml", '"+18005550100"', '"+1800"', "too many or too few digits"),
        ("freeline.yaml", "region: US", "region: UX", "is not a country"),
        ("freeline.yaml", "low: 20000", "low: 20001", "should be even"),
        ("freeline.yaml", "high: 29999", "high: 20001", "a call needs two ports a leg"),
        ("freeline.yaml", "low: 20000", "low: 5000", "lies among the ports for RTP"),
        ("freeline.yaml", "default_seconds: 300", "default_seconds: 30", "should lie between"),
        (
            "freeline.yaml",
            "address: 127.0.0.1, port",
            "address: localhost, port",
            "not an IP address",
        ),
        ("freeline.yaml", "address: 127.0.0.1, port", "address: 0.0.0.0, port", "needs `sip.adv"),
        (
            "freeline.yaml",
            "{transport: udp, address: 127.0.0.1, port: 5060",
            "{transport: tls, address: 127.0.0.1, port: 5061",
            "a tls listener needs a certificate",
        ),
        (
            "freeline.yaml",
            "  tls: null",
            "  tls: {certificate: cert.pem}",
            "a certificate and its key need each other",
        ),
        (
            "freeline.yaml",
            "{transport: udp, address: 127.0.0.1,",
            "{transport: ws, address: 127.0.0.1,",
            "port 5060 of this address has a ws listener already",
        ),
        (
            "freeline.yaml",
            "tls: null",
            "tls: {certificate: a.pem, key: b.pem, client_certificates: required}",
            "nobody is named who issues them",
        ),
        ("freeline.yaml", "idle_seconds: null", "idle_seconds: 3600", "should be more than 3600"),
        ("freeline.yaml", "web_origins: []", "web_origins: [desk]", "write it like https://"),
        (
            "freeline.yaml",
            "(null: the same).\n  address: 127.0.0.1",
            "(null: the same).\n  address: 0.0.0.0",
            "needs `media.adv",
        ),
        ("freeline.yaml", "digest: [SHA-256, MD5]", "digest: [SHA1]", "`SHA1` is not one of"),
        ("freeline.yaml", "digest: [SHA-256, MD5]", "digest: []", "is empty"),
        ("freeline.yaml", "broker: null ", "broker: 127.0.0.1 ", "is not the URL of a broker"),
        ("freeline.yaml", "broker: null ", "broker: mqtt://a:b@c ", "holds a user name"),
        ("freeline.yaml", 'ready: "*71"', 'ready: "*72"', "is the code of both"),
        ("freeline.yaml", "url: sqlite:///", "url: mysql:///", "not the URL of a database"),
        ("freeline.yaml", "flows: ../ivr_flows", "flows: ../nowhere", "there is no directory"),
        ("freeline.yaml", "level: info ", "level: loud ", "is not one of debug, info"),
        ("trunks.yaml", "127.0.0.0/8", "127.0.0.1/8", "did you mean `127.0.0.0/8`?"),
        ("agents.yaml", "{orders: 9,", "{orders: 11,", "should be 10 or less"),
        ("agents.yaml", "id: ravi", "id: asha", "the agent `asha` is given twice"),
        (
            "agents.yaml",
            "username: ravi",
            "username: asha",
            "headset account `asha` is given twice",
        ),
        ("agents.yaml", "password: demo-tom", "password_env: NOT_SET", "NOT_SET is not set"),
        (
            "agents.yaml",
            "headset: {username: tom, password: demo-tom}",
            "contact: sip:tom@host",
            "is not the SIP URI of a device",
        ),
        (
            "agents.yaml",
            "headset: {username: tom, password: demo-tom}",
            "initial_state: ready",
            "give either `headset` or `contact`",
        ),
        ("agents.yaml", "password: demo-tom", "ha1: {md5: abc}", "should be 32 hexadecimal digits"),
        ("queues.yaml", "name: helpdesk", "name: orders", "the queue `orders` is given twice"),
        ("queues.yaml", "wrap_up_seconds: 10", "wrap_up_seconds: -1", "should be 0 or more"),
        ("queues.yaml", "skills: {orders: 1}", "skills: [orders]", "should be a mapping"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    config: Path, change: Change, file: str, old: str, new: str, expected: str
) -> None:
    change(file, old, new)
    found = problems(config)
    right = [problem for problem in found if expected in problem]
    assert right, found
    assert right[0].startswith(f"{file}:")
    line, column = right[0].split(":")[1:3]
    assert int(line) > 0
    assert int(column) > 0
    assert "demo-" not in "".join(found)


def test_all_four_files_are_judged_at_once(config: Path, change: Change) -> None:
    change("freeline.yaml", "site: main", "siet: main")
    change("trunks.yaml", "127.0.0.0/8", "everyone")
    change("agents.yaml", "{orders: 9,", "{orders: 11,")
    change("queues.yaml", "wrap_up_seconds: 10", "wrap_up_seconds: -1")
    assert {problem.partition(":")[0] for problem in problems(config)} == {
        *("freeline.yaml", "trunks.yaml", "agents.yaml", "queues.yaml")
    }


def test_a_file_or_directory_that_is_missing_is_told(config: Path) -> None:
    (config / "queues.yaml").unlink()
    assert problems(config) == ["queues.yaml: cannot be read: no such file or directory"]
    with pytest.raises(ConfigurationError, match="is not a directory"):
        load_settings(config / "nowhere")


def test_a_queue_that_nobody_can_serve_is_a_warning(config: Path, change: Change) -> None:
    change("queues.yaml", "skills: {helpdesk: 5}", "skills: {helpdesk: 10}")
    (warning,) = load_settings(config).warnings
    assert "no agent has `helpdesk` at level 10 or more: the best has 8" in str(warning)


def test_agents_can_be_made_in_numbers(config: Path) -> None:
    (config / "agents.yaml").write_text(
        "agents:\n  - generate:\n      count: 3\n      first: 9\n      agent:\n"
        '        id: "load{n:3}"\n        skills: {orders: 5, helpdesk: 5, english: 5}\n'
        '        contact: "sip:load{n}@127.0.0.1:5071"\n'
    )
    agents = load_settings(config).agents
    assert [(agent.id, agent.contact) for agent in agents] == [
        ("load009", "sip:load9@127.0.0.1:5071"),
        ("load010", "sip:load10@127.0.0.1:5071"),
        ("load011", "sip:load11@127.0.0.1:5071"),
    ]
    assert all(agent.ready_at_start for agent in agents)


def test_secrets_may_come_from_the_environment(config: Path, change: Change) -> None:
    change("agents.yaml", "password: demo-tom", "password_env: TOMS_PASSWORD")
    settings = load_settings(config, {"TOMS_PASSWORD": "from-outside"})
    assert settings.accounts()["tom"] != load_settings(ROOT / "config").accounts()["tom"]
    assert "from-outside" not in repr(settings)


class TestOverrides:
    def test_lie_over_the_main_file(self, config: Path) -> None:
        settings = load_settings(
            config, overrides=["media.workers=3", "mqtt.broker=mqtt://127.0.0.1:1999", "site=north"]
        )
        assert (settings.media.workers, settings.mqtt.port, settings.site) == (3, 1999, "north")

    def test_may_hold_lists(self, config: Path) -> None:
        listen = "sip.listen=[{transport: tcp, address: 127.0.0.1, port: 0}]"
        (only,) = load_settings(config, overrides=[listen]).sip.listen
        assert (only.transport, only.port) == ("tcp", 0)

    @pytest.mark.parametrize(
        ("override", "expected"),
        [
            ("workers", "--set workers: is not like section.key=VALUE"),
            ("=3", "--set =3: is not like section.key=VALUE"),
            ("media.workers=[", "the bracket that opens here is not closed"),
            ("media.workers=many", "--set media.workers: should be a whole number"),
            ("sip.relm=x", "--set sip.relm: unknown key `relm` (did you mean `realm`?)"),
            ("sip.listen=[{transport: upd}]", "--set sip.listen: `upd` is not one of"),
        ],
    )
    def test_are_judged_too(self, config: Path, override: str, expected: str) -> None:
        assert any(expected in each for each in problems(config, overrides=[override]))

    def test_tell_no_secret_when_they_are_wrong(self, config: Path) -> None:
        (told,) = problems(config, overrides=["mqtt.password=[hunter2]"])
        assert told.startswith("--set mqtt.password: ")
        assert "hunter2" not in told
