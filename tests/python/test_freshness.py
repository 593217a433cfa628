"""What `dbt source freshness` says of a landing."""

from datetime import UTC, datetime, timedelta

VARIABLES = {"crm_sources": ["salesforce", "open"]}
TABLES = ["account", "contact", "task", "lead", "opportunity_stage"]


def test_freshness_is_told_of_what_is_landed_with_its_loading_time(warehouse):
    now = datetime.now(UTC).replace(tzinfo=None)
    synced = {"id": "varchar", "_fivetran_synced": "timestamp"}
    warehouse.land("salesforce", "account", synced, [("1", now - timedelta(hours=1))])
    # Landed under its API name, in text.
    late = (now - timedelta(hours=48)).isoformat()
    warehouse.land(
        "salesforce", "Contact", dict.fromkeys(["Id", "_FivetranSynced"], "text"), [("1", late)]
    )
    warehouse.land("salesforce", "task", {"id": "varchar"}, [("1",)])
    # A list that changes seldom.
    warehouse.land("salesforce", "opportunity_stage", synced, [("1", now - timedelta(days=100))])
    select = ["--select", *(f"source:salesforce.{table}" for table in TABLES)]
    select += ["source:open.accounts", "source:hubspot.deal"]
    told = warehouse.dbt("source", "freshness", *select, variables=VARIABLES)
    statuses = {
        (one.node.source_name, one.node.name): str(one.status)
        for one in told.result.results
        if one.node.resource_type == "source"
    }
    assert statuses == {
        ("salesforce", "account"): "pass",
        ("salesforce", "contact"): "warn",
        ("salesforce", "task"): "warn",  # without the column nothing tells
        ("salesforce", "lead"): "pass",  # not landed: landing_coverage tells it
        ("salesforce", "opportunity_stage"): "pass",
        ("open", "accounts"): "warn",  # nothing of this landing is there
        ("hubspot", "deal"): "pass",  # not read
    }
    assert told.success
