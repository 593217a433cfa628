"""News of the signals and the health metrics: how they are and were."""

from collections import defaultdict
from datetime import datetime, time, timedelta

from crm_hygiene.pages.digest.items import Item
from crm_hygiene.pages.digest.reading import Point, Reading
from crm_hygiene.pages.digest.words import amount_text, day_text, segment_text, share_text

N_MOVERS = 5


def series_items(digest: Reading, part: str, found: list[tuple], n_advice: int = 2) -> list[Item]:
    """Return an item for each of this team's rules, CRM and object, its segments as facts."""
    groups = defaultdict(list)
    for key, now, was in found:
        if not digest.concerns(digest.register(*key[:2])["owner_team"]):
            continue
        day = "" if now.day == digest.as_of.date() else f" on {day_text(now.day)}"
        groups[key[:4]].append(f"{segment_text(key[4])}{day}: {series_text(now, was)}")
    items = []
    for (kind, rule_id, crm, object_type), facts in groups.items():
        rule = digest.register(kind, rule_id)
        items.append(
            Item(
                f"{part}:{kind}:{rule_id}:{crm}:{object_type}",
                rule["name"],
                crm,
                object_type,
                rule["owner_team"],
                facts,
                digest.advice(rule)[:n_advice],
            )
        )
    return items


def worsened(digest: Reading, part: str, status: str) -> list[Item]:
    """Return what has a bad status now and had a better one, or none, before."""
    return series_items(
        digest,
        part,
        [
            (key, now, was)
            for key, now, was in digest.compared()
            if now.status == status and (was is None or was.rank is None or was.rank < now.rank)
        ],
    )


def eased(digest: Reading) -> list[Item]:
    """Return what was worse before, or can no longer be judged."""
    return series_items(
        digest,
        "eased",
        [
            (key, now, was)
            for key, now, was in digest.compared()
            if was and was.rank and (now.rank is None or now.rank < was.rank)
        ],
    )


def movers(digest: Reading) -> list[Item]:
    """Return what became worse by most: signals in a week or more, metrics since the day before."""
    found = []
    week_ago = min(digest.since, digest.as_of - timedelta(days=7))
    for key, now, was in digest.compared(week_ago):
        if was is None or now.rank is None or was.rank is None:
            continue
        change = (now.value - was.value) * now.sign
        # A change that the figures as shown do not have is none.
        if round(change, 1 if now.unit == "days" else 3) > 0:
            found.append((key[0], -change / now.span, key, now, was))
    shown = []
    for kind in ("signal", "metric"):
        worst = sorted((one for one in found if one[0] == kind), key=lambda one: one[1])
        shown += [one[2:] for one in worst[:N_MOVERS]]
    return series_items(digest, "movers", shown, n_advice=1)


def signals(digest: Reading) -> list[Item]:
    """Return the signals of the review that occurred, whatever their status."""
    found = []
    for key, now, was in digest.compared():
        if key[0] == "signal" and key[4] == "all":
            if was == now and key[1] in digest.period_signals:
                # No period ended meanwhile: the last one is told of against the one before.
                was = digest.signals_at(datetime.combine(now.day, time())).get(key)
            if now.numerator or (was and was.numerator):
                found.append((key, now, was))
    return series_items(digest, "signals", found)


def series_text(now: Point, was: Point | None) -> str:
    """Return how a signal or metric is and was."""
    status = {"insufficient_data": "too few to judge", "not_landed": "not landed"}
    figures = (
        f"{amount_text(now.value, 'days')} on average over {now.denominator:,}"
        if now.unit == "days" and now.denominator is not None
        else share_text(
            None if now.numerator is None else int(now.numerator), now.denominator, now.value
        )
    )
    then = "no figure to compare with"
    if was:
        then = f"was {status.get(was.status, was.status)} on {day_text(was.day)}" + (
            f" at {amount_text(was.value, was.unit)}" if was.value is not None else ""
        )
    return f"{status.get(now.status, now.status)}, {figures}; {then}" + (
        f" ({now.limits})" if now.limits else ""
    )
