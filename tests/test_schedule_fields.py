"""Opening hours in YAML: what is understood, and every mistake with its place and a hint."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from switch.schedule import Schedule
from switch.schedule_fields import ScheduleModel
from switch.yaml_source import YamlSource

KOLKATA = ZoneInfo("Asia/Kolkata")

WHOLE = """\
zone: Asia/Kolkata
weekly: {mon-fri: "09:00-18:00", sat: ["14:00-16:00", "09:00-13:00"]}
holidays: {country: IN, subdivision: MH, open: [maharashtra day]}
closed: [{on: 2026-12-24, why: stock-taking}, {from: 2026-12-28, to: 2026-12-29}]
open: [{on: 2026-12-20, hours: "10:00-14:00", why: sale}, {on: 2026-12-25, hours: ["11:00-12:00"]}]
"""


def schedule(text: str) -> Schedule:
    source = YamlSource.parse(text, "hours.yaml")
    return ScheduleModel.model_validate(source.data).schedule()


def problems(text: str) -> list[str]:
    source = YamlSource.parse(text, "hours.yaml")
    with pytest.raises(ValidationError) as caught:
        ScheduleModel.model_validate(source.data)
    return [str(problem) for problem in source.problems(caught.value, ScheduleModel)]


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("2026-12-21 09:00", "open"),
        ("2026-12-21 18:00", "closed"),
        ("2026-12-19 13:30", "closed"),
        ("2026-12-19 15:00", "open"),
        ("2026-12-20 12:00", "opening: sale"),
        ("2026-12-24 12:00", "closure: stock-taking"),
        ("2026-12-25 10:00", "closed"),
        ("2026-12-25 11:30", "opening"),
        ("2026-12-28 12:00", "closure"),
        ("2026-12-29 12:00", "closure"),
        ("2026-12-30 12:00", "open"),
        ("2026-01-26 12:00", "holiday: Republic Day"),
        ("2029-05-01 12:00", "open"),
    ],
)
def test_a_whole_schedule(at: str, why: str) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=KOLKATA)
    assert schedule(WHOLE).state(moment).why == why


@pytest.mark.parametrize(
    ("weekly", "open_days"),
    [
        ('{daily: "00:00-24:00"}', "mon tue wed thu fri sat sun"),
        ('{daily: "00:00-24:00", sun: null}', "mon tue wed thu fri sat"),
        ('{sun: null, daily: "00:00-24:00"}', "mon tue wed thu fri sat"),
        ('{daily: "00:00-24:00", sat-sun: closed, sun: "00:00-24:00"}', "mon tue wed thu fri sun"),
        ('{"mon, wed": "00:00-24:00"}', "mon wed"),
        ('{sat-mon: "00:00-24:00"}', "mon sat sun"),
        ('{Fri: "00:00-24:00"}', "fri"),
        ("{}", ""),
    ],
)
def test_names_of_days(weekly: str, open_days: str) -> None:
    read = schedule(f"zone: UTC\nweekly: {weekly}\n")
    monday = datetime(2026, 6, 1, 12, tzinfo=ZoneInfo("UTC"))
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    found = [name for day, name in enumerate(names) if read.is_open(monday.replace(day=1 + day))]
    assert " ".join(found) == open_days


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("weekly: {}", "hours.yaml:1:1: `zone` is missing"),
        (
            "zone: Asia/Kolkatta",
            "hours.yaml:1:7: `Asia/Kolkatta` is not a time zone (did you mean `Asia/Kolkata`?)",
        ),
        (
            "zone: ../etc/passwd",
            "hours.yaml:1:7: `../etc/passwd` is not a time zone "
            "(for example `Asia/Kolkata` or `UTC`)",
        ),
        ("zone: UTC\nholiday: null", "unknown key `holiday` (did you mean `holidays`?)"),
        (
            "zone: UTC\nweekly: {mon-fry: '09:00-18:00'}",
            "hours.yaml:2:19: `mon-fry` names no days (did you mean `fri`?)",
        ),
        ("zone: UTC\nweekly: {mon-tue-wed: '09:00-18:00'}", "names no days (for example `mon-fri`"),
        (
            "zone: UTC\nweekly: {mon-wed: '09:00-18:00', tue-thu: '09:00-18:00'}",
            "is given twice (in `mon-wed` and in `tue-thu`)",
        ),
        (
            "zone: UTC\nweekly: {mon: 9-18}",
            'hours.yaml:2:15: `9-18` is not a span of hours (did you mean "09:00-18:00"?)',
        ),
        (
            "zone: UTC\nweekly: {mon: 9am to 6pm}",
            'is not a span of hours (write it like "09:00-18:00"; all day is "00:00-24:00")',
        ),
        (
            "zone: UTC\nweekly: {mon: ['09:00-12:00', '12:00-25:00']}",
            "hours.yaml:2:31: `12:00-25:00` holds no times of day",
        ),
        ("zone: UTC\nweekly: {mon: '09:60-12:00'}", "holds no times of day"),
        ("zone: UTC\nweekly: {mon: '24:00-06:00'}", "holds no times of day"),
        ("zone: UTC\nweekly: {mon: '00:00-00:00'}", 'no length (write it like "09:00-18:00"; all'),
        (
            "zone: UTC\nweekly: {mon: ['12:00-16:00', '09:00-13:00']}",
            "hours.yaml:2:15: 09:00-13:00 and 12:00-16:00 overlap",
        ),
        (f"zone: UTC\nweekly: {{mon: [{'a, ' * 25}]}}", "has 25 spans, 24 at most"),
        ("zone: UTC\nweekly: [mon]", "should be a mapping"),
        (
            "zone: UTC\nholidays: {country: XY}",
            "hours.yaml:2:21: `XY` is not a country whose holidays are known "
            "(two capital letters, for example `IN`)",
        ),
        (
            "zone: UTC\nholidays: {country: IN, subdivision: MX}",
            "hours.yaml:2:38: `MX` is not a part of IN (known here: `AN`",
        ),
        (
            "zone: UTC\nholidays: {country: IN, open: [Republik Day]}",
            "hours.yaml:2:32: IN has no public holiday `Republik Day` "
            "(did you mean `Republic Day`?)",
        ),
        (
            "zone: UTC\nclosed: [{on: 24.12.2026}]",
            "hours.yaml:2:15: `24.12.2026` is not a date (write it like 2026-12-24)",
        ),
        ("zone: UTC\nclosed: [{on: 20261224}]", "is not a date"),
        ("zone: UTC\nclosed: [{on: 2026-02-30}]", "is not a date"),
        ("zone: UTC\nclosed: [{why: feast}]", "give either `on` or `from` and `to`"),
        (
            "zone: UTC\nclosed: [{on: 2026-12-24, from: 2026-12-24, to: 2026-12-24}]",
            "give either `on` or `from` and `to`",
        ),
        ("zone: UTC\nclosed: [{from: 2026-12-24}]", "`from` and `to` need each other"),
        ("zone: UTC\nclosed: [{on: 2026-12-24, to: 2026-12-25}]", "need each other"),
        (
            "zone: UTC\nclosed: [{from: 2026-12-24, to: 2026-12-23}]",
            "hours.yaml:2:33: 2026-12-23 is before 2026-12-24",
        ),
        (
            "zone: UTC\nclosed: [{from: 2026-12-24, to: 2027-12-25}]",
            "is longer than 366 days (change the weekly hours instead)",
        ),
        ("zone: UTC\nopen: [{on: 2026-12-24}]", "`hours` is missing"),
        (
            "zone: UTC\nopen: [{on: 2026-12-24, hours: null}]",
            "hours.yaml:2:32: gives no hours (a day without any goes under `closed`)",
        ),
        (
            "zone: UTC\nopen: [{on: 2026-12-24, hours: '09:00-10:00'}, "
            "{on: 2026-12-24, hours: '11:00-12:00'}]",
            "hours.yaml:2:53: 2026-12-24 is given twice (give all its spans in one list of hours)",
        ),
    ],
)
def test_what_is_wrong_is_told(text: str, expected: str) -> None:
    (problem,) = problems(text)
    assert expected in problem


def test_everything_is_told_at_once() -> None:
    found = problems("zone: Nowhere\nweekly: {mon: x}\nclosed: [{}]\nopen: [{on: 1}]\n")
    assert [problem.split(":")[1] for problem in found] == ["1", "2", "3", "4", "4"]


def test_its_schema_explains_itself() -> None:
    schema = ScheduleModel.model_json_schema(by_alias=True)
    assert set(schema["properties"]) == {"zone", "weekly", "holidays", "closed", "open"}
    assert all(each["description"] for each in schema["properties"].values())
    assert set(schema["$defs"]["ClosedModel"]["properties"]) == {"on", "from", "to", "why"}
