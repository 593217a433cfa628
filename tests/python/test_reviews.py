"""The log of decisions only grows, and landed reviews are read as other landed rows."""

from conftest import Warehouse

DAY_LATER = {"as_of": "2026-10-01 22:00:00"}


def run(warehouse: Warehouse, *models: str, variables: dict | None = None) -> None:
    result = warehouse.dbt("run", "--full-refresh", "--select", *models, variables=variables)
    assert result.success, result.exception


def test_the_log_only_grows_and_only_forward(copy):
    log = "select * from marts.lifecycle_decision_log order by log_id"
    first = copy.sql(log)
    [(n_decisions,)] = copy.sql("select count(*) from marts.lifecycle_decisions")
    assert len(first) == n_decisions

    # The same as_of once more, with --full-refresh as every run here.
    run(copy, "lifecycle_decision_log")
    assert copy.sql(log) == first

    [(key, decision)] = copy.sql(
        "select record_key, decision from marts.lifecycle_decisions order by record_key limit 1"
    )
    copy.sql("update intermediate.int_lifecycle__decisions set as_of = as_of + interval 1 day")
    copy.sql(
        "update intermediate.int_lifecycle__decisions "
        "set decision = 'quarantine', rule_id = 'doubt' "
        f"where record_key = '{key}'"
    )
    run(copy, "lifecycle_decision_log", variables=DAY_LATER)
    added = copy.sql(
        "select record_key, change, previous_decision, decision, decided_at::varchar "
        "from marts.lifecycle_decision_log where decided_at > '2026-09-30 22:00:00'"
    )
    assert added == [(key, "changed", decision, "quarantine", DAY_LATER["as_of"])]

    # A look back: nothing of it is a decision of that day.
    copy.sql(
        "update intermediate.int_lifecycle__decisions "
        "set decision = 'delete', rule_id = 'test_or_spam'"
    )
    grown = copy.sql(log)
    run(copy, "lifecycle_decision_log")
    assert copy.sql(log) == grown


def test_landed_reviews_of_any_crm_are_read_and_unreadable_ones_rejected(warehouse):
    columns = ("crm", "object_type", "record_id", "reviewed_at", "decision", "reviewer", "role")
    rows = [
        ("salesforce", "contact", "003A", "2026-03-01T10:00:00Z", "rescue", "ann", None),
        ("hubspot", "contact", "17", "2026-03-01 10:00:00", "approve", "lex", "Legal"),
        ("hubspot", "contact", "17", "2026-03-01 10:00:00", "approve", "lex", "Legal"),
        ("hubspot", "contact", "18", "2026-03-31 10:00:01", "approve", "lex", "legal"),
        ("hubspot", "contact", "19", "some day", "approve", "lex", "legal"),
        ("hubspot", "contact", "20", "2026-03-01 10:00:00", "maybe", "lex", "legal"),
        ("hubspot", "contact", "21", "2026-03-01 10:00:00", "approve", None, "legal"),
        ("zoho", "contact", "22", "2026-03-01 10:00:00", "approve", "lex", "legal"),
    ]
    warehouse.land("crm_landing", "lifecycle_reviews", dict.fromkeys(columns, "varchar"), rows)
    variables = {"crm_sources": ["open"], "as_of": "2026-03-31 10:00:00"}
    seeded = warehouse.dbt(
        "seed", "--select", "lifecycle_reviews", "placeholder_dates", variables=variables
    )
    assert seeded.success, seeded.exception
    models = (f"{layer}__lifecycle_reviews" for layer in ("base_open", "stg_open", "stg_crm"))
    run(warehouse, *models, "int_lifecycle__reviews", variables=variables)
    found = warehouse.sql(
        "select record_key, reviewed_at::varchar, decision, reviewer, role "
        "from intermediate.int_lifecycle__reviews order by record_key"
    )
    assert found == [
        ("hubspot:contact:17", "2026-03-01 10:00:00", "approve", "lex", "legal"),
        ("salesforce:contact:003A", "2026-03-01 10:00:00", "rescue", "ann", None),
    ]
    rejected = warehouse.sql(
        "select record_id, reject_reason from staging.base_open__lifecycle_reviews "
        "where landing_status = 'rejected' order by record_id"
    )
    assert rejected == [
        ("19", "unparseable reviewed_at"),
        ("20", "unknown decision"),
        ("21", "missing reviewer"),
        ("22", "unknown crm"),
    ]
