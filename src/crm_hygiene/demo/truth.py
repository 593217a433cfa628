"""What is true of the company by construction, in the words of the definitions."""

import calendar
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from .world import AS_OF, DAY, FEW, Expectation, fold, week

QUARTER_HOUR = timedelta(minutes=15)
LEAD_ORDERS = {
    status: i
    for i, status in enumerate(("New", "Working", "Nurture", "Qualified", "Unqualified"), 1)
}
LATE_FIELDS = ("close_date", "amount", "lead_source")
# What the normalised changes call the fields that have another name here.
STANDARD_NAMES = {
    "optout": "consent_status",
    "lifecycle": "lifecycle_stage",
    "Loss_Reason__c": "loss_reason",
}
FILES = {
    "records": "crm object_type record_id created_at fate merged_into_id owner_id stage",
    "changes": "crm object_type record_id field changed_at old_value new_value changed_by"
    " actor_kind channel",
    "stage_periods": "crm object_type record_id period_number value started_at ended_at",
    "owner_periods": "crm object_type record_id period_number value started_at ended_at",
    "rejected": "crm source_table source_key reason",
    "missing": "crm table column",
    "planted": "crm kind name object_type record_id expected occurred_at detail",
}


def _text(at):
    return at.strftime("%Y-%m-%d %H:%M:%S") if at else ""


def _plain(field, value, crm=""):
    """The value as the truth spells it: blanks are empty, amounts have no trailing zeros."""
    value = fold(value)
    if field == "optout":
        opted = "unsubscribed" if crm == "hubspot" else "opted_out"
        return opted if value == "true" else ""
    if value is not None and field == "amount":
        number = format(Decimal(value), "f")
        return number.rstrip("0").rstrip(".") if "." in number else number
    return value or ""


def _visible(crm):
    return [r for r in crm.records if r.created_at <= AS_OF]


def signals(crm):
    """Every occurrence of a signal: (name, record, instant, detail)."""
    for record in _visible(crm):
        stages = record.told(record.stage_field)
        for before, after in zip(stages, stages[1:], strict=False):
            if after.at - before.at <= DAY:
                yield "multi_stage_jump", record, after.at, ""
        owners = record.told("owner_id")
        for before, after in zip(owners, owners[1:], strict=False):
            if after.at - before.at <= 7 * DAY:
                back = str(fold(after.new) == fold(before.old)).lower()
                yield "owner_ping_pong", record, after.at, f"is_return={back}"
        for _, due in sorted(record.clocks.items()):
            for change in _all_told(record):
                human = change.by.kind not in ("automation", "integration")
                if human and due - QUARTER_HOUR <= change.at < due:
                    yield "sla_rush_update", record, change.at, change.field
        if record.kind == "opportunity":
            yield from _milestone_signals(crm, record)
        yield from _dwell_signals(crm, record)


def _all_told(record):
    return [c for name in dict.fromkeys(c.field for c in record.changes) for c in record.told(name)]


def _milestone_signals(crm, record):
    """Late edits, and close dates moved when the month ends."""
    periods = record.periods("stage")
    passed = next((start for stage, start, _ in periods if stage in crm.milestones), None)
    if passed is None:
        return
    for change in _all_told(record):
        if change.at <= passed:
            continue
        lower = change.field == "stage" and _is_lower(crm, change)
        if change.field in LATE_FIELDS or lower:
            yield "late_edit", record, change.at, change.field
        closed = next((c.at for c in record.told("stage") if c.new in crm.ends), None)
        is_open = closed is None or change.at < closed
        days = calendar.monthrange(change.at.year, change.at.month)[1]
        is_late = is_open and change.at.day > days - 7
        if change.field == "close_date" and is_late and _is_committed(crm, record, change.at):
            yield "commit_close_date_churn", record, change.at, ""


def _is_committed(crm, record, at):
    """Whether its category commits a deal before an instant, while it has none its stage."""
    category, stage = (
        next(value for value, start, end in record.periods(name) if end is None or at <= end)
        for name in ("forecast_category", "stage")
    )
    if fold(category):
        return category == crm.forecasts[2]
    return stage == crm.path[-1]


