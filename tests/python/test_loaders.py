"""A CRM is read alike as Fivetran, Airbyte, dlt and Stitch land it, and what lost rows is told."""

import json

import pytest
from conftest import Warehouse

HUBSPOT = {"crm_sources": ["hubspot"]}
SALESFORCE = {"crm_sources": ["salesforce"]}
AT = "2025-03-01T10:00:00Z"
WON_AT = "2025-05-15T10:00:00Z"
READ = {
    "stg_hubspot__opportunities": "opportunity_id, created_at, account_id, opportunity_name,"
    " pipeline, stage, owner_id, amount, close_date, is_flagged_deleted",
    "stg_hubspot__accounts": "account_id, account_name, domain, created_at, is_flagged_deleted",
    "stg_hubspot__contacts": "contact_id, email, created_at, is_flagged_deleted",
    "stg_hubspot__opportunity_contacts": "opportunity_id, contact_id",
    "stg_hubspot__stages": "pipeline, stage, stage_label, stage_order, kind",
    "stg_hubspot__users": "user_id, login_id, user_name, email, is_active",
    "stg_hubspot__field_changes": "object_type, record_id, field, old_value, new_value,"
    " changed_at, login_id, actor_kind, channel",
}
STAGES = [
    ("new", "New", 0, "false", "0.2"),
    ("closedwon", "Closed won", 1, "true", "1.0"),
    ("closedlost", "Closed lost", 2, "true", "0.0"),
]
# id, is deleted, name, stage, amount
DEALS = [("1", "false", "D1", "closedwon", "1000"), ("2", "true", "D2", "new", "12,50")]
CHANGES = [("1", "dealstage", "new", AT), ("1", "dealstage", "closedwon", WON_AT)]


def land(warehouse: Warehouse, schema: str, tables: dict[str, list[dict]]) -> None:
    """Land rows, every value as text; one table's rows have the same columns."""
    for table, rows in tables.items():
        columns = dict.fromkeys(rows[0], "varchar")
        warehouse.land(schema, table, columns, [tuple(row.values()) for row in rows])


def fivetran() -> dict[str, list[dict]]:
    """Return the HubSpot landing as Fivetran makes it."""
    return {
        "deal": [
            {
                "deal_id": deal, "_fivetran_deleted": deleted, "property_dealname": name,
                "deal_pipeline_id": "default", "deal_pipeline_stage_id": stage, "owner_id": "500",
                "property_amount": amount, "property_createdate": AT, "property_closedate": WON_AT,
            }
            for deal, deleted, name, stage, amount in DEALS
        ],
        "company": [{"id": "9", "property_name": "Alpha", "property_domain": "alpha.example",
                     "property_createdate": AT}],
        "contact": [{"id": "7", "property_email": "p@alpha.example", "property_createdate": AT}],
        "deal_company": [{"deal_id": "1", "company_id": "9"}],
        "deal_contact": [{"deal_id": "1", "contact_id": "7"}],
        "deal_pipeline": [{"pipeline_id": "default", "label": "Sales"}],
        "deal_pipeline_stage": [
            {"stage_id": stage, "pipeline_id": "default", "label": label,
             "display_order": str(order), "is_closed": closed, "probability": probability}
            for stage, label, order, closed, probability in STAGES
        ],
        "deal_property_history": [
            {"deal_id": deal, "name": name, "value": value, "timestamp": at, "source": "CRM_UI",
             "source_id": "userId:77"}
            for deal, name, value, at in CHANGES
        ],
        "owner": [{"owner_id": "500", "email": "o@x.example", "first_name": "O", "last_name": "W",
                   "active_user_id": "77", "is_active": "true"}],
    }  # fmt: skip


def airbyte() -> dict[str, list[dict]]:
    """Return the same as Airbyte's source-hubspot makes it."""
    loaded = {"_airbyte_raw_id": "a", "_airbyte_extracted_at": "2025-06-29T00:00:00Z"}
    stages = [
        {"stageId": stage, "label": label, "displayOrder": order,
         "metadata": {"isClosed": closed, "probability": probability}}
        for stage, label, order, closed, probability in STAGES
    ]  # fmt: skip
    return {
        "deals": [
            {
                "id": deal, "archived": deleted, "createdAt": AT, "properties_dealname": name,
                "properties_pipeline": "default", "properties_dealstage": stage,
                "properties_hubspot_owner_id": "500", "properties_amount": amount,
                "properties_createdate": AT, "properties_closedate": WON_AT,
                "companies": json.dumps(["9"] if deal == "1" else []),
                "contacts": json.dumps(["7"] if deal == "1" else []), **loaded,
            }
            for deal, deleted, name, stage, amount in DEALS
        ],
        "companies": [{"id": "9", "properties_name": "Alpha", "properties_domain": "alpha.example",
                       "properties_createdate": AT, **loaded}],
        "contacts": [{"id": "7", "properties_email": "p@alpha.example",
                      "properties_createdate": AT, **loaded}],
        "deal_pipelines": [{"pipelineId": "default", "label": "Sales",
                            "stages": json.dumps(stages), **loaded}],
        "deals_property_history": [
            {"dealId": deal, "property": name, "value": value, "timestamp": at,
             "sourceType": "CRM_UI", "sourceId": "userId:77", **loaded}
            for deal, name, value, at in CHANGES
        ],
        "owners": [{"id": "500", "email": "o@x.example", "firstName": "O", "lastName": "W",
                    "userId": "77", "archived": "false", **loaded}],
    }  # fmt: skip


