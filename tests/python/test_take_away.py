"""What is not landed, or not understood, makes nothing harsher and no figure another number.

The demo's Salesforce records are landed in the open shape and built once. Then one declared table
or column is taken out at a time, everything is built again, and each mart below is compared:

* No record is anonymised or deleted that was not before. One that goes to the archive names what
  it lacks (docs/decisions/unknown-is-never-harsher.md).
* A figure is the same number, or NULL, or `not_landed`. One that needs what is lost, as the
  registers say, is NULL or `not_landed`.

Not judged: figures of a segment, a team or an owner, which move to '-' with the column that they
come from; shares of all records, and how many have no finding (the grade is judged); thresholds
and baselines made of other days; ranks and lists of findings; what MOVES says, with its reason.

By default a few removals are tried. CRM_HYGIENE_TAKE_AWAY=all tries every table and every column:
16 and 222, some five seconds each, after two minutes for the first build.

Then words that nobody understands are put into a tenth of the rows of each coded column: again
nothing is decided more harshly. Columns of flags, dates and amounts are named; those of owners,
kinds and consents are not.
"""

import os
import re

import pytest
from conftest import Warehouse
from open_demo import OpenDemo, declared

# What is tried by default. What may be anonymised or deleted is judged of all; figures of FIGURED,
# and what goes to the archive of both FIGURED and ARCHIVED.
FIGURED = ["contacts.owner_id", "opportunities.amount", "opportunities.close_date"]
ARCHIVED = [*FIGURED, "accounts", "activities", "users.is_active"]
TRIED = [*ARCHIVED, "activities.contact_id", "contacts.account_id"]
if os.environ.get("CRM_HYGIENE_TAKE_AWAY") == "all":
    TRIED = ARCHIVED = FIGURED = [
        one
        for table, columns in declared().items()
        for one in (table, *(f"{table}.{column}" for column in columns))
    ]

# How far a decision goes.
HARSHNESS = {
    "keep": 0, "re_engage": 0, "quarantine": 1, "archive": 2, "anonymize": 3, "delete": 4,
}  # fmt: skip
LISTS = ["anonymize_candidates", "delete_candidates"]
# The figures that are judged: what tells one from another, the rows, the numbers.
FIGURES = {
    "data_health_daily": (
        ["metric", "object_type", "metric_date"],
        "segment = 'all'",
        ["numerator", "denominator", "value", "median_value"],
    ),
    "data_health_grades": (["object_type", "metric_date"], "true", ["grade"]),
    "failure_signatures": (
        ["signature", "object_type"],
        "true",
        [
            "numerator", "denominator", "rate",
            "previous_numerator", "previous_denominator", "previous_rate",
        ],
    ),
    "hygiene_sla_status": (
        ["sla_id", "object_type"],
        "scope = 'all'",
        ["n_records", "n_breaches", "rate"],
    ),
    "process_signals_daily": (
        ["signal", "object_type", "signal_date"],
        "segment = 'all'",
        ["numerator", "denominator", "rate"],
    ),
    "team_figures": (
        ["figure", "crm"],
        "segment = 'all'",
        ["numerator", "denominator", "value", "median_hours"],
    ),
}  # fmt: skip
# Has grades, and no other status.
WITHOUT_STATUS = ["data_health_grades"]
# The models that say of each figure whether all that it needs is landed.
NEEDS = {
    "data_health_daily": ("int_health__populations", "is_landed"),
    "failure_signatures": ("int_signatures__populations", "is_computable"),
    "process_signals_daily": ("int_signals__populations", "is_computable"),
    "team_figures": ("int_teams__populations", "is_landed"),
}
LEADS_GIVEN_UP = {
    "process_signals_daily multi_stage_jump",
    "process_signals_daily owner_ping_pong",
    "process_signals_daily stage_dwell_anomaly",
    "team_figures lead_owner_changes",
    "team_figures speed_to_lead",
}
# Rules that ask for one of several things, be it an activity or a word.
ONE_OF_SEVERAL = {
    "failure_signatures stage_without_evidence",
    "hygiene_sla_status next_step_on_every_open_deal",
}
# Other numbers that are right: what is taken away -> the figures that move, and why.
MOVES = {
    # A figure over required fields asks only for those that are landed.
    "*.amount": {
        "data_health_daily missing_required_fields",
        "failure_signatures blank_after_handoff",
    },
    # A record that nobody says was deleted or merged is alive.
    "*.deleted_at": {"*"},
    "*.merged_into_id": {"*"},
    # A record counts from its modification where its creation is not told (missing_creation_date).
    "*.created_at": {
        "process_signals_daily",
        "failure_signatures born_duplicate_after_routing",
        "failure_signatures source_mix_shift",
    },
    # What an SDR gives away is of three objects: one that is not landed is not given away.
    "contacts": {"team_figures sdr_handoff_completeness"},
    # Where there are no leads, contacts in a lead's stage are what comes in.
    "leads": {"team_figures sdr_handoff_completeness", "team_figures speed_to_lead"},
    "*.contact_id": {"team_figures sdr_handoff_completeness"},
    "*.lead_id": {"team_figures sdr_handoff_completeness"},
    "leads.lead_id": {"team_figures speed_to_lead"},
    # A field is asked for from a milestone on where milestones are landed.
    "stages.stage_order": {"failure_signatures blank_after_handoff"},
    "stages.is_milestone": {"failure_signatures blank_after_handoff"},
    # A lead that nobody says was given up is open; where no history tells when, it is left out.
    "stages.kind": LEADS_GIVEN_UP,
    "stages": LEADS_GIVEN_UP | {"failure_signatures blank_after_handoff"},
    # What one of several things is enough for is judged by those that are landed.
    "activities": ONE_OF_SEVERAL,
    "activities.occurred_at": ONE_OF_SEVERAL,
    "*.opportunity_id": ONE_OF_SEVERAL,
    # Where no category is landed, a deal is committed by its stage.
    "*.forecast_category": {"failure_signatures inflation_near_win"},
}

