"""How things stand: tests, reports, signatures of failing steps, grades, hygiene SLAs."""

from collections import defaultdict

from crm_hygiene.pages.digest.items import N_RECORDS, Item, grouped, listed, shorter
from crm_hygiene.pages.digest.reading import Reading
from crm_hygiene.pages.digest.reviews import NOBODY
from crm_hygiene.pages.digest.words import (
    amount_text,
    day_text,
    instant_text,
    place_text,
    share_text,
)
from crm_hygiene.pages.words import counted
from crm_hygiene.warehouse import columns_of, rows


def failed_tests(digest: Reading) -> list[Item]:
    """Return that tests failed (a warning is data); `make failures` tells what they mean."""
    if not digest.concerns(NOBODY) or not columns_of(digest.connection, "marts.test_failures"):
        return []
    query = "select count(*) as n from marts.test_failures where status <> 'warned'"
    found = rows(digest.connection, query)[0]["n"]
    if not found:
        return []
    return [
        Item(
            "failed_tests",
            f"{counted(found, 'test')} failed",
            None,
            None,
            NOBODY,
            ["The figures below may be at risk."],
            ["To do: make failures"],
            found,
        )
    ]


def reporting(digest: Reading) -> list[Item]:
    """Return the reports of closed periods that changed, or that the clean-up would change."""
    if not digest.concerns(NOBODY):
        return []
    items = []
    for mart, status, before, after, what in (
        ("reporting_drift", "drifted", "frozen_value", "current_value", "A closed period changed"),
        ("cleanup_impact", "breach", "value_before", "value_after", "The clean-up breaks a report"),
    ):
        found = digest.read(mart, "status = ? order by report, period, currency, part", (status,))
        for key, all_rows in grouped(found, "crm", "report"):
            facts = [
                place_text(
                    row["period"],
                    digest.part_of(row) if row.get("part") != "all" else None,
                    row["currency"],
                )
                + f": {amount_text(row[before], row.get('unit', ''))}, "
                + f"now {amount_text(row[after], row.get('unit', ''))}"
                + (f" ({row['records']})" if row["records"] else "")
                for row in all_rows
            ]
            items.append(
                Item(
                    ":".join((mart, *key)),
                    f"{what}: {key[1]}",
                    key[0],
                    None,
                    NOBODY,
                    shorter(facts, N_RECORDS),
                    ["Look for: who changed these records, and whether the report was sent out."],
                )
            )
    return items


# What people may time by the cutoff, and what to look for where they do.
CUTOFFS = {
    "close_date_changed": ("Close dates changed", "which deals move at every cutoff, and to when."),
    "lead_source_changed": ("Lead sources changed", "who is paid by the source that is set."),
    "milestone_reached": ("Milestones reached", "whether the evidence for the stage was there."),
    "created": ("Leads and deals made, by source", "which source fills up as the period ends."),
}


def cutoffs(digest: Reading) -> list[Item]:
    """Return how the last days before the cutoff differ from the rest of the period."""
    if not digest.concerns(NOBODY):
        return []
    found = digest.read(
        "cutoff_shifts",
        "days_to_cutoff = 0 and n_events is not null "
        "and (status = 'shift' or (part = 'all' and status = 'ok')) "
        "order by part <> 'all', last_days_per_day - other_days_per_day desc, part",
    )
    items = []
    for key, all_rows in grouped(found, "event", "crm", "object_type"):
        title, look_for = CUTOFFS.get(key[0], (key[0], "what is behind it."))
        facts = [
            f"{'all' if row['part'] == 'all' else row['part']}: "
            f"{amount_text(row['last_days_per_day'])} a day in the last days, "
            f"{amount_text(row['other_days_per_day'])} in the rest"
            + (" (shift)" if row["status"] == "shift" else "")
            for row in all_rows
        ]
        items.append(
            Item(
                ":".join(("cutoffs", *key)),
                title,
                key[1],
                key[2],
                NOBODY,
                shorter(facts, N_RECORDS),
                [f"Look for: {look_for}"],
            )
        )
    return items


