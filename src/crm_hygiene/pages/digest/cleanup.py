"""News of the clean-up: candidates, reviews that are due, decisions, how far it has come."""

from collections import Counter

from crm_hygiene.pages.digest.items import Item, grouped, listed
from crm_hygiene.pages.digest.reading import Reading
from crm_hygiene.pages.digest.reviews import NOBODY
from crm_hygiene.pages.digest.words import day_text, instant_text
from crm_hygiene.pages.words import counted
from crm_hygiene.settings import after_business_days
from crm_hygiene.warehouse import rows

N_CANDIDATES = 5
DUE_WITHIN_BUSINESS_DAYS = 2
CANDIDATES = {
    "delete": "To delete",
    "anonymize": "To anonymise",
    "quarantine": "To be decided by the owner",
    "archive": "To archive",
}
WITH_DECISION = """
    select reviews.*, decisions.team, decisions.owner_id, decisions.value_at_stake, decisions.reason
    from marts.candidate_reviews as reviews
    left join marts.lifecycle_decisions as decisions using (record_key)
    where
"""


def candidates(digest: Reading) -> list[Item]:
    """Return what is newly to be archived, anonymised, deleted or decided by its owner."""
    query = "reviews.decision <> 'keep' and reviews.first_candidate_at > ?"
    return candidate_items(digest, "candidates", query, (digest.since,), "new")


def reviews_due(digest: Reading) -> list[Item]:
    """Return the reviews that are overdue, and those that will be within two business days."""
    soon = after_business_days(digest.connection, digest.settings, DUE_WITHIN_BUSINESS_DAYS)
    query = "reviews.review_state = 'open' and reviews.review_due_at"
    return candidate_items(
        digest, "overdue", f"{query} <= ?", (digest.as_of,), "overdue for review"
    ) + candidate_items(
        digest,
        "due",
        f"{query} > ? and reviews.review_due_at <= ?",
        (digest.as_of, soon),
        f"due for review by {instant_text(soon)}",
    )


def candidate_items(digest: Reading, part: str, query: str, values: tuple, what: str) -> list[Item]:
    """Return an item for each decision, CRM and object that a query finds candidates of."""
    found = digest.mine(rows(digest.connection, WITH_DECISION + query, values))
    return [
        listed(
            digest,
            part,
            key,
            mine,
            title=CANDIDATES[key[0]],
            facts=[
                f"{counted(len(mine), 'record')}, {what}: "
                + ", ".join(
                    f"{n:,} by {rule}"
                    for rule, n in sorted(
                        Counter(row["rule_id"] for row in mine).items(),
                        key=lambda one: (-one[1], one[0]),
                    )
                )
            ],
            advice=[
                "To do: decide what becomes of it; without an answer it is archived."
                if key[0] == "quarantine"
                else "To do: rescue what must stay before the review is due, approve the rest."
            ],
            at=("due", "review_due_at"),
            note=lambda row: row["reason"],
            longest=N_CANDIDATES,
        )
        for key, mine in sorted(
            grouped(found, "decision", "crm", "object_type"),
            key=lambda one: list(CANDIDATES).index(one[0][0]),
        )
    ]


def decisions(digest: Reading) -> list[Item]:
    """Return the records of which something else was decided than before, or that are gone."""
    query = """
        select log.*, decisions.team, decisions.owner_id, decisions.value_at_stake
        from marts.lifecycle_decision_log as log
        left join marts.lifecycle_decisions as decisions using (record_key)
        where log.decided_at > ? and log.decided_at <= ?
            and log.decision is distinct from log.previous_decision
            and log.previous_decision is not null
    """
    found = rows(digest.connection, query, (digest.since, digest.as_of))
    return [
        listed(
            digest,
            "decisions",
            key,
            mine,
            title=f"{key[0].capitalize()} before, now {key[1] or 'gone'}",
            facts=[counted(len(mine), "record")],
            advice=["Look for: what happened to the record, by make trace RECORD=..."],
            longest=N_CANDIDATES,
            at=("decided", "decided_at"),
            note=lambda row: row["reason"],
        )
        for key, mine in grouped(
            digest.mine(found), "previous_decision", "decision", "crm", "object_type"
        )
    ]


def cleanup(digest: Reading) -> list[Item]:
    """Return how far the clean-up has come."""
    reviews = digest.mine(rows(digest.connection, WITH_DECISION + "true"))
    gone = digest.mine(
        rows(
            digest.connection,
            "select crm, previous_decision as decision, cast(null as varchar) as team "
            "from marts.lifecycle_decision_log where change = 'gone' and decided_at > ? "
            "and decided_at <= ? and previous_decision in ('delete', 'archive', 'quarantine')",
            (digest.since, digest.as_of),
        )
    )
    items = []
    for crm in sorted({row["crm"] for row in reviews + gone}):
        facts = []
        for (decision,), found in grouped([r for r in reviews if r["crm"] == crm], "decision"):
            states = Counter(row["review_state"].replace("_", " ") for row in found)
            told = ", ".join(f"{n:,} {state}" for state, n in sorted(states.items()))
            n_cleared = sum(row["cleared_for"] is not None for row in found)
            facts.append(
                f"{decision}: {told}" + (f"; {n_cleared:,} may be carried out" if n_cleared else "")
            )
        n_gone = Counter(row["decision"] for row in gone if row["crm"] == crm)
        facts += [
            f"{counted(n, 'record')} to {decision} {'is' if n == 1 else 'are'} gone since "
            f"{day_text(digest.since)}"
            for decision, n in sorted(n_gone.items())
        ]
        items.append(Item(f"cleanup:{crm}", "Clean-up", crm, None, NOBODY, facts))
    return items