# What nobody understands, and the columns that it is put into, of two landings.
UNKNOWN = {
    "flags_and_formats": {
        "maybe": {
            "accounts": "is_customer is_partner is_strategic legal_hold",
            "contacts": "do_not_contact legal_hold",
            "leads": "do_not_contact legal_hold",
            "opportunities": "is_closed is_won legal_hold",
            "activities": "is_automated",
            "cases": "is_closed legal_hold",
            "users": "is_active",
        },
        "soon": {
            "accounts": "deleted_at",
            "contacts": "hard_bounced_at departed_at deleted_at",
            "leads": "hard_bounced_at converted_at deleted_at",
            "opportunities": "close_date closed_at",
            "activities": "occurred_at",
            "cases": "closed_at",
        },
        "a lot": {"opportunities": "amount"},
    },
    "words": {
        "Limbo": {"opportunities": "stage", "cases": "status"},
        "nobody": {
            "accounts": "owner_id",
            "contacts": "owner_id",
            "leads": "owner_id",
            "opportunities": "owner_id",
            "activities": "owner_id",
            "cases": "owner_id",
        },
        "half done": {"activities": "status"},
        "sideways": {"activities": "direction"},
        "perhaps": {"contacts": "consent_status", "leads": "consent_status"},
        "because": {"contacts": "lawful_basis"},
        "ghost": {"users": "kind"},
    },
}
KEYS = {
    "accounts": "account_id", "contacts": "contact_id", "leads": "lead_id",
    "opportunities": "opportunity_id", "activities": "activity_id", "cases": "case_id",
    "users": "user_id",
}  # fmt: skip

SELECTED = [f"+{mart}" for mart in ("lifecycle_decisions", *LISTS, *FIGURES)]
SELECTED += ["+rejected_rows", "+unreadable_values", "+landing_coverage", "+landing_row_counts"]


@pytest.fixture(scope="module")
def open_demo(demo, tmp_path_factory) -> OpenDemo:
    return OpenDemo(demo, tmp_path_factory.mktemp("take_away"), *SELECTED)


class Told:
    """What a build decided and told."""

    def __init__(self, warehouse: Warehouse):
        self.sql = warehouse.sql
        rows = self.sql(
            "select record_key, decision, missing_inputs from marts.lifecycle_decisions"
        )
        self.decisions = {key: decision for key, decision, _ in rows}
        self.missing = {key: set((names or "").split(", ")) - {""} for key, _, names in rows}
        self.listed = {
            (mart, key)
            for mart in LISTS
            for (key,) in self.sql(f"select record_key from marts.{mart}")
        }
        self.figures = {mart: self.figures_of(mart) for mart in FIGURES}
        self.computable = {
            (mart, *row)
            for mart, (model, is_landed) in NEEDS.items()
            for row in self.sql(
                f"select {', '.join(FIGURES[mart][0][:2])} from intermediate.{model}"
                f" where {is_landed}"
            )
        }

    def figures_of(self, mart: str) -> dict[tuple, dict]:
        """Read the judged figures of a mart: what it is of -> number by name, the status too."""
        key, condition, numbers = FIGURES[mart]
        told = numbers if mart in WITHOUT_STATUS else [*numbers, "status"]
        rows = self.sql(f"select {', '.join(key + told)} from marts.{mart} where {condition}")
        return {row[: len(key)]: dict(zip(told, row[len(key) :], strict=True)) for row in rows}


@pytest.fixture(scope="module")
def before(open_demo) -> Told:
    return Told(open_demo.built)


def harsher(before: Told, after: Told) -> list[tuple]:
    """List the records that are decided on more harshly: key, before, after, lacking anew."""
    return [
        (key, was, now, sorted(after.missing[key] - before.missing.get(key, set())))
        for key, now in after.decisions.items()
        for was in [before.decisions.get(key, "keep")]
        if HARSHNESS[now] > max(HARSHNESS[was], HARSHNESS["quarantine"])
    ]


