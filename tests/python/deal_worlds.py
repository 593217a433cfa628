"""Random CRMs in the open landing whose deals are won with probabilities that are known.

Each week some deals are made. A deal has a stage, an amount, contacts and touches, moves on or not,
and is won, lost or left open; from how much is known of it on any day follows the probability that
it is won within 30 days.
"""

import json
import random
from datetime import datetime, timedelta
from math import exp
from pathlib import Path

import duckdb

DAY = timedelta(days=1)
# A deal's chance to be won on a day is that of its stage, times that of its touches.
STAGES = {"new": 0.002, "proposal": 0.008, "commit": 0.02}
MOVES = {"new": ("proposal", 0.02), "proposal": ("commit", 0.02), "commit": (None, 0.0)}
LOST = 0.012
TOUCHED = 2.0
SEGMENTS = ("small", "large")


def chance(stage: str, is_touched: bool, days: int) -> float:
    """Return the probability that an open deal is won within so many days."""
    # The states that it can be in, by day: its stage changes, whether it is touched does not.
    open_in = {stage: 1.0}
    won = 0.0
    for _ in range(days):
        after: dict[str, float] = {}
        for name, share in open_in.items():
            win = STAGES[name] * (TOUCHED if is_touched else 1.0)
            next_stage, move = MOVES[name]
            won += share * win
            left = share * (1 - win) * (1 - LOST)
            if next_stage:
                after[next_stage] = after.get(next_stage, 0.0) + left * move
            after[name] = after.get(name, 0.0) + left * (1 - move)
        open_in = after
    return won


