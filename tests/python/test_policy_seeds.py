"""The policy seeds are complete, consistent, and the generated ones are up to date."""

import csv
import re
from pathlib import Path

import pytest
import yaml

from crm_hygiene import policy_seeds

SEEDS = Path(__file__).parents[2] / "seeds" / "policy"

KEYS = {
    "approval_policy": ["decision", "rule_id", "role"],
    "automatic_stages": ["crm", "object_type", "pipeline", "stage"],
    "blank_placeholders": ["placeholder"],
    "common_name_words": ["party", "word"],
    "call_dispositions": ["pattern"],
    "commit_categories": ["category"],
    "company_legal_forms": ["form"],
    "countries": ["spelling"],
    "credited_lead_sources": ["lead_source"],
    "deal_risk_register": ["flag"],
    "default_countries": ["crm"],
    "customer_deal_types": ["pattern"],
    "disposable_mail_domains": ["domain"],
    "dwell_quantiles": ["quantile"],
    "engagement_types": ["activity_type", "direction"],
    "field_dictionary": ["object_type", "field", "actor_kind", "team", "channel"],
    "field_guardrails": ["object_type", "field", "guardrail"],
    "field_map": ["crm", "object_type", "landed_field"],
    "flag_policy": ["crm", "field"],
    "free_mail_domains": ["domain"],
    "handoff_checklist": ["handoff", "object_type", "item"],
    "health_metrics": ["metric"],
    "history_needs": ["object_type", "field"],
    "holidays": ["holiday_date"],
    "hubspot_change_sources": ["source"],
    "hygiene_slas": ["sla_id"],
    "junk_patterns": ["object_type", "field", "pattern"],
    "key_fields": ["object_type", "field"],
    "lead_stages": ["stage"],
    "lead_status_kinds": ["pattern"],
    "lifecycle_approvals": ["rule_id", "crm", "region"],
    "lifecycle_reviews": ["crm", "object_type", "record_id", "reviewed_at", "decision"]
    + ["for_decision", "reviewer", "role"],
    "lifecycle_rules": ["rule_id"],
    "other_values": ["value"],
    "picklist_policy": ["object_type", "field"],
    "picklist_lists": ["crm", "object_type", "field", "value"],
    "placeholder_dates": ["placeholder_date"],
    "nurture_stages": ["crm", "stage"],
    "protected_records": ["crm", "object_type", "record_id", "protection"],
    "reassignment_queues": ["crm", "object_type"],
    "record_urls": ["crm", "object_type"],
    "reserved_domains": ["domain"],
    "report_tolerances": ["report"],
    "required_fields": ["object_type", "field"],
    "retention_policy": ["object_type", "region"],
    "role_accounts": ["local_part"],
    "rules": ["kind", "rule_id"],
    "shared_hosts": ["host"],
    "signature_register": ["signature"],
    "sla_policy": ["sla"],
    "stage_criteria": ["crm", "object_type", "pipeline", "stage"],
    "stage_evidence": ["crm", "object_type", "pipeline", "stage", "requirement"],
    "stage_overrides": ["crm", "object_type", "pipeline", "stage"],
    "synthetic_patterns": ["field", "pattern"],
    "team_figure_register": ["figure"],
    "threshold_overrides": ["threshold_id", "crm", "pipeline", "segment"],
    "threshold_scopes": ["threshold_id"],
    "thresholds": ["threshold_id"],
    "user_policy": ["priority"],
    "value_labels": ["crm", "object_type", "field", "value"],
    "void_statuses": ["status"],
    "working_hours": ["team", "weekday", "opens_at"],
}

STANDARD_FIELDS = {
    "account": "owner_id lifecycle_stage segment legal_hold",
    "contact": "owner_id lead_source consent_status do_not_contact lifecycle_stage title"
    " legal_hold",
    "lead": "status owner_id lead_source consent_status do_not_contact segment legal_hold",
    "opportunity": "stage owner_id amount close_date lead_source next_step forecast_category"
    " pipeline segment loss_reason legal_hold",
    "case": "status owner_id pipeline legal_hold",
}

