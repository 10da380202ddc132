"""`freeline calls`, as an operator uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from switch.cli_calls import register
from switch.records.store import RecordStore
from switch.termination import Reason, Termination
from switch.termination import Result as CallResult
from tests.records.builders import Story, rejected, whole_call


def run(*words: str) -> Result:
    app = typer.Typer()
    register(app)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["calls", *words], env={"TZ": "UTC", "COLUMNS": "200"})


@pytest.fixture
def database(tmp_path: Path) -> str:
    """Four calls, an hour apart."""
    url = f"sqlite:///{tmp_path}/calls.db"
    store = RecordStore(url, gather_seconds=0)
    store.start()
    abandoned = Termination(CallResult.ABANDONED, Reason.CALLER_HUNG_UP)
    failed = Termination(CallResult.FAILED, Reason.MEDIA_LOST, 503, "worker 0 died")
    for story in (
        whole_call("aaaa0001"),
        Story("aaaa0002")
        .arrived(3600)
        .queued(3602, "help")
        .left(3700, "abandoned", 98, queue="help")
        .ended(3700, abandoned),
        Story("bbbb0003").arrived(7200).ended(7201, failed),
    ):
        for event in story.events:
            store.handle(event)
    store.handle(rejected(seconds=10_800))
    assert store.stop()
    return url


def test_calls_are_listed_newest_first(database: str) -> None:
    told = run("--database", database)
    assert told.exit_code == 0
    heading, *lines = told.output.splitlines()
    assert heading.split() == [
        *(
            "arrived",
            "id",
            "caller",
            "dialled",
            "queue",
            "agent",
            "wait",
            "talk",
            "result",
            "reason",
        ),
    ]
    assert [line.split()[-1] for line in lines] == [
        "(404)",
        "(503)",
        "caller_hung_up",
        "agent_hung_up",
    ]
    assert " ".join(lines[-1].split()).startswith("2026-03-01 12:00:00 aaaa0001 +15550001")
    assert "5.0 s" in lines[-1]
    assert "1:38" in lines[-2]


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (["--limit", "1"], ["r"]),
        (["--result", "failed"], ["bbbb0003"]),
        (["--queue", "help"], ["aaaa0002"]),
        (["--agent", "ben"], ["aaaa0001"]),
        (["--since", "2026-03-01T13:30+00:00", "--result", "failed"], ["bbbb0003"]),
        (["--since", "2026-03-01T15:30+00:00"], []),
        (["--since", "1s"], []),
    ],
)
def test_calls_are_chosen_by_filters(database: str, filters: list[str], ids: list[str]) -> None:
    told = run("--database", database, "--json", *filters)
    assert told.exit_code == 0
    found = [record["id"] for record in json.loads(told.output)]
    assert len(found) == len(ids)
    assert all(one.startswith(start) for one, start in zip(found, ids, strict=True))


def test_one_call_is_told_as_a_time_line(database: str) -> None:
    told = run("aaaa0001", "--database", database)
    assert told.exit_code == 0
    order = [
        "arrived",
        "answered, PCMU",
        "play greeting",
        "menu choose, chose 1",
        "queue orders",
        "queue orders: position 1, priority 5, english>=3",
        "rings asha: longest idle",
        "asha: busy, SIP 486",
        "rings ben: longest idle",
        "ben: connected",
        "queue orders: connected, within the service level",
        "first audio received, outbound",
        "ended: completed, agent_hung_up",
    ]
    lines = [line.rstrip() for line in told.output.splitlines()]
    times = [line for line in lines if line.startswith("12:00:")]
    assert [line.split(maxsplit=3)[3] for line in times] != []
    assert sorted(line.split(maxsplit=3)[3] for line in times) == sorted(order)
    assert times == sorted(times, key=lambda line: line.split()[0])
    for fact in ("+15550001", "/var/recordings/c1.wav", "on hold", "2.5 ms", "20.0 ms", "PCMA"):
        assert fact in told.output


def test_what_the_carrier_says_of_the_caller(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/calls.db"
    store = RecordStore(url, gather_seconds=0)
    store.start()
    signed = Story("cccc0004").arrived(verstat="passed", attestation="B")
    for event in signed.ended(1).events:
        store.handle(event)
    assert store.stop()
    assert "passed, attestation B" in run("cccc", "--database", url).output
    record = json.loads(run("cccc", "--json", "--database", url).output)
    assert (record["verstat"], record["attestation"]) == ("passed", "B")


def test_the_start_of_an_id_is_enough_when_it_is_clear(database: str) -> None:
    assert "worker 0 died" in run("bbbb", "--database", database).output
    unclear = run("aaaa", "--database", database)
    assert unclear.exit_code == 1
    assert "may be any of aaaa0002, aaaa0001" in unclear.output


def test_one_call_as_json(database: str) -> None:
    record = json.loads(run("aaaa0001", "--json", "--database", database).output)
    assert record["arrived_at"] == "2026-03-01T12:00:00Z"
    assert record["path"][1]["choice"] == "1"
    assert record["media"][0]["jitter_ms"] == 2.5


def test_an_unknown_call(database: str) -> None:
    told = run("nosuch", "--database", database)
    assert told.exit_code == 1
    assert "there is no call 'nosuch' on record" in told.output


def test_a_caller_cannot_steer_the_terminal(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/calls.db"
    store = RecordStore(url, gather_seconds=0)
    store.start()
    store.handle(rejected("\x1b[2J[red]boo\x07"))
    story = Story("c1")
    story.arrived().ended(
        1, Termination(CallResult.FAILED, Reason.FLOW_ERROR, detail="\x1b]0;x\x07[b]")
    )
    for event in story.events:
        store.handle(event)
    assert store.stop()
    for words in (["c1"], ["r"], []):
        told = run(*words, "--database", url)
        assert told.exit_code == 0
        assert "\x1b" not in told.output
        assert "\x07" not in told.output
    assert "[red]boo" in run("r", "--database", url).output


def test_no_database_yet(tmp_path: Path) -> None:
    told = run("--database", f"sqlite:///{tmp_path}/none.db")
    assert told.exit_code == 1
    assert "there are no call records yet" in told.output
    assert not (tmp_path / "none.db").exists()


def test_no_call_yet_and_none_that_fits(tmp_path: Path, database: str) -> None:
    url = f"sqlite:///{tmp_path}/empty.db"
    store = RecordStore(url)
    store.start()
    assert store.stop()
    told = run("--database", url)
    assert (told.exit_code, told.output) == (0, "No calls on record yet.\n")
    told = run("--database", database, "--agent", "nobody")
    assert (told.exit_code, told.output) == (0, "No call on record fits.\n")
    assert json.loads(run("--database", url, "--json").output) == []


def test_something_else_than_a_database(tmp_path: Path) -> None:
    (tmp_path / "calls.db").write_text("letters to my aunt\n" * 100)
    told = run("--database", f"sqlite:///{tmp_path}/calls.db")
    assert told.exit_code == 1
    assert "cannot be read: file is not a database" in told.output.replace("\n", " ")


@pytest.mark.parametrize(
    "words",
    [
        ["--since", "yesterday"],
        ["--since", "999999w"],
        ["--limit", "0"],
        ["--result", "splendid"],
    ],
)
def test_wrong_options_are_explained(database: str, words: list[str]) -> None:
    told = run("--database", database, *words)
    assert told.exit_code == 2
    assert words[0] in told.output


def test_the_database_is_the_configured_one(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[1] / "config"
    for file in shipped.glob("*.yaml"):
        (tmp_path / "config").mkdir(exist_ok=True)
        (tmp_path / "config" / file.name).write_text(file.read_text())
    (tmp_path / "ivr_flows").mkdir()
    told = run("--config", str(tmp_path / "config"))
    assert told.exit_code == 1
    assert str(tmp_path / "var" / "freeline.db") in told.output.replace("\n", "")


def test_a_configuration_that_is_missing_is_named(tmp_path: Path) -> None:
    told = run("--config", str(tmp_path / "nowhere"))
    assert told.exit_code == 1
    assert "nowhere" in told.output.replace("\n", "")
