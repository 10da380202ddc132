"""Tables: keys however they are written, files that change or are wrong, slow queries."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from switch.errors import ConfigurationError, FlowRunError
from switch.outside.table_key import normalise_key
from switch.outside.tables import Tables, TableSettings
from tests.support.waiting import until


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    file = tmp_path / "customers.csv"
    file.write_text("phone,name,vip\n(415) 555-0123,Ann,yes\nQ-17,Bob,\n", "utf-8-sig")
    return file


@pytest.fixture
async def tables(orders: Path) -> AsyncIterator[Tables]:
    table = TableSettings(name="customers", file=orders, key="phone")
    tables = Tables([table], "US", look_seconds=0.01)
    tables.load()
    yield tables
    await tables.stop()


@pytest.mark.parametrize(
    ("key", "compared"),
    [
        ("415-555-0123", "+14155550123"),
        ("+1 415 555 0123", "+14155550123"),
        ("+91 22 2778 2183", "+912227782183"),
        ("  Straße  7 ", "strasse 7"),
        ("12345", "12345"),
        ("", ""),
    ],
)
def test_keys_are_compared_by_what_they_mean(key: str, compared: str) -> None:
    assert normalise_key(key, "US") == compared


async def test_a_row_and_none(tables: Tables) -> None:
    row = {"phone": "(415) 555-0123", "name": "Ann", "vip": "yes"}
    assert await tables.lookup("customers", "+14155550123") == row
    assert (await tables.lookup("customers", "q-17") or {})["name"] == "Bob"
    assert await tables.lookup("customers", "+14155550124") is None
    assert tables.columns() == frozenset({"customers.phone", "customers.name", "customers.vip"})


async def test_a_table_that_there_is_not(tables: Tables) -> None:
    with pytest.raises(FlowRunError, match="no table `oders`"):
        await tables.lookup("oders", "1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name\nAnn\n", "customers.csv:1: has no column `phone` (its columns: name)"),
        ("", "has no column"),
        ("phone,name\n1,Ann,x\n", "customers.csv:2: has more or fewer cells than the first"),
        ("phone,name\n1\n", "customers.csv:2: has more"),
        ("phone,name\nA,1\na,2\n", "customers.csv:3: the key `a` stands already in line 2"),
        ('phone,name\n"A"b,1\n', "is not CSV"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_line(
    orders: Path, text: str, message: str
) -> None:
    orders.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        Tables([TableSettings(name="t", file=orders, key="phone")], "US").load()
    assert message in str(caught.value)


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    binary = tmp_path / "b.csv"
    binary.write_bytes(b"\xff\xfe\x00")
    missing = TableSettings(name="a", file=tmp_path / "a.csv", key="x")
    with pytest.raises(ConfigurationError) as caught:
        Tables([missing, TableSettings(name="b", file=binary, key="x")], "US").load()
    assert "a.csv: cannot be read: No such file" in str(caught.value)
    assert "b.csv: is not UTF-8" in str(caught.value)


async def test_a_changed_file_is_read_again_and_a_wrong_one_leaves_the_old_rows(
    tables: Tables, orders: Path
) -> None:
    tables.start()

    def replace(text: str) -> None:
        part = orders.with_suffix(".part")
        part.write_text(text)
        os.replace(part, orders)

    async def name() -> str:
        return str((await tables.lookup("customers", "Q-17") or {})["name"])

    replace("nonsense\n")
    replace("phone,name\nQ-17,Robert\n")
    rows = tables._rows
    await until(lambda: len(rows["customers"]) == 1)
    assert await name() == "Robert"
    replace("nonsense\n")
    seen = tables._seen["customers"]
    await until(lambda: tables._seen["customers"] != seen)
    assert await name() == "Robert"


class TestSqlite:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        file = tmp_path / "crm ?.db"
        with sqlite3.connect(file) as database:
            database.execute("CREATE TABLE customers (phone TEXT, name TEXT, orders INTEGER)")
            database.execute("INSERT INTO customers VALUES ('+14155550123', 'Ann', 3)")
        database.close()
        return file

    async def ask(self, file: Path, query: str, key: str, seconds: float = 5.0) -> object:
        table = TableSettings(name="crm", file=file, query=query, timeout_seconds=seconds)
        tables = Tables([table], "US")
        try:
            return await tables.lookup("crm", key)
        finally:
            await tables.stop()

    @pytest.mark.parametrize("mark", ["?", ":key"])
    async def test_a_row_and_none(self, file: Path, mark: str) -> None:
        query = f"SELECT name, orders FROM customers WHERE phone = {mark}"
        assert await self.ask(file, query, "(415) 555-0123") == {"name": "Ann", "orders": 3}
        assert await self.ask(file, query, "x' OR '1'='1") is None

    async def test_a_query_without_end_is_ended(self, file: Path) -> None:
        query = (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
            "SELECT max(i) FROM n WHERE i != ?"
        )
        with pytest.raises(FlowRunError, match=r"`crm` cannot be read: .*0.05 s"):
            await self.ask(file, query, "1", 0.05)

    async def test_nothing_can_be_written(self, file: Path) -> None:
        with pytest.raises(FlowRunError, match="readonly"):
            await self.ask(file, "DELETE FROM customers WHERE phone = ? RETURNING name", "1")

    async def test_a_file_that_is_not_there_is_not_made(self, tmp_path: Path) -> None:
        with pytest.raises(FlowRunError, match="unable to open"):
            await self.ask(tmp_path / "none.db", "SELECT 1 WHERE ?", "1")
        assert not (tmp_path / "none.db").exists()