# PropertyValue.source of HubSpot's API specification for imports, 2026-03.
HUBSPOT_SOURCES = """
ACADEMY ACCEPTANCE_TEST ACTIVITY_AUTO_ASSOCIATE ACTIVITY_LOG_REVERT ADS AI_GROUP ANALYTICS API
APPROVALS ASSISTS ASSOCIATIONS AUTOMATION_JOURNEY AUTOMATION_PLATFORM AUTO_ASSOCIATE_BY_DOMAIN
AVATARS_SERVICE BATCH_UPDATE BCC_TO_CRM BEHAVIORAL_EVENTS BET_ASSIGNMENT BET_CRM_CONNECTOR BIDEN
BILLING BOT BREEZE_AGENT CALCULATED CENTRAL_EXCHANGE_RATES CHATSPOT CLONE_OBJECTS COMMUNICATOR
COMPANIES COMPANY_FAMILIES COMPANY_INSIGHTS CONNECTED_ACCOUNT CONTACTS CONTACTS_WEB
CONTENT_MEMBERSHIP CONVERSATIONAL_ENRICHMENT CONVERSATIONS CRM_PROCESSES_PLATFORM CRM_UI
CRM_UI_BULK_ACTION CUSTOMER_AGENT CUSTOMER_PORTAL DATASET DATA_ENRICHMENT DATA_QUALITY DEALS DEFAULT
DELETE_OBJECTS DI_WRITE_TO_CRM EMAIL EMAIL_INBOX_IMPORT EMAIL_INTEGRATION ENGAGEMENTS EXTENSION
FILE_MANAGER FLYWHEEL_PRODUCT_DATA_SYNC FORECASTING FORM FORWARD_TO_CRM GMAIL_INTEGRATION GOALS
HEISENBERG HELP_DESK HELP_DESK_AI IMPORT INTEGRATION INTEGRATIONS_PLATFORM INTEGRATIONS_SYNC INTENT
INTERNAL_PROCESSING LEADIN LEGAL_BASIS_REMEDIATION MARKETPLACE MARKETS MARKET_SOURCING MEETINGS
MERGE_COMPANIES MERGE_CONTACTS MERGE_OBJECTS MERGE_REVERT_OBJECTS MICROAPPS MIGRATION MOBILE_ANDROID
MOBILE_IOS PAYMENTS PIPELINE_SETTINGS PLAYBOOKS PORTAL_OBJECT_SYNC PORTAL_USER_ASSOCIATOR
PRESENTATIONS PRIMARY_AUTOMATION PROPERTY_DEFAULT_VALUE PROPERTY_RESTORE PROPERTY_SETTINGS
PROSPECTING_AGENT QUOTAS QUOTES RECYCLING_BIN RESTORE_OBJECTS REVENUE_PLATFORM SALES SALESFORCE
SALES_MESSAGES SEQUENCES SETTINGS SIDEKICK SIGNALS SLACK_INTEGRATION SMART_DATA_CAPTURE SOCIAL
SUCCESS TALLY TASK UNKNOWN WAL_INCREMENTAL WORKFLOWS WORKFLOW_CONTACT_DELETE_ACTION WORK_UI
"""


def rows(seed: str) -> list[dict[str, str]]:
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_seed_is_described_with_each_column_and_its_type():
    described = [
        seed
        for path in SEEDS.glob("_policy__*seeds.yml")
        for seed in yaml.safe_load(path.read_text(encoding="utf-8"))["seeds"]
    ]
    assert {seed["name"] for seed in described} == {path.stem for path in SEEDS.glob("*.csv")}
    assert {seed["name"] for seed in described} == set(KEYS)
    for seed in described:
        with (SEEDS / f"{seed['name']}.csv").open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        assert [column["name"] for column in seed["columns"]] == header
        assert list(seed["config"]["column_types"]) == header
        assert all(seed["description"] and column["description"] for column in seed["columns"])


