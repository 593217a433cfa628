"""News of records: damaged, dirty, to be reviewed, in breach."""

from crm_hygiene.pages.digest.items import Item, grouped, listed
from crm_hygiene.pages.digest.reading import HIDDEN, Reading
from crm_hygiene.pages.digest.reviews import NOBODY
from crm_hygiene.pages.digest.words import amount_text, day_text, segment_text
from crm_hygiene.pages.words import counted

# Nobody reviews more than a score of records in a day.
N_REVIEWED = 20


def stop_the_line(digest: Reading) -> list[Item]:
    """Return the days on which a machine did more damage than it may."""
    items = []
    for row in digest.read(
        "stop_the_line",
        "status = 'stop' and change_date >= ? "
        "order by change_date desc, n_bad_changes desc, crm, sample_records",
        (digest.since.date(),),
    ):
        ids = row["rules"].split(", ")
        known = [(kind, one) for one in ids for kind in ("archetype", "signal")]
        rules = [one for one in known if one in digest.registers]
        if not any(digest.is_told_of(*one) for one in rules or [("signal", "")]):
            continue
        if not any(
            digest.concerns(team)
            for team in [NOBODY, *(digest.register(*one)["owner_team"] for one in rules)]
        ):
            continue
        crm = row["crm"]
        keys = [
            key if key.startswith(f"{crm}:") else f"{crm}:{key}"
            for key in row["sample_records"].split(f", {crm}:")
        ]
        parts = [key.split(":", 2) for key in keys]
        machine = row["machine"]
        if machine == HIDDEN:
            machine = "an automation, integration or import (id hidden)"
        items.append(
            Item(
                f"stop_the_line:{crm}:{row['change_date']}:{keys[0]}:{row['n_bad_changes']}",
                f"Damage by {digest.named(crm, machine)}",
                crm,
                None,
                NOBODY,
                [
                    f"{day_text(row['change_date'])}: {row['n_bad_changes']:,} of "
                    f"{counted(row['n_changes'], 'change')} were bad, on "
                    f"{counted(row['n_records'], 'record')} ({row['rules']}); it usually makes "
                    f"{amount_text(row['baseline_per_day'])} a day"
                ],
                ["To do: stop it, look at a record with make trace RECORD=..., undo the changes."],
                row["n_records"],
                [
                    digest.record(
                        {"record_key": key, "crm": crm, "object_type": one[1], "record_id": one[2]}
                    )
                    for key, one in zip(keys, parts, strict=True)
                ],
            )
        )
    return items


# What is too small to be judged, and time in a stage that is as usual, is no news of a day.
SPIKING = ("watch", "alert")


def review_lists(digest: Reading) -> list[Item]:
    """Return the records to review: each day of what spikes, in a review of all that is listed."""
    items = []
    longest_list = digest.settings.thresholds["review_list__records"]
    found = digest.read(
        "signal_review_list", "true order by segment <> 'all', review_rank, segment nulls last"
    )
    spread = {
        (row["signal"], row["crm"], row["object_type"]): row for row in digest.read("signal_spread")
    }
    for key, listed_rows in grouped(found, "signal", "crm", "object_type"):
        rule = digest.register("signal", key[0])
        if not digest.is_told_of("signal", key[0]):
            continue
        # Where all segments together are judged, one that is too small alone says nothing.
        all_rows = [
            row
            for row in listed_rows
            if row["status"] in SPIKING or (digest.review.days != 1 and row["segment"] == "all")
        ]
        if not all_rows:
            continue
        segments = list(dict.fromkeys(row["segment"] for row in all_rows))
        # The list of all segments holds the worst of each; segments alone take turns.
        lists = [r for r in all_rows if r["segment"] == "all"] or sorted(
            all_rows, key=lambda r: (r["review_rank"], r["segment"] is None, r["segment"] or "")
        )
        records = {row["record_key"]: row for row in lists}
        chosen = list(records.values())[:N_REVIEWED]
        is_cut = len(records) > N_REVIEWED or lists[-1]["review_rank"] >= longest_list
        mine = digest.mine(chosen, rule["owner_team"])
        if not mine:
            continue
        rates = [
            rate_text(next(row for row in all_rows if row["segment"] == one)) for one in segments
        ]
        more = (
            f"the first {len(chosen)}, open ones first, then the farthest outside, then by amount"
            if is_cut
            else f"all {counted(len(chosen), 'record')} there are"
            if len(chosen) != 1
            else "the only record there is"
        )
        if len(mine) < len(chosen):
            more += f"; {len(mine)} of them yours"
        items.append(
            listed(
                digest,
                "review_lists",
                key,
                mine,
                title=rule["name"],
                facts=[*rates, *spread_text(spread.get(key)), f"To review: {more}."],
                team=rule["owner_team"],
                advice=[f"Look for: {mine[0]['look_for']}"],
                at=("last", "last_occurred_at"),
                note=lambda row: review_text(digest, row),
                longest=N_REVIEWED,
                is_ranked=True,
            )
        )
    return items