def _is_lower(crm, change):
    orders = crm.orders if change.field == "stage" else LEAD_ORDERS
    old, new = (orders.get(stage) for stage in (change.old, change.new))
    return old is not None and new is not None and new < old


def _recent_dwells(crm):
    """{(object, stage, segment or all): dwells that ended in the 180 days before the as-of}."""
    found = defaultdict(list)
    for record in _visible(crm):
        for stage, start, end in _dwellings(crm, record):
            if end and AS_OF - 180 * DAY < end <= AS_OF:
                for segment in (record.columns.get("segment"), "all"):
                    found[record.kind, stage, segment].append(end - start)
    return found


def _dwellings(crm, record):
    """The periods of a record in a stage that has a usual dwell."""
    if record.kind not in ("opportunity", "lead", "case"):
        return []
    periods = record.periods(record.stage_field)
    return [p for p in periods if crm.limits(record.kind, p[0])]


def _dwell_signals(crm, record):
    for stage, start, end in _dwellings(crm, record):
        if len(crm.recent[record.kind, stage, "all"]) < 20:
            continue  # too few to say what is usual
        short, long = crm.limits(record.kind, stage)
        stay = (end or AS_OF) - start
        if stay > long:
            yield "stage_dwell_anomaly", record, end or start + long, "too_long" if end else "stuck"
        elif end and stay < short:
            yield "stage_dwell_anomaly", record, end, "too_short"


def archetypes(crm, found):
    """The archetypes that follow from the changes alone: (name, record, instant, detail)."""
    firsts = {}
    for name, record, at, _ in found:
        if name in ("multi_stage_jump", "owner_ping_pong", "sla_rush_update"):
            firsts[name, record] = min(at, firsts.get((name, record), at))
    for (name, record), at in firsts.items():
        yield name, record, at, "has the evidence of the signal"
    for record in _visible(crm):
        if record.kind in ("opportunity", "lead"):
            lower = [c for c in record.told(record.stage_field) if _is_lower(crm, c)]
            if lower:
                detail = f"loop={str(len(lower) > 1).lower()}"
                yield "stage_regression", record, lower[0].at, detail
        if record.kind != "opportunity":
            continue
        moves = record.told("close_date")
        later = [c for c in moves if fold(c.old) and fold(c.new) and c.new > c.old]
        past = [
            c
            for c in moves
            if (fold(c.old) and c.old < c.at.date().isoformat())
            or (fold(c.new) and c.new < c.at.date().isoformat())
        ]
        bad = sorted([*past, *later[2:3]], key=lambda c: c.at)
        if bad:
            yield "close_date_churn", record, bad[0].at, f"pushed later {len(later)} times"
        source = fold(record.value("lead_source", AS_OF))
        changes = record.told("lead_source")
        if changes:
            yield "lead_source_drift", record, changes[0].at, "changed after creation"
        elif source is None or source.lower() == "other":
            yield "lead_source_drift", record, record.created_at, "blank or other"


def planted(crm):
    """What was planted, checked against what the simulation shows, and what follows from it."""
    problems = []
    crm.recent = _recent_dwells(crm)
    found = list(signals(crm))
    seen = {(name, record, at) for name, record, at, _ in found}
    rows = list(crm.expected)
    for e in rows:
        is_signal = e.kind == "signal" and e.record is not None
        if is_signal and ((e.name, e.record, e.at) in seen) != e.expected:
            problems.append((e.name, e.record.id, e.expected, e.detail))
    known = {(e.name, e.record, e.at) for e in rows if e.kind == "signal"}
    for name, record, at, detail in found:
        if (name, record, at) not in known:
            if not record.planted:
                problems.append((name, record.id, str(at), detail))
            known.add((name, record, at))
            rows.append(Expectation("signal", name, record, True, at, detail))
    dirty = list(archetypes(crm, [f for f in found if f[1].fate == "live"]))
    derived = {name for name, *_ in dirty}
    shown = {(name, record) for name, record, _, _ in dirty if record.fate == "live"}
    for e in rows:
        is_derived = e.kind == "archetype" and e.name in derived
        if is_derived and ((e.name, e.record) in shown) != e.expected:
            problems.append((e.name, e.record.id, e.expected, e.detail))
    known = {(e.name, e.record) for e in rows if e.kind == "archetype"}
    for name, record, at, detail in dirty:
        if record.fate == "live" and (name, record) not in known:
            if not record.planted:
                problems.append((name, record.id, str(at), detail))
            rows.append(Expectation("archetype", name, record, True, at, detail))
    problems += _dwell_problems(crm)
    if problems:
        lines = "\n".join(map(str, problems))
        raise AssertionError(f"{crm.name} is not what was planted:\n{lines}")
    return rows


