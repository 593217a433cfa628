"""`crm-hygiene map`: own files become the open landing, by a mapping that a person can mend."""

import csv

import duckdb
import pytest

from crm_hygiene import mapping

FILES = {
    "companies.csv": "Company ID,Company Name,Website,Created Date,Head count\n"
    '1,"Alpha ""A"", Ltd",alpha.example,2025-01-01,5\n2,Beta,beta.example,2025-01-02,7\n',
    "sales_pipeline.csv": "opportunity_id,sales_agent,account,deal_stage,engage_date,close_value\n"
    "D1,Ann,1,Won,2025-01-05,1000\nD2,Bob,2,Lost,2025-01-06,0\n",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with one's own files, and a warehouse of its own."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("CRM_HYGIENE_DUCKDB", str(tmp_path / "crm.duckdb"))
    return tmp_path


def rows_of(folder) -> dict[tuple[str, str], dict[str, str]]:
    with (folder / "mapping.csv").open(newline="") as file:
        return {(row["table"], row["column"]): row for row in csv.DictReader(file)}


def test_tables_and_columns_are_proposed_with_values(folder, capsys):
    assert mapping.main([str(folder)]) == 0
    found = {key: row["source"] for key, row in rows_of(folder).items() if row["source"]}
    assert found == {
        ("accounts", "account_id"): "Company ID",
        ("accounts", "created_at"): "Created Date",
        ("accounts", "name"): "Company Name",
        ("accounts", "domain"): "Website",
        ("opportunities", "opportunity_id"): "opportunity_id",
        ("opportunities", "created_at"): "engage_date",
        ("opportunities", "account_id"): "account",
        ("opportunities", "stage"): "deal_stage",
        ("opportunities", "owner_id"): "sales_agent",
        ("opportunities", "amount"): "close_value",
    }
    assert rows_of(folder)["opportunities", "stage"]["values"] == "Lost | Won"
    assert "not used of companies.csv: Head count" in capsys.readouterr().out


def test_the_mapping_is_landed_as_views(folder, capsys):
    mapping.main([str(folder)])
    assert mapping.main([str(folder), "--land"]) == 0
    assert "Landed in crm_landing: accounts, opportunities" in capsys.readouterr().out
    with duckdb.connect(str(folder / "crm.duckdb")) as connection:
        query = "select account_id, name, domain from crm_landing.accounts order by account_id"
        assert connection.sql(query).fetchall() == [
            ("1", 'Alpha "A", Ltd', "alpha.example"),
            ("2", "Beta", "beta.example"),
        ]
        query = "select sum(cast(amount as integer)) from crm_landing.opportunities"
        assert connection.sql(query).fetchall() == [(1000,)]


def change(folder, old: str, new: str) -> None:
    path = folder / "mapping.csv"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_what_is_wrong_in_a_mapping_is_said_with_its_line(folder, capsys):
    mapping.main([str(folder)])
    assert mapping.main([str(folder)]) == 1
    assert "is there already" in capsys.readouterr().err
    change(folder, "Company Name", "Company Nmae")
    assert mapping.main([str(folder), "--land"]) == 1
    assert "line 4: companies.csv has no column Company Nmae" in capsys.readouterr().err
    change(folder, "Company Nmae", "Company Name")
    change(folder, "accounts,name", "accounts,nme")
    assert mapping.main([str(folder), "--land"]) == 1
    assert "line 4: the open landing has no accounts.nme" in capsys.readouterr().err
    change(folder, "accounts,nme", "accounts,name")
    change(folder, "required,companies.csv,Company ID", "required,companies.csv,")
    assert mapping.main([str(folder), "--land"]) == 1
    assert "names no source of accounts.account_id" in capsys.readouterr().err


def test_folders_without_files_that_can_be_used_are_said_to_be(tmp_path, capsys):
    assert mapping.main([str(tmp_path)]) == 1
    assert "no CSV or parquet file" in capsys.readouterr().err
    (tmp_path / "weather.csv").write_text("day,rain\n1,2\n")
    assert mapping.main([str(tmp_path)]) == 1
    assert "No file is called like a table" in capsys.readouterr().err
