"""The whole digest: its parts in their order, its subject and its notes."""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass

from crm_hygiene.pages.digest.cleanup import candidates, cleanup, decisions, reviews_due
from crm_hygiene.pages.digest.items import Item
from crm_hygiene.pages.digest.reading import Reading
from crm_hygiene.pages.digest.records import new_breaches, newly_dirty, review_lists, stop_the_line
from crm_hygiene.pages.digest.reviews import NOBODY, REVIEWS
from crm_hygiene.pages.digest.series import eased, movers, signals, worsened
from crm_hygiene.pages.digest.standing import (
    cutoffs,
    failed_tests,
    grades,
    reporting,
    signatures,
    sla_status,
)
from crm_hygiene.pages.digest.words import day_text, instant_text
from crm_hygiene.pages.words import counted
from crm_hygiene.warehouse import rows

# A subject is cut by the mail program.
N_NEWS = 4


@dataclass(frozen=True)
class Part:
    """A section: how it is made, and in which reviews it stands (none: in all)."""

    id: str
    title: str
    items: Callable[[Reading], list[Item]]
    noun: tuple[str, ...] = ()
    reviews: tuple[str, ...] = ()
    of_records: bool = False


# In the order in which they are told; the first ones make the subject.
PARTS = (
    Part(
        "failed_tests",
        "Failed tests",
        failed_tests,
        ("failed test",),
        ("daily",),
        of_records=True,
    ),
    Part("stop_the_line", "Stop the line", stop_the_line, ("stop-the-line row",)),
    Part(
        "new_alerts",
        "New alerts",
        lambda digest: worsened(digest, "new_alerts", "alert"),
        ("new alert",),
    ),
    Part(
        "new_watches",
        "Newly on watch",
        lambda digest: worsened(digest, "new_watches", "watch"),
        ("newly on watch", "newly on watch"),
    ),
    Part("eased", "Better, or no longer judged", eased, ("better", "better")),
    Part("reporting", "Reports that do not hold", reporting, ("report", "reports")),
    Part(
        "signals",
        "How the signals stand",
        signals,
        ("signal with cases", "signals with cases"),
        ("weekly", "monthly"),
    ),
    Part(
        "signatures",
        "Signatures of failing steps",
        signatures,
        ("signature found", "signatures found"),
        ("weekly", "monthly"),
    ),
    Part("cutoffs", "Around the cutoffs", cutoffs, (), ("monthly",)),
    Part(
        "newly_dirty",
        "Newly dirty",
        newly_dirty,
        ("newly dirty record",),
        ("weekly", "monthly"),
        of_records=True,
    ),
    Part("grades", "Grades", grades, (), ("monthly",)),
    Part("sla_status", "Hygiene SLAs", sla_status, (), ("monthly",)),
    Part(
        "new_breaches",
        "New breaches of hygiene SLAs",
        new_breaches,
        ("new breach", "new breaches"),
        ("daily", "monthly"),
        of_records=True,
    ),
    Part(
        "review_lists",
        "Records to review",
        review_lists,
        ("record to review", "records to review"),
        of_records=True,
    ),
    Part("movers", "Worst movers", movers, ("worst mover",), ("daily", "weekly")),
    Part(
        "reviews_due",
        "Reviews due",
        reviews_due,
        ("review due", "reviews due"),
        ("daily", "monthly"),
        of_records=True,
    ),
    Part(
        "decisions",
        "Decisions that changed",
        decisions,
        ("changed decision",),
        ("daily",),
        of_records=True,
    ),
    Part(
        "candidates",
        "New candidates",
        candidates,
        ("new candidate",),
        ("daily",),
        of_records=True,
    ),
    Part("cleanup", "Clean-up", cleanup, (), ("monthly",)),
)


class Digest(Reading):
    """What one team is told, of one span of time."""

    def tell(self) -> dict:
        """Return the digest, as the JSON has it."""
        parts = self.parts()
        notes = self.notes(has_candidates="candidates" in {part["id"] for part in parts})
        news = [part.pop("news") for part in parts]
        said = ", ".join([text for text in news if text][:N_NEWS]) or (
            "How things stand" if parts else f"Nothing new since {instant_text(self.since)}"
        )
        whose = "" if self.team == "all" else f" for {self.team}"
        return {
            "subject": f"{said} - {self.review.title}{whose}, {day_text(self.as_of)}",
            "review": next(name for name, one in REVIEWS.items() if one is self.review),
            "team": self.team,
            "as_of": f"{self.as_of.isoformat()}Z",
            "since": f"{self.since.isoformat()}Z",
            "is_quiet": not parts,
            "notes": notes,
            "parts": parts,
        }

    def parts(self) -> list[dict]:
        """Return the parts that have items."""
        parts = []
        for part in PARTS:
            if part.reviews and self.review not in [REVIEWS[name] for name in part.reviews]:
                continue
            items = part.items(self)
            if items:
                count = sum(item.n_records for item in items) if part.of_records else len(items)
                parts.append(
                    {
                        "id": part.id,
                        "title": part.title,
                        "count": count,
                        "items": [asdict(item) for item in items],
                        "news": counted(count, *part.noun) if part.noun else None,
                    }
                )
        return parts

    def notes(self, has_candidates: bool) -> list[str]:
        """Return what has to be known of the whole."""
        notes = []
        if not self.count("marts.crm_inventory"):
            notes.append("The CRM holds no records.")
        if self.review.has_metrics and not self.keeps_metrics(self.since):
            notes += self.first_metrics()
        if self.concerns(NOBODY) and (n_rejected := self.count("marts.rejected_rows")):
            notes.append(
                f"{counted(n_rejected, 'landed row is', 'landed rows are')} rejected; "
                "marts.rejected_rows says why."
            )
        decided_before = "marts.lifecycle_decision_log where decided_at < ?"
        if has_candidates and not self.count(decided_before, self.as_of):
            notes.append("First build of these marts: every candidate is new.")
        return notes

    def count(self, table: str, *values: object) -> int:
        """Return how many rows a table has."""
        return rows(self.connection, f"select count(*) as n from {table}", values)[0]["n"]

    def first_metrics(self) -> list[str]:
        """Return how the metrics are where there is no earlier day to compare them with."""
        statuses = Counter(
            point.status
            for key, point in self.metrics_at(self.as_of).items()
            if key[4] == "all" and self.concerns(self.register(*key[:2])["owner_team"])
        )
        if not statuses:
            return []
        return [
            f"Health metrics: no day up to {day_text(self.since)} is kept to compare with"
            + (", some are rebuilt from the histories" if self.metrics_at(self.since) else "")
            + f"; today {statuses['alert']} in alert, {statuses['watch']} on watch."
        ]
