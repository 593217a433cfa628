"""Every landed row is staged, rejected or a duplicate, whatever is landed, however it is spelt."""

import datetime as dt

import pytest
from conftest import Warehouse

# Garbage is data: every data test of the project holds on it.
NO_UNIT_TESTS = ["--exclude", "resource_type:unit_test"]
AS_OF = "2026-01-31 12:00:00"


def counts(warehouse: Warehouse) -> dict[str, tuple]:
    """Landed, staged, rejected, duplicates by landed table."""
    rows = warehouse.sql(
        "select source_table, n_landed, n_staged, n_rejected, n_duplicates "
        "from marts.landing_row_counts where is_landed"
    )
    return {row[0]: row[1:] for row in rows}


# --- garbage ---

OK = "2025-01-01 00:00:00"

# id, created_at, name, is_customer, updated_at -> reason (None: staged, 'duplicate': an exact copy)
ACCOUNTS = [
    (("plain", OK, "Acme", "true", OK), None),
    (("plain", OK, "Acme", "true", OK), "duplicate"),
    (("   ", OK, "id of spaces", "true", OK), "missing account_id"),
    ((None, OK, "no id", "true", OK), "missing account_id"),
    ((None, OK, "no id", "true", OK), "duplicate"),
    (("no_time", None, "no time", "true", OK), None),
    (("text_in_a_date", "next tuesday", "x", "true", OK), None),
    (("no_such_day", "2025-02-30", "x", "true", OK), None),
    (("no_time_at_all", None, "no time", "true", None), "missing created_at"),
    (("no_day_at_all", "2025-02-30", "x", "true", "soon"), "unparseable created_at"),
    (("placeholders_at_all", "1900-01-01", "x", "true", "1970-01-01"), "missing created_at"),
    (("placeholder", "1900-01-01", "x", "true", OK), None),
    (("in_2999", "2999-01-01 00:00:00", "x", "true", OK), "created_at later than the run"),
    (("in_1000", "1000-01-01 00:00:00", "x", "true", OK), None),
    (("no_boolean", OK, "x", "perhaps", OK), None),
    (("quote", OK, 'O\'Brien "Bob"; drop table x --', "true", OK), None),
    (("newline", OK, "two\nlines\r\n\tand a tab", "true", OK), None),
    (
        ("mixed_encodings", OK, "JosÃ© José Jose\u0301 \ufffd 株式会社 🚀 \u202eabc", "true", OK),
        None,
    ),
    (
        ("late", OK, "old name", "true", "2025-01-02 00:00:00"),
        "superseded by a later row with the same key",
    ),
    (("late", OK, "new name", "true", "2025-01-03 00:00:00"), None),
    (("garbage_came_last", OK, "good", "true", "2025-01-02 00:00:00"), None),
    (
        ("garbage_came_last", "garbage", "bad", "true", "garbage"),
        "unparseable created_at",
    ),
    (("offset", "2025-01-01T02:00:00+0200", "x", "true", OK), None),
    (("offset_after_a_blank", "2024-12-31 19:00:00 -05", "x", "true", OK), None),
    (("iso", "2025-01-01T00:00:00.123Z", "x", "true", "1735689600000"), None),
]

# id, created_at, amount, close_date
OPPORTUNITIES = [
    (("plain", OK, "1250.50", "2025-06-30"), None),
    (("digits", OK, "9" * 300, "2025-06-30"), None),
    (("scientific", OK, "1e5", "2025-06-30"), None),
    (("thousands_comma", OK, "1,250", "2025-06-30"), None),
    (("dollars", OK, "$22,700.00", "2025-06-30"), None),
    (("euros", OK, "1.234,50 €", "2025-06-30"), None),
    (("euros_by_code", OK, "EUR 1 234 567,5", "2025-06-30"), None),
    (("decimal_comma", OK, "-12,50", "2025-06-30"), None),
    (("millions", OK, "1,234,567", "2025-06-30"), None),
    (("groups_of_dots", OK, "1.234.567", "2025-06-30"), None),
    (("groups_of_two", OK, "1,23,456.00", "2025-06-30"), None),
    (("two_short_numbers", OK, "12 5", "2025-06-30"), None),
    (("two_numbers", OK, "100-200", "2025-06-30"), None),
    (("infinite", OK, "inf", "2025-06-30"), None),
    (("american_date", OK, "1", "06/30/2025"), None),
    (("day_and_month_or_month_and_day", OK, "1", "06/05/2025"), None),
    (("european_date", OK, "1", "30/06/2025"), None),
    (("german_date", OK, "1", "30.6.2025"), None),
    (("year_first", OK, "1", "2025/06/30"), None),
    (("thirteenth_month", OK, "1", "30.13.2025"), None),
    (("far_close_date", OK, "1", "2999-12-31"), None),
    (("year_24", OK, "1", "0024-05-01"), None),
    (("blank_amount", OK, "  ", ""), None),
    (("words_for_nothing", OK, " NULL", "n/a"), None),
]

