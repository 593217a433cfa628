"""The result of one test or step of a run, a row of the table runs.results."""

import re
from dataclasses import dataclass, fields
from datetime import datetime

TABLE = "runs.results"
NOBODY_ELSE = "data engineering"
HIDDEN = "(hidden)"
EMAIL = re.compile(r"[^\s'\"<>(),;|]+@[^\s'\"<>(),;|]+")
# Bare digits are ids.
PHONE = re.compile(r"\+[0-9][0-9 ().-]{6,}[0-9]|\(?\b[0-9]{3}\)?[ .-][0-9]{3}[ .-][0-9]{4}\b")


@dataclass
class Result:
    """How one test or step went; the texts from `protects` on stand where it did not pass."""

    invocation_id: str
    tool: str
    command: str
    started_at: datetime
    is_complete: bool
    test_id: str
    kind: str
    name: str
    status: str
    n_failing_rows: int | None = None
    n_skipped: int | None = None
    message: str | None = None
    object_tested: str | None = None
    protects: str | None = None
    marts_at_risk: str | None = None
    figures_at_risk: str | None = None
    owner_team: str | None = None
    sample_rows: str | None = None
    first_step: str | None = None
    rerun_command: str | None = None

    @property
    def is_failure(self) -> bool:
        """Whether a person should look at it."""
        return self.status in ("failed", "error", "warned")


TYPES = {"bool": "boolean", "datetime": "timestamp", "int | None": "bigint"}
COLUMNS = {
    each.name: TYPES.get(getattr(each.type, "__name__", str(each.type)), "varchar")
    for each in fields(Result)
}


def one_line(text: object) -> str:
    """Return a text on one line, without what looks like an address or a telephone number."""
    flat = " ".join(str(text).split())
    return PHONE.sub(HIDDEN, EMAIL.sub(HIDDEN, flat))