def _dwell_problems(crm):
    """Where the dwell truth has no ground: other percentiles, a shift that nobody planted."""
    for (kind, stage, segment), dwells in crm.recent.items():
        if len(dwells) >= 20:
            dwells = sorted(d.total_seconds() for d in dwells)
            for share, limit in zip((0.1, 0.9), crm.limits(kind, stage), strict=True):
                place = share * (len(dwells) - 1)
                low, high = dwells[int(place)], dwells[min(int(place) + 1, len(dwells) - 1)]
                usual = low + (high - low) * (place - int(place))
                if usual != limit.total_seconds():
                    yield kind, stage, segment, len(dwells), share, usual / 86400
    weeks = defaultdict(int)
    for record in _visible(crm):
        if record.kind in ("opportunity", "lead", "case"):
            for stage, _, end in record.periods(record.stage_field):
                if end:
                    weeks[record.kind, stage, week(end)] += 1
    reserved = {(kind, stage, w) for kind, stage, _, w in crm.reserved}
    for (kind, stage, w), n in weeks.items():
        busy = n >= FEW and weeks.get((kind, stage, w + 1), 0) >= FEW
        near = {(kind, stage, w), (kind, stage, w + 1)} & reserved
        if busy and not near:
            yield kind, stage, w, n


def truth(crms, landed, declared):
    """{file: rows} of the truth about the CRMs as they are landed."""
    files = {name: [] for name in FILES}
    for crm in crms:
        for record in _visible(crm):
            key = (crm.name, record.kind, record.id)
            into = record.merged_into.id if record.merged_into else ""
            stage = record.value(record.stage_field, AS_OF)
            owner = fold(record.value("owner_id", AS_OF)) or ""
            files["records"].append(
                [*key, _text(record.created_at), record.fate, into, owner, stage or ""]
            )
            if stage:
                files["stage_periods"] += _periods(key, record, record.stage_field)
            files["owner_periods"] += _periods(key, record, "owner_id")
        for record in crm.records + crm.orphans:
            key = (crm.name, record.kind, record.id)
            for c in _all_told(record):
                old, new = (_plain(c.field, value, crm.name) for value in (c.old, c.new))
                actor = (c.by.id, c.by.kind, c.by.channel)
                name = STANDARD_NAMES.get(c.field, c.field)
                files["changes"].append([*key, name, _text(c.at), old, new, *actor])
        files["rejected"] += [
            [crm.name, table, key or "", reason] for table, key, reason in crm.rejected
        ]
        for table, columns in declared[crm.name].items():
            has = landed[crm.name].get(table, [{}])[0]
            files["missing"] += [[crm.name, table, c] for c in columns if c not in has]
        for e in planted(crm):
            kind, id = getattr(e.record, "kind", ""), getattr(e.record, "id", "")
            if hasattr(e.record, "automated"):
                kind = "activity"
            expected = str(e.expected).lower()
            files["planted"].append(
                [crm.name, e.kind, e.name, kind, id, expected, _text(e.at), e.detail]
            )
    return files


def _periods(key, record, name):
    return [
        [*key, i, _plain(name, value), _text(start), _text(end)]
        for i, (value, start, end) in enumerate(record.periods(name), 1)
    ]