UNREADABLE_AMOUNTS = (
    "digits", "thousands_comma", "groups_of_two", "two_short_numbers", "two_numbers", "infinite",
)  # fmt: skip

# id, occurred_at, status
ACTIVITIES = [
    (("done", OK, "done"), None),
    (("planned_ahead", "2999-01-01 00:00:00", "planned"), None),
    (("done_in_2999", "2999-01-01 00:00:00", "done"), "occurred_at later than the run"),
]

# object_type, record_id, field, changed_at, change_id, old, new
CHANGES = [
    (("opportunity", "plain", "stage", OK, "c1", "A", "B"), None),
    (("opportunity", "plain", "stage", OK, "c1", "A", "B"), "duplicate"),
    (("widget", "plain", "stage", OK, "c2", "A", "B"), "unknown object_type"),
    (("opportunity", None, "stage", OK, "c3", "A", "B"), "missing record_id"),
    (("opportunity", "plain", " ", OK, "c4", "A", "B"), "missing field"),
    (("opportunity", "plain", "stage", "", "c5", "A", "B"), "missing changed_at"),
    (("opportunity", "plain", "stage", OK, None, "B", "C"), None),
    (("opportunity", "plain", "stage", OK, None, "B", "C"), "duplicate"),
]


@pytest.fixture(scope="module")
def garbage(warehouse) -> Warehouse:
    def text(*names):
        return dict.fromkeys(names, "varchar")

    land = warehouse.land
    land(
        "crm_landing",
        "accounts",
        text("account_id", "created_at", "name", "is_customer", "updated_at"),
        [row for row, _ in ACCOUNTS],
    )
    land(
        "crm_landing",
        "opportunities",
        text("opportunity_id", "created_at", "amount", "close_date"),
        [row for row, _ in OPPORTUNITIES],
    )
    land(
        "crm_landing",
        "activities",
        text("activity_id", "occurred_at", "status"),
        [row for row, _ in ACTIVITIES],
    )
    land(
        "crm_landing",
        "changes",
        text(
            "object_type", "record_id", "field", "changed_at", "change_id", "old_value", "new_value"
        ),
        [row for row, _ in CHANGES],
    )
    land("crm_landing", "cases", text("case_id", "created_at"), [])
    warehouse.build(*NO_UNIT_TESTS, variables={"crm_sources": ["open"], "as_of": AS_OF})
    return warehouse


@pytest.mark.parametrize(
    ("table", "staged_as", "planted"),
    [
        ("accounts", "stg_crm__accounts", ACCOUNTS),
        ("opportunities", "stg_crm__opportunities", OPPORTUNITIES),
        ("activities", "stg_crm__activities", ACTIVITIES),
        ("changes", "stg_crm__field_changes", CHANGES),
    ],
)
def test_garbage_is_conserved_and_named(garbage, table, staged_as, planted):
    staged = sum(reason is None for _, reason in planted)
    duplicates = sum(reason == "duplicate" for _, reason in planted)
    reasons = sorted(reason for _, reason in planted if reason not in (None, "duplicate"))
    assert counts(garbage)[table] == (len(planted), staged, len(reasons), duplicates)
    assert garbage.sql(f"select count(*) from staging.{staged_as}") == [(staged,)]
    rejected = garbage.sql(
        f"select reason from marts.rejected_rows where source_table = '{table}' order by reason"
    )
    assert [row[0] for row in rejected] == reasons


def test_an_empty_table_is_landed_and_said_to_be_empty(garbage):
    assert counts(garbage)["cases"] == (0, 0, 0, 0)
    assert garbage.sql(
        "select distinct is_table_landed, is_table_empty from marts.landing_coverage "
        "where source_table = 'cases'"
    ) == [(True, True)]
    assert garbage.sql(
        "select distinct is_landed from marts.landing_coverage where source_table = 'contacts'"
    ) == [(False,)]


