"""A CRM is read alike as Fivetran, Airbyte, dlt and Stitch land it, and what lost rows is told."""

from collections import Counter
from functools import cache

import loader_shapes
import pytest
from conftest import Warehouse

HUBSPOT = {"crm_sources": ["hubspot"]}
SALESFORCE = {"crm_sources": ["salesforce"]}
AT = "2025-03-01T10:00:00Z"
WON_AT = "2025-05-15T10:00:00Z"
LOADERS = ["airbyte", "dlt", "stitch"]
CRMS = ["hubspot", "salesforce"]
NO_TESTS = ["--exclude", "resource_type:test", "resource_type:unit_test"]

# What a loader does not tell: the model; which rows (all: None); which of their columns (the rows
# themselves: none); why. docs/loaders.md tells users of it.
GONE = "it does not tell what is gone for good"
GONE_HUBSPOT = [
    ("accounts", "account_id = '8100000308'", ["is_flagged_deleted"], GONE),
    ("opportunities", "opportunity_id = '17300000763'", ["is_flagged_deleted"], GONE),
]
GONE_ACCOUNTS = "'0015g0000000019AAA', '0015g0000000044AAA', '0015g0000000045AAA'"
GONE_CONTACTS = "'0035g0000000062AAA', '0035g0000000068AAA'"
GONE_SALESFORCE = [
    ("accounts", f"account_id in ({GONE_ACCOUNTS})", ["is_flagged_deleted"], GONE),
    ("contacts", f"contact_id in ({GONE_CONTACTS})", ["is_flagged_deleted"], GONE),
    ("opportunities", "opportunity_id = '0065g0000000112AAA'", ["is_flagged_deleted"], GONE),
]
COPIES = ("field_changes", "is_duplicate", [], "it lands rows more than once")
STAGES = ("stages", "is_retired", [], "it does not tell the stages that were deleted")
CHANGES = (
    ("field_changes", "landed_field = 'dealstage'", ["source_table"],
     "it tells the stages in the history of the properties"),
)  # fmt: skip
NOT_READ = "it does not read them"
UNTOLD = {
    ("airbyte", "hubspot"): [
        *GONE_HUBSPOT, *CHANGES, COPIES, STAGES,
        ("field_changes", "object_type = 'case'", [], "it has no history of tickets"),
        ("field_changes", "landed_field = 'hs_lastmodifieddate'", [], "it leaves these out"),
        ("users", None, ["user_type"], "it leaves this out"),
    ],
    ("airbyte", "salesforce"): [*GONE_SALESFORCE, COPIES],
    ("dlt", "hubspot"): [
        *GONE_HUBSPOT, *CHANGES, COPIES, STAGES,
        ("activities", None, [], NOT_READ),
        ("activity_links", None, [], NOT_READ),
        ("mailings", None, [], NOT_READ),
    ],
    ("dlt", "salesforce"): [
        *GONE_SALESFORCE,
        ("cases", None, [], NOT_READ),
        ("creations", "object_type = 'case'", [], NOT_READ),
        ("field_changes", None, [], NOT_READ),
        ("sla_clocks", None, [], NOT_READ),
        ("stages", None, [], NOT_READ),
        ("users", "kind = 'queue'", [], NOT_READ),
        ("workflow_events", None, [], NOT_READ),
    ],
    ("stitch", "hubspot"): [
        STAGES,
        ("accounts", None, ["is_flagged_deleted"], "it does not tell what is deleted"),
        ("contacts", None, ["is_flagged_deleted"], "it does not tell what is deleted"),
        ("opportunities", None, ["is_flagged_deleted"], "it does not tell what is deleted"),
        ("activities", "activity_type = 'call'", ["direction"], "it does not tell it of calls"),
        ("activities", None, ["is_automated"], "it does not tell through what they were made"),
        ("field_changes", None, [], "it keeps the newest value of a property only"),
        ("users", None, ["department"], "it does not read the teams"),
    ],
    ("stitch", "salesforce"): GONE_SALESFORCE,
}  # fmt: skip


def land(warehouse: Warehouse, schema: str, tables: dict[str, list[dict]]) -> None:
    """Land rows, every value as text; one table's rows have the same columns."""
    for table, rows in tables.items():
        columns = dict.fromkeys(rows[0], "varchar")
        warehouse.land(schema, table, columns, [tuple(row.values()) for row in rows])


@pytest.fixture(scope="module")
def staged(tmp_path_factory):
    """Return what gives the warehouse with the demo staged as a loader lands it."""

    @cache
    def of(loader: str) -> Warehouse:
        warehouse = Warehouse(tmp_path_factory.mktemp(loader) / "crm.duckdb")
        loader_shapes.land(warehouse.path, loader)
        models = [f"+staging.{crm}" for crm in CRMS]
        warehouse.build("--select", *models, *NO_TESTS, variables={"crm_sources": CRMS})
        return warehouse

    return of


def told(warehouse: Warehouse, model: str, untold: list[tuple]) -> Counter:
    """Return the rows of a staged model without what a loader does not tell."""
    hidden, columns = ["true"], []
    for _, rows, names, _ in untold:
        if not names:
            hidden.append(f"({rows or 'true'}) is not true")
        columns += [f"case when ({rows or 'true'}) is not true then {n} end as {n}" for n in names]
    replaced = f" replace ({', '.join(columns)})" if columns else ""
    return Counter(
        warehouse.sql(f"select *{replaced} from staging.{model} where {' and '.join(hidden)}")
    )