def dlt() -> dict[str, list[dict]]:
    """Return the same as dlt's verified source makes it: the history is copied in each run."""
    return {
        "deals": [
            {"id": deal, "is_deleted": deleted, "dealname": name, "pipeline": "default",
             "dealstage": stage, "hubspot_owner_id": "500", "amount": amount, "createdate": AT,
             "closedate": WON_AT, "_dlt_id": f"d{deal}", "_dlt_load_id": "1751155200.1"}
            for deal, deleted, name, stage, amount in DEALS
        ],
        "companies": [{"id": "9", "name": "Alpha", "domain": "alpha.example", "createdate": AT,
                       "_dlt_id": "c9", "_dlt_load_id": "1751155200.1"}],
        "contacts": [{"id": "7", "email": "p@alpha.example", "createdate": AT, "_dlt_id": "p7",
                      "_dlt_load_id": "1751155200.1"}],
        "deals__companies": [{"value": "1", "companies_id": "9", "_dlt_parent_id": "d1"}],
        "deals__contacts": [{"value": "1", "contacts_id": "7", "_dlt_parent_id": "d1"}],
        "pipelines_deals": [{"id": "default", "label": "Sales", "_dlt_id": "p"}],
        "pipelines_deals__stages": [
            {"id": stage, "label": label, "display_order": str(order),
             "metadata__is_closed": closed, "metadata__probability": probability,
             "_dlt_parent_id": "p"}
            for stage, label, order, closed, probability in STAGES
        ],
        "deals_property_history": [
            {"object_id": deal, "property_name": name, "value": value, "timestamp": at,
             "source_type": "CRM_UI", "source_id": "userId:77", "_dlt_load_id": run}
            for deal, name, value, at in CHANGES
            for run in ("1751155200.1", "1751241600.1")
        ],
        "owners": [{"id": "500", "email": "o@x.example", "first_name": "O", "last_name": "W",
                    "user_id": "77", "archived": "false", "_dlt_load_id": "1751155200.1"}],
    }  # fmt: skip


@pytest.fixture(scope="module")
def as_read(tmp_path_factory) -> dict[str, dict[str, list]]:
    """Return what is staged of each landing."""
    found = {}
    for landing in (fivetran, airbyte, dlt):
        warehouse = Warehouse(tmp_path_factory.mktemp(landing.__name__) / "crm.duckdb")
        land(warehouse, "hubspot", landing())
        seeds = ["placeholder_dates", "field_map", "hubspot_change_sources"]
        models = [f"+{model}" for model in READ]
        no_tests = ["--exclude", "resource_type:test", "resource_type:unit_test"]
        warehouse.build("--select", *seeds, *models, *no_tests, variables=HUBSPOT)
        found[landing.__name__] = {
            model: warehouse.sql(
                f"select {columns} from staging.{model}"
                + (" where old_value is not null" if model.endswith("changes") else "")
                + " order by all"
            )
            for model, columns in READ.items()
        }
    return found


@pytest.mark.parametrize("loader", ["airbyte", "dlt"])
def test_hubspot_is_read_as_every_loader_lands_it(as_read, loader):
    assert as_read[loader] == as_read["fivetran"]


def test_the_landing_of_the_loaders_is_read_whole(as_read):
    staged = as_read["fivetran"]
    assert {name: len(rows) for name, rows in staged.items()} == {
        "stg_hubspot__opportunities": 2,
        "stg_hubspot__accounts": 1,
        "stg_hubspot__contacts": 1,
        "stg_hubspot__opportunity_contacts": 1,
        "stg_hubspot__stages": 3,
        "stg_hubspot__users": 1,
        "stg_hubspot__field_changes": 1,
    }
    assert [row[2] for row in staged["stg_hubspot__opportunities"]] == ["9", None]
    assert [float(row[7]) for row in staged["stg_hubspot__opportunities"]] == [1000, 12.5]
    assert [row[-1] for row in staged["stg_hubspot__stages"]] == ["lost", "won", "open"]


def test_values_that_stitch_splits_by_type_are_one(warehouse):
    land(
        warehouse,
        "salesforce",
        {
            "opportunityfieldhistory": [
                {"id": "h1", "opportunityid": "o", "field": "StageName", "oldvalue__st": "New",
                 "newvalue__st": "Won", "oldvalue__fl": None, "newvalue__fl": None,
                 "createddate": WON_AT, "_sdc_batched_at": WON_AT},
                {"id": "h2", "opportunityid": "o", "field": "Amount", "oldvalue__st": None,
                 "newvalue__st": None, "oldvalue__fl": "4000.0", "newvalue__fl": "5000.0",
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
        no_tests = ["--exclude", "resource_type:test", "resource_type:unit_test"]
        select = ["--select", "+int_landing__losses", *no_tests]
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