def test_values_arrive_as_landed(garbage):
    names = dict(garbage.sql("select account_id, account_name from staging.stg_crm__accounts"))
    for row, reason in ACCOUNTS:
        if reason is None:
            assert names[row[0]] == row[2]
    assert dict(
        garbage.sql(
            "select opportunity_id, cast(amount as varchar) from staging.stg_crm__opportunities"
        )
    ) == {
        "plain": "1250.500000",
        **dict.fromkeys(UNREADABLE_AMOUNTS),
        **dict.fromkeys(
            (
                "american_date",
                "day_and_month_or_month_and_day",
                "european_date",
                "german_date",
                "year_first",
                "thirteenth_month",
            ),
            "1.000000",
        ),
        "scientific": "100000.000000",
        "far_close_date": "1.000000",
        "year_24": "1.000000",
        "dollars": "22700.000000",
        "euros": "1234.500000",
        "euros_by_code": "1234567.500000",
        "decimal_comma": "-12.500000",
        "millions": "1234567.000000",
        "groups_of_dots": "1234567.000000",
        "blank_amount": None,
        "words_for_nothing": None,
    }
    closed = dict(
        garbage.sql(
            "select opportunity_id, close_date from staging.stg_crm__opportunities"
            " where amount = 1 and opportunity_id not in ('far_close_date', 'year_24')"
        )
    )
    end_of_june = dt.date(2025, 6, 30)
    assert closed == {
        **dict.fromkeys(
            ("american_date", "european_date", "german_date", "year_first"), end_of_june
        ),
        "day_and_month_or_month_and_day": None,
        "thirteenth_month": None,
    }
    unreadable = garbage.sql(
        "select source_table, unreadable_columns, n_rows from marts.unreadable_values order by all"
    )
    assert unreadable == [
        ("accounts", "created_at", 2),
        ("accounts", "is_customer", 1),
        ("opportunities", "amount", len(UNREADABLE_AMOUNTS)),
        ("opportunities", "close_date", 2),
    ]
    assert (
        dict(garbage.sql("select account_id, has_creation_date from staging.stg_crm__accounts"))[
            "placeholder"
        ]
        is False
    )
    created = dict(garbage.sql("select account_id, created_at from staging.stg_crm__accounts"))
    assert created["offset"] == dt.datetime(2025, 1, 1)
    assert created["offset_after_a_blank"] == dt.datetime(2025, 1, 1)
    assert created["iso"] == dt.datetime(2025, 1, 1, 0, 0, 0, 123000)


def test_the_raw_values_of_a_rejected_row_are_kept(garbage):
    [(raw,)] = garbage.sql(
        "select raw from marts.rejected_rows "
        "where source_key = 'no_day_at_all' and source_table = 'accounts'"
    )
    assert '"created_at":"2025-02-30"' in raw.replace(" ", "")


def test_csv_files_are_landed_whatever_is_in_them(tmp_path):
    folder = tmp_path / "landing"
    folder.mkdir()
    (folder / "opportunities.csv").write_text(
        'opportunity_id,created_at,name\n1,2025-01-01,"two\nlines, ""quoted"""\n2,someday,x\n'
    )
    (folder / "Accounts.csv").write_bytes(
        b"account_id,created_at,name\n1,2025-01-01,Jos\xe9\n2,2025-01-01,caf\xc3\xa9\n"
    )
    (folder / "cases.csv").write_text("case_id,created_at\n")
    warehouse = Warehouse(tmp_path / "crm.duckdb")
    models = ["base_open__opportunities", "base_open__accounts", "base_open__cases"]
    variables = {"crm_sources": ["open"], "open_files": str(folder), "as_of": AS_OF}
    seed = ["seed", "--select", "placeholder_dates"]
    assert warehouse.dbt(*seed, variables=variables).success
    for _ in range(2):
        assert warehouse.dbt("run", "--select", *models, variables=variables).success
    assert warehouse.sql(
        "select opportunity_id, name, reject_reason from staging.base_open__opportunities "
        "order by opportunity_id"
    ) == [("1", 'two\nlines, "quoted"', None), ("2", "x", "unparseable created_at")]
    assert warehouse.sql(
        "select name, landing_status from staging.base_open__accounts order by account_id"
    ) == [("José", "staged"), ("cafÃ©", "staged")]
    assert warehouse.sql("select count(*) from staging.base_open__cases") == [(0,)]


# --- the same landing, spelt in several ways ---

OPP_1, OPP_2 = "006000000000001AAA", "006000000000002AAA"
ANN, BOB, QUEUE = "005000000000001AAA", "005000000000002AAA", "00G000000000001AAA"

