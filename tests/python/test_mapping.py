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
    assert "line 6: companies.csv has no column Company Nmae" in capsys.readouterr().err
    change(folder, "Company Nmae", "Company Name")
    change(folder, "accounts,name", "accounts,nme")
    assert mapping.main([str(folder), "--land"]) == 1
    assert "line 6: the open landing has no accounts.nme" in capsys.readouterr().err
    change(folder, "accounts,nme", "accounts,name")
    change(folder, "required,companies.csv,Company ID", "required,companies.csv,")
    assert mapping.main([str(folder), "--land"]) == 1
    assert "names no source of accounts.account_id" in capsys.readouterr().err


def test_folders_without_files_that_can_be_used_are_said_to_be(tmp_path, capsys):
    assert mapping.main([str(tmp_path)]) == 1
    assert "no CSV or parquet file" in capsys.readouterr().err
    (tmp_path / "weather.csv").write_text("day,rain\n1,2\n")
    assert mapping.main([str(tmp_path)]) == 0
    assert "not recognised: weather.csv; it could be no table" in capsys.readouterr().out
    assert mapping.main([str(tmp_path), "--land"]) == 1
    assert "names no source" in capsys.readouterr().err


OWN = {
    "companies_export.csv": "Company No,Company,Web Site,Created,Account Manager\n"
    "C1,Alpha,alpha.example,01/02/2024,R1\nC2,Alpha,beta.example,07/19/2024,R1\n"
    "C3,--- TOTAL ---,,31/31/2024,\n",
    "deals.csv": "Deal No,Company No,Phase,Sales Rep,Opened,Expected Close,Closed On,Lost Because\n"
    "D1,C1,Lost,R1,01/02/2024,02/03/2024,03/04/2024,Price\n"
    "D2,C2,Demo,R2,05/20/2024,06/20/2024,,\n",
    "kontakte.csv": "Personen-Nr;Vorname;Firma-Nr;Angelegt am\n1;Anna;C1;06.06.2025 15:42\n",
    "phase_log.csv": "Log No,Deal No,From Phase,To Phase,Changed On,Changed By\n"
    "1,D1,Inquiry,Demo,29.07.2024 11:42,R1\n2,D1,Demo,Lost,29.08.2024 11:42,R1\n",
    "sales_team.csv": "Rep Code,Rep,Mail,Reports To,Still Here\n"
    "R1,Ann,a@x.example,,Y\nR2,Ann,b@x.example,R1,N\n",
    "touchpoints.csv": "No;Deal;Person;Kind;Happened;By\nT0;D1;1;Visit;12.10.2023 04:19;R1\n",
}


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder whose files and columns are called as people call theirs."""
    return filled_folder(tmp_path, monkeypatch, OWN)


def filled_folder(tmp_path, monkeypatch, files):
    folder = tmp_path / "own"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    monkeypatch.setenv("CRM_HYGIENE_DUCKDB", str(tmp_path / "crm.duckdb"))
    return folder


def sources_of(folder, table: str) -> dict[str, str]:
    rows = rows_of(folder).items()
    return {key[1]: row["source"] for key, row in rows if key[0] == table and row["source"]}


def test_files_and_columns_are_known_by_what_people_call_them(own, capsys):
    assert mapping.main([str(own)]) == 0
    assert sources_of(own, "accounts") == {
        "account_id": "Company No",
        "name": "Company",
        "domain": "Web Site",
        "created_at": "Created",
        "owner_id": "Account Manager",
    }
    assert sources_of(own, "opportunities") == {
        "opportunity_id": "Deal No",
        "account_id": "Company No",
        "stage": "Phase",
        "owner_id": "Sales Rep",
        "created_at": "Opened",
        "close_date": "Expected Close",
        "closed_at": "Closed On",
        "loss_reason": "Lost Because",
    }
    assert sources_of(own, "contacts") == {
        "contact_id": "Personen-Nr",
        "first_name": "Vorname",
        "account_id": "Firma-Nr",
        "created_at": "Angelegt am",
    }
    assert sources_of(own, "users") == {
        "user_id": "Rep Code",
        "name": "Rep",
        "email": "Mail",
        "manager_id": "Reports To",
        "is_active": "Still Here",
    }
    assert sources_of(own, "activities") == {
        "activity_id": "No",
        "opportunity_id": "Deal",
        "contact_id": "Person",
        "type": "Kind",
        "occurred_at": "Happened",
        "owner_id": "By",
    }
    out = capsys.readouterr().out
    assert "not used" not in out and "REQUIRED" not in out


def test_a_log_of_stages_gets_constants_that_are_landed(own, tmp_path, capsys):
    mapping.main([str(own)])
    assert sources_of(own, "changes") == {
        "object_type": "'opportunity'",
        "field": "'stage'",
        "record_id": "Deal No",
        "change_id": "Log No",
        "old_value": "From Phase",
        "new_value": "To Phase",
        "changed_at": "Changed On",
        "changed_by": "Changed By",
    }
    # A constant of one's own, in a row that names no file.
    change(own, "currency,,deals.csv,", "currency,,,'O''Euro'")
    assert mapping.main([str(own), "--land"]) == 0
    with duckdb.connect(str(tmp_path / "crm.duckdb")) as connection:
        query = "select distinct object_type, field from crm_landing.changes"
        assert connection.sql(query).fetchall() == [("opportunity", "stage")]
        query = "select distinct currency from crm_landing.opportunities"
        assert connection.sql(query).fetchall() == [("O''Euro",)]
    change(own, "loss_reason,,deals.csv,Lost Because", "loss_reason,,sales_team.csv,Rep")
    assert mapping.main([str(own), "--land"]) == 1
    assert "opportunities has to come of one file, not of 2" in capsys.readouterr().err


@pytest.mark.parametrize(
    "head, deals, key",
    [
        # An id is unique and filled.
        ("Company,Company No", "Deal No,Stage\n1,x\n", "Company No"),
        ("Company,Company No\nC,1\nC,1\nB,", "Deal No,Stage\n1,x\n", ""),
        # A name is a key only where other files refer to it.
        ("Company,City", "Deal No,Stage\n1,x\n", ""),
        ("Company,City", "Deal No,Company\n1,A\n", "Company"),
        ("Company,Company No", "Deal No,Company\n1,A\n", "Company"),
    ],
)
def test_a_key_is_unique_and_what_others_refer_to(tmp_path, monkeypatch, capsys, head, deals, key):
    files = {"companies.csv": f"{head}\nA,7\nB,8\n", "deals.csv": deals}
    folder = filled_folder(tmp_path, monkeypatch, files)
    mapping.main([str(folder)])
    assert sources_of(folder, "accounts").get("account_id", "") == key
    assert ("not found: accounts.account_id" in capsys.readouterr().out) == (key == "")


@pytest.mark.parametrize(
    "column", ["Deal No", "Deal Nr", "Deal Number", "Deal Code", "Deal Key", "Deal Id", "Deal #"]
)
def test_last_words_that_mean_an_id(column):
    assert mapping.is_id(column)
    assert mapping.forms(column)[-1] == "deal_id"


def test_a_file_of_any_name_is_known_by_its_columns_or_said_what_it_could_be(
    tmp_path, monkeypatch, capsys
):
    files = {
        "dump_2025.csv": "opportunity_id,created_at,stage,amount\n1,2025-01-01,a,1\n",
        "misc.csv": "First Name,Last Name,Shoe size,Hat size\na,b,1,2\n",
    }
    folder = filled_folder(tmp_path, monkeypatch, files)
    assert mapping.main([str(folder)]) == 0
    assert sources_of(folder, "opportunities")["amount"] == "amount"
    out = capsys.readouterr().out
    assert "not recognised: misc.csv; it could be leads (2 columns), contacts (2 columns)" in out
    # What is not matched is there to be filled in, and landing passes over it.
    rows = rows_of(folder)
    assert rows["contacts", "contact_id"]["required"] == "required"
    assert not rows["contacts", "contact_id"]["file"] + rows["contacts", "contact_id"]["source"]
    assert mapping.main([str(folder), "--land"]) == 0
    assert "Landed in crm_landing: opportunities\n" in capsys.readouterr().out


def test_the_next_commands_keep_what_was_asked_for(own, tmp_path, capsys):
    path = tmp_path / "my mapping.csv"
    given = [str(own), "--mapping", str(path), "--schema", "mine"]
    assert mapping.main(given) == 0
    assert f"map {own} --mapping '{path}' --schema mine --land" in capsys.readouterr().out
    assert mapping.main([*given, "--land"]) == 0
    assert "crm_sources: [open], open_schema: mine, landed" in capsys.readouterr().out


@pytest.mark.parametrize(
    "dates, shown, variable",
    [
        (("01/02/2024", "07/19/2024 10:00"), "mdy", "mdy"),
        (("01/02/2024", "19/07/2024"), "dmy", "dmy"),
        (("01/02/2024", "31/31/2024"), "cannot be told", "<dmy or mdy>"),
        (("01/02/2024", "19/07/2024", "07/19/2024"), "cannot be told", "<dmy or mdy>"),
        (("19/07/2024", "18/07/2024"), "", ""),
        (("2024-01-02", "1.2.2024"), "", ""),
    ],
)
def test_dates_that_can_be_read_in_two_ways(tmp_path, monkeypatch, capsys, dates, shown, variable):
    rows = "".join(f"{number},{date}\n" for number, date in enumerate(dates))
    folder = filled_folder(tmp_path, monkeypatch, {"deals.csv": f"Deal No,Created\n{rows}"})
    formats = f"landed_formats: {{open: {{dates: {variable}}}}}"
    for arguments in ([], ["--land"]):
        assert mapping.main([str(folder), *arguments]) == 0
        out = capsys.readouterr().out
        assert ("DATES of deals.csv: Created" in out) == bool(shown)
        assert f"the values show: {shown}\n" in out or not shown
        assert (formats in out) == bool(shown)
    assert (f"[open], {formats}}}'" in out) == bool(shown)


GERMAN = {
    "Firmenliste 2025.csv": "Firmen-Nr.;Firmenname;Internetseite;Land;Betreuer;angelegt am\n"
    "F1;Werft;www.werft.example;Deutschland;AM;13/01/2024 09:00\n",
    "Ansprechpartner.csv": "Pers.-Nr.;Nachname;Firmen-Nr.;Werbesperre;erfasst am\n"
    "P1;Kolk;F1;nein;14/01/2024 09:00\n",
    "Angebote.csv": "Vorgangsnummer;Bezeichnung;Firmen-Nr.;Stand;Auftragswert;Währung;Verkäufer;"
    "eröffnet am;vorauss. Abschluss;abgeschlossen am;Verlustgrund\n"
    "A1;Kran;F1;Verloren;1.234,50;EUR;AM;15/01/2024;01/02/2024;03/02/2024 10:00;Preis\n"
    "A2;Winde;F1;Anfrage;500,00;EUR;AM;15/01/2024;30/03/2024;;\n",
    "Phasenprotokoll.csv": "Vorgangsnummer;alte Phase;neue Phase;geändert am;geändert von\n"
    "A1;Anfrage;Verloren;03/02/2024 10:00;AM\n",
    "Kontaktberichte.csv": "Lfd. Nr.;Art;Zeitpunkt;Vorgangsnummer;Pers.-Nr.;Wer\n"
    "1;Besuch;20/01/2024;A1;P1;AM\n",
    "Vertriebler.csv": "Kürzel;Name;Mailadresse;Abteilung;noch aktiv?\nAM;Anke;a@x.example;AD;ja\n",
}


def test_german_files_are_known_with_keys_that_only_others_tell(tmp_path, monkeypatch, capsys):
    folder = filled_folder(tmp_path, monkeypatch, GERMAN)
    assert mapping.main([str(folder)]) == 0
    out = capsys.readouterr().out
    assert "not used" not in out and "not recognised" not in out and "REQUIRED" not in out
    keys = {(table, column): row["source"] for (table, column), row in rows_of(folder).items()}
    assert keys["users", "user_id"] == "Kürzel"
    assert keys["activities", "activity_id"] == "Lfd. Nr."
    assert keys["changes", "record_id"] == keys["opportunities", "opportunity_id"]
    assert keys["changes", "field"] == "'stage'"
    assert keys["opportunities", "close_date"] == "vorauss. Abschluss"
    assert keys["opportunities", "closed_at"] == "abgeschlossen am"
    assert mapping.main([str(folder), "--land"]) == 0
    assert "landed_formats: {open: {dates: dmy}}" in capsys.readouterr().out