@pytest.mark.parametrize("seed", sorted(KEYS))
def test_keys_are_unique(seed):
    keys = [tuple(row[column] for column in KEYS[seed]) for row in rows(seed)]
    assert sorted(set(keys)) == sorted(keys)


@pytest.mark.parametrize("seed", sorted(KEYS))
def test_no_cell_is_read_as_null_by_mistake(seed):
    cells = [cell for row in rows(seed) for cell in row.values()]
    assert not [cell for cell in cells if cell != cell.strip() or cell.lower() == "null"]


def test_every_hubspot_source_is_judged_once():
    sources = HUBSPOT_SOURCES.split()
    assert len(set(sources)) == 119
    assert sorted(row["source"] for row in rows("hubspot_change_sources")) == sorted(sources)


def test_channel_follows_from_the_actor_kind():
    channels = {
        "human": {"ui"},
        "automation": {"automation"},
        "integration": {"api", "integration"},
        "import": {"import"},
        "system": {""},
        "other": {""},
    }
    for row in rows("hubspot_change_sources"):
        assert row["channel"] in channels[row["actor_kind"]], row


def test_landed_fields_map_to_standard_fields_of_their_object():
    for row in rows("field_map"):
        assert row["field"] in STANDARD_FIELDS[row["object_type"]].split(), row
        assert row["landed_field"] == row["landed_field"].lower(), row


def test_each_limit_of_a_rate_may_differ_by_crm_and_segment():
    scopes = {row["threshold_id"]: row["scopes"] for row in rows("threshold_scopes")}
    limits = [row["threshold_id"] for row in rows("thresholds")]
    limits = [name for name in limits if name.endswith(("__watch", "__alert"))]
    assert {name: scopes.get(name) for name in limits} == dict.fromkeys(limits, "crm segment")


def test_each_guardrail_rests_on_a_policy():
    policies = {
        "required": {(row["object_type"], row["field"]) for row in rows("required_fields")},
        # Examples are found of the fields that records have.
        "picklist": {
            (row["object_type"], row["field"])
            for row in rows("picklist_policy")
            if row["field"] not in ("consent_status", "industry", "loss_reason", "type")
        },
        "immutable": {
            (object_type, row["field"])
            for row in rows("field_dictionary")
            if row["actor_kind"] == "nobody"
            for object_type in STANDARD_FIELDS
            if row["object_type"] in ("*", object_type)
        },
        "unique": {("account", "*"), ("contact", "*"), ("lead", "*")},
    }
    for row in rows("field_guardrails"):
        assert (row["object_type"], row["field"]) in policies[row["guardrail"]], row


def test_user_patterns_are_lower_case_and_decide_something():
    for row in rows("user_policy"):
        assert row["pattern"] == row["pattern"].lower(), row
        assert row["kind"] or row["team"] or row["write_path"], row
        # Of a writer that is no landed user nothing else is asked.
        assert row["match_on"] != "writer" or not (row["kind"] or row["team"]), row


@pytest.mark.parametrize("seed", sorted(policy_seeds.MADE))
def test_seeds_from_packages_are_up_to_date(tmp_path, seed):
    columns, made = policy_seeds.MADE[seed]
    policy_seeds.write_rows(tmp_path / "seed.csv", columns, made())
    assert (tmp_path / "seed.csv").read_bytes() == (SEEDS / f"{seed}.csv").read_bytes()


@pytest.mark.parametrize(
    ("spelling", "iso2", "region", "calling_code", "trunk_prefix"),
    [
        ("deutschland", "DE", "EU", "49", "0"),
        ("norway", "NO", "EU", "47", ""),
        ("england", "GB", "UK", "44", "0"),
        ("schweiz", "CH", "CH", "41", "0"),
        ("u.s.a.", "US", "US", "1", "1"),
        ("can", "CA", "CA", "1", "1"),
        ("chile", "CL", "LATAM", "56", ""),
        ("日本", "JP", "APAC", "81", "0"),
        ("türkiye", "TR", "MEA", "90", "0"),
        ("russian federation", "RU", "OTHER", "7", "8"),
        ("cote d'ivoire", "CI", "MEA", "225", ""),
    ],
)
def test_known_countries(spelling, iso2, region, calling_code, trunk_prefix):
    found = {row["spelling"]: row for row in rows("countries")}[spelling]
    assert list(found.values()) == [spelling, iso2, region, calling_code, trunk_prefix]


