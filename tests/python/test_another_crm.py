"""A CRM that the project does not know needs its own folder and one entry of registration.

tests/landings/pipedrive holds such a folder and its landing. A copy of the project with both is
built here; no other file of it is changed.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, Warehouse
from dbt.cli.main import dbtRunner

OTHER = ROOT / "tests" / "landings" / "pipedrive"
ENTRY = """
        'pipedrive': {
            'tables': ['deals', 'organizations', 'persons'],
            'gives': [
                'accounts', 'contacts', 'named_by_rejected_rows', 'opportunities',
                'opportunity_contacts', 'stages',
            ],
        },"""
NEEDED = ["dbt_packages", "expectations", "macros", "models", "profiles", "seeds", "src"]
NEEDED += ["standin", "tests/singular", "analyses", "dbt_project.yml", "packages.yml"]
VARIABLES = {
    "crm_sources": ["pipedrive"],
    "pipedrive_files": str(OTHER / "landing"),
    "as_of": "2025-06-30",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A copy of the project with the other CRM's folder and entry."""
    copied = tmp_path_factory.mktemp("project")
    for name in NEEDED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copied / name)
        else:
            shutil.copy(ROOT / name, copied / name)
    shutil.copytree(OTHER / "models", copied / "models", dirs_exist_ok=True)
    register = copied / "macros" / "landing" / "crms.sql"
    before, after = register.read_text().split("{{ return({", 1)
    register.write_text(before + "{{ return({" + ENTRY + after)
    return copied


@pytest.fixture(scope="module")
def built(project) -> Warehouse:
    """The other CRM, built with every data test."""
    warehouse = Warehouse(project / "crm.duckdb")
    os.environ["CRM_HYGIENE_DUCKDB"] = str(warehouse.path)
    place = ["--project-dir", str(project), "--profiles-dir", str(project / "profiles")]
    place += ["--target-path", str(project / "target"), "--log-path", str(project / "target")]
    command = ["build", "--exclude-resource-type", "unit_test", "--vars", str(VARIABLES)]
    with warehouse.made():
        result = dbtRunner().invoke(["--quiet", "--log-level-file", "none", *command, *place])
    assert result.success, result.exception or [
        f"{one.node.name}: {one.message}"
        for one in result.result.results
        if one.status not in ("success", "pass")
    ]
    warehouse.let_go()
    return warehouse


def test_its_records_are_staged(built):
    assert built.sql(
        "select record_key, is_live from staging.stg_crm__accounts order by record_key"
    ) == [
        ("pipedrive:account:1", True),
        ("pipedrive:account:2", True),
        ("pipedrive:account:3", False),
    ]
    assert built.sql(
        "select contact_id, email_normalised, consent_status from staging.stg_crm__contacts"
        " where is_live order by contact_id"
    ) == [
        ("11", "ann@acme.example", "opted_in"),
        ("12", "bo@bauer.example", "unsubscribed"),
        ("14", "di@nobody.example", "unknown"),
    ]
    assert built.sql(
        "select record_id, stage_kind, account_id, amount from intermediate.int_crm__records"
        " where object_type = 'opportunity' and is_live order by record_id"
    ) == [
        ("101", "won", "1", 12000),
        ("102", "open", "1", 15000.5),
        ("103", "lost", "2", 8000),
        ("104", "open", "2", 9000),
    ]
    assert built.sql("select opportunity_id, contact_id from staging.stg_crm__opportunity_contacts")


def test_rows_that_cannot_be_used_are_rejected_and_leave_open_what_they_name(built):
    assert built.sql("select source_table, reason from marts.rejected_rows order by 1") == [
        ("deals", "unknown status"),
        ("persons", "missing id"),
    ]
    assert built.sql("select * from staging.stg_crm__named_by_rejected_rows order by 1") == [
        ("pipedrive:account:2",),
        ("pipedrive:contact:14",),
    ]


def test_coverage_tells_what_is_landed(built):
    assert built.sql(
        "select source_table, is_landed, n_landed, n_staged from marts.landing_row_counts"
        " order by source_table"
    ) == [
        ("deals", True, 6, 5),
        ("organizations", True, 4, 4),
        ("persons", True, 5, 4),
    ]
    assert built.sql("select distinct crm from marts.landing_coverage") == [("pipedrive",)]
    assert built.sql("select count(*) from marts.landing_coverage where not is_landed") == [(0,)]


def test_what_it_cannot_tell_stays_unknown(built):
    # The seed flag_policy has no row of it: nobody says what an empty flag means.
    flags = "do_not_contact, is_customer, is_partner, is_strategic, legal_hold"
    assert built.sql(
        "select record_id, decision, missing_inputs from marts.lifecycle_decisions"
        " where object_type = 'contact' order by record_id"
    ) == [
        ("11", "keep", f"activities, cases, {flags}"),
        ("12", "keep", f"activities, cases, {flags}"),
        ("14", "quarantine", f"activities, cases, {flags}, unreadable rows"),
    ]
    assert built.sql("select distinct status from marts.process_signals_daily") == [("not_landed",)]
    # No users are landed: no owner is called inactive.
    assert built.sql(
        "select distinct status from marts.data_health_daily"
        " where metric = 'owned_by_inactive_user'"
    ) == [("not_landed",)]


def test_it_is_in_the_inventory(built):
    assert built.sql(
        "select object_type, sum(n_records) from marts.crm_inventory group by 1 order by 1"
    ) == [("account", 2), ("contact", 3), ("opportunity", 4)]


def test_the_gate_checks_it_without_expectations_of_its_own(project, built):
    # The warehouse that it was built in, so that the project need not be parsed again.
    place = {
        "CRM_HYGIENE_PROJECT": str(project),
        "CRM_HYGIENE_DUCKDB": str(built.path),
        "DBT_PROFILES_DIR": str(project / "profiles"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "crm_hygiene", "gate", "--vars", str(VARIABLES)],
        cwd=project, env={**os.environ, **place}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pipedrive" in done.stdout