def spread_text(row: dict | None) -> list[str]:
    """Return whether a signal is one person's, the process's or a machine's, where that is told."""
    if row is None:
        return []
    most = f"{row['top_person_records']:,} of {counted(row['n_records'], 'record')}"
    said = {
        "isolated": f"Isolated: {most} by one person. Coach; the process may be right.",
        "systemic": f"Systemic: {counted(row['n_people'], 'person', 'people')}, nobody with more "
        f"than {most}. Mend the process.",
        "machine": f"By machines: {row['n_by_machine']:,} of {counted(row['n_records'], 'record')}"
        ". Mend what they write.",
    }.get(row["verdict"])
    return [said] if said else []


def rate_text(row: dict) -> str:
    """Return how the signal of a list stands, with the n where it is not judged."""
    status = {"insufficient_data": "too few to judge"}.get(row["status"], row["status"])
    rate = "" if row["rate"] is None else f" at {amount_text(row['rate'], 'rate')}"
    return f"{segment_text(row['segment'])}: {status}{rate} of {row['denominator']:,}"


def review_text(digest: Reading, row: dict) -> str:
    """Return the facts of a record to review."""
    stay = ""
    stage = digest.names.label(row["crm"], row["object_type"], "stage", row["stage"])
    if row["days_outside"] is None and row["days"] is not None and stage:
        stay = f"in {stage} for {amount_text(row['days'], 'days')}"
        if row["usual_days"] is not None:
            stay += f" (usual is at most {amount_text(row['usual_days'], 'days')})"
    elif row["days_outside"] is None and stage:
        stay = f"now {stage}"
    more = counted(row["n_occurrences"], "occurrence") if row["n_occurrences"] != 1 else ""
    new = "new" if row["last_occurred_at"] > digest.since else ""
    return "; ".join(part for part in (row["detail"], stay, more, new) if part)


def newly_dirty(digest: Reading) -> list[Item]:
    """Return the records that became dirty, by archetype, against as long before."""
    earlier = digest.review.before(digest.since)
    found = digest.read(
        "dirty_records", "first_bad_at > ? and first_bad_at <= ?", (earlier, digest.as_of)
    )
    items = []
    for key, all_rows in grouped(found, "archetype", "crm", "object_type"):
        rule = digest.register("archetype", key[0])
        mine = digest.mine(all_rows, rule["owner_team"])
        now = [row for row in mine if row["first_bad_at"] > digest.since]
        if now and digest.is_told_of("archetype", key[0]):
            items.append(
                listed(
                    digest,
                    "newly_dirty",
                    key,
                    now,
                    title=rule["name"],
                    facts=[
                        f"{counted(len(now), 'record')} this {digest.review.span}, "
                        f"{len(mine) - len(now):,} the {digest.review.span} before"
                    ],
                    team=rule["owner_team"],
                    advice=digest.advice(rule),
                    at=("since", "first_bad_at"),
                    note=lambda row: f"causing step: {row['causing_step']}",
                )
            )
    return items


def new_breaches(digest: Reading) -> list[Item]:
    """Return the records that came to be in breach of a hygiene SLA."""
    items = []
    found = digest.read(
        "hygiene_sla_breaches",
        "breached_since > ? and breached_since <= ?",
        (digest.since, digest.as_of),
    )
    for key, all_rows in grouped(found, "sla_id", "crm", "object_type"):
        rule = digest.register("sla", key[0])
        mine = digest.mine(all_rows, rule["owner_team"])
        if mine:
            items.append(
                listed(
                    digest,
                    "new_breaches",
                    key,
                    mine,
                    title=rule["name"],
                    facts=[f"{counted(len(mine), 'record')} newly in breach"],
                    team=rule["owner_team"],
                    advice=digest.advice(rule),
                    at=("since", "breached_since"),
                    note=lambda row: row["detail"],
                )
            )
    return items
