"""The demo CRM, both landings together, is right against the truth that its generator wrote."""

import csv

import phonenumbers
import pytest
from conftest import ROOT, Warehouse


def truth(name: str) -> list[dict]:
    """The rows of a truth file, empty cells as None."""
    with open(ROOT / "tests" / "truth" / f"{name}.csv", newline="") as file:
        return [{key: value or None for key, value in row.items()} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def demo(warehouse):
    """The demo, built as `dbt build` builds it on an empty database, with every dbt test."""
    warehouse.build()
    return warehouse


def compare(found: list[tuple], expected: list[tuple]) -> None:
    """Fail with a few rows of either side that the other lacks."""
    missing = sorted(set(expected) - set(found), key=repr)
    surplus = sorted(set(found) - set(expected), key=repr)
    report = [f"{len(missing)} expected rows are missing, {len(surplus)} are not expected"]
    report += [f"missing: {row}" for row in missing[:8]] + [
        f"surplus: {row}" for row in surplus[:8]
    ]
    assert not missing and not surplus, "\n".join(report)
    assert len(found) == len(expected), "rows are repeated"


def second(column: str) -> str:
    """SQL for an instant as the truth writes it."""
    return f"strftime({column}, '%Y-%m-%d %H:%M:%S')"


def test_every_effective_change_and_not_one_more(demo):
    columns = [
        "crm",
        "object_type",
        "record_id",
        "field",
        "old_value",
        "new_value",
        "changed_by",
        "actor_kind",
        "channel",
    ]
    # HubSpot's recalculated property is landed as noise: kept and counted, but no one's edit.
    found = demo.sql(
        f"select {', '.join(columns)}, {second('changed_at')} from staging.stg_crm__field_changes "
        "where field <> 'hs_lastmodifieddate'"
    )
    compare(found, [tuple(row[c] for c in [*columns, "changed_at"]) for row in truth("changes")])


@pytest.mark.parametrize(
    ("periods", "value"), [("stage_periods", "stage"), ("owner_periods", "owner_id")]
)
def test_every_period(demo, periods, value):
    expected = [
        (
            r["crm"],
            r["object_type"],
            r["record_id"],
            int(r["period_number"]),
            r["value"],
            r["started_at"],
            r["ended_at"],
        )
        for r in truth(periods)
    ]
    found = demo.sql(
        f"select crm, object_type, record_id, period_number, {value}, {second('started_at')}, "
        f"{second('ended_at')} from intermediate.int_history__{periods}"
    )
    compare(found, expected)


def test_every_record_and_its_fate(demo):
    found = demo.sql(
        "select crm, object_type, record_id, "
        "case when is_live then 'live' when is_merged then 'merged' else 'deleted' end, "
        "owner_id, stage from intermediate.int_crm__records"
    )
    compare(
        found,
        [
            (r["crm"], r["object_type"], r["record_id"], r["fate"], r["owner_id"], r["stage"])
            for r in truth("records")
        ],
    )


def test_every_rejected_row(demo):
    # A key of several columns starts with the record's id.
    found = demo.sql(
        "select crm, source_table, split_part(source_key, ':', 1) from marts.rejected_rows"
    )
    compare(found, [(r["crm"], r["source_table"], r["source_key"]) for r in truth("rejected")])


def test_every_missing_column(demo):
    found = demo.sql(
        "select crm, source_table, source_column from marts.landing_coverage where not is_landed"
    )
    compare(found, [(r["crm"], r["table"], r["column"]) for r in truth("missing")])


def test_a_second_build_gives_the_same_rows(demo, tmp_path):
    tables = demo.sql(
        "select table_schema, table_name from information_schema.tables "
        "where table_schema in ('staging', 'intermediate', 'marts', 'policy') order by all"
    )
    assert len(tables) > 90
    again = Warehouse(tmp_path / "crm.duckdb")
    again.build("--exclude", "resource_type:test", "resource_type:unit_test")
    for schema, table in tables:
        query = f'select * from "{schema}"."{table}"'
        assert sorted(map(repr, again.sql(query))) == sorted(map(repr, demo.sql(query))), (
            f"{schema}.{table}"
        )


def test_phones_equal_the_phonenumbers_library(demo):
    rows = demo.sql(
        " union all ".join(
            f"select phone, country_iso2, phone_e164 from staging.stg_crm__{objects} "
            # 00 is read as + everywhere; the library does so only where it is dialled.
            "where phone not like '00%'"
            for objects in ("accounts", "contacts", "leads")
        )
    )
    assert len(rows) > 500
    for phone, country, found in rows:
        try:
            parsed = phonenumbers.parse(phone, country)
        except phonenumbers.NumberParseException:
            assert found is None, phone
            continue
        e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
        assert found == (e164 if phonenumbers.is_possible_number(parsed) else None), phone
