"""A signature that neither landing of the demo can show: an open landing tells further clocks."""

import pytest
from conftest import Warehouse
from open_demo import VARIABLES, land

AT = "2026-09-15 10:00:00"
# Each case: who edits it at AT, and minutes from there to the clock that starts then; whether that
# is a further clock of its SLA. Only the first is a restart: the others miss by one thing each.
PLANTED = {
    "restarted": ("human", 15, True),
    "a minute late": ("human", 16, True),
    "by a machine": ("integration", 5, True),
    "first of its SLA": ("human", 5, False),
    "before the edit": ("human", -1, True),
}


def plant(landed: Warehouse) -> dict[str, str]:
    """Give one quiet case each an edit and clocks; return their keys."""
    quiet = landed.sql(
        "select record_id from (select case_id as record_id from crm_landing.cases "
        "where created_at < timestamp '2026-07-01' and deleted_at is null) as cases "
        "where record_id not in (select record_id from crm_landing.changes "
        "where object_type = 'case' and changed_at >= timestamp '2026-08-01') order by all"
    )
    actors = dict(
        landed.sql("select kind, min(user_id) from crm_landing.users where is_active group by kind")
    )
    planted = {}
    for n, (name, (kind, minutes, is_further)) in enumerate(PLANTED.items()):
        case = quiet[n][0]
        planted[name] = f"open:case:{case}"
        landed.sql(
            "insert into crm_landing.changes by name select 'case' as object_type, "
            f"'{case}' as record_id, 'priority' as field, timestamp '{AT}' as changed_at, "
            f"'planted{n}' as change_id, 'Low' as old_value, 'High' as new_value, "
            f"'{actors[kind]}' as changed_by, timestamp '{AT}' as _loaded_at"
        )
        clocks = [f"timestamp '{AT}' + interval '{minutes} minutes'"]
        if is_further:
            clocks.append("timestamp '2026-08-20 09:00:00'")
        for started in clocks:
            landed.sql(
                "insert into crm_landing.sla_clocks by name select 'case' as object_type, "
                f"'{case}' as record_id, 'Planted' as sla, {started} as started_at, "
                f"{started} + interval '8 hours' as due_at, timestamp '{AT}' as _loaded_at"
            )
    return planted


@pytest.fixture(scope="module")
def landed(demo, tmp_path_factory) -> tuple[Warehouse, dict[str, str]]:
    """The open landing of the demo with planted clocks, built as far as the signature."""
    warehouse = land(demo, tmp_path_factory.mktemp("signatures") / "open")
    planted = plant(warehouse)
    warehouse.build(
        "--exclude",
        "resource_type:test",
        "resource_type:unit_test",
        "--select",
        "+int_signatures__clock_restart_by_edit",
        "+int_signatures__populations",
        variables=VARIABLES,
    )
    return warehouse, planted


def test_a_clock_restarted_by_an_edit_is_found_and_a_near_miss_is_none(landed):
    warehouse, planted = landed
    cases = {
        (key, at): is_hit
        for key, at, is_hit in warehouse.sql(
            "select record_key, strftime(occurred_at, '%Y-%m-%d %H:%M:%S'), is_hit "
            "from intermediate.int_signatures__clock_restart_by_edit"
        )
    }
    expected = {
        (planted["restarted"], "2026-09-15 10:15:00"): True,
        (planted["a minute late"], "2026-09-15 10:16:00"): False,
        (planted["by a machine"], "2026-09-15 10:05:00"): False,
        (planted["first of its SLA"], "2026-09-15 10:05:00"): False,
        (planted["before the edit"], "2026-09-15 09:59:00"): False,
    }
    assert {key: cases.get(key) for key in expected} == expected
    # The clocks that were landed before are the first of their records: none is a restart.
    assert [key for key, is_hit in cases.items() if is_hit] == [
        (planted["restarted"], "2026-09-15 10:15:00")
    ]
    assert len(cases) > len(expected)


def test_the_signature_can_be_told_where_clocks_and_edits_are_landed(landed):
    warehouse, _ = landed
    assert warehouse.sql(
        "select is_computable from intermediate.int_signatures__populations where crm = 'open' "
        "and signature = 'clock_restart_by_edit' and object_type = 'case'"
    ) == [(True,)]