def signatures(digest: Reading) -> list[Item]:
    """Return the traits of the review's workflow steps that were found."""
    steps = sorted(digest.review.steps)
    of_steps = "list_contains(?, step)" if steps else "? = []"
    earlier = digest.review.before(digest.since)
    evidence = defaultdict(list)
    for row in digest.read(
        "failure_signature_evidence",
        f"{of_steps} and occurred_at <= ? order by all",
        (steps, digest.as_of),
    ):
        evidence[row["crm"], row["signature"], row["object_type"]].append(row)
    items = []
    for row in digest.read(
        "failure_signatures",
        f"status = 'measured' and {of_steps} order by signature, crm, object_type",
        (steps,),
    ):
        key = (row["signature"], row["crm"], row["object_type"])
        if not (row["numerator"] or row["previous_numerator"]):
            continue
        cases = evidence[row["crm"], row["signature"], row["object_type"]]
        current = [one for one in cases if one["signature_window"] == "current"]
        shown = [one for one in current if one["occurred_at"] > digest.since] or current
        shown = list({one["record_key"]: one for one in shown}.values())
        mine = digest.mine(shown, NOBODY)
        if not (mine or digest.concerns(NOBODY)):
            continue
        span = f"{instant_text(row['window_started_at'])} to {instant_text(row['window_ended_at'])}"
        previous = share_text(
            row["previous_numerator"], row["previous_denominator"], row["previous_rate"]
        )
        facts = [
            f"{span}: {share_text(row['numerator'], row['denominator'], row['rate'])}; "
            f"as long before: {previous}"
            + (
                f"; {amount_text(row['expected_rate'], 'rate')} were expected"
                if row["expected_rate"] is not None
                else ""
            ),
            f"Counts {row['numerator_is']} of {row['denominator_is']}.",
        ]
        if digest.review.days and row["window_ended_at"] == digest.as_of:
            happened = [
                one[1:]
                for one in {
                    (one["record_key"], one["occurred_at"], one["change_id"], one["related_id"])
                    for one in cases
                }
            ]
            n_now = sum(one[0] > digest.since for one in happened)
            n_before = sum(earlier < one[0] <= digest.since for one in happened)
            facts.append(f"This week {n_now:,}, the week before {n_before:,}.")
        title = row["signature"].replace("_", " ").capitalize()
        items.append(
            listed(
                digest,
                "signatures",
                key,
                mine,
                title=title,
                facts=facts,
                at=("", "occurred_at"),
                note=lambda one: one["detail"],
            )
            if mine
            else Item(":".join(("signatures", *key)), title, key[1], key[2], NOBODY, facts)
        )
    return items


def grade_text(row: dict) -> str:
    """Return the grade, or that there is none and why."""
    return row["grade"] or f"no grade (not landed: {row['not_judged']})"


def grades(digest: Reading) -> list[Item]:
    """Return the grade of each CRM against the start of the time told of."""
    if not digest.concerns(NOBODY):
        return []
    query = (
        "metric_date = (select max(metric_date) from marts.data_health_grades "
        "where metric_date <= ?) order by crm, object_type <> 'all', object_type"
    )
    then = {
        (row["crm"], row["object_type"]): row
        for row in digest.read("data_health_grades", query, (digest.since.date(),))
    }
    items = []
    found = digest.read("data_health_grades", query, (digest.as_of.date(),))
    for (crm,), all_rows in grouped(found, "crm"):
        facts = []
        for row in all_rows:
            was = then.get((crm, row["object_type"]))
            clean = share_text(row["n_without_finding"], row["n_live_records"], row["clean_share"])
            facts.append(
                f"{row['object_type']}: {grade_text(row)}, without a finding {clean}; "
                + (
                    f"was {grade_text(was)} at {amount_text(was['clean_share'], 'rate')} "
                    f"on {day_text(was['metric_date'])}"
                    if was
                    else f"no day up to {day_text(digest.since)} is kept to compare with"
                )
            )
        items.append(Item(f"grades:{crm}", "Data-health grade", crm, None, NOBODY, facts))
    return items


def sla_status(digest: Reading) -> list[Item]:
    """Return how the hygiene SLAs are kept, by whom they are missed."""
    items = []
    found = digest.read("hygiene_sla_status")
    for key, all_rows in grouped(found, "sla_id", "crm", "object_type"):
        rule = digest.register("sla", key[0])
        facts = []
        for row in sorted(
            digest.mine([r for r in all_rows if r["scope"] != "all"], rule["owner_team"])
            + [r for r in all_rows if r["scope"] == "all" and digest.concerns(rule["owner_team"])],
            key=lambda r: (
                ("all", "team", "owner").index(r["scope"]),
                -(r["n_breaches"] or 0),
                str(r["team"]),
                str(r["owner_id"]),
            ),
        ):
            if row["scope"] != "all" and row["status"] != "missed":
                continue
            owner = digest.named(row["crm"], row["owner_id"])
            who = {"all": "all", "team": f"team {row['team'] or 'not known'}"}.get(
                row["scope"], f"owner {owner or 'none'}"
            )
            facts.append(
                f"{who}: {row['status'].replace('_', ' ')}, in breach "
                f"{share_text(row['n_breaches'], row['n_records'], row['rate'])}; "
                f"target {amount_text(row['target'], 'rate')} at most"
            )
        if facts:
            items.append(
                Item(
                    ":".join(("sla_status", *key)),
                    rule["name"],
                    key[1],
                    key[2],
                    rule["owner_team"],
                    shorter(facts),
                    digest.advice(rule),
                )
            )
    return items