def models_of(warehouse: Warehouse, crm: str) -> list[str]:
    """Return the names of a CRM's staging models without their prefix."""
    return [
        name.partition("__")[2]
        for (name,) in warehouse.sql(
            "select table_name from information_schema.tables"
            f" where table_schema = 'staging' and table_name like 'stg\\_{crm}\\_%' escape '\\'"
        )
    ]


@pytest.mark.parametrize("crm", CRMS)
@pytest.mark.parametrize("loader", LOADERS)
def test_the_demo_is_read_alike_as_every_loader_lands_it(staged, loader, crm):
    faults = []
    for name in models_of(staged("fivetran"), crm):
        untold = [part for part in UNTOLD[loader, crm] if part[0] == name]
        model = f"stg_{crm}__{name}"
        expected, found = (told(staged(one), model, untold) for one in ("fivetran", loader))
        lacking, surplus = expected - found, found - expected
        if lacking or surplus:
            faults.append(f"{model} lacks {lacking.total()} rows, has {surplus.total()} others:")
            faults += [f"  - {row}" for row in list(lacking)[:2]]
            faults += [f"  + {row}" for row in list(surplus)[:2]]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(("loader", "crm"), UNTOLD)
def test_what_a_loader_is_said_not_to_tell_it_does_not(staged, loader, crm):
    for part in UNTOLD[loader, crm]:
        model = f"stg_{crm}__{part[0]}"
        others = [one for one in UNTOLD[loader, crm] if one[0] == part[0] and one is not part]
        assert told(staged("fivetran"), model, others) != told(staged(loader), model, others), part


@pytest.mark.parametrize("crm", CRMS)
def test_the_demo_has_rows_of_all_that_is_compared(staged, crm):
    warehouse = staged("fivetran")
    empty = [m for m in models_of(warehouse, crm) if not told(warehouse, f"stg_{crm}__{m}", [])]
    assert empty in ([], ["named_by_rejected_rows"])


def test_values_that_stitch_splits_by_type_are_one(warehouse):
    land(
        warehouse,
        "salesforce",
        {
            "opportunityfieldhistory": [
                {"id": "h1", "opportunityid": "o", "field": "StageName", "oldvalue__st": "New",
                 "newvalue": "Won", "oldvalue__fl": None, "newvalue__fl": None,
                 "createddate": WON_AT, "_sdc_batched_at": WON_AT},
                {"id": "h2", "opportunityid": "o", "field": "Amount", "oldvalue__st": None,
                 "newvalue": None, "oldvalue__fl": "4000.0", "newvalue__fl": "5000.0",
                 "createddate": WON_AT, "_sdc_batched_at": WON_AT},
            ]
        },
    )  # fmt: skip
    select = ["--select", "placeholder_dates", "base_salesforce__opportunity_field_history"]
    warehouse.build(*select, variables=SALESFORCE)
    assert warehouse.sql(
        "select id, old_value, new_value, landing_status"
        " from staging.base_salesforce__opportunity_field_history order by id"
    ) == [("h1", "New", "Won", "staged"), ("h2", "4000.0", "5000.0", "staged")]


def test_an_id_of_15_characters_is_that_of_18(warehouse):
    rows = [{"id": "0065g0000000003", "account_id": "0015G00000aBcDe", "created_date": AT}]
    land(warehouse, "salesforce", {"opportunity": rows})
    select = ["--select", "placeholder_dates", "base_salesforce__opportunity"]
    warehouse.build(*select, variables=SALESFORCE)
    assert warehouse.sql("select id, account_id from staging.base_salesforce__opportunity") == [
        ("0065g0000000003AAA", "0015G00000aBcDeQAK")
    ]


def test_a_landing_of_which_nothing_is_read_is_an_error(tmp_path):
    warehouse = Warehouse(tmp_path / "crm.duckdb")
    land(warehouse, "hubspot", {"dim_customers": [{"id": "1"}]})
    result = warehouse.dbt("run", "--select", "base_hubspot__deal", variables=HUBSPOT)
    assert not result.success
    said = str(result.exception or [one.message for one in result.result.results])
    assert "Nothing of hubspot can be read in hubspot, where dim_customers is" in said


# --- lost rows ---


def test_a_day_that_lost_rows_is_no_measure_for_the_next(tmp_path):
    warehouse = Warehouse(tmp_path / "crm.duckdb")

    def is_short(day: int, n_rows: int) -> tuple:
        rows = [{"account_id": str(number), "created_at": AT} for number in range(n_rows)]
        land(warehouse, "crm_landing", {"accounts": rows})
        variables = {"crm_sources": ["open"], "as_of": f"2025-06-{day:02}"}
        select = ["--select", "+int_landing__losses", *NO_TESTS]
        warehouse.build(*select, variables=variables)
        (found,) = warehouse.sql(
            "select is_short, n_before from intermediate.int_landing__losses"
            f" where source_table = 'accounts' and landing_date = '2025-06-{day:02}'"
        )
        return found

    assert is_short(1, 20) == (False, None)
    # Exactly the share that policy allows, then one row more, then the same loss a day later.
    assert is_short(2, 18) == (False, 20)
    assert is_short(3, 16) == (True, 18)
    assert is_short(4, 16) == (True, 18)
    assert is_short(5, 17) == (False, 18)