SALESFORCE = {
    "opportunity": (
        {
            "id": "varchar",
            "is_deleted": "boolean",
            "name": "varchar",
            "stage_name": "varchar",
            "amount": "double",
            "close_date": "date",
            "owner_id": "varchar",
            "created_date": "timestamptz",
            "system_modstamp": "timestamptz",
            "_fivetran_synced": "timestamptz",
        },
        [
            (
                OPP_1,
                False,
                "One",
                "Won",
                10000.0,
                "2025-03-31",
                BOB,
                "2025-01-01 10:00:00+00",
                "2025-02-01 00:00:00+00",
                "2025-06-01 00:00:00+00",
            ),
            (
                OPP_2,
                True,
                "Two",
                "Open",
                None,
                None,
                QUEUE,
                "2025-01-02 10:00:00+00",
                "2025-02-02 00:00:00+00",
                "2025-06-01 00:00:00+00",
            ),
        ],
    ),
    "opportunity_field_history": (
        {
            "id": "varchar",
            "opportunity_id": "varchar",
            "field": "varchar",
            "old_value": "varchar",
            "new_value": "varchar",
            "created_by_id": "varchar",
            "created_date": "timestamptz",
        },
        [
            ("017A", OPP_1, "created", None, None, ANN, "2025-01-01 10:00:00+00"),
            ("017B", OPP_1, "Owner", "Ann", "Bob", ANN, "2025-01-05 10:00:00+00"),
            ("017C", OPP_1, "Owner", ANN, BOB, ANN, "2025-01-05 10:00:00+00"),
            ("017D", OPP_1, "StageName", "Open", "Won", BOB, "2025-01-09 10:00:00+00"),
            ("017E", OPP_1, "Amount", "9000.0", "10000.0", BOB, "2025-01-09 10:00:00+00"),
        ],
    ),
    "opportunity_stage": (
        {
            "id": "varchar",
            "master_label": "varchar",
            "sort_order": "bigint",
            "is_closed": "boolean",
            "is_won": "boolean",
        },
        [("01J1", "Open", 1, False, False), ("01J2", "Won", 2, True, True)],
    ),
    "user": (
        {"id": "varchar", "name": "varchar", "is_active": "boolean"},
        [(ANN, "Ann", False), (BOB, "Bob", True)],
    ),
    "group": (
        {"id": "varchar", "name": "varchar", "type": "varchar"},
        [(QUEUE, "Inbound", "Queue")],
    ),
}

DRESSES = {
    "fivetran": lambda name: name,
    "api_names": lambda name: (
        name if name.startswith("_") else "".join(part.title() for part in name.split("_"))
    ),
    "lower_case_without_underscores": lambda name: (
        name if name.startswith("_") else name.replace("_", "")
    ),
}
MODELS = [f"base_salesforce__{table}" for table in SALESFORCE]


@pytest.fixture(scope="module")
def dressed(tmp_path_factory) -> dict[str, dict[str, list]]:
    """The rows of the base models on one landing in several spellings and types."""
    staged = {}
    for dress in [*DRESSES, "all_text", "two_spellings_of_a_column"]:
        warehouse = Warehouse(tmp_path_factory.mktemp(dress) / "crm.duckdb")
        spelt = DRESSES.get(dress, DRESSES["fivetran"])
        for table, (columns, rows) in SALESFORCE.items():
            types = {
                spelt(name): "varchar" if dress == "all_text" else kind
                for name, kind in columns.items()
            }
            if dress == "all_text":
                rows = [
                    tuple(
                        str(value).replace("+00", "+0000") if value is not None else None
                        for value in row
                    )
                    for row in rows
                ]
            if dress == "two_spellings_of_a_column" and table == "opportunity":
                # Half of the rows hold the name in one column, half in the other.
                types["Name"[:3] + "_e"] = "varchar"
                rows = [
                    (*row[:2], row[2] if place else None, *row[3:], None if place else row[2])
                    for place, row in enumerate(rows)
                ]
            warehouse.land("salesforce", spelt(table), types, rows)
        # The spelling is over behind the base models.
        warehouse.build(
            "--select",
            "placeholder_dates",
            *MODELS,
            variables={"crm_sources": ["salesforce"], "as_of": AS_OF},
        )
        staged[dress] = {
            model: sorted(map(repr, warehouse.sql(f"select * exclude raw from staging.{model}")))
            for model in MODELS
        }
    return staged


@pytest.mark.parametrize(
    "dress",
    ["api_names", "lower_case_without_underscores", "all_text", "two_spellings_of_a_column"],
)
def test_the_spelling_of_a_landing_changes_nothing(dressed, dress):
    assert dressed[dress] == dressed["fivetran"]


def test_the_plainly_spelt_landing_is_staged_whole(dressed):
    for table, (_, rows) in SALESFORCE.items():
        staged = dressed["fivetran"][f"base_salesforce__{table}"]
        assert len(staged) == len(rows)
        assert all("'staged'" in row for row in staged)


def test_a_wrong_crm_source_is_said_plainly(warehouse):
    result = warehouse.dbt("parse", variables={"crm_sources": ["pipedrive"]})
    assert not result.success
    assert "crm_sources names 'pipedrive'" in str(result.exception)


def test_a_wrong_as_of_is_said_plainly(warehouse):
    result = warehouse.dbt(
        "compile",
        "--select",
        "stg_crm__stages",
        "stg_crm__accounts",
        variables={"crm_sources": ["open"], "as_of": "yesterday"},
    )
    assert not result.success
    assert "as_of is 'yesterday'" in str(
        result.exception or [r.message for r in result.result.results]
    )