class World:
    """A CRM's life from the first day to the last, as landed rows."""

    def __init__(self, seed: int, n_deals: int, start: datetime, n_days: int, n_teams: int = 2):
        self.random = random.Random(seed)
        self.start, self.n_days = start, n_days
        self.deals, self.changes, self.activities = [], [], []
        self.states: dict[str, list] = {}
        self.users = [(f"user-{n}", f"team-{n % n_teams}") for n in range(2 * n_teams)]
        for number in range(n_deals):
            self.add_deal(f"d{number:06d}")

    def at(self, day: float) -> datetime:
        """Return the instant of a day."""
        return self.start + timedelta(seconds=round(day * 86400))

    def change(self, deal: str, field: str, day: float, old, new) -> None:
        """Land a change."""
        number = len(self.changes)
        self.changes.append(
            ("opportunity", deal, field, self.at(day), f"c{number}", str(number), old, new)
        )

    def add_deal(self, deal: str) -> None:
        """Let a deal live."""
        draw = self.random
        day = draw.uniform(0, self.n_days)
        created = day
        stage, is_touched = "new", draw.random() < 0.5
        segment = SEGMENTS[draw.random() < 0.4]
        currency = "EUR" if draw.random() < 0.8 else "USD"
        amount = int(exp(draw.gauss(9 if segment == "large" else 7.5, 0.4)))
        owner, _ = draw.choice(self.users)
        close_day = int(day + draw.uniform(10, 90))
        close_date = self.at(close_day).date()
        states = [(created, stage)]
        end = None
        while day < self.n_days:
            day += 1
            uniform = draw.random()
            win = STAGES[stage] * (TOUCHED if is_touched else 1.0)
            next_stage, move = MOVES[stage]
            if uniform < win:
                end = "won"
            elif uniform < win + (1 - win) * LOST:
                end = "lost"
            if day >= self.n_days:
                end = None
                break
            if end:
                self.change(deal, "stage", day, stage, end)
                stage = end
                break
            if next_stage and draw.random() < move:
                self.change(deal, "stage", day, stage, next_stage)
                stage = next_stage
                states.append((day, stage))
            if draw.random() < 0.004:
                self.change(deal, "amount", day, str(amount), str(amount + 100))
                amount += 100
            if close_day < day:
                pushed = close_date + timedelta(days=30)
                self.change(deal, "close_date", day, str(close_date), str(pushed))
                close_date, close_day = pushed, close_day + 30
        last = day
        if is_touched:
            touch = created + 0.01
            while touch < last:
                self.activities.append(
                    (f"a{len(self.activities)}", self.at(touch), "email", "inbound", deal, owner)
                )
                touch += 10
        self.states[deal] = [states, is_touched, day if end else None, end, amount]
        self.deals.append(
            (deal, self.at(created), "main", stage, segment, owner, amount, currency, close_date,
             self.at(day) if end else None, self.at(last))
        )  # fmt: skip

    def truth(self, as_of: datetime, days: int) -> dict[str, float]:
        """Return the probability of each deal that is open at an instant."""
        day = (as_of - self.start) / DAY
        known: dict[tuple, float] = {}
        found = {}
        for deal, (states, is_touched, ended, _, _) in self.states.items():
            if states[0][0] > day or (ended is not None and ended <= day):
                continue
            stage = [name for at, name in states if at <= day][-1]
            # A deal's first touch is minutes old when the deal is.
            key = stage, is_touched
            if key not in known:
                known[key] = chance(stage, is_touched, days)
            found[deal] = known[key]
        return found

    def land(self, folder: Path, until: datetime | None = None, stranger: int | None = None):
        """Write the landing: all of it, or what was known at an instant, or with another future.

        The records stand as they were at that instant, as a CRM of that day would give them.
        """
        deals, changes, activities = self.deals, self.changes, self.activities
        if until is not None:
            deals, changes, activities = self.as_at(until)
            if stranger is not None:
                self.go_on_otherwise(until, random.Random(stranger), deals, changes, activities)
        folder.mkdir(parents=True, exist_ok=True)
        stages = [
            ("opportunity", "main", name, place, kind, name in ("proposal", "commit"))
            for place, (name, kind) in enumerate(
                [*((name, "open") for name in STAGES), ("won", "won"), ("lost", "lost")], start=1
            )
        ]
        users = [(user, user, team, "human", True) for user, team in self.users]
        tables = {
            "opportunities": (deals, "opportunity_id created_at pipeline stage segment owner_id"
                              " amount currency close_date closed_at updated_at"),
            "changes": (changes, "object_type record_id field changed_at change_id sequence"
                        " old_value new_value"),
            "activities": (activities, "activity_id occurred_at type direction opportunity_id"
                           " owner_id"),
            "stages": (stages, "object_type pipeline stage stage_order kind is_milestone"),
            "users": (users, "user_id name team kind is_active"),
        }  # fmt: skip
        for table, (rows, columns) in tables.items():
            names = columns.split()
            lines = [json.dumps(dict(zip(names, row, strict=True)), default=str) for row in rows]
            file = folder / f"{table}.json"
            file.write_text("\n".join(lines) + "\n")
            duckdb.sql(
                f"copy (select * from read_json('{file}', format = 'newline_delimited'))"
                f" to '{folder / table}.parquet'"
            )
            file.unlink()

    def as_at(self, until: datetime) -> tuple[list, list, list]:
        """Return the rows as they were at an instant."""
        changes = [row for row in self.changes if row[3] <= until]
        later: dict[tuple, tuple] = {}
        for row in self.changes:
            if row[3] > until:
                later.setdefault((row[1], row[2]), row)
        deals = []
        for row in self.deals:
            deal, created = row[0], row[1]
            if created > until:
                continue
            kept = list(row)
            for place, field in ((3, "stage"), (6, "amount"), (8, "close_date")):
                if (deal, field) in later:
                    kept[place] = later[deal, field][6]
            kept[9] = row[9] if row[9] and row[9] <= until else None
            last = [change[3] for change in changes if change[1] == deal]
            kept[10] = max([created, *last]) if last else created
            deals.append(tuple(kept))
        return deals, changes, [row for row in self.activities if row[1] <= until]

    @staticmethod
    def go_on_otherwise(until, draw, deals, changes, activities) -> None:
        """Give the deals of an instant another future, which their records tell, and add deals."""
        values = {
            "stage": (3, [*STAGES, "won", "lost"]),
            "amount": (6, ["1", "999999"]),
            "close_date": (8, ["2031-01-01", "2019-01-01"]),
            "owner_id": (5, ["user-0", "user-1"]),
        }
        for place, row in enumerate(deals):
            kept = list(row)
            if draw.random() < 0.7:
                for field, (column, options) in values.items():
                    old, new = kept[column], draw.choice(options)
                    if str(old) == new:
                        continue
                    at = until + timedelta(seconds=draw.randrange(1, 5_000_000))
                    number = f"x{len(changes)}"
                    changes.append(
                        ("opportunity", row[0], field, at, number, number[1:], str(old), new)
                    )
                    kept[column] = new
                    kept[10] = max(kept[10], at)
                activities.append(
                    (f"x{place}", until + timedelta(days=draw.randrange(1, 40)), "email",
                     "inbound", row[0], "user-0")
                )  # fmt: skip
            deals[place] = tuple(kept)
        for number in range(50):
            at = until + timedelta(hours=1 + number)
            deals.append(
                (f"x{number}", at, "main", "won", "small", "user-0", 5000, "EUR", "2030-01-01",
                 at, at)
            )  # fmt: skip