def destroyed(before: Told, after: Told) -> list[tuple]:
    """List what is anonymised or deleted and was not, in the decisions and in the lists."""
    bad = [one for one in harsher(before, after) if one[2] != "archive"]
    return bad + sorted(after.listed - before.listed)


def archived(before: Told, after: Told) -> list[tuple]:
    """List what goes to the archive, and did not, without a word of what it lacks."""
    return [one for one in harsher(before, after) if one[2] == "archive" and not one[3]]


def other_numbers(before: Told, after: Told) -> dict[tuple, list]:
    """Find the figures with another number: mart and figure -> some of the changes."""
    found = {}
    for mart, now in after.figures.items():
        for key, numbers in now.items():
            was = before.figures[mart].get(key, {})
            changed = {
                name: (was.get(name), number)
                for name, number in numbers.items()
                if number not in (None, "not_landed", was.get(name))
            }
            if changed:
                found.setdefault((mart, *key[:2]), []).append((*key[2:], changed))
    return {figure: changes[:3] for figure, changes in found.items()}


def still_told(before: Told, after: Told) -> list[tuple]:
    """List the figures that are a number though what they need, as the registers say, is lost."""
    lost = before.computable - after.computable
    return [
        (mart, *key, numbers)
        for mart in NEEDS
        for key, numbers in after.figures[mart].items()
        if (mart, *key[:2]) in lost
        and any(number is not None for name, number in numbers.items() if name != "status")
    ]


def moves(removal: str) -> set[str]:
    """Tell which figures may be another number when this is taken away."""
    column = removal.split(".")[-1]
    return set(MOVES.get(removal, [])) | set(MOVES.get(f"*.{column}", []))


def not_moving(found: dict[tuple, list], removal: str) -> dict[tuple, list]:
    """Leave out what MOVES allows."""
    allowed = moves(removal)
    return {
        figure: changes
        for figure, changes in found.items()
        if not allowed & {"*", figure[0], " ".join(map(str, figure[:2]))}
    }


@pytest.fixture(scope="module")
def after(open_demo, request) -> tuple[str, Told]:
    """What is told without a table or a column."""
    table, _, column = request.param.partition(".")
    change = f'drop table crm_landing."{table}"'
    if column:
        change = f'alter table crm_landing."{table}" drop column "{column}"'
    return request.param, Told(open_demo.again(change, tables=[table]))


@pytest.mark.parametrize("after", TRIED, indirect=True)
def test_without_it_nothing_is_anonymised_or_deleted(before, after):
    assert destroyed(before, after[1]) == []


@pytest.mark.parametrize("after", ARCHIVED, indirect=True)
def test_without_it_what_goes_to_the_archive_names_it(before, after):
    assert archived(before, after[1]) == []


@pytest.mark.parametrize("after", FIGURED, indirect=True)
def test_without_it_no_figure_is_another_number(before, after):
    removal, told = after
    assert still_told(before, told) == []
    assert not_moving(other_numbers(before, told), removal) == {}


def places(landing: str) -> list[tuple[str, str, str]]:
    """List the columns that a word is put into: table, column, word."""
    return [
        (table, column, word)
        for word, tables in UNKNOWN[landing].items()
        for table, columns in tables.items()
        for column in columns.split()
    ]


def put(table: str, column: str, word: str) -> list[str]:
    """Put a word into a tenth of the rows, the same ones each time."""
    lot = f"cast('0x' || substr(md5('2026 {column} ' || {KEYS[table]}), 1, 6) as integer)"
    values = f"\"{column}\" = '{word}'"
    if word == "Limbo":
        # Otherwise the history is the last to tell it.
        values += ", updated_at = timestamp '2026-09-30 20:00:00'"
    return [
        f'alter table crm_landing."{table}" alter column "{column}" type text',
        f'update crm_landing."{table}" set {values} where {lot} % 10 = 0',
    ]


@pytest.mark.parametrize("landing", UNKNOWN)
def test_what_is_not_understood_makes_nothing_harsher(open_demo, before, landing):
    """An archive must name what could not be read; the marts name all, the summary begins to."""
    changes = [change for place in places(landing) for change in put(*place)]
    built = open_demo.again(*changes, tables=sorted(KEYS))
    after = Told(built)
    assert destroyed(before, after) == []
    assert archived(before, after) == []
    if landing == "flags_and_formats":
        summary = open_demo.summary(built)
        told = built.sql(
            "select source_table, unreadable_columns from marts.unreadable_values union all"
            " select distinct source_table, reason from marts.rejected_rows"
        )
        named = {(table, name) for table, names in told for name in re.findall(r"\w+", names)}
        assert {(table, column) for table, column, _ in places(landing)} - named == set()
        assert "  unreadable: " in summary
        assert 'more, in "crm"."marts"."unreadable_values"' in summary
        [(rejected,)] = built.sql(
            "select count(*) from crm_landing.activities where occurred_at = 'soon'"
        )
        said = f"rejected: {rejected} of open.activities: unparseable occurred_at"
        assert rejected and said in summary
        assert "decided without, for some records: " in summary