@pytest.mark.parametrize(
    ("domain", "is_free"),
    [
        ("gmail.com", True),
        ("gmx.de", True),
        ("sfr.fr", True),
        ("facebook.com", True),
        ("siemens.com", False),
        ("google.com", False),
        ("halvorsen.example", False),
    ],
)
def test_known_free_mail_domains(domain, is_free):
    assert (domain in {row["domain"] for row in rows("free_mail_domains")}) == is_free


@pytest.mark.parametrize(
    ("domain", "is_disposable"),
    [
        ("guerrillamail.com", True),
        # HubSpot lists these as free mail as well; both other lists know better.
        ("mailinator.com", True),
        ("yopmail.com", True),
        # A mail service of everybody that one list takes for disposable.
        ("21cn.com", False),
        ("gmail.com", False),
        ("proton.me", False),
        ("siemens.com", False),
    ],
)
def test_known_disposable_domains(domain, is_disposable):
    assert (domain in {row["domain"] for row in rows("disposable_mail_domains")}) == is_disposable


def test_a_free_mail_service_is_disposable_only_by_two_lists():
    disposable = {row["domain"] for row in rows("disposable_mail_domains")}
    both = disposable & {row["domain"] for row in rows("free_mail_domains")}
    assert both <= policy_seeds.package_list("disposable_domains.txt")
    assert not disposable & policy_seeds.package_list("free_providers.txt")


def test_domains_are_spelt_as_those_of_addresses():
    for row in rows("disposable_mail_domains"):
        assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", row["domain"]), row


# The mailboxes that RFC 2142 reserves, but for the request addresses of its mailing lists.
RFC_2142 = """
    info marketing sales support abuse noc security postmaster hostmaster usenet news webmaster www
    uucp ftp
"""


def test_role_accounts_hold_the_names_of_the_standard_and_no_persons():
    roles = {row["local_part"] for row in rows("role_accounts")}
    assert roles >= {*RFC_2142.split(), "noreply", "no-reply", "kontakt", "mailer-daemon"}
    assert all(role == role.lower() and "@" not in role for role in roles)
    assert not roles & {"anna", "john", "maria", "peter", "max", "will", "mark", "art"}


def test_holidays_of_a_calendar():
    days = dict(policy_seeds.holidays("US"))
    assert [day for day in days if day.startswith("2026")] == [
        "2026-01-01", "2026-01-19", "2026-02-16", "2026-05-25", "2026-06-19", "2026-07-03",
        "2026-07-04", "2026-09-07", "2026-10-12", "2026-11-11", "2026-11-26", "2026-12-25",
    ]  # fmt: skip
    assert min(days)[:4] == "2015" and max(days)[:4] == "2040"
    # Epiphany is a holiday in Bavaria, not in Berlin.
    assert "2026-01-06" in dict(policy_seeds.holidays("DE-BY"))
    assert "2026-01-06" not in dict(policy_seeds.holidays("DE-BE"))


@pytest.mark.parametrize(
    ("form", "is_form"),
    [
        ("inc", True),
        ("gmbh", True),
        ("gmbh co kg", True),
        ("sp z oo", True),
        ("pty", True),
        ("private", False),
        ("uk", False),
    ],
)
def test_known_legal_forms(form, is_form):
    assert (form in {row["form"] for row in rows("company_legal_forms")}) == is_form


def test_legal_forms_are_spelt_as_names_are_compared():
    for row in rows("company_legal_forms"):
        assert row["form"] == " ".join(row["form"].lower().split()), row
        assert row["form"].replace(" ", "").isalnum(), row
        assert len(row["form"].split()) <= 4, row
